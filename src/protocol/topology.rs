//! Who sends to whom in a group of peers: shared by the protocols that settle it before a run.
//!
//! It must not know what is sent.

use crate::sim::id::NodeId;
use serde::{Deserialize, Serialize};

/// Who passes changes on to whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// Everybody sends its own changes to everybody.
    #[default]
    AllToAll,
    /// Each sends to the next, one way round (MySQL: circular replication).
    Ring,
    /// All talk to the first node, and to no other.
    Star,
    /// Each talks to the one above it and to up to two below it.
    Tree,
    /// As the list of links says.
    Custom,
}

/// Two peers that talk to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub one: NodeId,
    pub other: NodeId,
}

/// A topology with its links, if they are listed.
#[derive(Clone, Copy, Debug)]
pub struct Ways<'a> {
    pub topology: Topology,
    /// Of a custom topology.
    pub links: &'a [Pair],
}

impl Ways<'_> {
    /// Those to whom a peer sends changes.
    pub fn targets(&self, me: NodeId, members: &[NodeId]) -> Vec<NodeId> {
        let Some(own) = members.iter().position(|node| *node == me) else { return Vec::new() };
        let count = members.len();
        let is_target = |other: usize| match self.topology {
            _ if other == own => false,
            Topology::AllToAll => true,
            Topology::Ring => other == (own + 1) % count,
            Topology::Star => own == 0 || other == 0,
            Topology::Tree => parent(own) == Some(other) || parent(other) == Some(own),
            Topology::Custom => {
                let joins = |pair: &Pair| {
                    (pair.one, pair.other) == (me, members[other]) || (pair.other, pair.one) == (me, members[other])
                };
                self.links.iter().any(joins)
            }
        };
        (0..count).filter(|other| is_target(*other)).map(|other| members[other]).collect()
    }

    /// Those from whom it gets them.
    pub fn sources(&self, me: NodeId, members: &[NodeId]) -> Vec<NodeId> {
        members.iter().copied().filter(|other| self.targets(*other, members).contains(&me)).collect()
    }

    /// Why changes would not get from everybody to everybody, in words.
    pub fn problem(&self, members: &[NodeId]) -> Option<String> {
        let names = |pair: &Pair| members.contains(&pair.one) && members.contains(&pair.other) && pair.one != pair.other;
        if self.topology != Topology::Custom && !self.links.is_empty() {
            return Some("links are listed, but the topology is not custom".into());
        }
        if let Some(pair) = self.links.iter().find(|pair| !names(pair)) {
            return Some(format!("a link joins two different nodes of the group, and not {} and {}", pair.one, pair.other));
        }
        members.iter().find_map(|from| {
            let reached = self.reached(*from, members);
            let apart = members.iter().find(|node| !reached.contains(node))?;
            Some(format!("the topology is not connected: what {from} writes never gets to {apart}"))
        })
    }

    /// Where a change written at a peer gets to in the end.
    fn reached(&self, from: NodeId, members: &[NodeId]) -> Vec<NodeId> {
        let mut reached = vec![from];
        let mut next = 0;
        while let Some(node) = reached.get(next).copied() {
            next += 1;
            for target in self.targets(node, members) {
                if !reached.contains(&target) {
                    reached.push(target);
                }
            }
        }
        reached
    }
}

/// In a tree of two branches each.
fn parent(place: usize) -> Option<usize> {
    Some(place.checked_sub(1)? / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(count: u16) -> Vec<NodeId> {
        (0..count).map(NodeId).collect()
    }

    fn shown(ways: Ways, count: u16) -> String {
        let members = members(count);
        let targets = |me: &NodeId| ways.targets(*me, &members).iter().map(NodeId::to_string).collect::<String>();
        members.iter().map(|me| format!("{me}:{}", targets(me))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn topologies_say_who_sends_to_whom() {
        for (topology, count, expected) in [
            (Topology::AllToAll, 3, "A:BC B:AC C:AB"),
            (Topology::Ring, 3, "A:B B:C C:A"),
            (Topology::Ring, 1, "A:"),
            (Topology::Ring, 2, "A:B B:A"),
            (Topology::Star, 4, "A:BCD B:A C:A D:A"),
            (Topology::Tree, 5, "A:BC B:ADE C:A D:B E:B"),
        ] {
            let ways = Ways { topology, links: &[] };
            assert_eq!(shown(ways, count), expected, "{topology:?}");
            assert_eq!(ways.problem(&members(count)), None, "{topology:?}");
        }
    }

    #[test]
    fn a_topology_that_is_not_connected_is_refused_in_words() {
        let pair = |one, other| Pair { one: NodeId(one), other: NodeId(other) };
        for (links, word) in [
            (vec![pair(0, 1), pair(1, 2)], None),
            (vec![pair(0, 1)], Some("never gets to C")),
            (vec![pair(0, 0)], Some("two different nodes")),
            (vec![pair(0, 7)], Some("not A and H")),
        ] {
            let problem = Ways { topology: Topology::Custom, links: &links }.problem(&members(3));
            assert_eq!(problem.is_some(), word.is_some(), "{problem:?}");
            assert!(word.is_none_or(|word| problem.is_some_and(|problem| problem.contains(word))));
        }
    }

    /// In a ring what is sent comes from the other side.
    #[test]
    fn sources_are_targets_seen_from_the_other_end() {
        let ring = Ways { topology: Topology::Ring, links: &[] };
        assert_eq!(ring.sources(NodeId(0), &members(3)), [NodeId(2)]);
    }
}
