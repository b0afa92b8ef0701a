//! The older way to tell versions: one plain version vector for all siblings of a key, counted per server, as in Riak before
//! dotted version vectors.
//!
//! Here to show what goes wrong with it: a write is taken for concurrent to what it replaced as soon as anybody else wrote in
//! between, so siblings pile up (ph-38). It is no semilattice either: two servers with the same vector can hold different
//! siblings. Nothing but such a demonstration should keep its data in it.

use super::version::{Actor, VersionVector};
use std::cmp::Ordering;

/// All siblings of a key under one vector (Preguiça et al., "Dotted Version Vectors", 2010, §3, on vectors with one entry per
/// server).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedVector<V> {
    /// In order of values.
    siblings: Vec<V>,
    vector: VersionVector,
}

impl<V> Default for MergedVector<V> {
    fn default() -> Self {
        MergedVector { siblings: Vec::new(), vector: VersionVector::default() }
    }
}

impl<V: Clone + Ord> MergedVector<V> {
    /// A write through `server` by a client that had read `context`. All that can be known is whether it had read everything.
    pub fn put(&mut self, server: Actor, value: V, context: &VersionVector) {
        if context.covers(&self.vector) {
            self.siblings.clear();
        }
        self.add(value);
        self.vector.merge(context);
        self.vector.raise(self.vector.next(server));
    }

    /// What another server holds: the greater vector wins, and what is concurrent is all kept.
    pub fn merge(&mut self, other: &MergedVector<V>) {
        match self.vector.compare(&other.vector) {
            Some(Ordering::Greater) => {}
            Some(Ordering::Less) => *self = other.clone(),
            Some(Ordering::Equal) | None => {
                other.siblings.iter().for_each(|value| self.add(value.clone()));
                self.vector.merge(&other.vector);
            }
        }
    }

    fn add(&mut self, value: V) {
        if let Err(at) = self.siblings.binary_search(&value) {
            self.siblings.insert(at, value);
        }
    }

    /// In order of values.
    pub fn siblings(&self) -> &[V] {
        &self.siblings
    }

    /// The context of a read here.
    pub fn vector(&self) -> &VersionVector {
        &self.vector
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        sim::id::NodeId,
        store::{siblings::Siblings, version::Seen},
    };

    fn actor(node: u16) -> Actor {
        NodeId(node).into()
    }

    #[test]
    fn what_was_replaced_comes_back_as_a_sibling() {
        let mut server = MergedVector::default();
        server.put(actor(0), 1, &VersionVector::default());
        let read = server.vector().clone();
        server.put(actor(0), 2, &VersionVector::default());
        server.put(actor(0), 3, &read);
        assert_eq!(server.siblings(), [1, 2, 3], "3 was written over 1");
    }

    /// Two clients in turn, each writing over its own last value: dots keep two siblings, a merged vector keeps every value.
    #[test]
    fn siblings_explode() {
        let (mut plain, mut dotted) = (MergedVector::default(), Siblings::default());
        let mut plain_contexts = [VersionVector::default(), VersionVector::default()];
        let mut dotted_contexts = [Seen::default(), Seen::default()];
        for value in 0..20 {
            let client = value % 2;
            plain.put(actor(0), value, &plain_contexts[client]);
            plain_contexts[client] = plain.vector().clone();
            dotted.put(actor(0), value, &dotted_contexts[client]);
            dotted_contexts[client] = dotted.seen().clone();
            assert_eq!(plain.siblings().len(), value + 1);
            assert_eq!(dotted.len(), (value + 1).min(2));
        }
        // Reading before writing is the cure.
        plain.put(actor(0), 99, &plain.vector().clone());
        assert_eq!(plain.siblings(), [99]);
    }

    #[test]
    fn servers_merge_what_is_concurrent_and_drop_what_is_older() {
        let (mut a, mut b) = (MergedVector::default(), MergedVector::default());
        a.put(actor(0), 1, &VersionVector::default());
        b.merge(&a);
        assert_eq!(b, a);
        b.put(actor(1), 2, &b.vector().clone());
        let before = b.clone();
        b.merge(&a);
        assert_eq!((b.siblings(), &b), (&[2][..], &before), "2 was written over 1");
        a.put(actor(0), 3, &a.vector().clone());
        a.merge(&b);
        assert_eq!((a.siblings(), a.vector().to_string().as_str()), (&[2, 3][..], "[A2 B1]"));
    }

    /// The order in which servers meet decides what they hold, although in the end their vectors are equal.
    #[test]
    fn equal_vectors_with_different_siblings() {
        let state = |actor, values: &[i32]| {
            let mut state = MergedVector::default();
            values.iter().for_each(|value| state.put(actor, *value, &state.vector().clone()));
            state
        };
        let (a, first, second) = (state(actor(0), &[1]), state(actor(1), &[2]), state(actor(1), &[2, 4]));
        let (mut early, mut late) = (a.clone(), a);
        early.merge(&first);
        early.merge(&second);
        late.merge(&second);
        assert_eq!((early.siblings(), late.siblings()), (&[1, 2, 4][..], &[1, 4][..]));
        assert_eq!(early.vector(), late.vector());
    }
}
