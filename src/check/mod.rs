//! Judges of a run: was every read fresh, is no acknowledged write lost, are all copies equal?
//!
//! A judge reads only the history (what clients saw) and, for durability and convergence, the copies that nodes hold.
//! It must not know how nodes replicate: a verdict is about what was promised, not about how it came about. What a judge
//! cannot prove it does not claim: *broken* always comes with a counterexample, and where the evidence is missing
//! the verdict is [`Verdict::CannotTell`].
//!
//! A judge looks at every step of a run, and remembers. It is plain data that clones cheaply, so the lab keeps it beside the
//! world in every keyframe: wherever the cursor comes from, the verdicts are those of a run straight to that moment.

mod acknowledged;
mod convergence;
mod counted;
mod durability;
mod freshness;
#[cfg(test)]
mod made_up;
mod peers;

pub use acknowledged::{Acknowledged, Acknowledgement, Later};
pub use convergence::{Convergence, Difference, compare};
pub use durability::{Losses, Lost};
pub use freshness::{Freshness, StaleRead};
use peers::Peers;

use crate::{
    protocol::{Protocol, Standing},
    sim::{
        chunked::Chunked,
        id::{Key, NodeId, OperationId},
        operation::Write,
        small::{SmallMap, SmallSet},
        time::Micros,
    },
    store::log::{Epoch, Lsn},
    trace::{CrashKind, Event, Fact, Kind, Role},
    world::World,
};

/// What a judge says about a run up to now.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Holds,
    /// A counterexample exists since then; these operations are it.
    Broken {
        since: Micros,
        operations: Vec<OperationId>,
    },
    /// The evidence is missing, and why.
    CannotTell {
        why: &'static str,
    },
}

impl Verdict {
    pub fn is_broken(&self) -> bool {
        matches!(self, Verdict::Broken { .. })
    }
}

/// All verdicts at one moment, and what they rest on.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdicts {
    /// Every read so far returned a value not provably overwritten before the read began. Once broken it stays so.
    pub fresh: Verdict,
    /// No acknowledged write is missing at the primary, nor was one before it was overwritten. Once broken it stays so, unless
    /// what was missing comes back.
    pub durable: Verdict,
    /// All running nodes hold the same copies now.
    pub converged: Verdict,
    pub stale_reads: usize,
    pub lost: Vec<Lost>,
    pub convergence: Convergence,
}

/// Watches a run from its first step on. What it says is a function of the run up to now and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    freshness: Freshness,
    authority: Authority,
    losses: Losses,
    /// The new primary was still replaying its log when last looked at.
    unsettled: bool,
    peers: Peers,
}

const ROWS_DROPPED: &str = "the run is so long that the first operations are no longer known";
const UNORDERED: &str = "reads of counters, sets, carts and texts are not judged: nothing in them is newer than the rest";
const NO_PRIMARY: &str = "no primary is running";
const NEWER_PRIMARY_DOWN: &str = "a newer primary is down";
const TWO_PRIMARIES: &str = "two primaries of the same epoch are running";
const REPLAYING: &str = "the new primary is still replaying what it had received";
const NOTHING_RUNS: &str = "no node is running";

impl Judge {
    /// To be called after every step. Cheap when nothing happened that could have lost a write.
    pub fn look<P: Protocol>(&mut self, world: &World<P>) {
        let done = self.freshness.extend(world.history());
        let mut suspects: SmallSet<Key> = done.iter().map(|(_, one)| one.write.key).collect();
        self.peers.look(world, done);
        if self.peers.are_there() {
            return;
        }
        let leads = |node| world.standing(node).is_some_and(|standing| standing.role == Role::Primary);
        let shaken = self.authority.extend(world.trace(), leads, |write| {
            // Done before, and done again: it may have covered a later one.
            if self.freshness.acknowledged().get(write).is_some() {
                suspects.insert(write.key);
            }
        });
        if shaken || self.unsettled {
            suspects = self.freshness.acknowledged().keys().collect();
        }
        if suspects.is_empty() {
            return;
        }
        let speaks = self.authority.speaks(world);
        self.unsettled = speaks == Err(REPLAYING);
        let Ok(primary) = speaks else { return };
        for key in suspects.iter() {
            self.losses.look(self.freshness.acknowledged(), world.now(), *key, primary, world.copy(primary, *key));
        }
    }

    /// Verdicts now; `world` is the one looked at last.
    pub fn verdicts<P: Protocol>(&self, world: &World<P>) -> Verdicts {
        let views = world.stores().iter().filter_map(|node| Some((*node, world.view(*node)?))).collect();
        let convergence = compare(world.primary(), &views, world.placement());
        Verdicts {
            fresh: self.fresh(),
            durable: self.durable(world),
            converged: self.converged(world.now(), &convergence),
            stale_reads: self.stale_reads().len(),
            lost: self.losses().copied().collect(),
            convergence,
        }
    }

    /// In the order the reads returned.
    pub fn stale_reads(&self) -> &Chunked<StaleRead> {
        self.freshness.stale_reads()
    }

    /// How many acknowledged writes are known to be lost.
    pub fn lost(&self) -> usize {
        self.losses().count()
    }

