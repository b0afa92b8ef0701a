//! Judges of a run: was every read fresh, is no acknowledged write lost, are all copies equal?
//!
//! A judge reads only the history (what clients saw) and, for durability and convergence, the copies that nodes hold.
//! It must not know how nodes replicate: a verdict is about what was promised, not about how it came about. What a judge
//! cannot prove it does not claim: *broken* always comes with a counterexample, and where the evidence is missing
//! the verdict is [`Verdict::CannotTell`].

mod acknowledged;
mod convergence;
mod durability;
mod freshness;
#[cfg(test)]
mod made_up;

pub use acknowledged::{Acknowledged, Acknowledgement, Later};
pub use convergence::{Convergence, Difference, compare};
pub use durability::{Losses, Lost, lost};
pub use freshness::{Freshness, StaleRead};

use crate::{
    client::history::Row,
    protocol::{NodeView, Protocol},
    sim::{
        chunked::Chunked,
        id::{NodeId, OperationId},
        operation::Outcome,
        small::SmallMap,
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
    /// No acknowledged write is missing at the primary now. A loss that was overwritten since is not seen any more;
    /// [`Watch`] remembers it.
    pub durable: Verdict,
    /// All running nodes hold the same copies now.
    pub converged: Verdict,
    pub stale_reads: usize,
    pub lost: Vec<Lost>,
    pub convergence: Convergence,
}

/// What each running node shows.
type Views = SmallMap<NodeId, NodeView>;

/// Verdicts on the world as it is.
pub fn judge<P: Protocol>(world: &World<P>) -> Verdicts {
    Judge::default().update(world)
}

/// Judges a world again and again, looking only at what is new.
///
/// Its verdicts are a function of the world alone: when it is shown a world that does not continue the one it saw last
/// (time went back, another branch) it starts over. One exception, for the better: after the bounded history dropped
/// rows, a judge that saw them before knows more than one that did not, which then says that it cannot tell.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    history: Chunked<Row>,
    trace: Chunked<Event>,
    freshness: Freshness,
    authority: Authority,
}

const ROWS_DROPPED: &str = "the run is so long that the first operations are no longer known";
const NO_PRIMARY: &str = "no primary is running";
const NEWER_PRIMARY_DOWN: &str = "a newer primary is down";
const TWO_PRIMARIES: &str = "two primaries of the same epoch are running";
const REPLAYING: &str = "the new primary is still replaying what it had received";
const NOTHING_RUNS: &str = "no node is running";

impl Judge {
    /// Rows or events after which a watch looks at them, whatever they are. Far fewer than the world keeps.
    const NEWS_MAX: u64 = 10_000;

    pub fn update<P: Protocol>(&mut self, world: &World<P>) -> Verdicts {
        self.follow(world.history(), world.trace());
        let members = world.members();
        let views: Views = members.iter().filter_map(|node| Some((*node, world.view(*node)?))).collect();
        let primary = world.primary();
        let (durable, lost) = self.durable(&members, primary, &views);
        let convergence = compare(primary, &views);
        Verdicts {
            fresh: self.fresh(),
            durable,
            converged: self.converged(world.now(), &convergence),
            stale_reads: self.freshness.stale_reads().len(),
            lost,
            convergence,
        }
    }

    /// Stale reads, and the acknowledged writes, as of the last update.
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    fn follow(&mut self, history: &Chunked<Row>, trace: &Chunked<Event>) {
        if !history.continues(&self.history) || !trace.continues(&self.trace) {
            *self = Judge::default();
        }
        self.freshness.extend(history);
        self.authority.extend(trace, self.trace.next());
        self.history = history.clone();
        self.trace = trace.clone();
    }

    /// Whether there is so much news that some of it could be dropped before it is looked at.
    fn is_behind(&self, rows: u64, events: u64) -> bool {
        rows > self.history.next() + Self::NEWS_MAX || events > self.trace.next() + Self::NEWS_MAX
    }

    fn fresh(&self) -> Verdict {
        match self.freshness.stale_reads().first() {
            Some(first) => Verdict::Broken { since: first.at, operations: vec![first.operation, first.missed.id] },
            None if self.freshness.missed_rows() => Verdict::CannotTell { why: ROWS_DROPPED },
            None => Verdict::Holds,
        }
    }

