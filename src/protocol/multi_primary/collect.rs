//! Forgetting deleted registers: after a while nothing is kept of one, not even that it was deleted.
//!
//! Whoever has not heard of the deletion by then brings the value back (Demers et al., "Epidemic Algorithms for Replicated
//! Database Maintenance", 1987, §2: death certificates; Cassandra's `gc_grace_seconds`). How far a peer's own writes of the key
//! were counted is kept, or it would give a name twice and others would take its next write for an old one.

use super::{Ctx, MultiPrimary, Pending, Timer, disk::DiskChange, message::State};
use crate::{
    sim::{id::Key, operation::Write, time::Micros},
    store::object::{
        Object,
        register::{Register, Strategy},
    },
    trace::Fact,
};
use std::sync::Arc;

/// When the last tombstone of a register was written, by its writer's clock, if it is nothing else, whoever wins.
fn dead_since_us(register: &Register) -> Option<i64> {
    let is_dead = Strategy::ALL.into_iter().all(|strategy| register.is_tombstone_only(strategy));
    let versions = register.siblings().values().chain(register.latest());
    if is_dead { versions.map(|version| version.stamp.wall_us).max() } else { None }
}

impl MultiPrimary {
    /// The keys that may be forgotten, and from when on by the own clock.
    fn dead(&self, after: Micros) -> Vec<(Key, i64)> {
        let due = |(key, object): (&Key, &Object)| match object {
            Object::Register(register) => Some((*key, dead_since_us(register)?.saturating_add(after.0 as i64))),
            _ => None,
        };
        self.data.objects.iter().filter_map(due).collect()
    }

    /// Sets the clock for the next deleted register; to be called when keys have changed.
    pub(super) fn schedule_collection(&mut self, ctx: &mut Ctx) {
        let Some(after) = self.config.collect_tombstones_after else { return };
        let next = self.dead(after).into_iter().map(|(_, due)| due).min();
        if next != self.collects_at_us
            && let Some(due) = next
        {
            let wait = due.saturating_sub(ctx.local_us()).clamp(1, Micros::MAX.0 as i64);
            ctx.set_timer(Timer::Collect, Micros(wait as u64));
        }
        self.collects_at_us = next;
    }

    pub(super) fn collect(&mut self, ctx: &mut Ctx) {
        let Some(after) = self.config.collect_tombstones_after else { return };
        self.collects_at_us = None;
        let dead = self.dead(after).into_iter().filter(|(_, due)| *due <= ctx.local_us()).map(|(key, _)| key);
        // What is on its way to the disk may say more about a key.
        let (now, later): (Vec<Key>, Vec<Key>) = dead.partition(|key| !self.is_pending(*key));
        for key in &now {
            let Some(Object::Register(register)) = self.data.objects.get(key) else { continue };
            let writes: Vec<Write> = register.siblings().values().map(|version| version.write).collect();
            self.data.forget(*key, self.actor);
            ctx.write(DiskChange::Forget(*key, self.actor), None);
            ctx.note(Fact::Forgotten { writes });
        }
        if !now.is_empty() {
            ctx.flush();
        }
        self.schedule_collection(ctx);
        if !later.is_empty() {
            ctx.set_timer(Timer::Collect, self.config.resend_after);
        }
    }

    fn is_pending(&self, key: Key) -> bool {
        self.pending.iter().any(|(_, pending)| match pending {
            Pending::Change(change, _) => change.write.key == key,
            Pending::State(..) => true,
        })
    }

    /// What another has but for tombstones that are due and of keys of which nothing is left here: peers that took them back from each
    /// other, each in turn, would never be rid of them (as Cassandra leaves purgeable tombstones out of repairs).
    pub(super) fn without_due(&self, state: Arc<State>, ctx: &Ctx) -> Arc<State> {
        let Some(after) = self.config.collect_tombstones_after else { return state };
        let is_due = |object: &Object| {
            let Object::Register(register) = object else { return false };
            dead_since_us(register).is_some_and(|since| since.saturating_add(after.0 as i64) <= ctx.local_us())
        };
        let is_wanted = |key: &Key, object: &Object| self.data.objects.contains_key(key) || !is_due(object);
        if state.objects.iter().all(|(key, object)| is_wanted(key, object)) {
            return state;
        }
        let wanted = state.objects.iter().filter(|(key, object)| is_wanted(key, object));
        Arc::new(State { objects: wanted.cloned().collect(), vector: state.vector.clone() })
    }

    /// Whether peers can hold different things though they know the same changes: only if they forget.
    pub(super) fn forgets(&self) -> bool {
        self.config.collect_tombstones_after.is_some()
    }
}
