//! What is wrong with the settings of a group with a primary.

use super::{check::Check, model::Scenario};
use crate::protocol::primary_replica::{Config, Upstream};

impl Scenario {
    pub(super) fn check_primary_replica(&self, check: &mut Check, config: &Config) {
        let at = |field: &str| format!("protocol.primary_replica.{field}");
        self.check_node(check, &at("primary"), config.primary);
        check.within(&at("log_retention_entries"), config.log_retention_entries, Self::LOG_RETENTION_ENTRIES);
        if let Some((field, what)) = config.retention.problem(config.log_retention_entries) {
            check.say(at(&format!("retention.{field}")), what);
        }
        check.within(&at("batch_entries"), config.batch_entries, Self::BATCH_ENTRIES);
        for (field, value) in [
            ("resend_after", config.resend_after),
            ("follow_every", config.follow_every),
            ("announce_every", config.announce_every),
        ] {
            check.within(&at(field), value, Self::WAIT);
        }
        check.within(&at("delayed"), config.delayed.len(), 0..=*Self::NODES.end() as usize);
        for (index, delayed) in config.delayed.iter().enumerate() {
            self.check_node(check, &at(&format!("delayed[{index}].node")), delayed.node);
            check.within(&at(&format!("delayed[{index}].by")), delayed.by, Self::WAIT);
        }
        check.within(&at("upstreams"), config.upstreams.len(), 0..=*Self::NODES.end() as usize);
        for (index, Upstream { node, from }) in config.upstreams.iter().enumerate() {
            self.check_node(check, &at(&format!("upstreams[{index}].node")), *node);
            self.check_node(check, &at(&format!("upstreams[{index}].from")), *from);
        }
        if let Some((index, what)) = config.upstream_problem() {
            check.say(at(&format!("upstreams[{index}].from")), what);
        }
        let others = self.nodes.count.saturating_sub(1).saturating_sub(config.failover.monitors.len() as u16);
        let commit = &config.commit;
        check.commit(&at("commit"), commit);
        commit.among.iter().for_each(|node| self.check_node(check, &at("commit.among"), *node));
        if let Some(monitor) = commit.among.iter().find(|node| config.failover.is_monitor(**node)) {
            check.say(at("commit.among"), format!("{monitor} is a monitor and has no log"));
        }
        let failover = &config.failover;
        check.failover(&at("failover"), failover);
        failover.monitors.iter().for_each(|node| self.check_node(check, &at("failover.monitors"), *node));
        if failover.is_monitor(config.primary) {
            check
                .say(at("failover.monitors"), format!("{} is the primary at first, and a monitor holds no data", config.primary));
        }
        for (field, count) in [("count", commit.needed(others as usize + 1)), ("min_replicas", commit.min_replicas as usize)] {
            if count > others as usize && (field != "count" || commit.level.is_remote()) {
                check.say(at(&format!("commit.{field}")), format!("{count} replicas are asked for, and the group has {others}"));
            }
        }
    }
}
