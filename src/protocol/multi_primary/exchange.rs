//! How changes get from one peer to another: pushed when they are on disk, sent again until they are confirmed, and asked for by who
//! was away.
//!
//! Nothing goes round for ever: who has a change already does not pass it on, and it is never sent to its writer or back to where it
//! came from.

use super::{
    Ctx, MultiPrimary, Pending, Timer,
    disk::DiskChange,
    message::{Change, Message, State, Why, total},
};
use crate::{
    sim::{
        id::{Key, NodeId},
        small::sorted_by_key,
    },
    store::version::{Dot, VersionVector},
    trace::Fact,
};
use std::sync::Arc;

/// What is known of one to whom this peer sends.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbour {
    /// What it was sent since the start, and before what it said that it has.
    sent: VersionVector,
    /// What it has on disk, as it said.
    has: VersionVector,
    /// It did not confirm in time, so it is probably not there: nothing is pushed to it until it speaks.
    silent: bool,
    is_waited_for: bool,
}

impl Neighbour {
    /// How many changes it was sent and has not confirmed.
    pub(super) fn unconfirmed(&self) -> u64 {
        self.sent.iter().map(|dot| dot.counter.saturating_sub(self.has.get(dot.actor)) as u64).sum()
    }
}

impl MultiPrimary {
    /// After a start: asks those who send to it what it lacks, and tells those to whom it sends what it has.
    pub(super) fn connect(&mut self, ctx: &mut Ctx) {
        if !ctx.is_first_boot() {
            self.unheard = self.config.sources(ctx.me(), ctx.members());
            let targets = self.config.targets(ctx.me(), ctx.members());
            self.unheard.extend(targets.into_iter().filter(|node| !self.unheard.contains(node)).collect::<Vec<_>>());
            if self.unheard.is_empty() {
                self.goal = Some((ctx.me(), VersionVector::default()));
            }
            self.greet(ctx);
            self.check_ready(ctx);
        }
        self.schedule_compare(ctx);
    }

    pub(super) fn greet(&mut self, ctx: &mut Ctx) {
        let members = ctx.members().to_vec();
        self.unheard.retain(|node| members.contains(node));
        let sources = self.config.sources(ctx.me(), &members);
        // Who sends nothing to it any more gives nothing.
        self.goal = self.goal.take().filter(|(who, _)| *who == ctx.me() || sources.contains(who));
        let wanted = |node: &NodeId| sources.contains(node) && (!self.ready || self.unheard.contains(node));
        let wanted: Vec<NodeId> = members.iter().copied().filter(wanted).collect();
        wanted.into_iter().for_each(|node| self.ask(node, ctx));
        for node in self.unheard.iter().filter(|node| !sources.contains(node)) {
            self.say(*node, Why::Tell, ctx);
        }
        if !self.unheard.is_empty() || !self.ready {
            ctx.set_timer(Timer::Ask, self.config.resend_after);
        }
    }

    fn schedule_compare(&self, ctx: &mut Ctx) {
        if let Some(every) = self.config.compare_every {
            ctx.set_timer(Timer::Compare, every);
        }
    }

    pub(super) fn compare(&mut self, ctx: &mut Ctx) {
        for source in self.config.sources(ctx.me(), ctx.members()) {
            self.ask(source, ctx);
        }
        self.schedule_compare(ctx);
    }

    fn say(&self, to: NodeId, why: Why, ctx: &mut Ctx) {
        let digest = (why == Why::Ask && self.forgets()).then(|| self.data.digest());
        ctx.send(to, Message::Have { vector: self.data.vector.clone(), why, digest });
    }

    /// Asks what is missing; not again while the answer may be on its way, since it is long.
    pub(super) fn ask(&mut self, source: NodeId, ctx: &mut Ctx) {
        let now = ctx.local_us();
        let last = self.asked_us.insert(source, now);
        let wait = self.config.resend_after.0 as i64;
        // The clock may have been set back.
        if last.is_some_and(|last| (0..wait).contains(&(now - last))) {
            self.asked_us.insert(source, last.unwrap_or(now));
            if !self.ask_later.contains(&source) {
                self.ask_later.push(source);
            }
            return self.ask_in_time(ctx);
        }
        self.say(source, Why::Ask, ctx);
    }

    /// Asks again later, for what waits or has just been asked for; a question put off twice would never be asked.
    pub(super) fn ask_in_time(&mut self, ctx: &mut Ctx) {
        if !std::mem::replace(&mut self.will_ask, true) {
            ctx.set_timer(Timer::Held, self.config.resend_after);
        }
    }

