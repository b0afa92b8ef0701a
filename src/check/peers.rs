//! What is lost where all are peers: acknowledged, written over by nobody who was shown it, and shown by no peer.
//!
//! There is no primary to ask. A write is done when some peer says so; from then on somebody has to show it until somebody writes
//! over it. A strategy that hides one of two values loses it, whoever is right; if it is shown again, because the strategy was
//! changed or a peer came back, it is not lost any more. What a peer that is down would find on its disk counts as shown, and so
//! does what one keeps for another, until it is dropped. Who read it, thought, and wrote at another peer that did not show it has
//! written over it if answers carry contexts; else nobody can tell.
//!
//! A deletion is a promise the other way round, and so is whatever takes something out of a set, a cart or a text: it is lost while
//! every peer shows something that it took away. Counters add up, and nobody can see in a sum what is missing: of them this judge only
//! says whether some copy has all that was acknowledged ([`Counted`]).

use super::{Lost, ROWS_DROPPED, acknowledged::Acknowledgement, counted::Counted};
use crate::{
    protocol::Protocol,
    sim::{
        chunked::Chunked,
        id::{Key, NodeId, OperationId},
        operation::{Action, KeyType, Write},
        small::{SmallMap, SmallSet},
    },
    store::version::{Dot, Seen},
    trace::{CrashKind, Event, Fact, Kind, Role},
    world::World,
};
#[cfg(feature = "documents")]
use crate::{sim::revision::Revision, trace::DocumentFact};

/// What a client was told to be done.
#[derive(Clone, Debug)]
struct Promise {
    action: Action,
    one: Acknowledgement,
    /// What it took away, if it does no more than that.
    away: Vec<Write>,
}

impl Promise {
    /// Whether it is kept, if this is what each of the nodes shows; `same`: all that count as this write; `is_home`: whether a node is
    /// to have the key.
    fn is_kept(&self, shown: &[(NodeId, Vec<Write>)], same: &[OperationId], is_home: impl Fn(NodeId) -> bool) -> bool {
        let write = self.one.write;
        let any = |fits: &dyn Fn(&Write) -> bool| shown.iter().any(|(_, writes)| writes.iter().any(fits));
        match self.action {
            // A stand-in may keep it for a home node.
            _ if self.action.takes_away() && any(&|own| own.id == write.id) => true,
            _ if self.action.takes_away() => {
                shown.iter().any(|(node, writes)| is_home(*node) && self.still_there(writes).is_none())
            }
            // Of an element that was added several times only one addition is shown.
            Action::AddElement { element, .. } => any(&|own| own.value == element),
            _ => any(&|own| same.contains(&own.id)),
        }
    }

    fn still_there(&self, shown: &[Write]) -> Option<Write> {
        shown.iter().find(|write| self.away.contains(write)).copied()
    }
}

/// Watches which acknowledged writes somebody still shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Peers {
    /// Index of the next event to read.
    next: u64,
    /// Whether the group is one of peers, as far as is known.
    are_there: bool,
    /// Acknowledged, and not written over.
    standing: SmallMap<Key, Vec<Promise>>,
    counted: Counted,
    /// Why something cannot be judged any more.
    unsure: Option<&'static str>,
    /// Written over before they were acknowledged.
    covered_early: SmallSet<OperationId>,
    losses: SmallMap<(Key, OperationId), Lost>,
    /// What the last versions of each key are called.
    names: SmallMap<Key, Vec<(Dot, OperationId)>>,
    /// Which revisions the last writes of each key made: equal edits make one.
    #[cfg(feature = "documents")]
    revisions: SmallMap<Key, Vec<(Revision, OperationId)>>,
}

/// Most names of a key that are remembered.
const NAMES_MAX: usize = 100;
/// Most promises of a key that are watched.
const STANDING_MAX: usize = 500;

const BLIND: &str = "something was deleted through a node that had not heard of it";

impl Peers {
    pub fn are_there(&self) -> bool {
        self.are_there
    }

    pub fn losses(&self) -> impl Iterator<Item = &Lost> {
        self.losses.values()
    }

