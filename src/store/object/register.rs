//! A register: the versions of one value that peers wrote, and what each way of resolving conflicts shows of them.
//!
//! The state is the same whatever the strategy. It must not depend on it, or peers that are switched at different moments would
//! never agree again.

use crate::{
    sim::operation::Write,
    store::{
        siblings::Siblings,
        stamp::Stamp,
        version::{Actor, Dot, Seen},
        words::Words,
    },
};
use serde::{Deserialize, Serialize};

/// One write as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    pub write: Write,
    /// A tombstone: the write deletes the key.
    pub deleted: bool,
    /// By the wall clock of the node that accepted it.
    pub stamp: Stamp,
    /// By its hybrid clock.
    pub hybrid: Stamp,
    /// By its Lamport clock: 1 more than the highest count it had heard of.
    pub lamport: u32,
}

impl Version {
    /// The order of last write wins. Of two with the same stamp a tombstone wins, as in Cassandra; what then comes is there to
    /// make the order total.
    fn by_wall(&self) -> (Stamp, bool, Stamp, Write) {
        (self.stamp, self.deleted, self.hybrid, self.write)
    }
}

/// Which version a reader is shown if there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The greatest wall clock stamp ever, whoever had seen what (Cassandra, Dynamo-style stores without siblings): a write that
    /// came later by causality, from a clock that is behind, is dropped at once.
    LastWriteWins,
    /// The greatest hybrid stamp of the siblings: never drops what comes later by causality.
    LastWriteWinsHybrid,
    /// The sibling accepted by the node that comes last in the alphabet.
    HighestNode,
    /// The smallest hybrid stamp of the siblings.
    FirstWriterWins,
    /// All siblings: the reader has to make one of them.
    KeepSiblings,
    /// The sibling with the highest Lamport count, of equal ones that of the node that comes last (Lamport's total order). Never drops
    /// what comes later by causality, and knows nothing of time: who writes much wins.
    LastWriteWinsLamport,
}

impl Strategy {
    /// In the order in which they are offered.
    pub const ALL: [Strategy; 6] = [
        Strategy::LastWriteWins,
        Strategy::LastWriteWinsHybrid,
        Strategy::LastWriteWinsLamport,
        Strategy::HighestNode,
        Strategy::FirstWriterWins,
        Strategy::KeepSiblings,
    ];
}

/// What a strategy makes of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View<'a> {
    /// Tombstones included; in order of dots.
    pub shown: Vec<&'a Version>,
    /// Nobody who had seen them overwrote them, and yet they are not shown; in order of dots.
    pub dropped: Vec<&'a Version>,
}

impl<'a> View<'a> {
    /// What is shown and not deleted.
    pub fn live(&self) -> impl Iterator<Item = &'a Version> {
        self.shown.iter().copied().filter(|version| !version.deleted)
    }
}

/// A join-semilattice: siblings by causality, and beside them the maximum by the wall clock, which has to be kept apart because
/// it can be something that was overwritten long ago.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    siblings: Siblings<Version>,
    /// The greatest wall clock stamp ever seen.
    latest: Option<Version>,
}

impl Register {
    /// Writes over everything in `context`. Returns the change.
    pub fn put(&mut self, actor: Actor, version: Version, context: &Seen) -> Register {
        let delta = Register { siblings: self.siblings.put(actor, version, context), latest: Some(version) };
        self.merge(&delta);
        delta
    }

    /// The change that a write with this name made, over everything in `seen`.
    pub fn change(dot: Dot, version: Version, seen: Seen) -> Register {
        Register { siblings: Siblings::change(dot, version, seen), latest: Some(version) }
    }

    /// What is left of a write that others have overwritten: that it was made, and when.
    pub fn overwritten(version: Version) -> Register {
        Register { siblings: Siblings::default(), latest: Some(version) }
    }

    /// From now on these names are known, and what they were given to is replaced.
    pub fn hear_of(&mut self, dots: &[Dot]) {
        self.siblings.merge(&Siblings::replaced(dots.iter().copied().collect()));
    }

