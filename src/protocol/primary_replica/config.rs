//! Settings of a primary–replica group.

use super::{Rejoin, Retention, Upstream};
use crate::{
    protocol::{
        commit::{Commit, Group},
        failover::Failover,
        logs::Logs,
    },
    sim::{id::NodeId, time::Micros},
};
use serde::{Deserialize, Serialize};

/// Settings of the group; the same on every node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The node that is primary at first boot.
    pub primary: NodeId,
    /// Entries of the log kept at least; a replica that needs older ones is sent a snapshot.
    pub log_retention_entries: u64,
    /// Most entries in one message.
    pub batch_entries: u32,
    /// Shortest wait for an acknowledgement before sending again.
    pub resend_after: Micros,
    /// A replica that heard nothing for this long asks again to be sent the log.
    pub follow_every: Micros,
    /// A promoted primary tells nodes that do not follow it yet this often.
    pub announce_every: Micros,
    /// When a write counts as committed.
    pub commit: Commit,
    /// Replicas that apply entries late on purpose.
    pub delayed: Vec<Delayed>,
    /// Who takes over when the primary is gone.
    pub failover: Failover,
    /// What a replica does whose log and the primary’s have parted.
    pub rejoin: Rejoin,
    /// What of the log is kept besides its last entries.
    pub retention: Retention,
    /// What replicas are sent of writes whose value the primary makes.
    pub shipping: Shipping,
    /// Replicas that other replicas feed.
    pub upstreams: Vec<Upstream>,
}

/// What stands in the log for a write whose value the database makes (MySQL: `binlog_format`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shipping {
    /// The value that the primary made.
    #[default]
    Row,
    /// What was asked for; each replica makes a value of its own.
    Statement,
}

/// A replica that shows entries only so long after it has them on disk (PostgreSQL's `recovery_min_apply_delay`): time to
/// take back a mistake. After a restart it shows all that is on its disk, for its log does not say how old its entries are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delayed {
    pub node: NodeId,
    pub by: Micros,
}

impl Config {
    /// The group for which a rule of acknowledgement is to hold.
    pub fn group(&self, stores: &[NodeId], primary: Option<NodeId>) -> Group {
        let replicas = || stores.iter().copied().filter(|node| Some(*node) != primary);
        let is_unseen = |node: &NodeId| self.upstream(*node).is_some_and(|from| Some(from) != primary);
        Group {
            stores: stores.to_vec(),
            primary,
            unseen: replicas().filter(is_unseen).collect(),
            delayed: replicas().filter(|node| self.delay(*node).is_some()).collect(),
        }
    }

    /// How late a replica shows entries on purpose.
    pub fn delay(&self, node: NodeId) -> Option<Micros> {
        self.delayed.iter().find(|delayed| delayed.node == node).map(|delayed| delayed.by)
    }

    pub(super) fn with_delay(&self, node: NodeId, by: Option<Micros>) -> Config {
        let mut config = self.clone();
        config.delayed.retain(|delayed| delayed.node != node);
        config.delayed.extend(by.map(|by| Delayed { node, by }));
        config
    }

    pub fn logs(&self) -> Logs {
        Logs { rejoin: self.rejoin, retention: self.retention, shipping: self.shipping }
    }

    pub fn with_logs(&self, logs: Logs) -> Config {
        let Logs { rejoin, retention, shipping } = logs;
        Config { rejoin, retention, shipping, ..self.clone() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            primary: NodeId(0),
            log_retention_entries: 1_000,
            batch_entries: 16,
            resend_after: Micros::from_millis(1_000),
            follow_every: Micros::from_millis(2_000),
            announce_every: Micros::from_millis(1_000),
            commit: Commit::default(),
            delayed: Vec::new(),
            failover: Failover::default(),
            rejoin: Rejoin::Clone,
            retention: Retention::default(),
            shipping: Shipping::default(),
            upstreams: Vec::new(),
        }
    }
}
