//! What a gossiping node keeps, in memory and on disk alike: of each key the newest write that it has heard of.

use crate::{
    protocol::Storage,
    sim::{id::Key, operation::Write, small::SmallMap},
    store::stamp::Stamp,
};

/// The newest write of a key. The greater stamp wins, whoever says it; stamps are hybrid, so no write is older than what its
/// writer's node had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub write: Write,
    pub stamp: Stamp,
    /// What its writer's node had. Who wrote what lies between the two, and the writer of this, did not know of each other.
    pub over: Option<Stamp>,
}

impl Entry {
    pub const BYTES: u32 = 48;

    /// Whether its writer had certainly not heard of an older one that it now puts in the shade.
    pub fn hides(&self, older: &Entry) -> bool {
        self.over.is_none_or(|over| over < older.stamp)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Data(SmallMap<Key, Entry>);

impl Data {
    pub fn get(&self, key: Key) -> Option<&Entry> {
        self.0.get(&key)
    }

    pub fn stamp(&self, key: Key) -> Option<Stamp> {
        self.get(key).map(|entry| entry.stamp)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.0.values()
    }

    /// Takes it in if it is newer.
    pub fn take(&mut self, entry: &Entry) -> bool {
        let is_newer = self.stamp(entry.write.key) < Some(entry.stamp);
        if is_newer {
            self.0.insert(entry.write.key, *entry);
        }
        is_newer
    }

    /// Equal for equal data, and hardly ever otherwise.
    pub fn checksum(&self) -> u64 {
        let words = |entry: &Entry| {
            let Stamp { wall_us, logical, actor } = entry.stamp;
            [entry.write.key.0 as u64, wall_us as u64, logical as u64, (actor.node.0 as u64) << 16 | actor.incarnation as u64]
        };
        let all = self.iter().flat_map(words);
        all.fold(0, |sum, word| crate::sim::draw::Lineage(sum).with(&[word]).0)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Disk {
    pub data: Data,
}

#[derive(Clone, Debug)]
pub struct DiskChange(pub Entry);

impl Storage for Disk {
    type Change = DiskChange;

    fn apply(&mut self, change: &DiskChange) {
        self.data.take(&change.0);
    }
}
