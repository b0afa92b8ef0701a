//! The write-ahead log: entries in order, each at a log sequence number.
//!
//! LSN 1 is the first entry; LSN 0 means "nothing yet". Old entries can be dropped from the front, entries
//! that turned out not to count from the back.

use crate::sim::{
    chunked::Chunked,
    id::OperationId,
    operation::{Function, Write},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Log sequence number: the position of an entry, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lsn(pub u64);

impl Lsn {
    pub const ZERO: Lsn = Lsn(0);

    pub fn next(self) -> Lsn {
        Lsn(self.0 + 1)
    }

    pub fn previous(self) -> Lsn {
        Lsn(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// Generation of primaries: each promotion starts a new one (PostgreSQL's timeline, Raft's term).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u32);

impl Epoch {
    pub fn next(self) -> Epoch {
        Epoch(self.0 + 1)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// One change, or none, as the primary of `epoch` put it in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub lsn: Lsn,
    pub epoch: Epoch,
    /// None: a no-op. Once a majority has that, everything before it is known to last (Raft, §8).
    pub write: Option<Write>,
    /// It is a statement: who appends it evaluates this, and holds what comes of it. None: the value itself counts.
    pub function: Option<Function>,
}

impl Entry {
    pub fn operation(&self) -> Option<OperationId> {
        self.write.map(|write| write.id)
    }
}

/// A log whose clones share their entries.
#[derive(Clone, Debug)]
pub struct Log {
    entries: Chunked<Entry>,
}

impl Default for Log {
    fn default() -> Self {
        Log::after(Lsn::ZERO)
    }
}

impl Log {
    /// An empty log whose first entry will follow `lsn`: what a node has after a snapshot up to `lsn`.
    pub fn after(lsn: Lsn) -> Log {
        Log { entries: Chunked::starting_at(lsn.0 + 1) }
    }

    /// LSN of the last entry ever appended here (or of the snapshot before it); 0 if none.
    pub fn last(&self) -> Lsn {
        Lsn(self.entries.next() - 1)
    }

    /// LSN of the oldest entry still kept; `last + 1` if none is.
    pub fn first(&self) -> Lsn {
        Lsn(self.entries.first())
    }

    /// Appends the entry that follows [`Log::last`].
    pub fn append(&mut self, entry: Entry) {
        assert_eq!(entry.lsn, self.last().next(), "a log has no gaps");
        self.entries.push(entry);
    }

    pub fn get(&self, lsn: Lsn) -> Option<&Entry> {
        self.entries.get(lsn.0)
    }

    /// Entries from `from` to `to`, both included, as far as they are kept.
    pub fn range(&self, from: Lsn, to: Lsn) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.range(from.0, to.0 + 1).map(|(_, entry)| entry)
    }

    /// Drops every entry after `lsn`; nothing before the first one kept can be kept.
    pub fn drop_after(&mut self, lsn: Lsn) {
        self.entries.truncate(lsn.0 + 1);
    }

    /// Keeps at most the last `count` entries. Returns the new first LSN if anything was dropped.
    pub fn keep_last(&mut self, count: u64) -> Option<Lsn> {
        let first = (self.last().0 + 1).saturating_sub(count);
        (first > self.first().0).then(|| {
            self.entries.drop_before(first);
            self.first()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::id::{ClientId, Key, OperationId, Origin};

    pub fn entry(lsn: u64) -> Entry {
        let id = OperationId { client: ClientId(0), origin: Origin::Workload, number: lsn as u32 };
        Entry { lsn: Lsn(lsn), epoch: Epoch(1), write: Some(Write { id, key: Key(0), value: lsn as i64 }), function: None }
    }

    #[test]
    fn keeps_the_tail() {
        let mut log = Log::default();
        assert_eq!((log.first(), log.last()), (Lsn(1), Lsn(0)));
        (1..=300).for_each(|lsn| log.append(entry(lsn)));
        assert_eq!(log.keep_last(300), None);
        assert_eq!(log.keep_last(10), Some(Lsn(291)));
        assert_eq!((log.first(), log.last()), (Lsn(291), Lsn(300)));
        assert_eq!(log.get(Lsn(290)), None);
        let kept: Vec<u64> = log.range(Lsn(1), Lsn(293)).map(|entry| entry.lsn.0).collect();
        assert_eq!(kept, [291, 292, 293]);
    }

    #[test]
    fn goes_back() {
        let mut log = Log::default();
        (1..=300).for_each(|lsn| log.append(entry(lsn)));
        log.keep_last(200);
        let copy = log.clone();
        log.drop_after(Lsn(120));
        assert_eq!((log.first(), log.last(), log.get(Lsn(121))), (Lsn(101), Lsn(120), None));
        log.append(entry(121));
        log.drop_after(Lsn(100));
        assert_eq!((log.first(), log.last()), (Lsn(101), Lsn(100)));
        log.append(entry(101));
        assert_eq!((copy.first(), copy.last()), (Lsn(101), Lsn(300)), "others keep theirs");
    }

    #[test]
    fn continues_after_a_snapshot() {
        let mut log = Log::after(Lsn(41));
        assert_eq!((log.first(), log.last()), (Lsn(42), Lsn(41)));
        log.append(entry(42));
        assert_eq!(log.last(), Lsn(42));
    }

    #[test]
    #[should_panic(expected = "no gaps")]
    fn refuses_a_gap() {
        Log::default().append(entry(2));
    }
}
