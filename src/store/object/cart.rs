//! A shopping cart as Dynamo kept it: whole carts as siblings, which a reader merges by union.
//!
//! Nothing that was added is ever lost, and what was taken out can come back: a union cannot tell a removal from not having
//! heard of the addition yet. The cure is a set (`set.rs`).

use crate::{
    sim::small::SmallSet,
    store::{
        siblings::Siblings,
        version::{Actor, Seen},
        words::Words,
    },
};

/// Siblings of whole carts (DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store", 2007, §4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cart {
    siblings: Siblings<Vec<i64>>,
}

impl Cart {
    /// Writes everything in the cart, and this, over everything seen here. Returns the change.
    pub fn add(&mut self, actor: Actor, item: i64) -> Cart {
        let mut items = self.union();
        items.insert(item);
        self.put(actor, items)
    }

    /// Writes everything in the cart but this over everything seen here. Returns the change.
    pub fn remove(&mut self, actor: Actor, item: i64) -> Cart {
        let mut items = self.union();
        items.remove(&item);
        self.put(actor, items)
    }

    fn put(&mut self, actor: Actor, items: SmallSet<i64>) -> Cart {
        let seen = self.seen().clone();
        Cart { siblings: self.siblings.put(actor, items.iter().copied().collect(), &seen) }
    }

    pub fn merge(&mut self, other: &Cart) {
        self.siblings.merge(&other.siblings);
    }

    /// What a reader is shown: the union of all siblings, in ascending order.
    pub fn items(&self) -> Vec<i64> {
        self.union().iter().copied().collect()
    }

    fn union(&self) -> SmallSet<i64> {
        self.siblings.values().flatten().copied().collect()
    }

    /// The carts that nobody has written over, each in ascending order.
    pub fn siblings(&self) -> &Siblings<Vec<i64>> {
        &self.siblings
    }

    pub fn seen(&self) -> &Seen {
        self.siblings.seen()
    }
}

impl Words for Cart {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.siblings.words(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::id::NodeId;

    const BOOK: i64 = 1;
    const PEN: i64 = 2;
    const LAMP: i64 = 3;

    fn actor(node: u16) -> Actor {
        NodeId(node).into()
    }

    /// Two carts at once are merged by union, and the next write makes them one again (ph-34).
    #[test]
    fn concurrent_carts_are_merged_by_union() {
        let (mut a, mut b) = (Cart::default(), Cart::default());
        a.add(actor(0), BOOK);
        b.add(actor(1), PEN);
        a.merge(&b);
        assert_eq!((a.siblings().len(), a.items()), (2, vec![BOOK, PEN]));
        a.add(actor(0), LAMP);
        assert_eq!((a.siblings().len(), a.items()), (1, vec![BOOK, PEN, LAMP]));
    }

    /// A takes the book out while B puts a pen in (ph-35): the book is back. In whatever way the copies meet.
    #[test]
    fn what_was_taken_out_comes_back() {
        let mut a = Cart::default();
        a.add(actor(0), BOOK);
        let mut b = a.clone();
        a.remove(actor(0), BOOK);
        assert_eq!(a.items(), [0; 0]);
        b.add(actor(1), PEN);
        for (first, second) in [(&a, &b), (&b, &a)] {
            let mut both = first.clone();
            both.merge(second);
            assert_eq!(both.items(), [BOOK, PEN]);
        }
        // Who had seen everything takes it out for good.
        b.merge(&a);
        b.remove(actor(1), BOOK);
        b.merge(&a);
        assert_eq!(b.items(), [PEN]);
    }
}
