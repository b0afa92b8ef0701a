//! A shopping cart as Dynamo kept it: whole carts as siblings, which a reader merges by union.
//!
//! Nothing that was added is ever lost, and what was taken out can come back: a union cannot tell a removal from not having
//! heard of the addition yet. The cure is a set (`set.rs`).

use super::on_board::OnBoard;
use crate::{
    sim::{
        id::OperationId,
        small::{SmallMap, sorted_by_key},
    },
    store::{
        siblings::Siblings,
        version::{Actor, Dot, Seen},
        words::Words,
    },
};

/// Something in a cart, and the write that put it there: its name, which goes along whoever writes the cart anew, and its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub element: i64,
    pub dot: Dot,
    pub id: OperationId,
}

/// Siblings of whole carts (DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store", 2007, §4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cart {
    siblings: Siblings<Vec<Item>>,
    on_board: OnBoard,
}

impl Cart {
    /// Writes everything in the cart, and this, over everything seen here. Returns the change.
    pub fn add(&mut self, actor: Actor, element: i64, id: OperationId) -> Cart {
        let mut items = self.union();
        items.insert(element, Item { element, dot: self.seen().next(actor), id });
        self.put(actor, items)
    }

    /// Writes everything in the cart but this over everything seen here. Returns the change.
    pub fn remove(&mut self, actor: Actor, element: i64) -> Cart {
        let mut items = self.union();
        items.remove(&element);
        self.put(actor, items)
    }

    fn put(&mut self, actor: Actor, items: SmallMap<i64, Item>) -> Cart {
        let seen = self.seen().clone();
        Cart { siblings: self.siblings.put(actor, items.into_values().collect(), &seen), on_board: self.on_board }
    }

    pub fn merge(&mut self, other: &Cart) {
        self.siblings.merge(&other.siblings);
    }

    /// What a reader is shown: the union of all siblings, in ascending order.
    pub fn items(&self) -> Vec<Item> {
        self.union().into_values().collect()
    }

    /// Of one that several carts have, the addition with the greatest name stands for all.
    fn union(&self) -> SmallMap<i64, Item> {
        let items: Vec<Item> = self.siblings.values().flatten().copied().collect();
        sorted_by_key(items, |item| item.dot).into_iter().map(|item| (item.element, item)).collect()
    }

    /// The carts that nobody has written over, each in ascending order.
    pub fn siblings(&self) -> &Siblings<Vec<Item>> {
        &self.siblings
    }

    pub fn seen(&self) -> &Seen {
        self.siblings.seen()
    }
}

impl Words for Item {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.element.words(out);
        self.dot.words(out);
        self.id.words(out);
    }
}

impl Words for Cart {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.siblings.words(out);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::mark, *};
    use crate::sim::id::NodeId;

    const BOOK: i64 = 1;
    const PEN: i64 = 2;
    const LAMP: i64 = 3;

    fn actor(node: u16) -> Actor {
        NodeId(node).into()
    }

    fn items(cart: &Cart) -> Vec<i64> {
        cart.items().iter().map(|item| item.element).collect()
    }

    /// Puts something into a cart.
    fn add(cart: &mut Cart, node: u16, element: i64) {
        cart.add(actor(node), element, mark(element, node).id);
    }

    /// Two carts at once are merged by union, and the next write makes them one again (ph-34).
    #[test]
    fn concurrent_carts_are_merged_by_union() {
        let (mut a, mut b) = (Cart::default(), Cart::default());
        add(&mut a, 0, BOOK);
        add(&mut b, 1, PEN);
        a.merge(&b);
        assert_eq!((a.siblings().len(), items(&a)), (2, vec![BOOK, PEN]));
        add(&mut a, 0, LAMP);
        assert_eq!((a.siblings().len(), items(&a)), (1, vec![BOOK, PEN, LAMP]));
    }

    /// A takes the book out while B puts a pen in (ph-35): the book is back. In whatever way the copies meet.
    #[test]
    fn what_was_taken_out_comes_back() {
        let mut a = Cart::default();
        add(&mut a, 0, BOOK);
        let mut b = a.clone();
        a.remove(actor(0), BOOK);
        assert_eq!(items(&a), [0; 0]);
        add(&mut b, 1, PEN);
        for (first, second) in [(&a, &b), (&b, &a)] {
            let mut both = first.clone();
            both.merge(second);
            assert_eq!(items(&both), [BOOK, PEN]);
        }
        // Who had seen everything takes it out for good.
        b.merge(&a);
        b.remove(actor(1), BOOK);
        b.merge(&a);
        assert_eq!(items(&b), [PEN]);
    }
}