    pub fn merge(&mut self, other: &Register) {
        self.siblings.merge(&other.siblings);
        let both = [self.latest, other.latest];
        self.latest = both.into_iter().flatten().max_by_key(Version::by_wall);
    }

    pub fn view(&self, strategy: Strategy) -> View<'_> {
        let siblings = || self.siblings.iter();
        let chosen: Option<(Dot, &Version)> = match strategy {
            Strategy::LastWriteWins => {
                let latest = self.latest.as_ref();
                let dropped = self.siblings.values().filter(|version| Some(*version) != latest).collect();
                return View { shown: latest.into_iter().collect(), dropped };
            }
            Strategy::KeepSiblings => return View { shown: self.siblings.values().collect(), dropped: Vec::new() },
            Strategy::LastWriteWinsHybrid => siblings().max_by_key(|(dot, version)| (version.hybrid, *dot)),
            Strategy::LastWriteWinsLamport => siblings().max_by_key(|(dot, version)| (version.lamport, *dot)),
            Strategy::FirstWriterWins => siblings().min_by_key(|(dot, version)| (version.hybrid, *dot)),
            Strategy::HighestNode => siblings().next_back(),
        };
        let is_chosen = |dot: Dot| chosen.is_some_and(|(own, _)| own == dot);
        View {
            shown: chosen.into_iter().map(|(_, version)| version).collect(),
            dropped: siblings().filter(|(dot, _)| !is_chosen(*dot)).map(|(_, version)| version).collect(),
        }
    }

    /// The context of a read here.
    pub fn seen(&self) -> &Seen {
        self.siblings.seen()
    }

    /// The greatest wall clock stamp ever seen, whether others have overwritten it or not.
    pub fn latest(&self) -> Option<&Version> {
        self.latest.as_ref()
    }

    /// What nobody overwrote who had seen it, whatever the strategy.
    pub fn siblings(&self) -> &Siblings<Version> {
        &self.siblings
    }

    /// Whether a reader finds nothing but tombstones, so that the register could be forgotten. Who forgets one takes two risks:
    /// a copy that has not heard of the deletion brings the value back (Demers et al., "Epidemic Algorithms for Replicated
    /// Database Maintenance", 1987, §2: death certificates), and a node that counts its writes anew from 1 gives names twice
    /// unless it comes as another incarnation.
    pub fn is_tombstone_only(&self, strategy: Strategy) -> bool {
        let view = self.view(strategy);
        !view.shown.is_empty() && view.live().next().is_none()
    }
}

impl Words for Version {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.write.words(out);
        self.deleted.words(out);
        self.stamp.words(out);
        self.hybrid.words(out);
        self.lamport.words(out);
    }
}