    pub(super) fn confirm(&self, neighbour: NodeId, ctx: &mut Ctx) {
        self.say(neighbour, Why::Confirm, ctx);
    }

    /// One of those with whom it exchanges changes has spoken.
    pub(super) fn heard(&mut self, from: NodeId) {
        self.unheard.retain(|node| *node != from);
    }

    /// A newcomer serves clients once it has what the last one it heard from had.
    pub(super) fn check_ready(&mut self, ctx: &mut Ctx) {
        if !self.ready && self.goal.as_ref().is_some_and(|(_, goal)| self.data.vector.covers(goal)) {
            self.ready = true;
            ctx.write(DiskChange::Ready, None);
            ctx.flush();
        }
    }

    /// Sends on what came to disk; each with whom it came from.
    pub(super) fn pass_on(&mut self, changes: &[(Arc<Change>, Option<NodeId>)], ctx: &mut Ctx) {
        let relays = self.config.relays();
        for target in self.config.targets(ctx.me(), ctx.members()) {
            let is_for = |change: &Change, from: Option<NodeId>| {
                from != Some(target) && change.origin.node != target && (relays || change.origin == self.actor)
            };
            let wanted = changes.iter().filter(|(change, from)| is_for(change, *from)).map(|(change, _)| change.clone());
            let wanted: Vec<Arc<Change>> = wanted.collect();
            if !wanted.is_empty() {
                self.push(target, wanted, ctx);
            }
        }
    }

    fn push(&mut self, target: NodeId, changes: Vec<Arc<Change>>, ctx: &mut Ctx) {
        let neighbour = self.neighbours.or_default(target);
        changes.iter().for_each(|change| neighbour.sent.raise(Dot { actor: change.origin, counter: change.number }));
        let is_silent = neighbour.silent;
        self.wait_for(target, ctx);
        if !is_silent {
            self.send_changes(target, changes, ctx);
        }
    }

    fn send_changes(&self, target: NodeId, changes: Vec<Arc<Change>>, ctx: &mut Ctx) {
        for batch in changes.chunks(self.config.batch_changes.max(1) as usize) {
            let message = Message::Changes(batch.to_vec());
            match batch {
                [one] => ctx.send_about(target, message, one.write.id, 0),
                _ => ctx.send(target, message),
            }
        }
    }

    fn wait_for(&mut self, target: NodeId, ctx: &mut Ctx) {
        let neighbour = self.neighbours.or_default(target);
        if !neighbour.is_waited_for {
            neighbour.is_waited_for = true;
            ctx.set_timer(Timer::Resend(target), self.config.resend_after);
        }
    }

    /// A neighbour has not confirmed in time what it was sent.
    pub(super) fn resend(&mut self, target: NodeId, ctx: &mut Ctx) {
        let is_target = self.config.targets(ctx.me(), ctx.members()).contains(&target);
        let Some(neighbour) = self.neighbours.get_mut(&target) else { return };
        neighbour.is_waited_for = false;
        if neighbour.unconfirmed() == 0 || !is_target {
            return;
        }
        neighbour.silent = true;
        let (has, sent) = (neighbour.has.clone(), neighbour.sent.clone());
        self.send_missing(target, &has, &sent, 1, ctx);
        self.wait_for(target, ctx);
    }

    /// Sends what comes after `has`, up to `end`, in at most so many messages.
    fn send_missing(&mut self, target: NodeId, has: &VersionVector, end: &VersionVector, messages: usize, ctx: &mut Ctx) {
        let log = |dot: &Dot| self.data.logs.get(&dot.actor);
        let next = |dot: &Dot| has.get(dot.actor) as u64 + 1;
        let is_gone = |dot: &Dot| next(dot) <= dot.counter as u64 && log(dot).is_none_or(|log| log.first() > next(dot));
        if end.iter().any(|dot| is_gone(&dot)) {
            self.neighbours.or_default(target).sent.merge(&self.data.vector);
            ctx.note(Fact::StateNeeded { peer: target });
            return ctx.send(target, Message::State(Arc::new(self.data.state())));
        }
        let of_origin = |dot: Dot| {
            let wanted = log(&dot).map(|log| log.range(next(&dot), dot.counter as u64 + 1));
            wanted.into_iter().flatten().map(|(_, change)| change.clone())
        };
        // In an order in which nothing comes before what it needs: by how much its writer had seen.
        let mut missing: Vec<Arc<Change>> = end.iter().flat_map(of_origin).collect();
        missing = sorted_by_key(missing, |change| (total(&change.needs), change.origin, change.number));
        missing.truncate(messages.saturating_mul(self.config.batch_changes.max(1) as usize));
        if missing.is_empty() {
            return;
        }
        let neighbour = self.neighbours.or_default(target);
        missing.iter().for_each(|change| neighbour.sent.raise(Dot { actor: change.origin, counter: change.number }));
        ctx.note(Fact::SentMissing { to: target, changes: missing.len() as u32 });
        self.send_changes(target, missing, ctx);
    }

