//! The primary's waiting: which writes may be acknowledged, who confirms them, what happens if nobody does.
//!
//! A write is acknowledged, and seen by the primary's readers, when the copies that the rule asks for have it
//! ([`Commit`]). It decides nothing about what is sent: all replicas get the log, whether anybody waits for them or not.

use super::{Ctx, Part, PrimaryReplica, Timer, follower::Phase, primary::Leading};
use crate::{
    protocol::commit::{Candidate, Commit, Level, OnTimeout},
    sim::{
        id::NodeId,
        operation::{Action, Answer, Refusal, Request, Write},
        time::Micros,
    },
    store::log::Lsn,
    trace::Fact,
};

/// A write that is not acknowledged yet, and since when it has waited, by the primary's clock.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub lsn: Lsn,
    pub request: Request,
    pub write: Write,
    pub since_us: i64,
}

/// No alarm rings sooner: a clock that runs fast must not make it ring at once, again and again.
const SOON: Micros = Micros::from_millis(1);

fn elapsed(since_us: i64, now_us: i64) -> Micros {
    Micros(now_us.saturating_sub(since_us).max(0) as u64)
}

impl PrimaryReplica {
    /// Replicas that are in touch and have caught up, and how far they have confirmed.
    fn candidates(&self, now_us: i64) -> Vec<Candidate> {
        let commit = &self.config.commit;
        let in_touch = self.followers.iter().filter(|(_, follower)| elapsed(follower.heard_us, now_us) < commit.replica_timeout);
        let streaming = in_touch.filter(|(_, follower)| follower.phase == Phase::Streaming && follower.caught_up);
        streaming
            .map(|(replica, follower)| Candidate { replica: *replica, confirmed: follower.confirmed(commit.level) })
            .collect()
    }

    /// Whether so few replicas are in touch that no write may be taken.
    pub(super) fn too_few_replicas(&mut self, request: Request, ctx: &mut Ctx) -> bool {
        let (commit, now_us) = (&self.config.commit, ctx.local_us());
        let heard = self.followers.values().filter(|follower| elapsed(follower.heard_us, now_us) < commit.replica_timeout);
        let in_touch = heard.count();
        let too_few = in_touch < commit.min_replicas as usize;
        if too_few {
            ctx.note_about(request.operation, Fact::TooFewReplicas { in_touch });
            ctx.reply(request, Answer::Refused(Refusal::TooFewReplicas));
        }
        too_few
    }

    /// Up to where writes may be acknowledged.
    pub(super) fn acknowledgeable(&self, ctx: &Ctx) -> Lsn {
        let commit = &self.config.commit;
        let Part::Primary(leading) = &self.part else { return Lsn::ZERO };
        match commit.level {
            Level::Async => self.log.last(),
            Level::LocalFlush => self.flushed,
            _ if leading.fallen_back || commit.needed(self.store_count(ctx)) == 0 => self.flushed,
            _ => {
                let confirmed = commit.confirmed(self.store_count(ctx), &self.candidates(ctx.local_us()));
                confirmed.unwrap_or(Lsn::ZERO).min(self.flushed)
            }
        }
    }

    /// Somebody follows, follows no more or has got further: to a primary that may mean that writes are done.
    pub(super) fn followers_changed(&mut self, ctx: &mut Ctx) {
        if matches!(self.part, Part::Primary(_)) {
            self.count_replicas(ctx);
            self.release(ctx);
        }
    }

    /// Acknowledges what has become acknowledgeable, and sees to what still waits.
    pub(super) fn release(&mut self, ctx: &mut Ctx) {
        self.count_majority(ctx);
        let up_to = self.acknowledgeable(ctx);
        self.release_up_to(up_to, self.flushed, ctx);
        self.watch_who_waits(ctx);
    }

    /// Everything up to there is seen and acknowledged; `flushed`: what readers may see early.
    pub(super) fn release_up_to(&mut self, up_to: Lsn, flushed: Lsn, ctx: &mut Ctx) {
        let visible = if self.config.commit.visible_early { up_to.max(flushed) } else { up_to };
        while self.applied < visible && self.log.get(self.applied.next()).is_some() {
            self.make_visible(self.applied.next(), ctx);
            self.reply_up_to(self.applied.min(up_to), ctx);
        }
        self.reply_up_to(up_to, ctx);
    }

    /// This node leads no longer. Clients whose writes waited are told that nobody can know what becomes of them.
    pub(super) fn stand_aside(&mut self, ctx: &mut Ctx) {
        self.refuse_confirming(ctx);
        let Part::Primary(leading) = &mut self.part else { return };
        leading.stop(ctx);
        for Waiting { lsn, request, .. } in std::mem::take(&mut leading.waiting) {
            ctx.note_about(request.operation, Fact::Unconfirmed { lsn });
            ctx.reply_at(request, Answer::Unconfirmed, lsn);
        }
        // What waited for replicas is in the log, and read like the rest of it now.
        self.replay(ctx);
    }

    fn reply_up_to(&mut self, up_to: Lsn, ctx: &mut Ctx) {
        let first = |leading: &mut Leading| leading.waiting.pop_front_if(|waiting| waiting.lsn <= up_to);
        while let Some(Waiting { lsn, request, write, .. }) = self.leading().and_then(first) {
            let answer = match request.action {
                // Its client does not know the value yet.
                Action::Generate { .. } => Answer::Generated(write),
                _ => Answer::Written,
            };
            ctx.reply_at(request, answer, lsn);
        }
    }

