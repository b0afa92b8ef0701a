//! The versions of a key that nobody has overwritten: one, or several that did not know of each other.
//!
//! Each version has a dot of its own beside the context that tells what was seen, so that a write through a server which holds
//! something newer replaces exactly what its client had read. What can go wrong without dots stands in `merged_vector.rs`.

use super::version::{Actor, Dot, Seen};

/// A causal dot store: a dotted version vector set (Almeida, Baquero, Gonçalves, Preguiça, Fonte: "Scalable and Accurate
/// Causality Tracking for Eventually Consistent Stores", 2014), and as such a join-semilattice under [`Siblings::merge`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Siblings<V> {
    /// In order of their dots.
    versions: Vec<(Dot, V)>,
    /// Includes every dot above, and those of versions that were here and are overwritten.
    seen: Seen,
}

impl<V> Default for Siblings<V> {
    fn default() -> Self {
        Siblings { versions: Vec::new(), seen: Seen::default() }
    }
}

impl<V: Clone> Siblings<V> {
    /// Writes a value over everything in `context`: what the client had seen. Returns the change, which others merge; its context
    /// is its own dot and what it overwrites, so it says nothing about what else is here.
    pub fn put(&mut self, actor: Actor, value: V, context: &Seen) -> Siblings<V> {
        // A client may have heard of more than this state.
        let dot = self.seen.next(actor).max(context.next(actor));
        let delta = Siblings::change(dot, value, context.clone());
        self.merge(&delta);
        delta
    }

    /// The change that a write with this name made, over everything in `seen`.
    pub fn change(dot: Dot, value: V, mut seen: Seen) -> Siblings<V> {
        seen.insert(dot);
        Siblings { versions: vec![(dot, value)], seen }
    }

    /// A state in which all these were overwritten.
    pub fn replaced(seen: Seen) -> Siblings<V> {
        Siblings { versions: Vec::new(), seen }
    }

    /// The join: what both have, and what one has that the other has not seen. What one has seen and does not have any more was
    /// overwritten. The order in which states and changes arrive, and how often, makes no difference.
    pub fn merge(&mut self, other: &Siblings<V>) {
        self.versions = join(&self.versions, &self.seen, &other.versions, &other.seen);
        self.seen.merge(&other.seen);
    }

    /// In order of their dots.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Dot, &V)> {
        self.versions.iter().map(|(dot, value)| (*dot, value))
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.versions.iter().map(|(_, value)| value)
    }

    pub fn len(&self) -> usize {
        self.versions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// The context of a read here: who writes with it overwrites what is here now, and nothing else.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }
}

/// The join of two causal dot stores (Almeida, Shoker, Baquero: "Delta State Replicated Data Types", 2018, §7.2), both in order
/// of their dots, as is the result.
pub(super) fn join<V: Clone>(here: &[(Dot, V)], seen_here: &Seen, there: &[(Dot, V)], seen_there: &Seen) -> Vec<(Dot, V)> {
    let has = |side: &[(Dot, V)], dot: &Dot| side.binary_search_by(|(own, _)| own.cmp(dot)).is_ok();
    let kept = here.iter().filter(|(dot, _)| has(there, dot) || !seen_there.includes(*dot));
    let mut joined: Vec<(Dot, V)> = kept.cloned().collect();
    for (dot, value) in there.iter().filter(|(dot, _)| !seen_here.includes(*dot)) {
        let at = joined.partition_point(|(own, _)| own < dot);
        joined.insert(at, (*dot, value.clone()));
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::id::NodeId;

    fn actor(node: u16) -> Actor {
        NodeId(node).into()
    }

    fn shown<V: Clone + std::fmt::Debug>(siblings: &Siblings<V>) -> String {
        let versions: Vec<String> = siblings.iter().map(|(dot, value)| format!("{dot}={value:?}")).collect();
        format!("{} {}", versions.join(" "), siblings.seen())
    }

    /// One server, two clients (ph-38): v3 replaces v1, which its client had read, and leaves v2 alone.
    #[test]
    fn a_write_replaces_exactly_what_its_client_had_read() {
        let mut server = Siblings::default();
        server.put(actor(0), 1, &Seen::default());
        let read = server.seen().clone();
        assert_eq!(read.to_string(), "[A1]");
        server.put(actor(0), 2, &Seen::default());
        let delta = server.put(actor(0), 3, &read);
        assert_eq!(shown(&server), "A2=2 A3=3 [A3]");
        assert_eq!(shown(&delta), "A3=3 [A1]+A3", "the change says nothing about v2");
    }

    /// Two clients fill a cart through one server, each writing over what its last answer showed (ph-36).
    #[test]
    fn a_server_tells_who_had_seen_what() {
        let mut server = Siblings::default();
        let (mut ana, mut ben) = (Seen::default(), Seen::default());
        let steps: [(bool, &str, &str); 5] = [
            (true, "milk", "A1=milk"),
            (false, "eggs", "A1=milk A2=eggs"),
            (true, "milk flour", "A2=eggs A3=milk flour"),
            (false, "eggs milk ham", "A3=milk flour A4=eggs milk ham"),
            (true, "milk flour eggs bacon", "A4=eggs milk ham A5=milk flour eggs bacon"),
        ];
        for (is_ana, cart, expected) in steps {
            let context = if is_ana { &mut ana } else { &mut ben };
            server.put(actor(0), cart, context);
            *context = server.seen().clone();
            assert_eq!(shown(&server).replace('"', "").split(" [").next(), Some(expected));
        }
        assert_eq!(server.seen().to_string(), "[A5]");
    }

    #[test]
    fn changes_may_come_late_and_twice() {
        let mut a = Siblings::default();
        let first = a.put(actor(0), 1, &Seen::default());
        let second = a.put(actor(0), 2, &a.seen().clone());
        let third = a.put(actor(0), 3, &Seen::default());
        let mut b = Siblings::default();
        for (delta, expected) in
            [(&third, "A3=3 []+A3"), (&second, "A2=2 A3=3 [A3]"), (&first, "A2=2 A3=3 [A3]"), (&third, "A2=2 A3=3 [A3]")]
        {
            b.merge(delta);
            assert_eq!(shown(&b), expected);
        }
        assert_eq!(a, b);
    }

    /// What a node does that lost its disk and takes no new name: its first write looks like one that was overwritten long ago.
    #[test]
    fn a_name_given_twice_loses_a_write() {
        let mut peer = Siblings::default();
        peer.put(actor(0), 1, &Seen::default());
        peer.put(actor(0), 2, &peer.seen().clone());
        let mut wiped = Siblings::default();
        peer.merge(&wiped.put(actor(0), 3, &Seen::default()));
        assert_eq!(shown(&peer), "A2=2 [A2]");
        let mut renamed = Siblings::default();
        peer.merge(&renamed.put(Actor { incarnation: 1, ..actor(0) }, 3, &Seen::default()));
        assert_eq!(shown(&peer), "A2=2 A'2.1=3 [A2 A'2.1]");
    }
}
