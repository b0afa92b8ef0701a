//! What is wrong with the settings of groups of peers.

use super::{check::Check, model::Scenario};
#[cfg(feature = "documents")]
use crate::protocol::documents;
#[cfg(feature = "gossip")]
use crate::protocol::gossip;
#[cfg(feature = "quorum")]
use crate::protocol::quorum;
#[cfg(feature = "multi-primary")]
use crate::protocol::{multi_primary, types::doubled};
#[cfg(any(feature = "multi-primary", feature = "documents"))]
use crate::sim::id::NodeId;
use crate::sim::operation::Concern;

impl Scenario {
    #[cfg(feature = "multi-primary")]
    pub(super) fn check_multi_primary(&self, check: &mut Check, config: &multi_primary::Config) {
        let at = |field: &str| format!("protocol.multi_primary.{field}");
        let members: Vec<NodeId> = (0..self.nodes.count).map(NodeId).collect();
        check.within(&at("links"), config.links.len(), 0..=Self::LINKS_MAX);
        if let Some(what) = config.problem(&members) {
            check.say(at(if config.links.is_empty() { "topology" } else { "links" }), what);
        }
        check.within(&at("batch_changes"), config.batch_changes, Self::BATCH_ENTRIES);
        check.within(&at("log_changes_max"), config.log_changes_max, Self::LOG_CHANGES);
        check.within(&at("resend_after"), config.resend_after, Self::WAIT);
        for (field, wait) in
            [("compare_every", config.compare_every), ("collect_tombstones_after", config.collect_tombstones_after)]
        {
            wait.into_iter().for_each(|wait| check.within(&at(field), wait, Self::WAIT));
        }
        check.within(&at("types"), config.types.len(), 0..=*Self::KEYS.end() as usize);
        for (index, typed) in config.types.iter().enumerate() {
            check.within(&at(&format!("types[{index}].key")), typed.key.0, 0..=Self::KEYS.end() - 1);
        }
        if let Some(index) = doubled(&config.types) {
            let key = config.types[index].key;
            check.say(at(&format!("types[{index}].key")), format!("what {key} holds is said above already"));
        }
        self.check_reads(
            check,
            "peers answer with what they have and ask nobody, so a read can only be local and without a token",
        );
    }

    #[cfg(feature = "quorum")]
    pub(super) fn check_quorum(&self, check: &mut Check, config: &quorum::Config) {
        let at = |field: &str| format!("protocol.quorum.{field}");
        if let Some((field, what)) = config.quorums().problem(self.nodes.count) {
            check.say(at(field), what);
        }
        check.within(&at("virtual_nodes"), config.virtual_nodes, Self::VIRTUAL_NODES);
        check.within(&at("n"), config.n as u16, Self::NODES);
        for (field, value) in [
            ("hints.window", Some(config.hints.window)),
            ("hints.every", Some(config.hints.every)),
            ("anti_entropy_every", config.anti_entropy_every),
            ("timeout", Some(config.timeout)),
        ] {
            value.into_iter().for_each(|value| check.within(&at(field), value, Self::WAIT));
        }
        self.check_reads(check, "how sure a read is follows from r and w, so it can only be local and without a token");
    }

    #[cfg(feature = "gossip")]
    pub(super) fn check_gossip(&self, check: &mut Check, config: &gossip::Config) {
        let at = |field: &str| format!("protocol.gossip.{field}");
        if let Some((field, what)) = config.problem(self.nodes.count) {
            check.say(at(field), what);
        }
        check.within(&at("fanout"), config.fanout, Self::FANOUT);
        check.within(&at("interval"), config.interval, Self::WAIT);
        check.within(&at("interest.k"), config.interest.k, Self::INTEREST);
        if let Some(rule) = &config.anti_entropy {
            check.within(&at("anti_entropy.every"), rule.every, Self::WAIT);
            check.within(&at("anti_entropy.recent"), rule.recent, Self::WAIT);
        }
        if let Some(rule) = &config.members {
            check.within(&at("members.period"), rule.period, Self::WAIT);
            check.within(&at("members.timeout"), rule.timeout, Self::WAIT);
            check.within(&at("members.indirect"), rule.indirect, Self::INDIRECT);
            check.within(&at("members.suspicion"), rule.suspicion, Self::WAIT);
        }
        self.check_reads(
            check,
            "a node answers with what it has heard and asks nobody, so a read can only be local and without a token",
        );
    }

    #[cfg(feature = "documents")]
    pub(super) fn check_documents(&self, check: &mut Check, config: &documents::Config) {
        let at = |field: &str| format!("protocol.documents.{field}");
        let members: Vec<NodeId> = (0..self.nodes.count).map(NodeId).collect();
        check.within(&at("links"), config.links.len(), 0..=Self::LINKS_MAX);
        if let Some(what) = config.problem(&members) {
            check.say(at(if config.links.is_empty() { "topology" } else { "links" }), what);
        }
        check.within(&at("revs_limit"), config.revs_limit, Self::REVS);
        check.within(&at("poll_every"), config.poll_every, Self::WAIT);
        check.within(&at("retry_after"), config.retry_after, Self::WAIT);
        check.within(&at("batch_documents"), config.batch_documents, Self::BATCH_ENTRIES);
        self.check_reads(
            check,
            "a node answers with what it has and asks nobody, so a read can only be local and without a token",
        );
    }

    /// Nobody asks for what only a log can give.
    fn check_reads(&self, check: &mut Check, why: &str) {
        for (index, client) in self.clients.iter().enumerate() {
            if client.token || client.concern != Concern::Local {
                check.say(format!("clients[{index}].{}", if client.token { "token" } else { "concern" }), why);
            }
        }
    }
}
