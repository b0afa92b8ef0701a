//! Who keeps which key: consistent hashing (Karger et al., 1997) on a ring with virtual nodes (DeCandia et al., "Dynamo", 2007, §4.2).
//!
//! A pure function of the members and the number of virtual nodes, so all nodes agree on it without a word, and a picture can be
//! made of it. Whole numbers only, and no hash of the standard library: where keys are must never change.

use crate::sim::{
    id::{Key, NodeId},
    small::sorted_by_key,
};

/// Which of two kinds of points a place is for, so that node 1 and key 1 are apart.
const NODE: u64 = 1;
const KEY: u64 = 2;

/// Every node stands at several places on it; a key belongs to the nodes that come after its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    members: Vec<NodeId>,
    /// In order of places.
    points: Vec<(u64, NodeId)>,
}

impl Ring {
    pub fn new(members: &[NodeId], virtual_nodes: u16) -> Ring {
        let places = |node: &NodeId| {
            let node = *node;
            (0..virtual_nodes).map(move |number| (spread(&[NODE, node.0 as u64, number as u64]), node))
        };
        let points: Vec<(u64, NodeId)> = members.iter().flat_map(places).collect();
        let points = sorted_by_key(points, |point| *point);
        Ring { members: members.to_vec(), points }
    }

    pub fn members(&self) -> &[NodeId] {
        &self.members
    }

    /// Where each node stands, in the order of the ring; places are the numbers below 2^64.
    pub fn points(&self) -> &[(u64, NodeId)] {
        &self.points
    }

    /// Where a key stands.
    pub fn place(key: Key) -> u64 {
        spread(&[KEY, key.0 as u64])
    }

    /// All nodes in the order in which they come after a key, each once: its preference list.
    pub fn preference(&self, key: Key) -> Vec<NodeId> {
        let from = self.points.partition_point(|(place, _)| *place < Ring::place(key));
        let mut list = Vec::with_capacity(self.members.len());
        for (_, node) in self.points[from..].iter().chain(&self.points[..from]) {
            if !list.contains(node) {
                list.push(*node);
            }
            if list.len() == self.members.len() {
                break;
            }
        }
        list
    }

    /// The home nodes of a key: the first `n` of its preference list, or all where there are fewer.
    pub fn homes(&self, key: Key, n: u8) -> Vec<NodeId> {
        let mut list = self.preference(key);
        list.truncate(n as usize);
        list
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood, 2014), over one word after the other.
fn spread(words: &[u64]) -> u64 {
    words.iter().fold(0, |hash, word| {
        let word = (hash ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(count: u16) -> Vec<NodeId> {
        (0..count).map(NodeId).collect()
    }

    fn shown(list: &[NodeId]) -> String {
        list.iter().map(NodeId::to_string).collect()
    }

    /// Where keys are must never change: links and lessons count on it.
    #[test]
    fn preference_lists_are_what_they_always_were() {
        let ring = Ring::new(&nodes(5), 8);
        let lists: Vec<String> = (0..6).map(|key| shown(&ring.preference(Key(key)))).collect();
        assert_eq!(lists.join(" "), LISTS);
        assert_eq!(shown(&ring.homes(Key(0), 3)), LISTS[..3]);
    }

    const LISTS: &str = "DECAB CDBEA ACBDE CBDAE CDBEA ACBDE";

    #[test]
    fn a_list_has_every_node_once() {
        for (count, virtual_nodes) in [(1, 1), (2, 1), (3, 8), (10, 1), (10, 256)] {
            let ring = Ring::new(&nodes(count), virtual_nodes);
            assert_eq!(ring.points().len(), count as usize * virtual_nodes as usize);
            for key in 0..64 {
                let mut list = ring.preference(Key(key));
                assert_eq!(ring.homes(Key(key), 3), list[..list.len().min(3)]);
                list.sort_unstable();
                assert_eq!(list, nodes(count), "key {key}");
            }
        }
    }

    /// A node that joins takes keys over, and moves none between others; one that leaves gives only its own away.
    #[test]
    fn who_joins_takes_only_what_becomes_its_own() {
        for virtual_nodes in [1, 8, 64] {
            let (before, after) = (Ring::new(&nodes(5), virtual_nodes), Ring::new(&nodes(6), virtual_nodes));
            for key in (0..64).map(Key) {
                let without: Vec<NodeId> = after.preference(key).into_iter().filter(|node| *node != NodeId(5)).collect();
                assert_eq!(without, before.preference(key), "{key}");
            }
        }
    }

    /// With many virtual nodes all have about as many keys.
    #[test]
    fn many_virtual_nodes_share_fairly() {
        let most = |virtual_nodes| {
            let ring = Ring::new(&nodes(8), virtual_nodes);
            let mut counts = [0; 8];
            (0..20_000).for_each(|key| counts[ring.homes(Key(key), 1)[0].0 as usize] += 1);
            *counts.iter().max().expect("eight")
        };
        assert!(most(256) < 3_100, "{}", most(256));
        assert!(most(1) > 4_000, "{}", most(1));
    }
}
