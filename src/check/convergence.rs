//! Convergence: do all running nodes hold the same copies now?
//!
//! Under way it is normal that they do not; what counts is whether they do once nothing is written any more. A node that
//! is down does not count, a paused one does. Of one and the same write two nodes may hold different values, if each made its
//! own (statement shipping): these are different copies. It cannot tell whether the copies that are equal are the right ones: that
//! is durability's question.

use crate::{
    protocol::NodeView,
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
    /// The node that the others are compared to: the primary; while none runs, the first one that runs.
    pub reference: Option<NodeId>,
    /// In order of node and key.
    pub differing: Vec<Difference>,
}

/// A node holds something else for a key than the reference does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    pub node: NodeId,
    pub key: Key,
    /// What the reference holds.
    pub expected: Option<Write>,
    pub held: Option<Write>,
}

pub fn compare(primary: Option<NodeId>, views: &SmallMap<NodeId, NodeView>) -> Convergence {
    let Some(reference) = primary.or_else(|| views.keys().next().copied()) else { return Convergence::default() };
    let copies = |node: NodeId| views.get(&node).map(|view| view.copies.as_slice()).unwrap_or_default();
    let right = copies(reference);
    let mut differing = Vec::new();
    for node in views.keys().copied().filter(|node| *node != reference) {
        let own = copies(node);
        // Mostly all is equal.
        if own == right {
            continue;
        }
        let keys: SmallSet<Key> = right.iter().chain(own).map(|write| write.key).collect();
        for key in keys.iter().copied() {
            let of = |copies: &'_ [Write]| copies.iter().copied().filter(move |write| write.key == key).collect::<Vec<Write>>();
            let (expected, held) = (of(right), of(own));
            if expected != held {
                differing.push(Difference { node, key, expected: expected.first().copied(), held: held.first().copied() });
            }
        }
    }
    Convergence { nodes: views.len(), reference: Some(reference), differing }
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
        }
    }

    /// Differences as `node key`, the copies of A, B, … given, compared to `primary`.
    fn differing(primary: Option<u16>, copies: &[&str]) -> String {
        let views = copies.iter().enumerate().map(|(index, copies)| (NodeId(index as u16), view(copies))).collect();
        let found = compare(primary.map(NodeId), &views).differing;
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
        ] {
            assert_eq!(differing(primary, copies), expected, "{copies:?}");
        }
    }

    #[test]
    fn two_values_of_one_write_are_different_copies() {
        let held = |value| {
            let write = Write { value, ..write("x", 1) };
            NodeView { copies: vec![write], ..view("") }
        };
        let views: SmallMap<NodeId, NodeView> = (0..2).map(|node| (NodeId(node), held(i64::from(node)))).collect();
        let found = compare(Some(NodeId(0)), &views).differing;
        assert_eq!(found.iter().map(|one| (one.node, one.held)).collect::<Vec<_>>(), [(NodeId(1), held(1).copies.pop())]);
    }
}
