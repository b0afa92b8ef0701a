//! How a key came to what it is: every write of it as a version with its name and what its writer had seen, where each is, and the
//! steps in which peers took, replaced, kept or hid one.
//!
//! Told from the trace alone: what came to a peer is put together again as the peer did it (`store`), so a strategy is never worked out
//! twice. It must not ask a protocol.

mod said;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) mod tests;

pub use said::{between, said};

use crate::{
    lab::LabWorld,
    protocol::contexts::Contexts,
    sim::{
        chunked::Chunked,
        id::{Key, NodeId},
        operation::Write,
        small::SmallMap,
        time::Micros,
    },
    store::{
        object::register::{Register, Strategy, Version},
        version::{Dot, Seen},
    },
    trace::{CrashKind, Event, Fact, Kind},
};

/// One write of the key, as a peer took it.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub dot: Dot,
    pub version: Version,
    /// Itself, and over what it was made: what its node had, or what its client is known to have been shown.
    pub seen: Seen,
    pub at: Micros,
    /// Whether any peer has had it on disk.
    pub arrived: bool,
    /// It never was, and another has its name now: its peer lost power and could not know that it had given it.
    pub is_lost: bool,
}

impl Named {
    /// Whether this one replaces the other: its writer had seen it.
    pub fn knew(&self, other: &Named) -> bool {
        self.dot != other.dot && !other.is_lost && self.seen.includes(other.dot)
    }

    pub fn is_concurrent(&self, other: &Named) -> bool {
        self.dot != other.dot && !self.knew(other) && !other.knew(self)
    }
}

/// What happened in a step; numbers are places in [`Graph::versions`].
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A peer took a write.
    Written { version: usize },
    /// What came replaces what was there.
    Replaced { new: Vec<usize>, old: Vec<usize> },
    /// What came, or a new rule, leaves several side by side.
    Kept { all: Vec<usize> },
    /// Readers are not shown these any more.
    Hidden { hidden: Vec<usize>, kept: Option<usize>, strategy: Strategy },
    /// Shown before something that its writer had seen.
    Early { version: usize },
    /// It waits for a write that this peer took.
    Held { version: usize, of: NodeId },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The event's number in the trace.
    pub event: u64,
    pub at: Micros,
    pub node: NodeId,
    pub what: What,
}

impl Step {
    /// The versions that it is about.
    pub fn about(&self) -> Vec<usize> {
        match &self.what {
            What::Written { version } | What::Early { version } | What::Held { version, .. } => vec![*version],
            What::Replaced { new, old } => [new.as_slice(), old].concat(),
            What::Kept { all } => all.clone(),
            What::Hidden { hidden, kept, .. } => hidden.iter().chain(kept).copied().collect(),
        }
    }
}

/// What a version is at a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Shown,
    /// Nobody who had seen it wrote over it, and readers are not shown it.
    Hidden,
    Replaced,
    /// The peer has not heard of it.
    Absent,
}

/// What a peer has of the key, and who wins there.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    pub register: Register,
    pub strategy: Strategy,
}

/// Of nobody yet, so nobody can win.
impl Default for Copy {
    fn default() -> Self {
        Copy { register: Register::default(), strategy: Strategy::KeepSiblings }
    }
}

#[derive(Clone, Debug)]
pub struct Graph {
    pub key: Key,
    /// Whose knowledge a version’s `seen` is: its node’s, or its client’s.
    pub contexts: Contexts,
    /// In the order in which they were taken.
    pub versions: Vec<Named>,
    /// In the order in which they happened, those after the moment asked for too.
    pub steps: Vec<Step>,
    /// What each peer has of the key at that moment, in order of peers.
    pub copies: Vec<(NodeId, Copy)>,
    /// Who keeps what for whom at that moment; their own readers are not shown it.
    pub hints: Vec<((NodeId, NodeId), Register)>,
    /// The trace no longer goes back to the beginning, so there may have been more.
    pub is_cut: bool,
}

impl Graph {
    /// Parents are looked for among so many versions before.
    const PARENTS_BACK: usize = 200;

    /// Of the run as far as it is known to `world`; copies as they are before the event with number `now`.
    pub fn of(world: &LabWorld, key: Key, now: u64) -> Graph {
        let contexts = world.setup().config.contexts();
        let graph = Graph {
            key,
            contexts,
            versions: Vec::new(),
            steps: Vec::new(),
            copies: Vec::new(),
            hints: Vec::new(),
            is_cut: false,
        };
        // A page that has no peers on board needs nothing of all this.
        if cfg!(feature = "peers") { told(graph, world.trace(), now) } else { graph }
    }

