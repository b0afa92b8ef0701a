//! A counter that several peers count at once without losing anything, which one number in a register would.
//!
//! Each actor adds to a total of its own and touches no other's.

use super::{Mark, on_board::OnBoard};
use crate::{
    sim::small::SmallMap,
    store::{version::Actor, words::Words},
};
use serde::{Deserialize, Serialize};

/// What may be done with a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterKind {
    /// Only up (G-counter).
    GrowOnly,
    /// Up and down (PN-counter).
    PositiveNegative,
}

impl CounterKind {
    /// Whether `amount` can be added to a counter of this kind.
    pub fn allows(self, amount: i64) -> bool {
        self == CounterKind::PositiveNegative || amount >= 0
    }
}

/// A PN-counter (Shapiro, Preguiça, Baquero, Zawirski: "A comprehensive study of Convergent and Commutative Replicated Data
/// Types", 2011, §3.1.3): what each actor added in all, and what it took away. Used upwards only it is a G-counter (§3.1.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    plus: SmallMap<Actor, u64>,
    minus: SmallMap<Actor, u64>,
    /// The latest operation that counted: the total is what it made of it.
    latest: Option<Mark>,
    on_board: OnBoard,
}

impl Counter {
    /// Returns the change: the actor's new total. `mark`: by hybrid time, which is later than what is known here.
    pub fn add(&mut self, actor: Actor, amount: i64, mark: Mark) -> Counter {
        let mut delta = Counter { latest: Some(mark), ..Counter::default() };
        let (own, changed) = if amount < 0 { (&self.minus, &mut delta.minus) } else { (&self.plus, &mut delta.plus) };
        if amount != 0 {
            changed.insert(actor, own.get(&actor).copied().unwrap_or(0).saturating_add(amount.unsigned_abs()));
        }
        self.merge(&delta);
        delta
    }

    pub fn merge(&mut self, other: &Counter) {
        greatest(&mut self.plus, &other.plus);
        greatest(&mut self.minus, &other.minus);
        self.latest = self.latest.max(other.latest);
    }

    /// None: nobody has counted.
    pub fn latest(&self) -> Option<Mark> {
        self.latest
    }

    pub fn value(&self) -> i64 {
        let sum = |totals: &SmallMap<Actor, u64>| totals.values().map(|total| *total as i128).sum::<i128>();
        (sum(&self.plus) - sum(&self.minus)).clamp(i64::MIN as i128, i64::MAX as i128) as i64
    }

    /// What each actor added in all, in order of actors.
    pub fn plus(&self) -> impl Iterator<Item = (Actor, u64)> {
        self.plus.iter().map(|(actor, total)| (*actor, *total))
    }

    /// What each actor took away in all.
    pub fn minus(&self) -> impl Iterator<Item = (Actor, u64)> {
        self.minus.iter().map(|(actor, total)| (*actor, *total))
    }
}

/// For each actor the greater of two totals: totals never fall, so that is the later one.
pub(super) fn greatest<T: Copy + Ord>(here: &mut SmallMap<Actor, T>, there: &SmallMap<Actor, T>) {
    for (actor, total) in there.iter() {
        let own = here.get(actor).copied();
        here.insert(*actor, own.map_or(*total, |own| own.max(*total)));
    }
}

impl Words for Counter {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.plus.words(out);
        self.minus.words(out);
        self.latest.words(out);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::mark, *};
    use crate::sim::id::NodeId;

    fn actor(node: u16) -> Actor {
        NodeId(node).into()
    }

    #[test]
    fn nothing_counted_at_once_is_lost() {
        let (mut a, mut b) = (Counter::default(), Counter::default());
        a.add(actor(0), 3, mark(1, 0));
        let delta = b.add(actor(1), -5, mark(1, 1));
        b.add(actor(1), 1, mark(2, 1));
        a.merge(&delta);
        assert_eq!((a.value(), b.value()), (-2, -4));
        for _ in 0..2 {
            a.merge(&b);
            assert_eq!(a.value(), -1);
        }
        assert_eq!(a.latest(), Some(mark(2, 1)), "the same as at the other");
        assert_eq!(a.plus().collect::<Vec<_>>(), [(actor(0), 3), (actor(1), 1)]);
        assert_eq!(a.minus().collect::<Vec<_>>(), [(actor(1), 5)]);
    }

    #[test]
    fn only_a_grow_only_counter_refuses_to_go_down() {
        for (kind, amount, refused) in [
            (CounterKind::GrowOnly, -1, true),
            (CounterKind::GrowOnly, 0, false),
            (CounterKind::GrowOnly, 1, false),
            (CounterKind::PositiveNegative, -1, false),
        ] {
            assert_eq!(kind.allows(amount), !refused, "{kind:?} {amount}");
        }
    }

    #[test]
    fn stops_where_numbers_end() {
        let mut counter = Counter::default();
        (0..3).for_each(|_| drop(counter.add(actor(0), i64::MIN, mark(1, 0))));
        assert_eq!(counter.value(), i64::MIN);
        counter.add(actor(1), 0, mark(2, 1));
        assert_eq!(counter.plus().count(), 0, "adding nothing is no change");
    }
}