    fn losses(&self) -> impl Iterator<Item = &Lost> {
        self.losses.all().chain(self.peers.losses())
    }

    fn fresh(&self) -> Verdict {
        match self.stale_reads().get(0) {
            Some(first) => Verdict::Broken { since: first.at, operations: vec![first.operation, first.missed.id] },
            None if self.freshness.missed_rows() => Verdict::CannotTell { why: ROWS_DROPPED },
            None if self.freshness.has_unjudged() => Verdict::CannotTell { why: UNORDERED },
            None => Verdict::Holds,
        }
    }

    fn durable<P: Protocol>(&self, world: &World<P>) -> Verdict {
        if let Some(since) = self.losses().map(|lost| lost.since).min() {
            return Verdict::Broken { since, operations: self.losses().map(|lost| lost.write.id).collect() };
        }
        if self.peers.are_there() {
            let missed = self.freshness.missed_rows().then_some(ROWS_DROPPED);
            return match missed.or_else(|| self.peers.unsure(world)) {
                Some(why) => Verdict::CannotTell { why },
                None => Verdict::Holds,
            };
        }
        match self.authority.speaks(world) {
            Err(why) => Verdict::CannotTell { why },
            Ok(_) if self.freshness.missed_rows() => Verdict::CannotTell { why: ROWS_DROPPED },
            Ok(_) => Verdict::Holds,
        }
    }

    /// Not equal since the oldest of the writes that a copy lacks was acknowledged; if none was, since now.
    fn converged(&self, now: Micros, convergence: &Convergence) -> Verdict {
        if convergence.nodes == 0 {
            return Verdict::CannotTell { why: NOTHING_RUNS };
        }
        if convergence.differing.is_empty() {
            return Verdict::Holds;
        }
        let expected = convergence.differing.iter().filter_map(|difference| difference.expected);
        let mut operations: Vec<OperationId> = Vec::new();
        for write in expected.clone() {
            if let Err(index) = operations.binary_search(&write.id) {
                operations.insert(index, write.id);
            }
        }
        let acknowledged = expected.filter_map(|write| self.freshness.acknowledged().get(&write));
        let since = acknowledged.map(|one| one.at).min().unwrap_or(now);
        Verdict::Broken { since, operations }
    }
}

/// Who is or was primary, from the words that all protocols share.
#[derive(Clone, Debug, Default)]
struct Authority {
    /// Index of the next event to read.
    next: u64,
    /// Nodes that became primary and, up or down, still think that they are: of which epoch.
    primaries: SmallMap<NodeId, Epoch>,
    /// Where the log ended when the node became primary: up to there it replays before it takes writes.
    replays_to: SmallMap<NodeId, Lsn>,
}

impl Authority {
    /// Reads the events that it has not seen. Whether all of the primary's data could have become another by them; what a
    /// primary shows one by one goes to `done`.
    fn extend(&mut self, trace: &Chunked<Event>, leads: impl Fn(NodeId) -> bool, mut done: impl FnMut(&Write)) -> bool {
        let mut shaken = false;
        for (_, event) in trace.range(self.next, trace.next()) {
            match &event.kind {
                Kind::Fact(Fact::Applied { write: Some(write), .. }) if event.node.is_some_and(&leads) => done(write),
                kind => shaken |= event.node.is_some_and(|node| self.read(node, kind)),
            }
        }
        self.next = trace.next();
        shaken
    }

    fn read(&mut self, node: NodeId, kind: &Kind) -> bool {
        match kind {
            Kind::Fact(Fact::RoleChanged { role: Role::Primary, epoch, last }) => {
                self.replays_to.insert(node, *last);
                self.primaries.insert(node, *epoch);
            }
            // It follows, or nothing is left that could come back.
            Kind::Fact(Fact::RoleChanged { role: Role::Replica, .. }) | Kind::Crash { how: CrashKind::Wipe } => {
                self.primaries.remove(&node);
            }
            Kind::Restart => drop(self.replays_to.remove(&node)),
            // Another may be the newest primary now.
            Kind::Crash { .. } | Kind::Removed | Kind::Fact(Fact::SnapshotInstalled { .. }) => {}
            _ => return false,
        }
        true
    }

    /// The node whose copies decide what is lost, or why none does.
    fn speaks<P: Protocol>(&self, world: &World<P>) -> Result<NodeId, &'static str> {
        let members = || world.hosts().iter().filter(|host| !host.removed).map(|host| host.id);
        let running = || members().filter_map(|node| Some((node, world.standing(node)?)));
        let leading = || running().filter(|(_, standing)| standing.role == Role::Primary);
        let (primary, Standing { epoch, applied, .. }) = leading().max_by_key(|(_, one)| one.epoch).ok_or(NO_PRIMARY)?;
        // Up or down, it may still think that it is primary.
        if members().filter_map(|node| self.primaries.get(&node)).any(|other| *other > epoch) {
            return Err(NEWER_PRIMARY_DOWN);
        }
        if leading().filter(|(_, other)| other.epoch == epoch).count() > 1 {
            return Err(TWO_PRIMARIES);
        }
        match self.replays_to.get(&primary) {
            Some(last) if applied < *last => Err(REPLAYING),
            _ => Ok(primary),
        }
    }
}

#[cfg(test)]
mod tests;
