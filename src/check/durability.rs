//! Lost writes: acknowledged, and yet not at the primary.
//!
//! A client was told that its write happened. So the primary, which orders all writes, must hold for that key this write
//! or one that may have come later. It is lost if the primary holds nothing there, or a write that was acknowledged before
//! the lost one began. What it cannot tell: while no primary runs the write may still come back from its disk; a
//! write that another acknowledged write provably overwrote is nobody's loss any more (see [`Losses`] for those seen before
//! that); and a value whose write was never acknowledged may be later than any.

use super::acknowledged::Acknowledged;
use crate::sim::{
    id::{Key, OperationId},
    operation::Write,
    small::SmallMap,
    time::Micros,
};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    pub write: Write,
    pub acknowledged_at: Micros,
}

/// The latest acknowledged writes that a primary with these copies has lost, in order of the key. Of several concurrent
/// writes that are all missing, all are named.
pub fn lost(acknowledged: &Acknowledged, copies: &[Write]) -> Vec<Lost> {
    let copies: SmallMap<Key, &Write> = copies.iter().map(|write| (write.key, write)).collect();
    let of_key = |key| {
        let held = copies.get(&key).copied();
        let is_missing = move |invoked| match held {
            None => true,
            Some(write) => acknowledged.get(write).is_some_and(|held| held.acknowledged < invoked),
        };
        acknowledged.latest(key).iter().filter(move |one| is_missing(one.invoked))
    };
    acknowledged.keys().flat_map(of_key).map(|one| Lost { write: one.write, acknowledged_at: one.at }).collect()
}

/// Losses seen in the course of a run, also those that later writes covered up.
#[derive(Clone, Debug, Default)]
pub struct Losses(BTreeMap<OperationId, (Micros, Lost)>);

impl Losses {
    /// Adds what is lost now, and takes back what the primary has after all.
    pub fn note(&mut self, now: Micros, lost: &[Lost], copies: &[Write]) {
        for write in copies {
            self.0.remove(&write.id);
        }
        for one in lost {
            self.0.entry(one.write.id).or_insert((now, *one));
        }
    }

    pub fn all(&self) -> impl Iterator<Item = Lost> {
        self.0.values().map(|(_, lost)| *lost)
    }

    /// When the first of them was seen to be lost.
    pub fn first_seen(&self) -> Option<Micros> {
        self.0.values().map(|(seen, _)| *seen).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Freshness, made_up::history};
    use super::*;
    use crate::sim::operation::Action;

    /// The values lost when the primary holds these values, all of key x.
    fn lost_values(text: &str, held: &[i64]) -> Vec<i64> {
        let rows = history(text);
        let mut freshness = Freshness::default();
        freshness.extend(&rows);
        let writes = rows.iter().filter_map(|(_, row)| match (row.action, row.outcome) {
            (Action::Write { key, value }, None) => Some(Write { id: row.operation, key, value }),
            _ => None,
        });
        let copies: Vec<Write> = writes.filter(|write| held.contains(&write.value)).collect();
        lost(freshness.acknowledged(), &copies).iter().map(|lost| lost.write.value).collect()
    }

    #[test]
    fn lost_is_what_provably_is() {
        for (text, held, expected) in [
            ("a+x=1 a.", &[1][..], &[][..]),
            ("a+x=1 a.", &[], &[1]),
            ("a+x=1", &[], &[]),
            ("a+x=1 a?", &[], &[]),
            ("a+x=1 a!", &[], &[]),
            ("a+x=1 a. a+x=2 a.", &[1], &[2]),
            ("a+x=1 a. a+x=2 a.", &[2], &[]),
            // The first is covered by the second; only the second is missed.
            ("a+x=1 a. a+x=2 a.", &[], &[2]),
            // Concurrent writes: one of them is enough.
            ("a+x=1 c+x=2 a. c.", &[1], &[]),
            ("a+x=1 c+x=2 a. c.", &[2], &[]),
            ("a+x=1 c+x=2 a. c.", &[], &[1, 2]),
            ("a+x=1 a. a+x=2 c+x=3 a. c.", &[1], &[2, 3]),
            // What is held was never acknowledged, so it may be later.
            ("c+x=9 c? a+x=1 a.", &[9], &[]),
            ("a+x=1 a. a+y=2 a.", &[2], &[1]),
        ] {
            assert_eq!(lost_values(text, held), expected, "{text}, held {held:?}");
        }
    }

    #[test]
    fn what_comes_back_was_not_lost() {
        let write = super::super::made_up::write("x", 1);
        let one = Lost { write, acknowledged_at: Micros(1) };
        let mut losses = Losses::default();
        losses.note(Micros(5), &[one], &[]);
        losses.note(Micros(6), &[], &[]);
        assert_eq!((losses.all().count(), losses.first_seen()), (1, Some(Micros(5))));
        losses.note(Micros(7), &[], &[write]);
        assert_eq!(losses.first_seen(), None);
    }
}
