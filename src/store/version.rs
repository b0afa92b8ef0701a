//! Who wrote what, and who had seen what when writing: the names of versions, and sets of such names.
//!
//! Causality is told by these alone. A clock never decides here what came before what; see `stamp.rs` for what a clock can say.

use crate::sim::{
    id::NodeId,
    small::{SmallMap, SmallSet},
};
use serde::{Serialize, Serializer};
use std::{cmp::Ordering, fmt};

/// Someone who counts its own writes. A node that lost its count, because its disk was wiped, must come back as the next
/// incarnation: a name given twice makes two writes one, and a peer that has seen the first takes the second for old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor {
    pub node: NodeId,
    /// 0 at first.
    pub incarnation: u16,
}

impl From<NodeId> for Actor {
    fn from(node: NodeId) -> Actor {
        Actor { node, incarnation: 0 }
    }
}

/// `A`, `A'2` the second time.
impl fmt::Display for Actor {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.node.fmt(out)?;
        match self.incarnation {
            0 => Ok(()),
            again => write!(out, "'{}", again as u32 + 1),
        }
    }
}

/// The name of one write to one key: the `counter`th of its actor, from 1 (Preguiça et al., "Dotted Version Vectors", 2010).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dot {
    pub actor: Actor,
    pub counter: u32,
}

/// `A3`, or `A'2.3` where the actor's own number would run into it.
impl fmt::Display for Dot {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let between = if self.actor.incarnation == 0 && self.actor.node.0 < 26 { "" } else { "." };
        write!(out, "{}{between}{}", self.actor, self.counter)
    }
}

/// Every write of each actor up to a number (Parker et al., "Detection of Mutual Inconsistency in Distributed Systems", 1983).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionVector(SmallMap<Actor, u32>);

impl VersionVector {
    /// 0: nothing of it.
    pub fn get(&self, actor: Actor) -> u32 {
        self.0.get(&actor).copied().unwrap_or(0)
    }

    pub fn includes(&self, dot: Dot) -> bool {
        dot.counter <= self.get(dot.actor)
    }

    /// The first write of this actor that is not included.
    pub fn next(&self, actor: Actor) -> Dot {
        Dot { actor, counter: self.get(actor) + 1 }
    }

    /// Includes this write, and with it every earlier one of its actor.
    pub fn raise(&mut self, dot: Dot) {
        if !self.includes(dot) {
            self.0.insert(dot.actor, dot.counter);
        }
    }

    pub fn merge(&mut self, other: &VersionVector) {
        other.iter().for_each(|dot| self.raise(dot));
    }

    /// None: concurrent, each includes something that the other does not.
    pub fn compare(&self, other: &VersionVector) -> Option<Ordering> {
        match (self.covers(other), other.covers(self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Greater),
            (false, true) => Some(Ordering::Less),
            (false, false) => None,
        }
    }

    pub fn covers(&self, other: &VersionVector) -> bool {
        other.iter().all(|dot| self.includes(dot))
    }

    /// The last write of each actor, in order of actors.
    pub fn iter(&self) -> impl Iterator<Item = Dot> {
        self.0.iter().map(|(actor, counter)| Dot { actor: *actor, counter: *counter })
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Dot> for VersionVector {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut vector = VersionVector::default();
        dots.into_iter().filter(|dot| dot.counter > 0).for_each(|dot| vector.raise(dot));
        vector
    }
}

/// `[A2 B1]`.
impl fmt::Display for VersionVector {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("[")?;
        list(out, self.iter())?;
        out.write_str("]")
    }
}

fn list(out: &mut fmt::Formatter, dots: impl Iterator<Item = Dot>) -> fmt::Result {
    for (index, dot) in dots.enumerate() {
        let before = if index == 0 { "" } else { " " };
        write!(out, "{before}{dot}")?;
    }
    Ok(())
}

/// A causal context: any set of writes, as a version vector and the writes beyond it that came out of order (Almeida, Shoker,
/// Baquero: "Delta State Replicated Data Types", 2018, §7.2). Always compact, so that equal sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    vector: VersionVector,
    /// None of them is in the vector or next to it.
    beyond: SmallSet<Dot>,
}

impl Seen {
    pub fn includes(&self, dot: Dot) -> bool {
        self.vector.includes(dot) || self.beyond.contains(&dot)
    }

    pub fn insert(&mut self, dot: Dot) {
        if !self.includes(dot) {
            self.beyond.insert(dot);
            self.compact();
        }
    }

    /// Includes this write, and with it every earlier one of its actor.
    pub fn raise(&mut self, dot: Dot) {
        self.vector.raise(dot);
        self.compact();
    }

    pub fn merge(&mut self, other: &Seen) {
        self.vector.merge(&other.vector);
        other.beyond.iter().for_each(|dot| {
            self.beyond.insert(*dot);
        });
        self.compact();
    }

    pub fn covers(&self, other: &Seen) -> bool {
        // Being compact, it has whatever is without a gap in its vector.
        self.vector.covers(&other.vector) && other.beyond.iter().all(|dot| self.includes(*dot))
    }

    /// None: concurrent.
    pub fn compare(&self, other: &Seen) -> Option<Ordering> {
        match (self.covers(other), other.covers(self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Greater),
            (false, true) => Some(Ordering::Less),
            (false, false) => None,
        }
    }

    /// A name that this actor has not given to anything seen here: one more than its greatest, gaps included.
    pub fn next(&self, actor: Actor) -> Dot {
        let beyond = self.beyond.iter().rfind(|dot| dot.actor == actor);
        let counter = beyond.map_or(0, |dot| dot.counter).max(self.vector.get(actor)) + 1;
        Dot { actor, counter }
    }