    /// What a version is at a peer; what one is there that is down or gone, it was when it stopped.
    pub fn place(&self, node: NodeId, version: usize) -> Place {
        let (Some(named), Some(copy)) = (self.versions.get(version), self.copy(node)) else { return Place::Absent };
        let is_this = |own: &&Version| **own == named.version;
        let view = copy.register.view(copy.strategy);
        match () {
            () if view.shown.iter().any(is_this) => Place::Shown,
            () if view.dropped.iter().any(is_this) => Place::Hidden,
            () if !named.is_lost && copy.register.seen().includes(named.dot) => Place::Replaced,
            () => Place::Absent,
        }
    }

    /// What readers are shown at a peer, and what is hidden from them.
    pub fn visible(&self, node: NodeId) -> (Vec<usize>, Vec<usize>) {
        let Some(copy) = self.copy(node) else { return Default::default() };
        let view = copy.register.view(copy.strategy);
        let find = |all: Vec<&Version>| all.into_iter().filter_map(|version| self.find_version(version)).collect();
        (find(view.shown), find(view.dropped))
    }

    /// For whom stand-ins keep a version.
    pub fn kept_for(&self, version: usize) -> Vec<NodeId> {
        let is_in = |register: &Register| register.siblings().iter().any(|(dot, _)| dot == self.versions[version].dot);
        self.hints.iter().filter(|(_, register)| is_in(register)).map(|((_, of), _)| *of).collect()
    }

    /// What a node keeps for others: for whom, and which version.
    pub fn keeps(&self, node: NodeId) -> Vec<(NodeId, usize)> {
        let own = self.hints.iter().filter(|((keeper, _), _)| *keeper == node);
        own.flat_map(|((_, of), register)| register.siblings().iter().filter_map(|(dot, _)| Some((*of, self.find(dot)?))))
            .collect()
    }

    pub fn copy(&self, node: NodeId) -> Option<&Copy> {
        self.copies.iter().find(|(own, _)| *own == node).map(|(_, copy)| copy)
    }

    /// The versions that its writer had seen and that no other one covers that he had seen.
    pub fn parents(&self, version: usize) -> Vec<usize> {
        let own = &self.versions[version];
        let mut parents: Vec<usize> = Vec::new();
        // What covers another was taken after it.
        for other in (version.saturating_sub(Self::PARENTS_BACK)..version).rev() {
            let one = &self.versions[other];
            if own.knew(one) && !parents.iter().any(|parent| self.versions[*parent].knew(one)) {
                parents.push(other);
            }
        }
        parents
    }

    /// Those that are side by side at some peer at the moment asked for, whatever readers are shown.
    pub fn siblings(&self) -> Vec<usize> {
        let most = self.copies.iter().map(|(_, copy)| copy.register.siblings()).max_by_key(|siblings| siblings.len());
        let Some(most) = most.filter(|siblings| siblings.len() > 1) else { return Vec::new() };
        most.iter().filter_map(|(dot, _)| self.find(dot)).collect()
    }

    /// Whether, up to this step, two of its writes have met that did not know of each other.
    pub fn has_conflict(&self, up_to: Option<usize>) -> bool {
        self.steps
            .iter()
            .take(up_to.map_or(0, |step| step + 1))
            .any(|step| matches!(step.what, What::Kept { .. } | What::Hidden { .. }))
    }

    /// The last step before the event with this number.
    pub fn last_before(&self, event: u64) -> Option<usize> {
        self.steps.partition_point(|step| step.event < event).checked_sub(1)
    }

    fn find(&self, dot: Dot) -> Option<usize> {
        // Mostly it is one of the last.
        self.versions.iter().rposition(|named| named.dot == dot)
    }

    fn find_version(&self, version: &Version) -> Option<usize> {
        self.versions.iter().rposition(|named| named.version == *version)
    }

    fn find_all(&self, copy: &Register, writes: &[Write]) -> Vec<usize> {
        let own = copy.siblings().iter().filter(|(_, version)| writes.contains(&version.write));
        own.filter_map(|(dot, _)| self.find(dot)).collect()
    }
}

/// Where the versions of the key are.
#[derive(Clone, Default)]
struct Kept {
    copies: SmallMap<NodeId, Copy>,
    /// By who keeps it and for whom.
    hints: SmallMap<(NodeId, NodeId), Register>,
}

/// Goes through the trace, putting the copies together.
fn told(mut graph: Graph, trace: &Chunked<Event>, now: u64) -> Graph {
    graph.is_cut = trace.first() > 0;
    let mut kept = Kept::default();
    let mut at_now = None;
    for (number, event) in trace.range(0, trace.next()) {
        if number >= now && at_now.is_none() {
            at_now = Some(kept.clone());
        }
        let Some(node) = event.node else { continue };
        match &event.kind {
            Kind::Fact(fact) => graph.take(&mut kept, number, event.at, node, fact),
            Kind::Crash { how: CrashKind::Wipe } => {
                kept.copies.or_default(node).register = Register::default();
                kept.hints.retain(|(keeper, _), _| *keeper != node);
            }
            Kind::Removed => {
                kept.copies.remove(&node);
                kept.hints.retain(|(keeper, _), _| *keeper != node);
            }
            _ => {}
        }
    }
    let kept = at_now.unwrap_or(kept);
    graph.copies = kept.copies.iter().map(|(node, copy)| (*node, copy.clone())).collect();
    graph.hints = kept.hints.iter().map(|(who, register)| (*who, register.clone())).collect();
    graph
}

