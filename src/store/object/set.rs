//! A set that peers change at once. Literature has many of them, which differ in what a removal means; here they are views of
//! one state.
//!
//! So the same history can be looked at through all of them, and what each loses or brings back is seen beside the others. A
//! change is refused or not by what its kind of set can do; the state itself takes whatever comes.

use super::{Mark, counter::greatest, on_board::OnBoard};
use crate::{
    sim::{
        id::OperationId,
        small::{SmallMap, SmallSet},
    },
    store::{
        siblings::join,
        version::{Actor, Dot, Seen},
        words::Words,
    },
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which elements a set has. All are from Shapiro, Preguiça, Baquero, Zawirski: "A comprehensive study of Convergent and
/// Commutative Replicated Data Types", 2011, §3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetKind {
    /// Whatever was ever added (G-Set).
    GrowOnly,
    /// What was added and never removed: removal is for good (2P-Set).
    TwoPhase,
    /// What was added no earlier than it was removed, by timestamps (LWW-element-Set, biased to addition).
    LastWriteWins,
    /// What has an addition that no removal had seen (OR-Set).
    ObservedRemove,
    /// What was added more often than removed (PN-Set).
    PositiveNegative,
}

impl SetKind {
    pub const ALL: [SetKind; 5] =
        [SetKind::GrowOnly, SetKind::TwoPhase, SetKind::LastWriteWins, SetKind::ObservedRemove, SetKind::PositiveNegative];
}

/// What is to be done to an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Add,
    Remove,
}

/// Why a kind of set cannot do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Nothing can be removed from a set that only grows.
    GrowsOnly,
    /// What was removed cannot be added again.
    Gone,
    /// What is not here cannot be removed.
    Absent,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(match self {
            Refused::GrowsOnly => "a grow-only set removes nothing",
            Refused::Gone => "a two-phase set never takes back what was removed",
            Refused::Absent => "it is not in the set",
        })
    }
}

impl std::error::Error for Refused {}

/// All that is kept about one element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Additions that no removal and no later addition has seen, in order of dots.
    pub live: Vec<(Dot, Mark)>,
    pub last_added: Option<Mark>,
    pub last_removed: Option<Mark>,
    /// How often each actor added it, or removed it.
    pub added: SmallMap<Actor, u32>,
    pub removed: SmallMap<Actor, u32>,
}

impl Element {
    /// The addition that keeps it there, or if none does, the last one.
    pub fn added_by(&self) -> Option<OperationId> {
        self.live.last().map(|(_, mark)| *mark).or(self.last_added).map(|mark| mark.id)
    }

    pub fn is_in(&self, kind: SetKind) -> bool {
        let when = |mark: Option<Mark>| mark.map(|mark| mark.stamp);
        let sum = |counts: &SmallMap<Actor, u32>| counts.values().map(|count| *count as u64).sum::<u64>();
        match kind {
            SetKind::GrowOnly => self.last_added.is_some(),
            SetKind::TwoPhase => self.last_added.is_some() && self.last_removed.is_none(),
            SetKind::LastWriteWins => self.last_added.is_some() && when(self.last_added) >= when(self.last_removed),
            SetKind::ObservedRemove => !self.live.is_empty(),
            SetKind::PositiveNegative => sum(&self.added) > sum(&self.removed),
        }
    }
}

/// The state of all these sets: a map of causal dot stores under one context, which makes it an add-wins set without tombstones
/// (Almeida, Shoker, Baquero: "Delta State Replicated Data Types", 2018, §7.3), with maxima and counts beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicatedSet {
    elements: SmallMap<i64, Element>,
    /// Dots of additions, of whatever element.
    seen: Seen,
    on_board: OnBoard,
}

impl ReplicatedSet {
    /// Returns the change. The new addition takes the place of those of the same element that are seen here.
    pub fn add(&mut self, actor: Actor, element: i64, mark: Mark) -> ReplicatedSet {
        let dot = self.seen.next(actor);
        let (mut change, mut seen) = self.about(element);
        seen.insert(dot);
        change.live.push((dot, mark));
        change.last_added = Some(mark);
        change.added.insert(actor, self.count(element, |own| &own.added, actor) + 1);
        self.change(element, change, seen)
    }

    /// Removes what is seen of it here. Returns the change.
    pub fn remove(&mut self, actor: Actor, element: i64, mark: Mark) -> ReplicatedSet {
        let (mut change, seen) = self.about(element);
        change.last_removed = Some(mark);
        change.removed.insert(actor, self.count(element, |own| &own.removed, actor) + 1);
        self.change(element, change, seen)
    }

