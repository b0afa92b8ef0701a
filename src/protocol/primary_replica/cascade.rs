//! Cascading replication: who feeds whom, where a replica feeds other replicas.
//!
//! A replica with an upstream gets the log from that one instead of the primary (PostgreSQL, manual, 27.2.7 "Cascading
//! Replication"): the primary sends less, does not see the replica, and never waits for it; and the replica is as far behind as
//! its upstream and more. When the upstream is gone it gets nothing, until a person points it elsewhere. Signs of life and
//! votes go past it, as between members of a MongoDB set with chained replication.

use super::{Config, Ctx, Part, Position, PrimaryReplica};
use crate::{sim::id::NodeId, store::log::Lsn};
use serde::{Deserialize, Serialize};

/// A replica and who feeds it (PostgreSQL: `primary_conninfo` of a cascading standby).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    pub node: NodeId,
    pub from: NodeId,
}

impl Config {
    /// The node that a replica is to be fed by whoever leads; none: the primary.
    pub fn upstream(&self, node: NodeId) -> Option<NodeId> {
        self.upstreams.iter().find(|upstream| upstream.node == node).map(|upstream| upstream.from)
    }

    /// Who feeds a node while `primary` leads.
    pub(super) fn source(&self, node: NodeId, primary: NodeId) -> NodeId {
        self.upstream(node).unwrap_or(primary)
    }

    pub fn with_upstream(&self, node: NodeId, from: Option<NodeId>) -> Config {
        let mut config = self.clone();
        config.upstreams.retain(|upstream| upstream.node != node);
        config.upstreams.extend(from.map(|from| Upstream { node, from }));
        config
    }

    /// What contradicts itself: which upstream, by number, and why.
    pub fn upstream_problem(&self) -> Option<(usize, String)> {
        self.upstreams.iter().enumerate().find_map(|(index, Upstream { node, from })| {
            let again = self.upstreams[..index].iter().any(|other| other.node == *node);
            let monitor = [node, from].into_iter().find(|one| self.failover.is_monitor(**one));
            let what = match monitor {
                _ if node == from => format!("{node} cannot feed itself"),
                _ if again => format!("{node} has an upstream already"),
                Some(monitor) => format!("{monitor} is a monitor and has no log"),
                None if self.is_fed_in_a_circle(*node) => format!("{node} would feed itself, by way of {from}"),
                None => return None,
            };
            Some((index, what))
        })
    }

    fn is_fed_in_a_circle(&self, node: NodeId) -> bool {
        let mut above = self.upstream(node);
        for _ in &self.upstreams {
            match above {
                Some(one) if one != node => above = self.upstream(one),
                _ => break,
            }
        }
        above == Some(node)
    }
}

impl PrimaryReplica {
    /// Who leads, as far as this node knows.
    pub(super) fn primary(&self, ctx: &Ctx) -> Option<NodeId> {
        match &self.part {
            Part::Primary(_) => Some(ctx.me()),
            Part::Replica(following) => following.primary(),
            Part::Monitor(_) => None,
        }
    }

    /// Whether this node is the one that sends the log to that one.
    pub(super) fn feeds(&self, node: NodeId, ctx: &Ctx) -> bool {
        let primary = self.primary(ctx);
        node != ctx.me() && primary.is_some_and(|primary| primary != node && self.config.source(node, primary) == ctx.me())
    }

    /// Whoever feeds this node sent what fits: its log is a part of the primary's, whose epoch began there.
    pub(super) fn is_in_line(&mut self, began: Option<Lsn>) {
        if let Some(following) = self.following() {
            following.began = following.began.or(began);
        }
    }

    /// The first position of the epoch.
    pub(super) fn epoch_began(&self) -> Option<Lsn> {
        match &self.part {
            Part::Primary(_) => self.history.last().map(|(_, first)| *first),
            Part::Replica(following) => following.began,
            Part::Monitor(_) => None,
        }
    }

    /// Whether this node can feed one that is there. A replica that has not got the data itself cannot; nor can it tell
    /// another that its log is not the primary's, before it has seen as much of that as decides it.
    pub(super) fn may_serve(&self, position: &Position, same_log: bool) -> bool {
        if !matches!(self.part, Part::Replica(_)) || (same_log && !position.anew) {
            return self.complete;
        }
        let has_seen = self.epoch_began().is_some_and(|began| self.flushed >= began.previous());
        let ahead = position.log_id == self.log_id && position.at.written > self.flushed && position.last_epoch == self.epoch;
        self.complete && has_seen && !ahead
    }

    /// The operator's word who feeds that node.
    pub(super) fn on_new_upstream(&mut self, node: NodeId, from: Option<NodeId>, ctx: &mut Ctx) {
        self.config = self.config.with_upstream(node, from);
        if node == ctx.me() {
            return self.turn_to_source(ctx);
        }
        if self.followers.contains_key(&node) && !self.feeds(node, ctx) {
            self.drop_follower(node, ctx);
            self.followers_changed(ctx);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::failover::Failover;

    const fn node(number: u16) -> NodeId {
        NodeId(number)
    }

    #[test]
    fn what_contradicts_itself_is_said() {
        let chain = |pairs: &[(u16, u16)]| Config {
            upstreams: pairs.iter().map(|(one, from)| Upstream { node: node(*one), from: node(*from) }).collect(),
            failover: Failover { monitors: vec![node(9)], ..Failover::default() },
            ..Config::default()
        };
        type Case = (&'static [(u16, u16)], Option<usize>);
        let cases: [Case; 9] = [
            (&[], None),
            (&[(2, 1), (3, 2), (4, 2)], None),
            (&[(0, 1)], None),
            (&[(2, 1), (3, 3)], Some(1)),
            (&[(2, 1), (2, 3)], Some(1)),
            (&[(2, 1), (1, 2)], Some(0)),
            (&[(1, 2), (2, 3), (3, 1)], Some(0)),
            // The first one is fed by a circle and is in none.
            (&[(4, 1), (1, 2), (2, 1)], Some(1)),
            (&[(2, 9)], Some(0)),
        ];
        for (pairs, problem) in cases {
            assert_eq!(chain(pairs).upstream_problem().map(|(index, _)| index), problem, "{pairs:?}");
        }
    }

    #[test]
    fn another_upstream_takes_the_place_of_the_first() {
        let config = Config::default().with_upstream(node(3), Some(node(1))).with_upstream(node(3), Some(node(2)));
        assert_eq!((config.upstream(node(3)), config.source(node(3), node(0))), (Some(node(2)), node(2)));
        let config = config.with_upstream(node(3), None);
        assert_eq!((config.upstream(node(3)), config.source(node(3), node(0))), (None, node(0)));
    }
}