impl Graph {
    fn take(&mut self, kept: &mut Kept, event: u64, at: Micros, node: NodeId, fact: &Fact) {
        let copies = &mut kept.copies;
        let what = match fact {
            Fact::Versioned { dot, version, seen } if version.write.key == self.key => {
                let before = self.find(*dot);
                before.into_iter().for_each(|before| self.versions[before].is_lost = true);
                self.versions.push(Named {
                    dot: *dot,
                    version: *version,
                    seen: seen.clone(),
                    at,
                    arrived: false,
                    is_lost: false,
                });
                What::Written { version: self.versions.len() - 1 }
            }
            Fact::Learnt { key, dots, overwritten, replaced } if *key == self.key => {
                let copy = &mut copies.or_default(node).register;
                let before: Vec<Dot> = copy.siblings().iter().map(|(dot, _)| dot).collect();
                let new: Vec<usize> = dots.iter().filter_map(|dot| self.find(*dot)).collect();
                for index in &new {
                    let named = &mut self.versions[*index];
                    named.arrived = true;
                    copy.merge(&Register::change(named.dot, named.version, named.seen.clone()));
                }
                copy.hear_of(replaced);
                let ghost = overwritten.and_then(|stamp| self.versions.iter().rfind(|own| own.version.hybrid == stamp));
                ghost.into_iter().for_each(|named| copy.merge(&Register::overwritten(named.version)));
                let is_gone = |dot: &Dot| copy.siblings().iter().all(|(own, _)| own != *dot);
                let old: Vec<usize> = before.into_iter().filter(is_gone).filter_map(|dot| self.find(dot)).collect();
                // Its own write replaces what it was written over as a matter of course.
                let is_own = |index: &usize| self.versions[*index].dot.actor.node == node;
                if old.is_empty() || new.iter().all(is_own) {
                    return;
                }
                What::Replaced { new, old }
            }
            Fact::Conflict { writes } if self.is_of(writes) => {
                What::Kept { all: copies.get(&node).map_or_else(Vec::new, |copy| self.find_all(&copy.register, writes)) }
            }
            Fact::Dropped { writes, strategy, .. } if self.is_of(writes) => {
                let Some(Copy { register: copy, .. }) = copies.get(&node) else { return };
                let kept = copy.view(*strategy).shown.first().and_then(|version| self.find_version(version));
                What::Hidden { hidden: self.find_all(copy, writes), kept, strategy: *strategy }
            }
            Fact::ResolvesBy { strategy } => {
                copies.or_default(node).strategy = *strategy;
                return;
            }
            Fact::Forgotten { writes } if self.is_of(writes) => {
                copies.or_default(node).register = Register::default();
                return;
            }
            #[cfg(feature = "quorum")]
            Fact::MovedAway { key, of } if *key == self.key => {
                match of {
                    Some(of) => drop(kept.hints.remove(&(node, *of))),
                    None => copies.or_default(node).register = Register::default(),
                }
                return;
            }
            #[cfg(feature = "quorum")]
            Fact::HintKept { write, of, dot } if write.key == self.key => {
                if let Some(named) = self.find(*dot).map(|version| &mut self.versions[version]) {
                    named.arrived = true;
                    let change = Register::change(named.dot, named.version, named.seen.clone());
                    kept.hints.or_default((node, *of)).merge(&change);
                }
                return;
            }
            Fact::Overtook { write } if write.key == self.key => match self.find_write(write) {
                Some(version) => What::Early { version },
                None => return,
            },
            Fact::HeldBack { write, of } if write.key == self.key => match self.find_write(write) {
                Some(version) => What::Held { version, of: *of },
                None => return,
            },
            _ => return,
        };
        // What a strategy did says more than that something came.
        let is_same = |last: &Step| last.at == at && last.node == node && matches!(last.what, What::Replaced { .. });
        if matches!(what, What::Kept { .. } | What::Hidden { .. }) && self.steps.last().is_some_and(is_same) {
            self.steps.pop();
        }
        self.steps.push(Step { event, at, node, what });
    }

    fn is_of(&self, writes: &[Write]) -> bool {
        writes.first().is_some_and(|write| write.key == self.key)
    }

    fn find_write(&self, write: &Write) -> Option<usize> {
        self.versions.iter().rposition(|named| named.version.write == *write)
    }
}
