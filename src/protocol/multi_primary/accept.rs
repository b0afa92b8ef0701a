//! What a peer does with changes: taking them from clients and neighbours, and showing them.

use super::{
    Ctx, From, MultiPrimary, Pending, Timer,
    disk::DiskChange,
    message::{Change, State},
};
use crate::{
    protocol::versions::{Visible, answer, evaluate, latest_stamp, look, note_conflicts, visible},
    sim::{
        id::{Key, NodeId},
        operation::{Action, Answer, Request, Write},
    },
    store::{
        object::{
            Object,
            register::{Register, Version},
        },
        stamp::Stamp,
        version::Dot,
    },
    trace::Fact,
};
use std::sync::Arc;

impl MultiPrimary {
    /// Its hybrid clock is never behind what it has.
    pub(super) fn learns_time(&mut self, ctx: &Ctx) {
        if let Some(stamp) = self.data.objects.values().filter_map(latest_stamp).max() {
            self.clock.observe(stamp, ctx.local_us());
        }
    }

    /// What readers are shown for a key.
    pub(super) fn shown(&self, key: Key) -> Vec<Write> {
        self.data.objects.get(&key).map_or_else(Vec::new, |object| visible(object, &self.config.conflicts).0)
    }

    pub(super) fn serve(&mut self, request: Request, ctx: &mut Ctx) {
        let shown = self.shown(request.action.key());
        let read = shown.first().copied();
        ctx.note_about(request.operation, Fact::Served { read, applied: self.data.position() });
        ctx.reply(request, answer(shown));
    }

    /// Takes a client's write: over everything that it shows for the key and everything that will be shown before it.
    pub(super) fn accept(&mut self, request: Request, ctx: &mut Ctx) {
        let key = request.action.key();
        let mut register = self.latest(key);
        let over = visible(&Object::Register(register.clone()), &self.config.conflicts).0;
        let (value, is_made_here) = match request.action {
            Action::Write { value, .. } => (value, false),
            Action::Generate { function, .. } => (evaluate(function, &over, request, ctx), true),
            Action::Read { .. } => return,
        };
        let write = Write { id: request.operation, key, value };
        let (stamp, hybrid) = (Stamp::wall(ctx.local_us(), self.actor), self.clock.tick(ctx.local_us()));
        let context = register.seen().clone();
        let delta = register.put(self.actor, Version { write, deleted: false, stamp, hybrid }, &context);
        let number = self.written.next(self.actor).counter;
        let needs = self.data.vector.clone();
        let change = Arc::new(Change { origin: self.actor, number, write, delta: Object::Register(delta), needs });
        ctx.note_about(request.operation, Fact::Accepted { write, over });
        let answer = if is_made_here { Answer::Generated(write) } else { Answer::Written };
        self.keep(change, From::Client(request, answer), ctx);
    }

    /// A key with what is still on its way to the disk.
    fn latest(&self, key: Key) -> Register {
        let mut register = match self.data.objects.get(&key) {
            Some(Object::Register(register)) => register.clone(),
            _ => Register::default(),
        };
        for (_, pending) in &self.pending {
            if let Pending::Change(change, From::Client(..)) = pending
                && let (true, Object::Register(delta)) = (change.write.key == key, &change.delta)
            {
                register.merge(delta);
            }
        }
        register
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
    fn note_held(&self, before: usize, ctx: &mut Ctx) {
        let Some((change, _)) = self.held.last().filter(|_| before > 0) else { return };
        let missing = change.needs.iter().find(|dot| !self.data.vector.includes(*dot)).map(|dot| dot.actor.node);
        let of = if self.follows(change) { missing } else { Some(change.origin.node) };
        if let Some(of) = of {
            ctx.note_about(change.write.id, Fact::HeldBack { write: change.write, of });
        }
        ctx.set_timer(Timer::Held, self.config.resend_after);
    }

    /// What has been waited for so long may never come by itself. Who is asked sends all that is missing, so what waits can be forgotten:
    /// if nobody has what comes before it, it would wait for ever.
    pub(super) fn ask_for_held(&mut self, ctx: &mut Ctx) {
        let mut from = std::mem::take(&mut self.ask_later);
        from.extend(self.held.iter().map(|(_, from)| *from));
        from.sort_unstable();
        from.dedup();
        from.iter().for_each(|from| self.ask(*from, ctx));
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
        if change.origin != self.actor {
            if !self.data.vector.covers(&change.needs) {
                ctx.note_about(write.id, Fact::Overtook { write });
            }
            if let Some(stamp) = latest_stamp(&change.delta) {
                self.clock.observe(stamp, ctx.local_us());
            }
        }
        self.data.take(change, self.config.log_changes_max);
        ctx.note_about(write.id, Fact::Merged { write, by: change.origin.node });
        self.note_conflicts(before, ctx);
    }

    pub(super) fn show_all(&mut self, state: &Arc<State>, ctx: &mut Ctx) {
        let keys: Vec<Key> = state.objects.iter().map(|(key, _)| *key).collect();
        let before = self.look(&keys);
        self.data.install(state);
        self.learns_time(ctx);
        ctx.note(Fact::SnapshotInstalled { lsn: self.data.position(), keys: keys.len() as u32 });
        self.note_conflicts(before, ctx);
    }

    /// What is shown and hidden of some keys now.
    pub(super) fn look(&self, keys: &[Key]) -> Vec<(Key, Visible)> {
        look(&self.data.objects, keys, &self.config.conflicts)
    }

    /// Says what is new about some keys since they were looked at.
    pub(super) fn note_conflicts(&self, before: Vec<(Key, Visible)>, ctx: &mut Ctx) {
        note_conflicts(before, &self.data.objects, &self.config.conflicts, ctx);
    }
}
