//! Lost writes: acknowledged, and yet not at the primary.
//!
//! A client was told that its write happened. So the primary, which orders all writes, must hold for that key this write
//! or one that may have come later. It is lost if the primary holds nothing there, or a write that was acknowledged before
//! the lost one began. What it cannot tell: while no primary runs the write may still come back from its disk; a
//! write that another acknowledged write provably overwrote is nobody's loss any more, unless it was seen to be lost before
//! ([`Losses`]); a primary that made another value of the same statement has the write all the same; and a value whose write
//! was never acknowledged may be later than any.

use super::acknowledged::Acknowledged;
use crate::sim::{
    id::{Key, NodeId, OperationId},
    operation::{Action, KeyType, Write},
    small::SmallMap,
    time::Micros,
};

/// An acknowledged write that the primary does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    pub write: Write,
    /// What was done, to a key of which type, if it was no write of a value.
    pub what: Option<(Action, KeyType)>,
    pub acknowledged_at: Micros,
    /// The node that told the writer that it happened.
    pub acknowledged_by: Option<NodeId>,
    /// The primary that does not have it, since when, and what it had instead then.
    pub missing_at: NodeId,
    /// There is no primary: no peer shows it, this one as little as the others.
    pub among_peers: bool,
    pub since: Micros,
    /// Of what takes something away: that which is there all the same.
    pub instead: Option<Write>,
}

/// The latest acknowledged writes of a key that a primary which holds `held` has lost. Of several concurrent writes that
/// are all missing, all are named.
pub(super) fn missing(
    acknowledged: &Acknowledged,
    key: Key,
    held: Option<Write>,
) -> impl Iterator<Item = (Write, Micros, Option<NodeId>)> {
    let held_until = held.map(|write| acknowledged.get(&write).map_or(u64::MAX, |held| held.acknowledged));
    let is_missing = move |invoked| held_until.is_none_or(|held_until| held_until < invoked);
    acknowledged.latest(key).filter(move |one| is_missing(one.invoked)).map(|one| (one.write, one.at, one.by))
}

/// Losses seen in the course of a run, also those that later writes covered up.
#[derive(Clone, Debug, Default)]
pub struct Losses(SmallMap<(Key, OperationId), Lost>);

impl Losses {
    /// Looks at what the primary holds for a key now. Adds what is lost, and takes back what the primary has after all.
    pub fn look(&mut self, acknowledged: &Acknowledged, now: Micros, key: Key, primary: NodeId, held: Option<Write>) {
        if let Some(back) = held.filter(|write| self.0.remove(&(key, write.id)).is_some()) {
            // With it is back what was missing beside it and may have come before it.
            let beside = |lost: &Lost| acknowledged.are_concurrent(&lost.write, &back);
            self.0.retain(|(own, _), lost| *own != key || !beside(lost));
        }
        for (write, acknowledged_at, acknowledged_by) in missing(acknowledged, key, held) {
            let lost = Lost {
                write,
                what: None,
                acknowledged_at,
                acknowledged_by,
                missing_at: primary,
                among_peers: false,
                since: now,
                instead: held,
            };
            if !self.0.contains_key(&(key, write.id)) {
                self.0.insert((key, write.id), lost);
            }
        }
    }

    /// In order of the key.
    pub fn all(&self) -> impl Iterator<Item = &Lost> {
        self.0.values()
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// When the first of them was seen to be lost.
    pub fn first_seen(&self) -> Option<Micros> {
        self.all().map(|lost| lost.since).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Freshness, made_up::history};
    use super::*;
    use crate::sim::{operation::Action, small::SmallMap};

    /// The values lost when the primary holds these values, all of key x.
    fn lost_values(text: &str, held: &[i64]) -> Vec<i64> {
        let rows = history(text);
        let mut freshness = Freshness::default();
        freshness.extend(&rows);
        let writes = rows.iter().filter_map(|(_, row)| match (row.action, &row.outcome) {
            (Action::Write { key, value }, None) => Some(Write { id: row.operation, key, value }),
            _ => row.written(),
        });
        let copies: SmallMap<Key, Write> =
            writes.filter(|write| held.contains(&write.value)).map(|write| (write.key, write)).collect();
        let acknowledged = freshness.acknowledged();
        let lost = acknowledged.keys().flat_map(|key| missing(acknowledged, key, copies.get(&key).copied()));
        lost.map(|(write, ..)| write.value).collect()
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
            // Whoever made the value.
            ("a+x=* a.1 a+x=* a.2", &[1], &[2]),
            ("a+x=* a.1 a+x=* a?", &[], &[1]),
        ] {
            assert_eq!(lost_values(text, held), expected, "{text}, held {held:?}");
        }
    }

    /// What is lost after each look; `=` and values are what the primary holds, other words go into the history.
    #[test]
    fn what_comes_back_was_not_lost() {
        for (words, expected) in [
            ("a+x=1 a. = =1", "1 | "),
            // Covered up and so lost for good.
            ("a+x=1 a. = a+x=2 a. =2", "1 | 1"),
            ("a+x=1 a. = a+x=2 a. = =2", "1 | 1 2 | 1"),
            // Two at once: either may have been first, so if one is back, both are.
            ("a+x=1 c+x=2 a. c. = =2", "1 2 | "),
            ("a+x=1 c+x=2 a. c. = a+x=3 a. =3", "1 2 | 1 2"),
        ] {
            let (mut rows, mut losses, mut seen) = (Vec::new(), Losses::default(), Vec::new());
            for word in words.split_whitespace() {
                let Some(value) = word.strip_prefix('=') else {
                    rows.push(word);
                    continue;
                };
                let rows = history(&rows.join(" "));
                let begun = rows.values().filter(|row| row.outcome.is_none());
                let mut writes = begun.map(|row| (row.operation, row.action));
                let held = writes.find_map(|(id, action)| match action {
                    Action::Write { key, value: own } if value.parse() == Ok(own) => Some(Write { id, key, value: own }),
                    _ => None,
                });
                let mut freshness = Freshness::default();
                freshness.extend(&rows);
                losses.look(freshness.acknowledged(), Micros(rows.next()), Key(0), NodeId(0), held);
                let mut values: Vec<i64> = losses.all().map(|lost| lost.write.value).collect();
                values.sort();
                seen.push(values.iter().map(i64::to_string).collect::<Vec<_>>().join(" "));
            }
            assert_eq!(seen.join(" | "), expected, "{words}");
        }
    }

    #[test]
    fn a_loss_dates_from_when_it_was_first_seen() {
        let mut freshness = Freshness::default();
        freshness.extend(&history("a+x=1 a."));
        let mut losses = Losses::default();
        for at in [5, 6, 7] {
            losses.look(freshness.acknowledged(), Micros(at), Key(0), NodeId(2), None);
            assert_eq!(losses.first_seen(), Some(Micros(5)));
        }
        losses.look(freshness.acknowledged(), Micros(8), Key(1), NodeId(2), None);
        assert_eq!(losses.all().count(), 1, "nothing is missing of a key that nobody wrote");
    }
}
