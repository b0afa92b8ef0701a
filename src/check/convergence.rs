//! Convergence: do all running nodes hold the same copies now?
//!
//! A key is compared among the nodes that keep it. Under way it is normal that they do not; what counts is whether they do once nothing is written any more. A node that
//! is down does not count, a paused one does. Of one and the same write two nodes may hold different values, if each made its
//! own (statement shipping): these are different copies. It cannot tell whether the copies that are equal are the right ones: that
//! is durability's question.

use crate::{
    protocol::{NodeView, placement::Placement},
    sim::{
        id::{Key, NodeId},
        operation::Write,
        small::{SmallMap, SmallSet},
    },
};

/// How the copies of running nodes compare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Convergence {
    /// How many nodes run.
    pub nodes: usize,
    /// In order of node and key.
    pub differing: Vec<Difference>,
}

/// A node holds something else for a key than the reference does. Where a key holds several values, the first in which they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    pub node: NodeId,
    pub key: Key,
    /// What the primary holds; while none runs, or where there is none, the first running node that keeps the key.
    pub expected: Option<Write>,
    pub held: Option<Write>,
}

pub fn compare(primary: Option<NodeId>, views: &SmallMap<NodeId, NodeView>, placement: &Placement) -> Convergence {
    let copies = |node: NodeId| views.get(&node).map(|view| view.copies.as_slice()).unwrap_or_default();
    let first = primary.or_else(|| views.keys().next().copied()).map(copies).unwrap_or_default();
    let mut differing = Vec::new();
    // Mostly all is equal.
    if placement.is_everywhere() && views.values().all(|view| view.copies == first) {
        return Convergence { nodes: views.len(), differing };
    }
    let keys: SmallSet<Key> = first.iter().chain(views.values().flat_map(|view| &view.copies)).map(|write| write.key).collect();
    // Of each key the running nodes that keep it; the first of them is what the others are compared to.
    let kept: Vec<(Key, Vec<NodeId>)> = keys
        .iter()
        .map(|key| {
            let leads = |node: &NodeId| Some(*node) == primary;
            let keep = || views.keys().copied().filter(|node| placement.is_everywhere() || placement.is_home(*node, *key));
            (*key, keep().filter(leads).chain(keep().filter(|node| !leads(node))).collect())
        })
        .collect();
    for node in views.keys().copied() {
        for (key, nodes) in kept.iter().filter(|(_, nodes)| nodes.contains(&node)) {
            let of = |node: NodeId| copies(node).iter().copied().filter(|write| write.key == *key).collect::<Vec<Write>>();
            let (expected, held) = (of(nodes[0]), of(node));
            #[cfg(feature = "documents")]
            if is_one_revision(views, [nodes[0], node], *key) {
                continue;
            }
            let first = (0..expected.len().max(held.len())).find(|place| expected.get(*place) != held.get(*place));
            if let Some(place) = first {
                let (expected, held) = (expected.get(place).copied(), held.get(place).copied());
                differing.push(Difference { node, key: *key, expected, held });
            }
        }
    }
    Convergence { nodes: views.len(), differing }
}

/// Whether two nodes show one revision of a document, though perhaps by another write: equal edits at two nodes are one.
#[cfg(feature = "documents")]
fn is_one_revision(views: &SmallMap<NodeId, NodeView>, nodes: [NodeId; 2], key: Key) -> bool {
    let winner = |node: NodeId| {
        let documents = views.get(&node)?.peer.as_deref()?.documents.as_ref()?;
        documents.tree(key)?.winner().map(|leaf| leaf.revision)
    };
    winner(nodes[0]).is_some() && winner(nodes[0]) == winner(nodes[1])
}

#[cfg(test)]
mod tests {
    use super::super::made_up::write;
    use super::*;
    use crate::{
        store::log::{Epoch, Lsn},
        trace::Role,
    };