    pub fn vector(&self) -> &VersionVector {
        &self.vector
    }

    /// What is in it and was not in `before`, in order of names of the vector, then of those beyond it.
    pub fn since(&self, before: &Seen) -> impl Iterator<Item = Dot> {
        let first = |last: &Dot| before.vector.get(last.actor) + 1;
        let gapless =
            self.vector.iter().flat_map(move |last| (first(&last)..=last.counter).map(move |counter| Dot { counter, ..last }));
        gapless.chain(self.beyond()).filter(|dot| !before.includes(*dot))
    }

    /// The writes that came out of order, in order of their names.
    pub fn beyond(&self) -> impl Iterator<Item = Dot> {
        self.beyond.iter().copied()
    }

    /// How many writes these are.
    pub fn count(&self) -> u64 {
        self.vector.iter().map(|dot| dot.counter as u64).sum::<u64>() + self.beyond.iter().count() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.vector.is_empty() && self.beyond.is_empty()
    }

    /// Moves into the vector what follows it. Names come in order, so one pass finds all.
    fn compact(&mut self) {
        if self.beyond.is_empty() {
            return;
        }
        let mut apart = SmallSet::new();
        for dot in std::mem::take(&mut self.beyond).iter() {
            if *dot == self.vector.next(dot.actor) {
                self.vector.raise(*dot);
            } else if !self.vector.includes(*dot) {
                apart.insert(*dot);
            }
        }
        self.beyond = apart;
    }
}

impl From<VersionVector> for Seen {
    fn from(vector: VersionVector) -> Seen {
        Seen { vector, beyond: SmallSet::new() }
    }
}

impl FromIterator<Dot> for Seen {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut seen = Seen::default();
        dots.into_iter().for_each(|dot| seen.insert(dot));
        seen
    }
}

/// `[A2 B1]`, `[A2 B1]+A4` with a write that came out of order.
impl fmt::Display for Seen {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.vector.fmt(out)?;
        if !self.beyond.is_empty() {
            out.write_str("+")?;
        }
        list(out, self.beyond())
    }
}

/// What people read is what is written to a file.
macro_rules! as_text {
    ($($type:ident),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

as_text!(Actor, Dot, VersionVector, Seen);

#[cfg(test)]
mod tests {
    use super::*;

    const A: Actor = Actor { node: NodeId(0), incarnation: 0 };
    const B: Actor = Actor { node: NodeId(1), incarnation: 0 };

    fn dot(actor: Actor, counter: u32) -> Dot {
        Dot { actor, counter }
    }

    #[test]
    fn names_are_short_and_never_the_same() {
        let again = Actor { incarnation: 1, ..A };
        let far = Actor::from(NodeId(26));
        for (shown, expected) in [
            (A.to_string(), "A"),
            (again.to_string(), "A'2"),
            (dot(A, 3).to_string(), "A3"),
            (dot(again, 3).to_string(), "A'2.3"),
            (dot(far, 3).to_string(), "N27.3"),
            (VersionVector::from_iter([dot(B, 1), dot(A, 2)]).to_string(), "[A2 B1]"),
            (VersionVector::default().to_string(), "[]"),
            (Seen::from_iter([dot(A, 1), dot(A, 4), dot(B, 2)]).to_string(), "[A1]+A4 B2"),
        ] {
            assert_eq!(shown, expected);
        }
        assert_eq!(serde_json::to_string(&(A, dot(A, 3), VersionVector::default())).unwrap(), r#"["A","A3","[]"]"#);
    }

    /// Two replicas that count one write each: a single number calls them equal, a vector does not (ph-37).
    #[test]
    fn one_number_cannot_tell_what_two_replicas_count() {
        let (mut one, mut two) = (VersionVector::default(), VersionVector::default());
        one.raise(one.next(A));
        two.raise(two.next(B));
        assert_eq!(one.get(A), two.get(B));
        assert_eq!(one.compare(&two), None);
        two.merge(&one);
        assert_eq!(one.compare(&two), Some(Ordering::Less));
        assert_eq!(two.compare(&one), Some(Ordering::Greater));
        assert_eq!(two.compare(&two.clone()), Some(Ordering::Equal));
    }

    #[test]
    fn out_of_order_writes_wait_for_those_between() {
        let mut seen = Seen::default();
        for (counter, shown) in [(3, "[]+A3"), (5, "[]+A3 A5"), (1, "[A1]+A3 A5"), (2, "[A3]+A5"), (3, "[A3]+A5"), (4, "[A5]")] {
            let next = seen.next(A).counter;
            seen.insert(dot(A, counter));
            assert_eq!(seen.to_string(), shown);
            assert!(seen.includes(dot(A, counter)) && !seen.includes(dot(B, 1)));
            assert!(next > counter || seen.next(A).counter == counter + 1, "a name is never given twice");
        }
    }

    #[test]
    fn what_has_come_since_is_told_name_by_name() {
        let before = Seen::from_iter([dot(A, 1), dot(A, 3)]);
        let now = Seen::from_iter([1, 2, 3, 4, 6].map(|counter| dot(A, counter)).into_iter().chain([dot(B, 2)]));
        let since: Vec<String> = now.since(&before).map(|dot| dot.to_string()).collect();
        assert_eq!(since, ["A2", "A4", "A6", "B2"]);
        assert_eq!(before.since(&now).count() + now.since(&now).count(), 0);
    }
}