    /// A change of an element, still without anything new, and the additions that it has seen.
    fn about(&self, element: i64) -> (Element, Seen) {
        let live = self.elements.get(&element).into_iter().flat_map(|own| &own.live);
        (Element::default(), live.map(|(dot, _)| *dot).collect())
    }

    fn count(&self, element: i64, counts: fn(&Element) -> &SmallMap<Actor, u32>, actor: Actor) -> u32 {
        self.elements.get(&element).and_then(|own| counts(own).get(&actor)).copied().unwrap_or(0)
    }

    fn change(&mut self, element: i64, change: Element, seen: Seen) -> ReplicatedSet {
        let delta = ReplicatedSet { elements: [(element, change)].into_iter().collect(), seen, on_board: self.on_board };
        self.merge(&delta);
        delta
    }

    pub fn merge(&mut self, other: &ReplicatedSet) {
        let names: SmallSet<i64> = self.elements.keys().chain(other.elements.keys()).copied().collect();
        let nothing = Element::default();
        for name in names.iter() {
            let theirs = other.elements.get(name).unwrap_or(&nothing);
            let own = self.elements.or_default(*name);
            own.live = join(&own.live, &self.seen, &theirs.live, &other.seen);
            own.last_added = own.last_added.max(theirs.last_added);
            own.last_removed = own.last_removed.max(theirs.last_removed);
            greatest(&mut own.added, &theirs.added);
            greatest(&mut own.removed, &theirs.removed);
        }
        self.seen.merge(&other.seen);
    }

    /// All that were ever here, in ascending order.
    pub fn all(&self) -> impl Iterator<Item = (i64, &Element)> {
        self.elements.iter().map(|(element, own)| (*element, own))
    }

    /// In ascending order.
    pub fn elements(&self, kind: SetKind) -> Vec<i64> {
        self.elements.iter().filter(|(_, own)| own.is_in(kind)).map(|(element, _)| *element).collect()
    }

    pub fn contains(&self, kind: SetKind, element: i64) -> bool {
        self.elements.get(&element).is_some_and(|own| own.is_in(kind))
    }

    /// The additions that keep an element in an observed-remove set: who made them and when.
    pub fn additions(&self, element: i64) -> &[(Dot, Mark)] {
        self.elements.get(&element).map_or(&[], |own| &own.live)
    }

    /// Whether this kind of set, as it is here, can do that.
    pub fn allows(&self, kind: SetKind, change: Change, element: i64) -> Result<(), Refused> {
        let was_removed = || self.elements.get(&element).is_some_and(|own| own.last_removed.is_some());
        match (kind, change) {
            (SetKind::GrowOnly, Change::Remove) => Err(Refused::GrowsOnly),
            (SetKind::TwoPhase, Change::Add) if was_removed() => Err(Refused::Gone),
            (SetKind::TwoPhase | SetKind::ObservedRemove | SetKind::PositiveNegative, Change::Remove)
                if !self.contains(kind, element) =>
            {
                Err(Refused::Absent)
            }
            _ => Ok(()),
        }
    }

    pub fn seen(&self) -> &Seen {
        &self.seen
    }
}

impl Words for Element {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.live.words(out);
        self.last_added.words(out);
        self.last_removed.words(out);
        self.added.words(out);
        self.removed.words(out);
    }
}