    /// Sets the alarms of writes that wait for replicas: theirs, and that of a replica about to be out of touch.
    fn watch_who_waits(&mut self, ctx: &mut Ctx) {
        let commit = self.config.commit.clone();
        let now_us = ctx.local_us();
        let flushed = self.flushed;
        let heard: Vec<i64> = self.followers.values().map(|follower| follower.heard_us).collect();
        let Some(leading) = self.leading() else { return };
        let first = leading.waiting.front().filter(|waiting| commit.level.is_remote() && waiting.lsn <= flushed);
        let alarm = match (first, commit.timeout) {
            (Some(waiting), Some(timeout)) => Some(timeout.saturating_sub(elapsed(waiting.since_us, now_us)).max(SOON)),
            _ => None,
        };
        let touch = first.map(|_| {
            let left = |heard_us| commit.replica_timeout.saturating_sub(elapsed(heard_us, now_us));
            let soon = heard.iter().map(|heard_us| left(*heard_us)).filter(|left| *left > Micros::ZERO).min();
            soon.unwrap_or(commit.replica_timeout).max(SOON)
        });
        let was = std::mem::replace(&mut leading.alarmed, (alarm.is_some(), touch.is_some()));
        for (timer, after, was) in [(Timer::Confirm, alarm, was.0), (Timer::Touch, touch, was.1)] {
            match after {
                Some(after) if !was => ctx.set_timer(timer, after),
                None if was => ctx.cancel_timer(timer),
                _ => {}
            }
        }
    }

    /// Replicas that fell silent or came back, caught up or lost the thread: who counts now?
    pub(super) fn count_replicas(&mut self, ctx: &mut Ctx) {
        let (commit, members, now_us) = (self.config.commit.clone(), self.store_count(ctx), ctx.local_us());
        let flushed = self.flushed;
        for follower in self.followers.values_mut() {
            follower.caught_up |= follower.phase == Phase::Streaming && follower.written >= flushed;
            follower.caught_up &= follower.phase == Phase::Streaming;
        }
        let candidates = self.candidates(now_us);
        let replicas: Vec<NodeId> = self.followers.keys().copied().collect();
        for replica in replicas {
            let state = commit.state_of(replica, members, &candidates);
            let Some(follower) = self.followers.get_mut(&replica) else { continue };
            if std::mem::replace(&mut follower.state, state) != state {
                ctx.note(Fact::SyncChanged { replica, state });
            }
        }
        let Some(leading) = self.leading() else { return };
        if leading.fallen_back && commit.confirmed(members, &candidates).is_some_and(|confirmed| confirmed >= flushed) {
            leading.fallen_back = false;
            ctx.note(Fact::SyncAgain);
        }
    }

    /// A replica may have been silent for too long while writes wait.
    pub(super) fn on_touch(&mut self, ctx: &mut Ctx) {
        if let Some(leading) = self.leading() {
            leading.alarmed.1 = false;
            self.count_replicas(ctx);
            self.release(ctx);
        }
    }

    /// The oldest write has waited for replicas as long as it may.
    pub(super) fn on_confirm_timeout(&mut self, ctx: &mut Ctx) {
        let (commit, now_us, flushed) = (self.config.commit.clone(), ctx.local_us(), self.flushed);
        let Some(leading) = self.leading() else { return };
        leading.alarmed.0 = false;
        let Some(timeout) = commit.timeout else { return };
        let overdue = |waiting: &Waiting| waiting.lsn <= flushed && elapsed(waiting.since_us, now_us) >= timeout;
        match commit.on_timeout {
            OnTimeout::FallBack if leading.waiting.front().is_some_and(overdue) => {
                leading.fallen_back = true;
                let waiting = leading.waiting.iter().filter(|waiting| waiting.lsn <= flushed).count();
                ctx.note(Fact::FellBack { waiting });
            }
            OnTimeout::FallBack => {}
            OnTimeout::Warn => {
                let mut over = Vec::new();
                while let Some(waiting) = leading.waiting.pop_front_if(|waiting| overdue(waiting)) {
                    over.push(waiting);
                }
                for Waiting { lsn, request, .. } in over {
                    ctx.note_about(request.operation, Fact::Unconfirmed { lsn });
                    // It counts as done here, so readers see it.
                    while self.applied < lsn {
                        self.make_visible(self.applied.next(), ctx);
                    }
                    ctx.reply_at(request, Answer::Unconfirmed, lsn);
                }
            }
        }
        self.release(ctx);
    }

    /// The operator's new rule.
    pub(super) fn on_new_rule(&mut self, commit: &Commit, ctx: &mut Ctx) {
        self.config.commit = commit.clone();
        if let Some(leading) = self.leading() {
            leading.fallen_back = false;
            let was = std::mem::take(&mut leading.alarmed);
            for (timer, was) in [(Timer::Confirm, was.0), (Timer::Touch, was.1)] {
                if was {
                    ctx.cancel_timer(timer);
                }
            }
            self.count_replicas(ctx);
            self.release(ctx);
        }
    }
}