impl Words for Register {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.siblings.words(out);
        self.latest.words(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::id::{ClientId, Key, NodeId, OperationId, Origin};

    fn actor(node: u16) -> Actor {
        NodeId(node).into()
    }

    /// A write of `value` at a node whose wall clock shows `wall_us` while hybrid time is `hybrid`.
    fn version(node: u16, value: i64, wall_us: i64, hybrid: i64) -> Version {
        let id = OperationId { client: ClientId(0), origin: Origin::Workload, number: value as u32 };
        let write = Write { id, key: Key(0), value };
        // Counts that contradict both clocks: who is last in the alphabet has written less.
        let lamport = 10 - node as u32;
        let (stamp, hybrid) = (Stamp::wall(wall_us, actor(node)), Stamp::wall(hybrid, actor(node)));
        Version { write, deleted: false, stamp, hybrid, lamport }
    }

    fn tombstone(node: u16, value: i64, wall_us: i64, hybrid: i64) -> Version {
        Version { deleted: true, ..version(node, value, wall_us, hybrid) }
    }

    fn values(versions: &[&Version]) -> Vec<i64> {
        versions.iter().map(|version| version.write.value).collect()
    }

    /// What each strategy shows and drops of two concurrent writes.
    #[test]
    fn strategies_are_views_of_one_state() {
        let (mut a, mut b) = (Register::default(), Register::default());
        a.put(actor(0), version(0, 1, 900, 10), &Seen::default());
        b.put(actor(1), version(1, 2, 100, 20), &Seen::default());
        a.merge(&b);
        for (strategy, shown, dropped) in [
            (Strategy::LastWriteWins, vec![1], vec![2]),
            (Strategy::LastWriteWinsHybrid, vec![2], vec![1]),
            (Strategy::LastWriteWinsLamport, vec![1], vec![2]),
            (Strategy::HighestNode, vec![2], vec![1]),
            (Strategy::FirstWriterWins, vec![1], vec![2]),
            (Strategy::KeepSiblings, vec![1, 2], vec![]),
        ] {
            let view = a.view(strategy);
            assert_eq!((values(&view.shown), values(&view.dropped)), (shown, dropped), "{strategy:?}");
        }
    }

    /// B had read 1 and writes 2 over it, but its clock is behind (ph-23): the wall drops 2 at once, causality never does.
    #[test]
    fn a_later_write_from_a_slow_clock_is_dropped() {
        let mut register = Register::default();
        register.put(actor(0), version(0, 1, 1_000, 1), &Seen::default());
        register.put(actor(1), version(1, 2, 400, 2), &register.seen().clone());
        let view = register.view(Strategy::LastWriteWins);
        assert_eq!((values(&view.shown), values(&view.dropped)), (vec![1], vec![2]));
        for strategy in Strategy::ALL.into_iter().skip(1) {
            let view = register.view(strategy);
            assert_eq!((values(&view.shown), values(&view.dropped)), (vec![2], vec![]), "{strategy:?}");
        }
    }

    #[test]
    fn a_deletion_from_the_future_hides_later_writes() {
        let mut register = Register::default();
        register.put(actor(0), tombstone(0, 1, 9_000, 1), &Seen::default());
        for value in 2..5 {
            register.put(actor(1), version(1, value, value * 100, value), &register.seen().clone());
            assert_eq!(register.view(Strategy::LastWriteWins).live().count(), 0);
            assert_eq!(values(&register.view(Strategy::LastWriteWins).dropped), [value]);
            assert_eq!(values(&register.view(Strategy::KeepSiblings).shown), [value]);
        }
        assert!(register.is_tombstone_only(Strategy::LastWriteWins));
        assert!(!register.is_tombstone_only(Strategy::KeepSiblings));
    }

    #[test]
    fn of_equal_stamps_the_tombstone_wins() {
        let (live, dead) = (version(0, 1, 5, 1), tombstone(0, 2, 5, 0));
        for order in [[live, dead], [dead, live]] {
            let mut register = Register::default();
            order.into_iter().for_each(|version| {
                register.put(actor(0), version, &Seen::default());
            });
            assert_eq!(values(&register.view(Strategy::LastWriteWins).shown), [2]);
        }
    }

    /// A forgets the tombstone before C has heard of it (ph-39): the value comes back from C. Had A kept it, it would not.
    #[test]
    fn a_value_rises_from_a_forgotten_tombstone() {
        let mut a = Register::default();
        a.put(actor(0), version(0, 1, 100, 1), &Seen::default());
        let lagging = a.clone();
        a.put(actor(0), tombstone(0, 2, 200, 2), &a.seen().clone());
        for strategy in Strategy::ALL {
            assert!(a.is_tombstone_only(strategy));
            let (mut kept, mut forgotten) = (a.clone(), Register::default());
            kept.merge(&lagging);
            forgotten.merge(&lagging);
            assert_eq!(kept.view(strategy).live().count(), 0, "{strategy:?}");
            assert_eq!(forgotten.view(strategy).live().map(|version| version.write.value).collect::<Vec<_>>(), [1]);
        }
        assert!(!Register::default().is_tombstone_only(Strategy::KeepSiblings), "nothing is no tombstone");
    }
}