    fn durable(&self, members: &[NodeId], primary: Option<NodeId>, views: &Views) -> (Verdict, Vec<Lost>) {
        let cannot_tell = |why| (Verdict::CannotTell { why }, Vec::new());
        let Some((primary, view)) = primary.and_then(|primary| Some((primary, views.get(&primary)?))) else {
            return cannot_tell(NO_PRIMARY);
        };
        if self.authority.newest_epoch(members) > view.epoch {
            return cannot_tell(NEWER_PRIMARY_DOWN);
        }
        let is_rival = |other: &NodeView| other.role == Role::Primary && other.epoch == view.epoch;
        if views.iter().any(|(node, other)| *node != primary && is_rival(other)) {
            return cannot_tell(TWO_PRIMARIES);
        }
        if self.authority.replays_to.get(&primary).is_some_and(|last| view.applied < *last) {
            return cannot_tell(REPLAYING);
        }
        let lost = lost(self.freshness.acknowledged(), &view.copies);
        let serves_since = self.authority.serves_since.get(&primary).copied().unwrap_or_default();
        let Some(since) = lost.iter().map(|lost| lost.acknowledged_at.max(serves_since)).min() else {
            return match self.freshness.missed_rows() {
                true => cannot_tell(ROWS_DROPPED),
                false => (Verdict::Holds, lost),
            };
        };
        (Verdict::Broken { since, operations: lost.iter().map(|lost| lost.write.id).collect() }, lost)
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
        let mut operations: Vec<OperationId> = expected.clone().map(|write| write.id).collect();
        operations.sort();
        operations.dedup();
        let acknowledged = expected.filter_map(|write| self.freshness.acknowledged().get(&write));
        let since = acknowledged.map(|one| one.at).min().unwrap_or(now);
        Verdict::Broken { since, operations }
    }
}

/// Who is or was primary, from the words that all protocols share.
#[derive(Clone, Debug, Default)]
struct Authority {
    /// When the node last became primary or was started again.
    serves_since: SmallMap<NodeId, Micros>,
    /// Nodes that became primary and, up or down, still think that they are: of which epoch.
    primaries: SmallMap<NodeId, Epoch>,
    /// Where the log ended when the node became primary: up to there it replays before it takes writes.
    replays_to: SmallMap<NodeId, Lsn>,
    /// Whether any node ever changed its role.
    roles_changed: bool,
}

impl Authority {
    fn extend(&mut self, trace: &Chunked<Event>, from: u64) {
        for (_, event) in trace.range(from, trace.next()) {
            let Some(node) = event.node else { continue };
            match event.kind {
                Kind::Fact(Fact::RoleChanged { role: Role::Primary, epoch, last }) => {
                    self.replays_to.insert(node, last);
                    self.serves_since.insert(node, event.at);
                    self.primaries.insert(node, epoch);
                    self.roles_changed = true;
                }
                Kind::Fact(Fact::RoleChanged { role: Role::Replica, .. }) => {
                    self.primaries.remove(&node);
                    self.roles_changed = true;
                }
                Kind::Restart => {
                    self.serves_since.insert(node, event.at);
                    self.replays_to.remove(&node);
                }
                // Nothing is left that could come back.
                Kind::Crash { how: CrashKind::Wipe } => drop(self.primaries.remove(&node)),
                _ => {}
            }
        }
    }

    /// The newest epoch of which a member is primary, up or down.
    fn newest_epoch(&self, members: &[NodeId]) -> Epoch {
        let of_member = members.iter().filter_map(|node| self.primaries.get(node));
        of_member.copied().max().unwrap_or_default()
    }
}

/// A judge that is shown every step of a run, and so remembers losses that later writes covered up.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    judge: Judge,
    losses: Losses,
    /// The new primary was still replaying its log when last looked at.
    unsettled: bool,
    rows: u64,
    events: u64,
}

impl Watch {
    /// To be called after every step (or any number of steps, at the risk of missing a loss that was covered up between).
    /// Cheap when nothing happened that could have lost a write.
    pub fn look<P: Protocol>(&mut self, world: &World<P>) {
        let (rows, events) = (world.history().next(), world.trace().next());
        let changed = world.trace().range(self.events, events).any(|(_, event)| could_lose(&event.kind));
        let acknowledged = world.history().range(self.rows, rows).any(|(_, row)| matches!(row.outcome, Some(Outcome::Written)));
        (self.rows, self.events) = (rows, events);
        // As long as no other node was ever made primary, a write is acknowledged only by the one that has it.
        if changed || self.unsettled || acknowledged && self.judge.authority.roles_changed {
            self.verdicts(world);
        } else if self.judge.is_behind(rows, events) {
            self.judge.follow(world.history(), world.trace());
        }
    }

    /// Verdicts now, with all losses seen so far.
    pub fn verdicts<P: Protocol>(&mut self, world: &World<P>) -> Verdicts {
        let now = self.judge.update(world);
        self.unsettled = now.durable == Verdict::CannotTell { why: REPLAYING };
        if !matches!(now.durable, Verdict::CannotTell { .. }) {
            let view = world.primary().and_then(|primary| world.view(primary));
            self.losses.note(world.now(), &now.lost, &view.map(|view| view.copies).unwrap_or_default());
        }
        let durable = match self.losses.first_seen() {
            Some(since) => Verdict::Broken { since, operations: self.losses.all().map(|lost| lost.write.id).collect() },
            None => now.durable,
        };
        Verdicts { durable, lost: self.losses.all().collect(), ..now }
    }

    pub fn judge(&self) -> &Judge {
        &self.judge
    }
}

/// Whether a node could have come to serve older data by this.
fn could_lose(kind: &Kind) -> bool {
    matches!(kind, Kind::Fact(Fact::RoleChanged { .. } | Fact::SnapshotInstalled { .. }) | Kind::Restart)
}

#[cfg(test)]
mod tests;
