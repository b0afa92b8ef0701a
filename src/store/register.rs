//! The data itself: for each key the write whose value it holds.

use crate::sim::{id::Key, operation::Write, small::SmallMap};

/// A register per key; keys never written are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registers(SmallMap<Key, Write>);

impl Registers {
    pub fn put(&mut self, write: Write) {
        self.0.insert(write.key, write);
    }

    /// What an entry of the log does; one without a write does nothing.
    pub fn replay(&mut self, write: Option<Write>) {
        write.into_iter().for_each(|write| self.put(write));
    }

    pub fn get(&self, key: Key) -> Option<Write> {
        self.0.get(&key).copied()
    }

    /// In order of the key.
    pub fn iter(&self) -> impl Iterator<Item = Write> {
        self.0.values().copied()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