    /// Why nobody can tell whether everything that stands is there, if so.
    pub fn unsure<P: Protocol>(&self, world: &World<P>) -> Option<&'static str> {
        let totals = |key| world.stores().iter().map(move |node| shown(world, *node, key).first().map_or(0, |total| total.value));
        self.unsure.or_else(|| self.counted.unsure(totals))
    }

    /// To be called after every step, with what was acknowledged since.
    pub fn look<P: Protocol>(&mut self, world: &World<P>, new: Vec<(Action, Acknowledgement)>) {
        // A page that has no peers on board needs none of this.
        if !cfg!(feature = "peers") {
            return;
        }
        let is_peer = |node: &NodeId| world.standing(*node).is_some_and(|one| one.role == Role::Peer);
        self.are_there = self.are_there || world.stores().iter().any(is_peer);
        if !self.are_there {
            self.next = world.trace().next();
            return;
        }
        let mut suspects = SmallSet::new();
        for (action, one) in new {
            suspects.insert(one.write.key);
            match action {
                Action::Add { amount, .. } => self.counted.acknowledged(one.write.key, amount),
                _ if self.covered_early.remove(&one.write.id) => {}
                _ => self.promise(world.trace(), action, one),
            }
        }
        let shaken = self.extend(world, &mut suspects);
        if shaken {
            suspects = self.standing.keys().copied().collect();
        }
        suspects.iter().for_each(|key| self.compare(world, *key));
    }

    fn promise(&mut self, trace: &Chunked<Event>, action: Action, one: Acknowledgement) {
        let away = if action.takes_away() { taken_away(trace, &one) } else { Vec::new() };
        if action.takes_away() && away.is_empty() {
            self.unsure = Some(BLIND);
            return;
        }
        let standing = self.standing.or_default(one.write.key);
        if standing.len() == STANDING_MAX {
            standing.remove(0);
            self.unsure = Some(ROWS_DROPPED);
        }
        standing.push(Promise { action, one, away });
    }

    /// Reads the events that it has not seen. Whether any key may be shown otherwise since.
    fn extend<P: Protocol>(&mut self, world: &World<P>, suspects: &mut SmallSet<Key>) -> bool {
        let (trace, mut shaken) = (world.trace(), false);
        for (_, event) in trace.range(self.next, trace.next()) {
            match &event.kind {
                Kind::Fact(Fact::Accepted { write, over }) => {
                    if P::key_type(&world.setup().config, write.key) == KeyType::Counter {
                        self.counted.accepted(write);
                    }
                    over.iter().for_each(|write| self.cover(write));
                }
                Kind::Fact(Fact::Versioned { dot, version, seen }) => self.versioned(*dot, version.write, seen),
                #[cfg(feature = "quorum")]
                Kind::Fact(Fact::Coordinates { over, .. }) => over.iter().for_each(|write| self.cover(write)),
                Kind::Fact(Fact::Merged { write, .. }) => {
                    suspects.insert(write.key);
                }
                #[cfg(feature = "gossip")]
                Kind::Fact(Fact::Heard { write, .. }) if !self.is_settled(write) => {
                    suspects.insert(write.key);
                }
                #[cfg(feature = "gossip")]
                Kind::Fact(Fact::FoundMissing { writes, .. }) => {
                    for write in writes.iter().filter(|write| !self.is_settled(write)) {
                        suspects.insert(write.key);
                    }
                }
                #[cfg(feature = "quorum")]
                Kind::Fact(Fact::HintDropped { writes, .. } | Fact::HandedOver { writes, .. }) => {
                    for write in writes {
                        suspects.insert(write.key);
                    }
                }
                #[cfg(feature = "documents")]
                Kind::Fact(Fact::Document(DocumentFact::Revised { write, revision, .. })) => {
                    suspects.insert(write.key);
                    remember(self.revisions.or_default(write.key), (*revision, write.id));
                }
                #[cfg(feature = "documents")]
                Kind::Fact(Fact::Document(DocumentFact::Fetched { writes, .. })) => {
                    for write in writes {
                        suspects.insert(write.key);
                    }
                }
                Kind::Fact(Fact::Dropped { writes, .. } | Fact::Conflict { writes }) => {
                    for write in writes {
                        suspects.insert(write.key);
                    }
                }
                Kind::Crash { how: CrashKind::Machine | CrashKind::Wipe }
                | Kind::Removed
                | Kind::Command { .. }
                | Kind::Fact(Fact::SnapshotInstalled { .. } | Fact::Recovered { .. }) => shaken = true,
                _ => {}
            }
        }
        self.next = trace.next();
        shaken
    }

    /// Of writes of which the newest alone is kept: whether it changes nothing that one more node has this one. In a large group
    /// looking at all for each would take long.
    #[cfg(feature = "gossip")]
    fn is_settled(&self, write: &Write) -> bool {
        let is_lost = |id: OperationId| self.losses.contains_key(&(write.key, id));
        let standing = self.standing.get(&write.key);
        let is_same = |promise: &Promise| (promise.one.write.id == write.id) != is_lost(promise.one.write.id);
        standing.is_none_or(|standing| standing.iter().all(is_same))
    }

    /// Somebody who was shown the write wrote over it; and so over all that are the same revision.
    fn cover(&mut self, write: &Write) {
        for id in self.same(write) {
            self.cover_one(Write { id, ..*write });
        }
    }

    fn cover_one(&mut self, write: Write) {
        let standing = self.standing.or_default(write.key);
        match standing.iter().position(|promise| promise.one.write.id == write.id) {
            // A loss stays one: who wrote over what is shown again has not made it undone.
            Some(at) => {
                standing.remove(at);
            }
            None => {
                self.covered_early.insert(write.id);
            }
        }
    }

    /// Somebody writes who had been shown these, perhaps elsewhere. What is lost by then stays lost.
    fn versioned(&mut self, dot: Dot, write: Write, seen: &Seen) {
        let Peers { names, standing, losses, .. } = self;
        let (names, key) = (names.or_default(write.key), write.key);
        let is_over = |id: OperationId| {
            let mut own = names.iter().filter(|(_, own)| *own == id).peekable();
            own.peek().is_some() && own.all(|(name, _)| *name != dot && seen.includes(*name))
        };
        let stands = |id: OperationId| losses.contains_key(&(key, id)) || !is_over(id);
        standing.or_default(key).retain(|promise| stands(promise.one.write.id));
        remember(names, (dot, write.id));
    }

    /// The writes that made the same revision as this one, itself included.
    #[cfg(feature = "documents")]
    fn same(&self, write: &Write) -> Vec<OperationId> {
        let made = self.revisions.get(&write.key);
        let of = |id: OperationId| made.into_iter().flatten().filter(move |(_, own)| *own == id).map(|(revision, _)| *revision);
        let same = |(revision, id): &(Revision, OperationId)| of(write.id).any(|own| own == *revision).then_some(*id);
        [write.id].into_iter().chain(made.into_iter().flatten().filter_map(same)).collect()
    }

    #[cfg(not(feature = "documents"))]
    fn same(&self, write: &Write) -> [OperationId; 1] {
        [write.id]
    }

    /// Whether what stands is still shown by somebody.
    fn compare<P: Protocol>(&mut self, world: &World<P>, key: Key) {
        let Some(standing) = self.standing.get(&key).filter(|standing| !standing.is_empty()) else { return };
        let shown: Vec<(NodeId, Vec<Write>)> = world.stores().iter().map(|node| (*node, shown(world, *node, key))).collect();
        let at = shown.iter().find(|(node, _)| world.view(*node).is_some()).or(shown.first());
        let Some((node, writes)) = at else { return };
        for promise in standing {
            let Promise { action, one, .. } = promise;
            let name = (key, one.write.id);
            let same = self.same(&one.write);
            if promise.is_kept(&shown, same.as_ref(), |node| world.placement().is_home(node, key)) {
                self.losses.remove(&name);
            } else if !self.losses.contains_key(&name) {
                let lost = Lost {
                    write: one.write,
                    what: (!action.writes_value()).then(|| (*action, P::key_type(&world.setup().config, key))),
                    acknowledged_at: one.at,
                    acknowledged_by: one.by,
                    missing_at: *node,
                    among_peers: true,
                    since: world.now(),
                    instead: if action.takes_away() { promise.still_there(writes) } else { writes.first().copied() },
                };
                self.losses.insert(name, lost);
            }
        }
    }
}

