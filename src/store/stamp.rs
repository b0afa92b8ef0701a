//! Timestamps of writes, and the clocks that give them: by the wall, hybrid, and Lamport's.
//!
//! A stamp orders all writes, also those that do not know of each other. With a hybrid or a Lamport clock the order never
//! contradicts causality; with a wall clock it does as soon as two clocks differ by more than the time between two writes.

use super::version::Actor;
use serde::Serialize;
use std::fmt;

/// When a write was made, as its node says. In order of the fields: what is equally late is decided by the actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Stamp {
    /// The node's clock, in µs; can be negative (see `sim::clock`).
    pub wall_us: i64,
    /// Counts what the clock cannot tell apart.
    pub logical: u32,
    pub actor: Actor,
}

impl Stamp {
    /// What the wall clock of a node says, and nothing else.
    pub fn wall(wall_us: i64, actor: Actor) -> Stamp {
        Stamp { wall_us, logical: 0, actor }
    }
}

/// `1500us+2 A`; without what is 0.
impl fmt::Display for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}us", self.wall_us)?;
        if self.logical > 0 {
            write!(out, "+{}", self.logical)?;
        }
        write!(out, " {}", self.actor)
    }
}

/// The hybrid logical clock of Kulkarni, Demirbas, Madappa, Avva, Leone: "Logical Physical Clocks", 2014, Figure 5. Near the
/// wall clock, never behind anything it has heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HybridClock {
    latest: Stamp,
}

impl HybridClock {
    pub fn new(actor: Actor) -> HybridClock {
        HybridClock { latest: Stamp { wall_us: i64::MIN, logical: 0, actor } }
    }

    /// The last stamp it gave.
    pub fn latest(&self) -> Stamp {
        self.latest
    }

    /// The stamp of something that happens here, a send included.
    pub fn tick(&mut self, local_us: i64) -> Stamp {
        self.pass(self.latest, local_us)
    }

    /// The stamp of a receipt: greater than what was received and than everything before. So are all later ones.
    pub fn observe(&mut self, stamp: Stamp, local_us: i64) -> Stamp {
        self.pass(self.latest.max(Stamp { actor: self.latest.actor, ..stamp }), local_us)
    }

    /// Goes beyond `known`: by the wall if that is ahead, else by counting.
    fn pass(&mut self, known: Stamp, local_us: i64) -> Stamp {
        let (wall_us, logical) = match known.logical.checked_add(1) {
            _ if local_us > known.wall_us => (local_us, 0),
            Some(logical) => (known.wall_us, logical),
            None => (known.wall_us.saturating_add(1), 0),
        };
        self.latest = Stamp { wall_us, logical, actor: self.latest.actor };
        self.latest
    }
}

/// Lamport's clock ("Time, Clocks, and the Ordering of Events", 1978): counts, and takes no notice of time. Its stamps have 0 for
/// the wall, so they order by count and then by actor, as in the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LamportClock {
    latest: Stamp,
}

impl LamportClock {
    pub fn new(actor: Actor) -> LamportClock {
        LamportClock { latest: Stamp::wall(0, actor) }
    }

    pub fn latest(&self) -> Stamp {
        self.latest
    }

    pub fn tick(&mut self) -> Stamp {
        self.latest.logical += 1;
        self.latest
    }

    /// The stamp of a receipt.
    pub fn observe(&mut self, stamp: Stamp) -> Stamp {
        self.latest.logical = self.latest.logical.max(stamp.logical);
        self.tick()
    }
}

/// The clocks of a node that writes and hears of what others wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    hybrid: HybridClock,
    lamport: LamportClock,
}

/// What they say of a write: hybrid time, and Lamport's count.
pub type Told = (Stamp, u32);

impl Clocks {
    pub fn new(actor: Actor) -> Clocks {
        Clocks { hybrid: HybridClock::new(actor), lamport: LamportClock::new(actor) }
    }

    /// Of something that happens here.
    pub fn tick(&mut self, local_us: i64) -> Told {
        (self.hybrid.tick(local_us), self.lamport.tick().logical)
    }

    /// From now on they are beyond this.
    pub fn observe(&mut self, (stamp, count): Told, local_us: i64) {
        self.hybrid.observe(stamp, local_us);
        self.lamport.observe(Stamp { wall_us: 0, logical: count, ..stamp });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::id::NodeId;

    fn shown(stamp: Stamp) -> String {
        stamp.to_string()
    }

    #[test]
    fn hybrid_time_goes_on_while_the_wall_stands_still() {
        let (mut a, mut b) = (HybridClock::new(NodeId(0).into()), HybridClock::new(NodeId(1).into()));
        assert_eq!(shown(a.tick(10)), "10us A");
        assert_eq!(shown(a.tick(10)), "10us+1 A");
        assert_eq!(shown(b.tick(3)), "3us B");
        // B's clock is behind: its stamp comes after A's all the same.
        let sent = a.tick(12);
        assert_eq!(shown(b.observe(sent, 4)), "12us+1 B");
        assert_eq!(shown(b.tick(5)), "12us+2 B");
        // As soon as the wall has gone on, nothing is left of the count.
        assert_eq!(shown(b.tick(13)), "13us B");
        assert_eq!(shown(a.observe(b.latest(), 13)), "13us+1 A");
        // A clock set back.
        assert_eq!(shown(a.tick(-50)), "13us+2 A");
    }

    #[test]
    fn the_count_never_starts_again_at_the_same_time() {
        let mut clock = HybridClock::new(NodeId(0).into());
        let full = Stamp { wall_us: 7, logical: u32::MAX, actor: NodeId(1).into() };
        assert!(clock.observe(full, 0) > full);
        assert_eq!(shown(clock.latest()), "8us A");
    }

    #[test]
    fn lamport_counts_past_what_it_hears() {
        let (mut a, mut b) = (LamportClock::new(NodeId(0).into()), LamportClock::new(NodeId(1).into()));
        let (first, other) = (a.tick(), b.tick());
        assert!(first < other, "equal counts: the actor decides");
        assert_eq!(shown(a.observe(other)), "0us+2 A");
        assert_eq!(shown(b.observe(a.tick())), "0us+4 B");
        assert_eq!(b.latest().logical, 4);
    }
}
