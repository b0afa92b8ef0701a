//! Stale reads: a read that returned a value provably overwritten before the read began.
//!
//! Sound, and from the history alone: a read of write w is stale if some write of the same key began after w was
//! acknowledged, and was itself acknowledged before the read began. A read of nothing is stale if any write of the key was
//! acknowledged before it began. What it cannot tell: a read of a write that was never acknowledged (timed out, or
//! still open) could have come in any order and passes; nor does it draw conclusions from what other reads saw, as
//! a check for linearizability would; and once somebody began to delete the key, that nothing is there may be right. A deletion is a write
//! like others for who reads a value after it. Of counters, sets, carts and texts no operation is newer than another, so reads of them are
//! not judged, and that is said. So no stale reads does not mean linearizable.

use super::acknowledged::{Acknowledged, Acknowledgement, Later};
use crate::{
    client::history::Row,
    sim::{
        chunked::Chunked,
        id::{ClientId, Key, NodeId, OperationId},
        operation::{Action, Outcome, Write},
        small::{SmallMap, SmallSet},
        time::Micros,
    },
};

/// A read that returned an old value, with its proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleRead {
    /// When the read returned.
    pub at: Micros,
    pub began: Micros,
    pub operation: OperationId,
    pub client: ClientId,
    /// The node that answered.
    pub node: Option<NodeId>,
    pub key: Key,
    /// What was returned; none: "never written".
    pub read: Option<Write>,
    /// The newest write that it should have known: provably later, and acknowledged before the read began.
    pub missed: Write,
    /// How many acknowledged writes it was behind.
    pub behind: u32,
    /// When the first of them was acknowledged: what was read is out of date since then.
    pub acknowledged_at: Micros,
}

impl StaleRead {
    /// How long the value that was read had been out of date when the read began.
    pub fn age(&self) -> Micros {
        self.began.saturating_sub(self.acknowledged_at)
    }
}

/// An operation that has begun.
#[derive(Clone, Copy, Debug)]
struct Open {
    operation: OperationId,
    row: u64,
    at: Micros,
    /// How many writes of its key were acknowledged then.
    known: u64,
}

/// Reads a history as it grows.
#[derive(Clone, Debug, Default)]
pub struct Freshness {
    /// Index of the next row to read.
    next: u64,
    missed_rows: bool,
    open: SmallMap<ClientId, Open>,
    acknowledged: Acknowledged,
    /// Keys that somebody began to delete: that nothing is there may be right.
    deleted: SmallSet<Key>,
    /// Keys that hold more than a value, and whether one of them was read.
    typed: SmallSet<Key>,
    unjudged: bool,
    stale: Chunked<StaleRead>,
}

impl Freshness {
    /// Reads the rows that it has not seen. The history must be the same as before, with more at its end. What was acknowledged in
    /// these rows, whatever its keys hold.
    pub fn extend(&mut self, history: &Chunked<Row>) -> Vec<(Action, Acknowledgement)> {
        self.missed_rows |= history.first() > self.next;
        let rows = history.range(self.next, history.next());
        let done = rows.filter_map(|(index, row)| Some((row.action, self.read(index, row)?))).collect();
        self.next = history.next();
        done
    }

    /// In the order the reads returned.
    pub fn stale_reads(&self) -> &Chunked<StaleRead> {
        &self.stale
    }

    pub fn acknowledged(&self) -> &Acknowledged {
        &self.acknowledged
    }

    /// Whether the history had dropped rows before they were read: then some stale reads may be unknown.
    pub fn missed_rows(&self) -> bool {
        self.missed_rows
    }

    /// Whether reads were left out of the judgement, because their keys hold more than a value.
    pub fn has_unjudged(&self) -> bool {
        self.unjudged
    }

