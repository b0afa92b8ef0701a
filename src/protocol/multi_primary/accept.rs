//! What a peer does with changes: taking them from clients and neighbours, and showing them.

use super::{
    Ctx, Delivery, From, MultiPrimary, Pending,
    change::Made,
    disk::DiskChange,
    message::{Change, State},
};
use crate::{
    protocol::{
        named::note_versioned,
        versions::{later, latest_told},
    },
    sim::small::sorted_once,
    sim::{
        id::{Key, NodeId},
        operation::{Answer, Request, Write},
    },
    store::{object::Object, version::Dot},
    trace::Fact,
};
use std::sync::Arc;

impl MultiPrimary {
    /// Its clocks are never behind what it has.
    pub(super) fn learns_time(&mut self, ctx: &Ctx) {
        if let Some(told) = self.data.objects.values().filter_map(latest_told).reduce(later) {
            self.clocks.observe(told, ctx.local_us());
        }
    }

    /// Takes a client's operation, over everything that it knows of the key and everything that will be shown before it.
    pub(super) fn accept(&mut self, request: Request, ctx: &mut Ctx) {
        let Made { write, over, delta, whole, answer } = match self.make(request, ctx) {
            Ok(made) => made,
            Err(refusal) => return ctx.reply(request, Answer::Refused(refusal)),
        };
        let number = self.written.next(self.actor).counter;
        let needs = self.data.vector.clone();
        ctx.note_about(request.operation, Fact::Accepted { write, over });
        note_versioned(&delta, ctx);
        // The whole has nothing in it that is not known to who has what the change needs.
        let delta = match self.config.delivery {
            Delivery::Operations => delta,
            Delivery::States => whole,
        };
        let change = Arc::new(Change { origin: self.actor, number, write, delta, needs });
        self.keep(change, From::Client(request, answer), ctx);
    }

    /// Writes a change to disk; it is shown when it is there.
    fn keep(&mut self, change: Arc<Change>, from: From, ctx: &mut Ctx) {
        self.written.raise(Dot { actor: change.origin, counter: change.number });
        let operation = change.write.id;
        let number = ctx.write(DiskChange::Take(change.clone(), self.config.log_changes_max), Some(operation));
        ctx.flush();
        self.pending.push_back((number, Pending::Change(change, from)));
    }

    pub(super) fn on_changes(&mut self, from: NodeId, changes: Vec<Arc<Change>>, ctx: &mut Ctx) {
        self.heard(from);
        let (mut known, mut gap) = (0, false);
        for change in changes {
            if self.written.includes(Dot { actor: change.origin, counter: change.number }) {
                known += 1;
            } else if !self.held.iter().any(|(held, _)| (held.origin, held.number) == (change.origin, change.number)) {
                gap |= !self.follows(&change);
                self.held.push((change, from));
            }
        }
        let waits = self.held.len();
        self.release(ctx);
        self.note_held(waits, ctx);
        if known > 0 {
            ctx.note(Fact::AlreadyKnown { changes: known });
            self.confirm(from, ctx);
        }
        if self.held.len() > Self::HELD_MAX {
            self.held.clear();
        }
        if gap && self.held.iter().any(|(change, _)| !self.follows(change)) {
            self.ask(from, ctx);
        }
    }

    /// Says what has to wait, and for whose change.
    fn note_held(&mut self, before: usize, ctx: &mut Ctx) {
        let Some((change, _)) = self.held.last().filter(|_| before > 0) else { return };
        let missing = change.needs.iter().find(|dot| !self.data.vector.includes(*dot)).map(|dot| dot.actor.node);
        let of = if self.follows(change) { missing } else { Some(change.origin.node) };
        if let Some(of) = of {
            ctx.note_about(change.write.id, Fact::HeldBack { write: change.write, of });
        }
        self.ask_in_time(ctx);
    }

    /// What has been waited for so long may never come by itself. Who is asked sends all that is missing, so what waits can be forgotten:
    /// if nobody has what comes before it, it would wait for ever.
    pub(super) fn ask_for_held(&mut self, ctx: &mut Ctx) {
        self.will_ask = false;
        let mut from = std::mem::take(&mut self.ask_later);
        from.extend(self.held.iter().map(|(_, from)| *from));
        sorted_once(from).into_iter().for_each(|from| self.ask(from, ctx));
        self.held.clear();
    }

    /// Most changes that wait for others; with more all are forgotten, and asked for again.
    const HELD_MAX: usize = 10_000;

    /// Whether it is the next of its origin.
    fn follows(&self, change: &Change) -> bool {
        self.written.next(change.origin).counter == change.number
    }

    /// Takes in what waited, as far as it may be shown now.
    pub(super) fn release(&mut self, ctx: &mut Ctx) {
        let may = |node: &Self, change: &Change| {
            node.follows(change) && (!node.config.causal || node.data.vector.covers(&change.needs))
        };
        while let Some(at) = self.held.iter().position(|(change, _)| may(self, change)) {
            let (change, from) = self.held.remove(at);
            self.keep(change, From::Neighbour(from), ctx);
        }
        // What came for good before this input has been noted then.
        let is_known = |node: &Self, change: &Change| node.written.includes(Dot { actor: change.origin, counter: change.number });
        let held = std::mem::take(&mut self.held);
        self.held = held.into_iter().filter(|(change, _)| !is_known(self, change)).collect();
    }

    /// A change is on disk: readers see what it makes of its key.
    pub(super) fn show(&mut self, change: &Arc<Change>, ctx: &mut Ctx) {
        let (key, write) = (change.write.key, change.write);
        let before = self.look(&[key]);
        if let Object::Register(register) = &change.delta {
            self.note_back(self.back_from_the_dead(key, register, false), ctx);
        }
        if change.origin != self.actor {
            if !self.data.vector.covers(&change.needs) {
                ctx.note_about(write.id, Fact::Overtook { write });
            }
            if let Some(told) = latest_told(&change.delta) {
                self.clocks.observe(told, ctx.local_us());
            }
        }
        self.data.take(change, self.config.log_changes_max);
        ctx.note_about(write.id, Fact::Merged { write, by: change.origin.node });
        self.note_conflicts(before, ctx);
        self.schedule_collection(ctx);
    }

    fn note_back(&self, writes: Vec<Write>, ctx: &mut Ctx) {
        if !writes.is_empty() {
            ctx.note(Fact::BroughtBack { writes });
        }
    }

    pub(super) fn show_all(&mut self, state: &Arc<State>, ctx: &mut Ctx) {
        let keys: Vec<Key> = state.objects.iter().map(|(key, _)| *key).collect();
        let before = self.look(&keys);
        let is_old = self.data.vector.covers(&state.vector);
        for (key, object) in &state.objects {
            if let Object::Register(register) = object {
                self.note_back(self.back_from_the_dead(*key, register, is_old), ctx);
            }
        }
        self.data.install(state);
        self.learns_time(ctx);
        ctx.note(Fact::SnapshotInstalled { lsn: self.data.position(), keys: keys.len() as u32 });
        self.note_conflicts(before, ctx);
        self.schedule_collection(ctx);
    }
}