/// Keeps the last ones.
fn remember<T>(names: &mut Vec<T>, name: T) {
    if names.len() == NAMES_MAX {
        names.remove(0);
    }
    names.push(name);
}

/// What the node that acknowledged an operation had shown until then and took away.
fn taken_away(trace: &Chunked<Event>, one: &Acknowledgement) -> Vec<Write> {
    let over = trace.iter().rev().filter(|(_, event)| event.node == one.by).find_map(|(_, event)| match &event.kind {
        Kind::Fact(Fact::Accepted { write, over }) if write.id == one.write.id => Some(over.clone()),
        #[cfg(feature = "quorum")]
        Kind::Fact(Fact::Coordinates { write, over, .. }) if write.id == one.write.id => Some(over.clone()),
        _ => None,
    });
    over.unwrap_or_default()
}

/// What a peer shows for a key, or keeps as a conflict; or would after a start.
fn shown<P: Protocol>(world: &World<P>, node: NodeId, key: Key) -> Vec<Write> {
    match world.host(node).and_then(|host| host.process()) {
        Some(process) if !world.placement().is_by_key() => process.kept(key),
        _ => world.remains(node).map_or_else(Vec::new, |view| {
            #[cfg(feature = "documents")]
            if let Some(documents) = view.peer.as_deref().and_then(|peer| peer.documents.as_ref()) {
                return documents.kept(key);
            }
            let kept = view.peer.map_or_else(Vec::new, |peer| peer.hints);
            let all = view.copies.into_iter().chain(kept.into_iter().map(|(_, write)| write));
            all.filter(|write| write.key == key).collect()
        }),
    }
}

#[cfg(test)]
mod tests;
