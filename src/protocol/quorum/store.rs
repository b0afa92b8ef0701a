//! Copies on their way to the disk: taken from coordinators and from each other, shown and confirmed when they are there.

use super::{
    Ctx, Part, Quorum,
    disk::DiskChange,
    message::{About, Message, Ticket},
    send,
    view::position,
};
use crate::{
    protocol::versions::{Visible, latest_told, look, note_conflicts},
    sim::{
        id::{Key, NodeId, OperationId},
        operation::Write,
    },
    store::{object::Object, version::Seen},
    trace::Fact,
};
use std::sync::Arc;

/// A change on its way to the disk, and what follows when it is there.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    change: DiskChange,
    then: Then,
}

#[derive(Clone, Debug)]
pub(super) enum Then {
    Nothing,
    /// The node's own call has a copy on disk.
    Own(u32),
    Tell(NodeId, Message, About),
}

impl Quorum {
    /// Writes something to disk; it counts when it is there.
    pub(super) fn keep(&mut self, change: DiskChange, then: Then, operation: Option<OperationId>, ctx: &mut Ctx) {
        let number = ctx.write(change.clone(), operation);
        ctx.flush();
        self.pending.push_back((number, Pending { change, then }));
    }

    /// Whether something about this key, or a hint of it, is still on its way to the disk.
    pub(super) fn is_pending(&self, key: Key) -> bool {
        self.pending.iter().any(|(_, pending)| match &pending.change {
            DiskChange::Merge(own, _) | DiskChange::Keep { key: own, .. } => *own == key,
            _ => false,
        })
    }

    pub(super) fn on_store(
        &mut self,
        from: NodeId,
        ticket: Ticket,
        (key, object): (Key, Arc<Object>),
        hint_for: Option<NodeId>,
        about: About,
        ctx: &mut Ctx,
    ) {
        let then = Then::Tell(from, Message::Stored { ticket }, Part::answer(about));
        self.take(key, object, hint_for, then, about.map(|(operation, _)| operation), ctx);
    }

    /// Takes a copy, its own or one for another. What is on disk already is confirmed at once.
    pub(super) fn take(
        &mut self,
        key: Key,
        object: Arc<Object>,
        hint_for: Option<NodeId>,
        then: Then,
        operation: Option<OperationId>,
        ctx: &mut Ctx,
    ) {
        let own = match hint_for {
            Some(of) => self.data.hints.get(&(of, key)).map(|hint| &hint.object),
            None => self.data.objects.get(&key),
        };
        if own.is_some_and(|own| includes(own, &object)) {
            return self.follow(then, ctx);
        }
        let change = match hint_for {
            Some(of) => DiskChange::Keep { of, key, object, since_us: ctx.local_us() },
            None => DiskChange::Merge(key, object),
        };
        self.keep(change, then, operation, ctx);
    }

    /// A change is on disk.
    pub(super) fn settle(&mut self, pending: Pending, ctx: &mut Ctx) {
        match &pending.change {
            DiskChange::Merge(key, object) => self.show(*key, object, ctx),
            DiskChange::Keep { of, object, .. } => {
                self.data.apply(&pending.change);
                note_hint(*of, object, ctx);
                self.watch_hints(ctx);
            }
            other => self.data.apply(other),
        }
        self.follow(pending.then, ctx);
    }

    fn follow(&mut self, then: Then, ctx: &mut Ctx) {
        match then {
            Then::Nothing => {}
            Then::Own(number) => self.stored(ctx.me(), number, ctx),
            Then::Tell(to, message, about) => send(to, message, about, ctx),
        }
    }

    /// Readers see what a change makes of its key.
    fn show(&mut self, key: Key, object: &Object, ctx: &mut Ctx) {
        let before = self.look(&[key]);
        let seen = match self.data.objects.get(&key) {
            Some(Object::Register(register)) => register.seen().clone(),
            _ => Seen::default(),
        };
        if let Some(told) = latest_told(object) {
            self.clocks.observe(told, ctx.local_us());
        }
        self.data.merge(key, object);
        if let Some(Object::Register(register)) = self.data.objects.get(&key) {
            for (dot, version) in register.siblings().iter().filter(|(dot, _)| !seen.includes(*dot)) {
                let (write, by): (Write, NodeId) = (version.write, dot.actor.node);
                ctx.note_about(write.id, Fact::Merged { write, by });
            }
        }
        self.position = position(&self.data);
        self.note_conflicts(before, ctx);
    }

    pub(super) fn look(&self, keys: &[Key]) -> Vec<(Key, Visible)> {
        look(&self.data.objects, keys, &self.config.conflicts)
    }

    pub(super) fn note_conflicts(&self, before: Vec<(Key, Visible)>, ctx: &mut Ctx) {
        note_conflicts(before, &self.data.objects, &self.config.conflicts, ctx);
    }
}

/// Says what is kept for a node.
pub(super) fn note_hint(of: NodeId, object: &Object, ctx: &mut Ctx) {
    let Object::Register(register) = object else { return };
    for (dot, version) in register.siblings().iter() {
        ctx.note_about(version.write.id, Fact::HintKept { write: version.write, of, dot });
    }
}

/// Whether merging would change nothing.
pub(super) fn includes(own: &Object, other: &Object) -> bool {
    let mut merged = own.clone();
    merged.merge(other).is_err() || merged == *own
}
