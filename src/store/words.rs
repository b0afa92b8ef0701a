//! What a state is made of, as a row of numbers: one walk through it gives its digest and its size on the wire.
//!
//! The row says everything and says how long each list is, so that two states have the same row exactly if they are equal. A
//! digest is meant for finding out quickly that two copies differ, not for keeping anybody from making equal ones on purpose.

use super::{
    siblings::Siblings,
    stamp::Stamp,
    version::{Actor, Dot, Seen, VersionVector},
};
use crate::sim::{
    id::{OperationId, Origin},
    operation::Write,
    small::SmallMap,
};

/// Something that can be told as numbers.
pub trait Words {
    fn words(&self, out: &mut dyn FnMut(u64));
}

/// A number that stands for the whole state: FNV-1a over the bytes of its words, lowest first (Fowler, Noll, Vo).
pub fn digest(state: &dyn Words) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    state.words(&mut |word| {
        for byte in word.to_le_bytes() {
            hash = (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3);
        }
    });
    hash
}

/// About what it takes on the wire, in bytes: seven bits of a number to a byte, as postcard and Protocol Buffers write them.
pub fn bytes(state: &dyn Words) -> usize {
    let mut bytes = 0;
    state.words(&mut |word| bytes += (64 - word.leading_zeros()).div_ceil(7).max(1) as usize);
    bytes
}

/// Numbers near 0 on either side are short.
impl Words for i64 {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        out(((self << 1) ^ (self >> 63)) as u64);
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Words for $type {
            fn words(&self, out: &mut dyn FnMut(u64)) {
                out(*self as u64);
            }
        }
    )*};
}

numbers!(bool, u8, u32, u64, char);

impl<T: Words> Words for Option<T> {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.is_some().words(out);
        self.iter().for_each(|value| value.words(out));
    }
}

impl<T: Words> Words for Vec<T> {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        out(self.len() as u64);
        self.iter().for_each(|value| value.words(out));
    }
}

impl<K: Words, V: Words> Words for (K, V) {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.0.words(out);
        self.1.words(out);
    }
}

impl<K: Words + Ord, V: Words> Words for SmallMap<K, V> {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        out(self.len() as u64);
        for (key, value) in self.iter() {
            key.words(out);
            value.words(out);
        }
    }
}

impl Words for OperationId {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        out(self.client.0 as u64);
        out((self.number as u64) << 1 | matches!(self.origin, Origin::Hand) as u64);
    }
}

impl Words for Write {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.id.words(out);
        out(self.key.0 as u64);
        self.value.words(out);
    }
}

impl Words for Actor {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        out(self.node.0 as u64);
        out(self.incarnation as u64);
    }
}

impl Words for Dot {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.actor.words(out);
        self.counter.words(out);
    }
}

impl Words for VersionVector {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.iter().collect::<Vec<Dot>>().words(out);
    }
}

impl Words for Seen {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.vector().words(out);
        self.beyond().collect::<Vec<Dot>>().words(out);
    }
}

impl Words for Stamp {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.wall_us.words(out);
        self.logical.words(out);
        self.actor.words(out);
    }
}

impl<V: Words + Clone> Words for Siblings<V> {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        out(self.len() as u64);
        for (dot, value) in self.iter() {
            dot.words(out);
            value.words(out);
        }
        self.seen().words(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(state: &dyn Words) -> Vec<u64> {
        let mut row = Vec::new();
        state.words(&mut |word| row.push(word));
        row
    }

    #[test]
    fn lists_say_how_long_they_are() {
        assert_eq!(words(&vec![vec![1_u64], vec![]]), [2, 1, 1, 0]);
        assert_eq!(words(&vec![vec![], vec![1_u64]]), [2, 0, 1, 1]);
        assert_eq!(words(&(Some(0_u32), None::<u32>)), [1, 0, 0]);
    }

    #[test]
    fn sizes_are_those_of_short_numbers() {
        for (value, size) in [(0, 1), (63, 1), (-64, 1), (64, 2), (1_000_000, 3), (i64::MIN, 10)] {
            assert_eq!(bytes(&value), size, "{value}");
        }
    }

    /// The value is that of the published algorithm: eight zero bytes, and none.
    #[test]
    fn digests_are_the_same_everywhere() {
        assert_eq!(digest(&0_u64), 0xa8c7_f832_281a_39c5);
        assert_ne!(digest(&1_u64), digest(&2_u64));
    }
}