    /// A neighbour says what it has.
    pub(super) fn on_have(&mut self, from: NodeId, (vector, digest): (&VersionVector, Option<u64>), why: Why, ctx: &mut Ctx) {
        self.heard(from);
        // In a ring those to whom it sends confirm, too. What they have comes round, unless they lose it before.
        let is_source = || self.config.sources(ctx.me(), ctx.members()).contains(&from);
        if !self.ready && why == Why::Confirm && is_source() {
            // Who had more and lost its disk has no more to give. If it has nothing now, somebody else is heard first.
            self.goal = match self.goal.take() {
                Some((who, _)) if who == from && vector.is_empty() => None,
                Some((who, goal)) if who != from => Some((who, goal)),
                _ => Some((from, vector.clone())),
            };
            self.check_ready(ctx);
        }
        if self.config.targets(ctx.me(), ctx.members()).contains(&from) {
            self.on_target_has(from, vector, why, ctx);
            // It has forgotten what is kept here, or the other way round.
            if digest.is_some_and(|digest| digest != self.data.digest()) && *vector == self.data.vector {
                ctx.send(from, Message::State(Arc::new(self.data.state())));
            }
        }
        let lacks = !self.data.vector.covers(vector);
        if lacks && why != Why::Confirm && self.config.sources(ctx.me(), ctx.members()).contains(&from) {
            self.ask(from, ctx);
        } else if why != Why::Confirm {
            self.confirm(from, ctx);
        }
    }

    fn on_target_has(&mut self, target: NodeId, vector: &VersionVector, why: Why, ctx: &mut Ctx) {
        let own = self.data.vector.clone();
        let neighbour = self.neighbours.or_default(target);
        match why {
            // It may have lost its disk: what it had once says nothing.
            Why::Ask => neighbour.has = vector.clone(),
            Why::Confirm | Why::Tell => neighbour.has.merge(vector),
        }
        let was_silent = std::mem::take(&mut neighbour.silent);
        let (sent, unconfirmed) = (neighbour.sent.clone(), neighbour.unconfirmed() > 0);
        if why == Why::Ask && !vector.covers(&own) {
            self.send_missing(target, vector, &own, usize::MAX, ctx);
            self.wait_for(target, ctx);
        } else if unconfirmed && was_silent {
            // It is back: what has been waiting for it goes now.
            let has = self.neighbours.or_default(target).has.clone();
            self.send_missing(target, &has, &sent, usize::MAX, ctx);
        } else if !unconfirmed && std::mem::take(&mut self.neighbours.or_default(target).is_waited_for) {
            ctx.cancel_timer(Timer::Resend(target));
        }
    }

    pub(super) fn on_state(&mut self, from: NodeId, state: Arc<State>, ctx: &mut Ctx) {
        self.heard(from);
        let state = self.without_due(state, ctx);
        if self.data.vector.covers(&state.vector) && !(self.forgets() && self.data.lacks(&state)) {
            return self.confirm(from, ctx);
        }
        self.goal.get_or_insert_with(|| (from, state.vector.clone()));
        self.written.merge(&state.vector);
        let number = ctx.write(DiskChange::Install(state.clone()), None);
        ctx.flush();
        self.pending.push_back((number, Pending::State(state, from)));
    }

    /// Whoever was sent everything has something that the sender lacks, although it knows of all changes: one of them has
    /// forgotten what the other keeps. So it gets that back.
    pub(super) fn return_forgotten(&self, state: &State, to: NodeId, ctx: &mut Ctx) {
        let of_state = |key: &Key| state.objects.iter().find(|(own, _)| own == key).map(|(_, object)| object);
        let is_target = self.config.targets(ctx.me(), ctx.members()).contains(&to);
        if self.forgets() && is_target && self.data.objects.iter().any(|(key, object)| of_state(key) != Some(object)) {
            ctx.send(to, Message::State(Arc::new(self.data.state())));
        }
    }
}
