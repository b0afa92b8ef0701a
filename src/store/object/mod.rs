//! What peers keep for a key, whatever its type: something that can be changed without asking anybody and merged with what others
//! made of it.
//!
//! Every state here is a join-semilattice: merging is commutative, associative and idempotent (Shapiro, Preguiça, Baquero,
//! Zawirski: "Conflict-free Replicated Data Types", 2011, §2.3), and a change is a small state of the same kind. So nothing has
//! to arrive in order, or once.

pub mod cart;
pub mod counter;
mod on_board;
pub mod register;
pub mod set;
pub mod text;

use super::{
    stamp::Stamp,
    words::{self, Words},
};
use crate::sim::{id::OperationId, operation::KeyType};
use cart::Cart;
use counter::Counter;
use register::Register;
use set::ReplicatedSet;
use std::fmt;
use text::Text;

/// When something was done to an object, and by which operation: so a reader can be told whose an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub stamp: Stamp,
    pub id: OperationId,
}

impl Words for Mark {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.stamp.words(out);
        self.id.words(out);
    }
}

/// A value of any type, or a change of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    Register(Register),
    Counter(Counter),
    Set(ReplicatedSet),
    Cart(Cart),
    Text(Text),
}

/// Two objects of different types cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType {
    pub here: &'static str,
    pub there: &'static str,
}

impl fmt::Display for WrongType {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "a {} cannot be merged into a {}", self.there, self.here)
    }
}

impl std::error::Error for WrongType {}

impl Object {
    /// One that nothing was done to yet.
    pub fn new(key_type: KeyType) -> Object {
        match key_type {
            KeyType::Register => Object::Register(Register::default()),
            KeyType::Counter => Object::Counter(Counter::default()),
            KeyType::Set => Object::Set(ReplicatedSet::default()),
            KeyType::Cart => Object::Cart(Cart::default()),
            KeyType::Text => Object::Text(Text::default()),
        }
    }

    /// How many elements or characters it keeps, those that are taken out included: what grows without end if nobody stops it.
    pub fn parts(&self) -> usize {
        match self {
            Object::Register(_) | Object::Counter(_) => 0,
            Object::Set(set) => set.all().count(),
            Object::Cart(cart) => cart.items().len(),
            Object::Text(text) => text.len(),
        }
    }

    /// What it is called.
    pub fn type_name(&self) -> &'static str {
        match self {
            Object::Register(_) => "register",
            Object::Counter(_) => "counter",
            Object::Set(_) => "set",
            Object::Cart(_) => "cart",
            Object::Text(_) => "text",
        }
    }

    /// Takes in another state of the same key, or a change. If the types differ, nothing is changed.
    pub fn merge(&mut self, other: &Object) -> Result<(), WrongType> {
        match (self, other) {
            (Object::Register(own), Object::Register(other)) => own.merge(other),
            (Object::Counter(own), Object::Counter(other)) => own.merge(other),
            (Object::Set(own), Object::Set(other)) => own.merge(other),
            (Object::Cart(own), Object::Cart(other)) => own.merge(other),
            (Object::Text(own), Object::Text(other)) => own.merge(other),
            (own, other) => return Err(WrongType { here: own.type_name(), there: other.type_name() }),
        }
        Ok(())
    }

    /// About what it takes on the wire, in bytes.
    pub fn bytes(&self) -> usize {
        words::bytes(self)
    }

    /// A number that differs if the states differ, for comparing copies without sending them.
    pub fn digest(&self) -> u64 {
        words::digest(self)
    }
}

impl Words for Object {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        let (tag, state): (u64, &dyn Words) = match self {
            Object::Register(state) => (0, state),
            Object::Counter(state) => (1, state),
            Object::Set(state) => (2, state),
            Object::Cart(state) => (3, state),
            Object::Text(state) => (4, state),
        };
        out(tag);
        state.words(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::id::{ClientId, NodeId, Origin};

    /// Of operation `number` at a node whose clock shows as much.
    pub(super) fn mark(number: i64, node: u16) -> Mark {
        let id = OperationId { client: ClientId(node), origin: Origin::Hand, number: number as u32 };
        Mark { stamp: Stamp::wall(number, NodeId(node).into()), id }
    }

    #[test]
    fn types_do_not_mix() {
        let empty = [
            Object::Register(Register::default()),
            Object::Counter(Counter::default()),
            Object::Set(ReplicatedSet::default()),
            Object::Cart(Cart::default()),
            Object::Text(Text::default()),
        ];
        for (row, here) in empty.iter().enumerate() {
            for (column, there) in empty.iter().enumerate() {
                let mut object = here.clone();
                assert_eq!(object.merge(there).is_ok(), row == column);
                assert_eq!(&object, here);
                assert_eq!(here.digest() == there.digest(), row == column);
            }
        }
        let refused = empty[0].clone().merge(&empty[3]).unwrap_err();
        assert_eq!(refused.to_string(), "a cart cannot be merged into a register");
    }

    #[test]
    fn a_change_is_merged_like_a_state_and_is_smaller() {
        let (mut counter, a) = (Counter::default(), NodeId(0).into());
        let mark = |node: u16| tests::mark(node as i64, node);
        (1..20).for_each(|node| drop(counter.add(NodeId(node).into(), 1, mark(node))));
        let mut copy = Object::Counter(counter.clone());
        let delta = Object::Counter(counter.add(a, 1_000, mark(0)));
        let whole = Object::Counter(counter);
        assert!(delta.bytes() * 5 < whole.bytes(), "{} of {}", delta.bytes(), whole.bytes());
        assert_ne!(copy.digest(), whole.digest());
        copy.merge(&delta).unwrap();
        assert_eq!((copy.digest(), &copy), (whole.digest(), &whole));
    }
}
