//! Hinted hand-off (Dynamo, §4.6): what a stand-in keeps for a home node that could not be reached, and how it gets home.
//!
//! Hints are no copies of the stand-in's own: its readers are not shown them. They are tried again and again, at once when the home
//! node is heard of, and dropped when they are too old.

use super::{
    Ctx, Quorum, Timer,
    disk::DiskChange,
    message::{Message, writes},
    store::Then,
    view::position,
};
use crate::{
    sim::id::{Key, NodeId},
    store::object::Object,
    trace::Fact,
};
use std::sync::Arc;

impl Quorum {
    /// Sees to it that what is kept for others is handed over.
    pub(super) fn watch_hints(&mut self, ctx: &mut Ctx) {
        if !self.data.hints.is_empty() && !self.is_handing_over {
            self.is_handing_over = true;
            ctx.set_timer(Timer::HandOff, self.config.hints.every);
        }
    }

    pub(super) fn hand_over_all(&mut self, ctx: &mut Ctx) {
        self.is_handing_over = false;
        self.drop_old(ctx);
        self.hand_over(None, ctx);
        self.watch_hints(ctx);
    }

    fn drop_old(&mut self, ctx: &mut Ctx) {
        let window = self.config.hints.window.0 as i64;
        let is_old = |of: NodeId, since_us: i64, ctx: &Ctx| ctx.local_us() - since_us > window || !ctx.members().contains(&of);
        let old = self.data.hints.iter().filter(|((of, _), hint)| is_old(*of, hint.since_us, ctx)).map(|(at, _)| *at);
        for (of, key) in old.collect::<Vec<_>>() {
            self.unkeep(of, key, |writes| Fact::HintDropped { of, writes }, ctx);
        }
    }

    /// Takes a hint away, unless more of it is on its way to the disk.
    fn unkeep(&mut self, of: NodeId, key: Key, fact: impl Fn(Vec<crate::sim::operation::Write>) -> Fact, ctx: &mut Ctx) {
        if self.is_pending(key) {
            return;
        }
        if let Some(hint) = self.data.hints.remove(&(of, key)) {
            ctx.note(fact(writes(&hint.object)));
            ctx.note(Fact::MovedAway { key, of: Some(of) });
            self.keep(DiskChange::Unkeep { of, key }, Then::Nothing, None, ctx);
        }
    }

    /// Offers what it keeps: to this node, or to all.
    pub(super) fn hand_over(&self, only: Option<NodeId>, ctx: &mut Ctx) {
        for ((of, key), hint) in self.data.hints.iter().filter(|((of, _), _)| only.is_none_or(|only| only == *of)) {
            let digest = hint.object.digest();
            ctx.send(*of, Message::HandOff { key: *key, object: Arc::new(hint.object.clone()), digest });
        }
    }

    pub(super) fn on_hand_off(&mut self, from: NodeId, key: Key, object: Arc<Object>, digest: u64, ctx: &mut Ctx) {
        self.take(key, object, None, Then::Tell(from, Message::Taken { key, digest }, None), None, ctx);
    }

    /// A home node has what this one kept for it, or kept no longer for itself.
    pub(super) fn on_taken(&mut self, by: NodeId, key: Key, digest: u64, ctx: &mut Ctx) {
        if self.data.hints.get(&(by, key)).is_some_and(|hint| hint.object.digest() == digest) {
            self.unkeep(by, key, |writes| Fact::HandedOver { to: vec![by], writes }, ctx);
        }
        self.moved(by, key, digest, ctx);
    }

    /// The group has changed, and this node is no home of some keys any more: those who are now are given its copies.
    pub(super) fn move_out(&mut self, ctx: &mut Ctx) {
        // What was confirmed long ago may be gone since.
        self.moving.clear();
        for (key, object) in self.data.objects.iter() {
            let homes = self.homes(*key);
            if homes.contains(&ctx.me()) {
                continue;
            }
            let digest = object.digest();
            for home in homes {
                ctx.send(home, Message::HandOff { key: *key, object: Arc::new(object.clone()), digest });
            }
        }
    }

    /// A copy is forgotten when all home nodes have it.
    fn moved(&mut self, to: NodeId, key: Key, digest: u64, ctx: &mut Ctx) {
        let homes = self.homes(key);
        let Some(object) = self.data.objects.get(&key).filter(|object| object.digest() == digest) else { return };
        if homes.contains(&ctx.me()) || self.is_pending(key) {
            return;
        }
        let moving = self.moving.or_default(key);
        if moving.0 != digest {
            *moving = (digest, Vec::new());
        }
        if !moving.1.contains(&to) {
            moving.1.push(to);
        }
        if homes.iter().all(|home| moving.1.contains(home)) {
            ctx.note(Fact::HandedOver { to: homes, writes: writes(object) });
            ctx.note(Fact::MovedAway { key, of: None });
            self.moving.remove(&key);
            self.data.objects.remove(&key);
            self.position = position(&self.data);
            self.keep(DiskChange::Forget(key), Then::Nothing, None, ctx);
        }
    }
}