    fn view(copies: &str) -> NodeView {
        let copy = |word: &str| {
            let (key, value) = word.split_once('=').expect("key=value");
            write(key, value.parse().expect("a value"))
        };
        NodeView {
            role: Role::Replica,
            epoch: Epoch(1),
            follows: None,
            source: None,
            copies: copies.split_whitespace().map(copy).collect(),
            tail: Vec::new(),
            first: Lsn(1),
            written: Lsn(0),
            flushed: Lsn(0),
            applied: Lsn(0),
            followers: Vec::new(),
            waiting: 0,
            fallen_back: false,
            suspects: vec![],
            votes: None,
            fenced: false,
            stopped: false,
            peer: None,
            calls: vec![],
        }
    }

    /// Differences as `node key`, the copies of A, B, … given, compared to `primary`.
    fn differing(primary: Option<u16>, copies: &[&str]) -> String {
        let views = copies.iter().enumerate().map(|(index, copies)| (NodeId(index as u16), view(copies))).collect();
        let found = compare(primary.map(NodeId), &views, &Placement::default()).differing;
        found.iter().map(|one| format!("{}{}", one.node, one.key)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn differences_are_counted_by_node_and_key() {
        for (primary, copies, expected) in [
            (Some(0), &[][..], ""),
            (Some(0), &["x=1"], ""),
            (Some(0), &["x=1", "x=1", "x=1"], ""),
            (Some(0), &["x=1", "", "x=2"], "Bx Cx"),
            (Some(1), &["x=1 y=1", "x=1"], "Ay"),
            (Some(0), &["", "x=1"], "Bx"),
            (None, &["x=1", "x=1 y=2"], "By"),
            (None, &["x=1 x=2", "x=2", "x=1", "x=1 x=2"], "Bx Cx"),
        ] {
            assert_eq!(differing(primary, copies), expected, "{copies:?}");
        }
    }

    /// Of five nodes on a ring two keep each key: y is at C and D, x at D and E.
    #[cfg(feature = "quorum")]
    #[test]
    fn a_key_is_compared_among_those_who_keep_it() {
        let members: Vec<NodeId> = (0..5).map(NodeId).collect();
        let config = crate::protocol::quorum::Config { n: 2, ..Default::default() };
        let placement = Placement::on_ring(config.ring(&members), 2);
        assert_eq!([Key(0), Key(1)].map(|key| placement.homes(key)), [[NodeId(3), NodeId(4)], [NodeId(2), NodeId(3)]]);
        for (copies, expected) in [
            (["", "", "", "x=1", "x=1"], ""),
            (["", "", "", "x=1", ""], "Ex"),
            (["", "", "", "", "x=1"], "Ex"),
            // What others have is no matter.
            (["x=7", "x=1", "x=2", "x=1", "x=1"], ""),
            (["x=7", "", "y=1", "x=1 y=2", "x=1 y=1"], "Dy"),
        ] {
            let views = copies.iter().enumerate().map(|(index, copies)| (NodeId(index as u16), view(copies)));
            let mut views: SmallMap<NodeId, NodeView> = views.collect();
            let differing = |views: &SmallMap<NodeId, NodeView>| {
                let found = compare(None, views, &placement).differing;
                found.iter().map(|one| format!("{}{}", one.node, one.key)).collect::<Vec<_>>().join(" ")
            };
            assert_eq!(differing(&views), expected, "{copies:?}");
            // With one of two down there is nothing to compare.
            views.remove(&NodeId(3));
            assert_eq!(differing(&views), "", "{copies:?}");
        }
    }

    #[test]
    fn two_values_of_one_write_are_different_copies() {
        let held = |value| {
            let write = Write { value, ..write("x", 1) };
            NodeView { copies: vec![write], ..view("") }
        };
        let views: SmallMap<NodeId, NodeView> = (0..2).map(|node| (NodeId(node), held(i64::from(node)))).collect();
        let found = compare(Some(NodeId(0)), &views, &Placement::default()).differing;
        assert_eq!(found.iter().map(|one| (one.node, one.held)).collect::<Vec<_>>(), [(NodeId(1), held(1).copies.pop())]);
    }
}