    /// What is acknowledged by this row.
    fn read(&mut self, index: u64, row: &Row) -> Option<Acknowledgement> {
        let key = row.action.key();
        let Some(outcome) = &row.outcome else {
            let known = self.acknowledged.count(key);
            if row.action.deletes() {
                self.deleted.insert(key);
            }
            if row.action.is_typed() {
                self.typed.insert(key);
            }
            self.open.insert(row.client, Open { operation: row.operation, row: index, at: row.at, known });
            return None;
        };
        let open = self.open.remove(&row.client).filter(|open| open.operation == row.operation)?;
        if let Some(write) = row.done() {
            let one = Acknowledgement::new(write, (open.row, index), row.at, row.node);
            if !row.action.is_typed() {
                self.acknowledged.push(one);
            }
            return Some(one);
        }
        self.unjudged |= matches!(outcome, Outcome::Read(_) | Outcome::Several(_)) && self.typed.contains(&key);
        if let (Action::Read { key }, &Outcome::Read(read)) = (row.action, outcome) {
            if read.is_none() && self.deleted.contains(&key) {
                return None;
            }
            let later = self.acknowledged.later(key, read, open.known)?;
            let Later { newest: missed, count: behind, first_at: acknowledged_at } = later;
            let (at, began, operation, client, node) = (row.at, open.at, row.operation, row.client, row.node);
            self.stale.push(StaleRead { at, began, operation, client, node, key, read, missed, behind, acknowledged_at });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{history, write};
    use super::*;

    /// The stale reads of a made-up history as `returned<missed behind age`.
    fn stale(text: &str) -> String {
        let mut freshness = Freshness::default();
        freshness.extend(&history(text));
        let name = |write: Option<Write>| write.map_or("none".into(), |write| write.value.to_string());
        let show = |one: &StaleRead| format!("{}<{} {} {}", name(one.read), one.missed.value, one.behind, one.age().0);
        freshness.stale_reads().values().map(show).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn stale_is_what_provably_is() {
        // A row a word: `a+x=1` Ana begins to write 1 into x, `a+x` begins to read it, `a.` is done (a read of nothing),
        // `a.1` has read the write of 1, `a?` is not answered, `a!` is refused. The n-th row is at n µs.
        for (text, expected) in [
            ("a+x=1 a. b+x b.1", ""),
            ("a+x=1 a. b+x b.", "none<1 1 1"),
            // The read began before the acknowledgement.
            ("a+x=1 b+x a. b.", ""),
            // Another key.
            ("a+y=1 a. b+x b.", ""),
            ("a+x=1 a. a+x=2 a. b+x b.1", "1<2 1 1"),
            ("a+x=1 a. a+x=2 b+x a. b.1", ""),
            ("a+x=1 a. a+x=2 a. a+x=3 a. b+x b.1", "1<3 2 3"),
            ("a+x=1 a. a+x=2 a. a+x=3 a. b+x b.", "none<3 3 5"),
            // Two writes at once: either may have been last.
            ("a+x=1 c+x=2 a. c. b+x b.1 b+x b.2", ""),
            ("a+x=1 c+x=2 a. c. a+x=3 a. b+x b.1 b+x b.2", "1<3 1 1, 2<3 1 3"),
            // A write that began before the value was acknowledged does not count as later, however late it ends.
            ("a+x=1 c+x=2 a. a+x=3 a. c. b+x b.1", "1<3 1 2"),
            ("a+x=1 c+x=2 a. a+x=3 a. c. b+x b.2", ""),
            // Refused and unanswered writes prove nothing.
            ("a+x=1 a. a+x=2 a! b+x b.1", ""),
            ("a+x=1 a. a+x=2 a? b+x b.1", ""),
            // A value whose write was never acknowledged could be the last.
            ("c+x=9 c? a+x=1 a. b+x b.9", ""),
            ("c+x=9 a+x=1 a. b+x b.9", ""),
            // Deleted, or about to be: nothing may be there. What is read all the same is as old as before.
            ("a+x=1 a. a+x=- a. b+x b.", ""),
            ("a+x=1 a. a+x=- b+x b.", ""),
            ("a+x=1 a. b+x b. a+x=- a.", "none<1 1 1"),
            ("a+x=1 a. a+x=- a. a+x=2 a. b+x b.1", "1<2 2 3"),
            ("a+x=1 a. a+x=- a. b+x b.1", "1<0 1 1"),
            ("a+x=1 a. a+x=- b+x a. b.1", ""),
            ("a+x=1 a. a+x=- a. a+x=2 a. b+x b.2", ""),
            ("a+x=1 a. a+x=- a! b+x b.1", ""),
            // A write acknowledged while the read was under way.
            ("a+x=1 a. c+x=2 b+x c. b.2", ""),
            // Values that the database made are like others, once a client was told of them.
            ("a+x=* a.1 a+x=* a.2 b+x b.1", "1<2 1 1"),
            ("a+x=* a.1 a+x=* b+x a.2 b.1", ""),
            ("a+x=* a.1 a+x=* a? b+x b.1", ""),
            ("a+x=* a.7 b+x b.", "none<7 1 1"),
            // A read without an answer says nothing.
            ("a+x=1 a. b+x b? b+x b!", ""),
        ] {
            assert_eq!(stale(text), expected, "{text}");
        }
    }

    #[test]
    fn reading_bit_by_bit_is_reading_at_once() {
        let text = "a+x=1 c+x=2 a. c. b+x a+x=3 a. b. b+x b.1 b+x b.2 c+x c.3 b+x b.";
        let whole = history(text);
        let mut bit_by_bit = Freshness::default();
        for end in 0..=whole.next() {
            let mut part = whole.clone();
            part.truncate(end);
            bit_by_bit.extend(&part);
        }
        let mut at_once = Freshness::default();
        at_once.extend(&whole);
        assert!(bit_by_bit.stale_reads().values().eq(at_once.stale_reads().values()));
        assert_eq!(at_once.stale_reads().len(), 4);
        assert_eq!(at_once.acknowledged().get(&write("x", 3)).map(|one| one.at), Some(Micros(7)));
    }

    #[test]
    fn dropped_rows_are_noticed() {
        let mut cut = history("a+x=1 a. b+x b.1");
        cut.drop_before(1);
        let mut freshness = Freshness::default();
        freshness.extend(&cut);
        assert!(freshness.missed_rows() && freshness.stale_reads().is_empty());
    }
}