impl Words for ReplicatedSet {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.elements.words(out);
        self.seen.words(out);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::mark, *};
    use crate::sim::id::NodeId;

    fn actor(node: u16) -> Actor {
        NodeId(node).into()
    }

    fn at(time: i64, node: u16) -> Mark {
        mark(time, node)
    }

    fn joined(a: &ReplicatedSet, b: &ReplicatedSet) -> ReplicatedSet {
        let mut joined = a.clone();
        joined.merge(b);
        joined
    }

    #[test]
    fn a_removed_element_does_not_come_back_from_an_old_copy() {
        let (mut a, mut b) = (ReplicatedSet::default(), ReplicatedSet::default());
        a.add(actor(0), 0, at(1, 0));
        b.add(actor(1), 1, at(1, 1));
        let c = joined(&a, &b);
        a.remove(actor(0), 0, at(2, 0));
        assert_eq!(joined(&a, &c).elements(SetKind::ObservedRemove), [1]);
        assert_eq!(joined(&c, &a).elements(SetKind::ObservedRemove), [1]);
    }

    /// A removes x while B adds it again, and B's clock is behind or not.
    #[test]
    fn an_addition_that_a_removal_had_not_seen() {
        for (added_at, last_write_wins) in [(5, vec![]), (10, vec![7]), (15, vec![7])] {
            let mut a = ReplicatedSet::default();
            a.add(actor(0), 7, at(1, 0));
            let mut b = a.clone();
            a.remove(actor(0), 7, at(10, 0));
            b.add(actor(1), 7, at(added_at, 1));
            let both = joined(&a, &b);
            for (kind, expected) in [
                (SetKind::GrowOnly, vec![7]),
                (SetKind::TwoPhase, vec![]),
                (SetKind::LastWriteWins, last_write_wins.clone()),
                (SetKind::ObservedRemove, vec![7]),
                (SetKind::PositiveNegative, vec![7]),
            ] {
                assert_eq!(both.elements(kind), expected, "{kind:?}, added at {added_at}");
            }
        }
    }

    #[test]
    fn stamps_that_are_equal_add() {
        let mut set = ReplicatedSet::default();
        set.remove(actor(0), 7, at(5, 0));
        set.add(actor(0), 7, at(5, 0));
        assert_eq!(set.elements(SetKind::LastWriteWins), [7]);
    }

    /// Two removals at once count twice (PN-Set), so the next addition only makes up for one of them.
    #[test]
    fn counts_go_below_nothing() {
        let mut a = ReplicatedSet::default();
        a.add(actor(0), 7, at(1, 0));
        let mut b = a.clone();
        a.remove(actor(0), 7, at(2, 0));
        b.remove(actor(1), 7, at(2, 1));
        a.merge(&b);
        a.add(actor(0), 7, at(3, 0));
        assert_eq!(a.elements(SetKind::PositiveNegative), [0; 0]);
        assert_eq!(a.elements(SetKind::ObservedRemove), [7]);
        a.add(actor(0), 7, at(4, 0));
        assert_eq!(a.elements(SetKind::PositiveNegative), [7]);
    }

    /// The mistake of giving two replicas one name: each takes the other's addition for one it has seen and removed.
    #[test]
    fn one_actor_on_two_replicas_loses_both_additions() {
        let (mut a, mut b) = (ReplicatedSet::default(), ReplicatedSet::default());
        a.add(actor(0), 0, at(1, 0));
        b.add(actor(0), 1, at(1, 0));
        assert_eq!(joined(&a, &b).elements(SetKind::ObservedRemove), [0; 0]);
        assert_eq!(joined(&a, &b).elements(SetKind::GrowOnly), [0, 1]);
    }

    #[test]
    fn each_kind_refuses_what_it_cannot_do() {
        let mut set = ReplicatedSet::default();
        set.add(actor(0), 1, at(1, 0));
        set.add(actor(0), 2, at(1, 0));
        set.remove(actor(0), 2, at(2, 0));
        let refused = |kind, change, element| set.allows(kind, change, element).err();
        for (kind, add_1, add_2, remove_1, remove_2, remove_3) in [
            (SetKind::GrowOnly, None, None, Some(Refused::GrowsOnly), Some(Refused::GrowsOnly), Some(Refused::GrowsOnly)),
            (SetKind::TwoPhase, None, Some(Refused::Gone), None, Some(Refused::Absent), Some(Refused::Absent)),
            (SetKind::LastWriteWins, None, None, None, None, None),
            (SetKind::ObservedRemove, None, None, None, Some(Refused::Absent), Some(Refused::Absent)),
            (SetKind::PositiveNegative, None, None, None, Some(Refused::Absent), Some(Refused::Absent)),
        ] {
            assert_eq!([refused(kind, Change::Add, 1), refused(kind, Change::Add, 2)], [add_1, add_2], "{kind:?}");
            let removals = [1, 2, 3].map(|element| refused(kind, Change::Remove, element));
            assert_eq!(removals, [remove_1, remove_2, remove_3], "{kind:?}");
        }
    }

    #[test]
    fn an_addition_takes_the_place_of_those_it_has_seen() {
        let mut set = ReplicatedSet::default();
        (0..5).for_each(|time| drop(set.add(actor(0), 7, at(time, 0))));
        let names: Vec<String> = set.additions(7).iter().map(|(dot, mark)| format!("{dot} {}", mark.stamp)).collect();
        assert_eq!((names.join(", ").as_str(), set.seen().to_string().as_str()), ("A5 4us A", "[A5]"));
        assert!(set.additions(8).is_empty());
    }
}
