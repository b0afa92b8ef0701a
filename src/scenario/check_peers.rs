//! What is wrong with the settings of groups of peers.

use super::{check::Check, model::Scenario};
#[cfg(feature = "quorum")]
use crate::protocol::quorum;
use crate::{
    protocol::multi_primary,
    sim::{id::NodeId, operation::Concern},
};

impl Scenario {
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
        if let Some(every) = config.compare_every {
            check.within(&at("compare_every"), every, Self::WAIT);
        }
        self.check_reads(
            check,
            "peers answer with what they have and ask nobody, so a read can only be local and without a token",
        );
    }

    #[cfg(feature = "quorum")]
    pub(super) fn check_quorum(&self, check: &mut Check, config: &quorum::Config) {
        let at = |field: &str| format!("protocol.quorum.{field}");
        if let Some((field, what)) = config.problem(self.nodes.count) {
            check.say(at(field), what);
        }
        check.within(&at("virtual_nodes"), config.virtual_nodes, Self::VIRTUAL_NODES);
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

    /// Nobody asks for what only a log can give.
    fn check_reads(&self, check: &mut Check, why: &str) {
        for (index, client) in self.clients.iter().enumerate() {
            if client.token || client.concern != Concern::Local {
                check.say(format!("clients[{index}].{}", if client.token { "token" } else { "concern" }), why);
            }
        }
    }
}
