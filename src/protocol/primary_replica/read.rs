//! Reads: from which point of the log a node answers, and what it must know before it may.
//!
//! A plain read shows what this node has applied. A session's token makes it wait until that is enough. A bounded one asks
//! that the node knows itself to be no further behind than so long. A majority read shows what a majority of the nodes with
//! data has on disk (MongoDB, read concern "majority"). A linearizable one asks a majority whether this node still leads
//! (Raft: Ongaro's thesis, §6.4, read index), and shows nothing that a majority has not got.

use super::{Ctx, Message, Part, PrimaryReplica};
use crate::{
    protocol::failover::By,
    sim::{
        id::{Key, NodeId},
        operation::{Answer, Concern, Refusal, Request, Write},
        time::Micros,
    },
    store::log::{Epoch, Lsn},
    trace::Fact,
};

/// How far a primary was when it sent a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub sent_us: i64,
    /// What its readers saw.
    pub visible: Lsn,
    /// What it knew to be on a majority's disks, and of which epoch that entry is.
    pub committed: Option<(Lsn, Epoch)>,
}

impl Progress {
    /// What two words of one primary say together. Its clock may have been set meanwhile, so what its readers saw decides which
    /// is the later one.
    fn and(self, other: Progress) -> Progress {
        let (early, late) = if other.visible < self.visible { (other, self) } else { (self, other) };
        let sent_us = if early.visible == late.visible { early.sent_us.max(late.sent_us) } else { late.sent_us };
        Progress { sent_us, visible: late.visible, committed: early.committed.max(late.committed) }
    }
}

/// A linearizable read that waits for word of a majority.
#[derive(Clone, Debug)]
pub(super) struct Confirming {
    request: Request,
    since_us: i64,
    /// What was visible when it came; somebody may have been told of it.
    up_to: Lsn,
}

impl PrimaryReplica {
    /// Answers a read, refuses it, or lets it wait.
    pub(super) fn serve(&mut self, request: Request, ctx: &mut Ctx) {
        match (request.concern, &self.part) {
            (Concern::Linearizable, Part::Replica(following)) => {
                let primary = following.primary();
                ctx.note_about(request.operation, Fact::Refused { primary });
                return ctx.reply(request, Answer::Refused(Refusal::NotPrimary { primary }));
            }
            (Concern::Linearizable, _) => return self.confirm_lead(request, ctx),
            (Concern::Bounded(most), _) => {
                let behind = self.behind(ctx);
                if behind.is_none_or(|behind| behind > most) {
                    ctx.note_about(request.operation, Fact::TooStale { behind, most });
                    return ctx.reply(request, Answer::Refused(Refusal::TooStale));
                }
            }
            (Concern::Majority, _) if self.committed.is_none() => {
                return ctx.reply(request, Answer::Refused(Refusal::NotReady));
            }
            (Concern::Local | Concern::Majority, _) => {}
        }
        let shown = self.shown(request.concern);
        if request.after > shown.0 {
            ctx.note_about(request.operation, Fact::ReadWaits { until: Lsn(request.after), applied: shown });
            // Asked again: the earlier try is forgotten. A client has one operation open.
            self.held.retain(|held| held.operation.client != request.operation.client);
            return self.held.push(request);
        }
        self.answer_as_of(request, shown, ctx);
    }

    /// Up to where of the log such a read shows.
    fn shown(&self, concern: Concern) -> Lsn {
        match concern {
            Concern::Local | Concern::Bounded(_) => self.applied,
            Concern::Majority | Concern::Linearizable => self.committed.unwrap_or_default().min(self.applied),
        }
    }

    fn answer_as_of(&self, request: Request, lsn: Lsn, ctx: &mut Ctx) {
        match self.copy_as_of(request.action.key(), lsn) {
            Some(read) => {
                ctx.note_about(request.operation, Fact::Served { read, applied: lsn });
                ctx.reply_at(request, Answer::Read(read), lsn);
            }
            None => ctx.reply(request, Answer::Refused(Refusal::NotReady)),
        }
    }

    /// What a key held when the log was applied up to there; none: that is not known any more.
    fn copy_as_of(&self, key: Key, lsn: Lsn) -> Option<Option<Write>> {
        if lsn == self.applied {
            return Some(self.registers.get(key));
        }
        let first = self.log.first();
        let logged = || self.log.range(first, lsn).rev().filter_map(|entry| entry.write).find(|write| write.key == key);
        (lsn >= first.previous()).then(|| logged().or(self.base.get(key)))
    }

    /// Answers reads that have waited for this.
    pub(super) fn serve_held(&mut self, ctx: &mut Ctx) {
        while let Some(index) = self.held.iter().position(|held| held.after <= self.shown(held.concern).0) {
            let request = self.held.remove(index);
            self.serve(request, ctx);
        }
    }

    /// How far the primary is, as this node knows: itself, or by the last word of it.
    pub(super) fn progress(&self, ctx: &Ctx) -> Option<Progress> {
        match &self.part {
            Part::Replica(following) => following.word,
            Part::Primary(_) | Part::Monitor(_) => Some(self.own_progress(ctx)),
        }
    }

    /// How far this node is when it sends this.
    pub(super) fn own_progress(&self, ctx: &Ctx) -> Progress {
        let committed = self.committed.map(|lsn| (lsn, self.epoch_of(lsn)));
        Progress { sent_us: ctx.local_us(), visible: self.applied, committed }
    }

    /// The primary said how far it is. Says nothing to a node whose log is not a part of the primary's.
    pub(super) fn on_progress(&mut self, progress: Progress, ctx: &mut Ctx) {
        let Progress { sent_us, visible, committed } = progress;
        if let Some((lsn, epoch)) = committed.filter(|(lsn, _)| *lsn <= self.log.last()) {
            if self.epoch_of(lsn) != epoch {
                return;
            }
            if Some(lsn) > self.committed {
                self.committed = Some(lsn);
                self.serve_held(ctx);
            }
        }
        let applied = self.applied;
        if let Part::Replica(following) = &mut self.part {
            following.primary_was_at(visible, sent_us, applied);
            following.word = Some(following.word.map_or(progress, |known| known.and(progress)));
        }
    }

    /// For how long this node may have missed what others see, by its own clock and the primary's; none: it cannot know.
    fn behind(&self, ctx: &Ctx) -> Option<Micros> {
        match &self.part {
            Part::Primary(_) => Some(Micros::ZERO),
            Part::Replica(following) => {
                following.fresh_us().map(|fresh_us| Micros(ctx.local_us().saturating_sub(fresh_us).max(0) as u64))
            }
            Part::Monitor(_) => None,
        }
    }

    /// Replicas have put more on their disks, or this primary on its own: what has a majority now?
    pub(super) fn count_majority(&mut self, ctx: &mut Ctx) {
        let (flushed, needed) = (self.flushed, self.majority(ctx));
        let positions = || self.followers.values().map(|follower| follower.flushed).chain([flushed]);
        let reached = |lsn: Lsn| positions().filter(|position| *position >= lsn).count() >= needed;
        let up_to = positions().filter(|lsn| Some(*lsn) > self.committed && *lsn <= flushed && reached(*lsn)).max();
        // What earlier leaders wrote can still be overruled, however many have it (Raft, §5.4.2).
        let own = |lsn: &Lsn| self.config.failover.by != By::Election || self.epoch_of(*lsn) == self.epoch;
        if let Some(up_to) = up_to.filter(own) {
            self.committed = Some(up_to);
            self.serve_held(ctx);
            self.serve_confirmed(ctx);
        }
    }

    /// Asks the others whether this node still leads; the answer to the read follows theirs.
    fn confirm_lead(&mut self, request: Request, ctx: &mut Ctx) {
        let (epoch, progress, me, needed) = (self.epoch, self.own_progress(ctx), ctx.me(), self.majority(ctx));
        let (since_us, up_to) = (ctx.local_us(), self.applied);
        let Some(leading) = self.leading() else { return };
        leading.confirming.retain(|other| other.request.operation.client != request.operation.client);
        leading.confirming.push(Confirming { request, since_us, up_to });
        ctx.note_about(request.operation, Fact::ReadConfirms { needed });
        let others: Vec<NodeId> = self.stores(ctx).into_iter().filter(|node| *node != me).collect();
        others.into_iter().for_each(|node| ctx.send(node, Message::Heartbeat { epoch, progress }));
        self.serve_confirmed(ctx);
    }

    /// Answers the linearizable reads for which a majority has said that this node still led when they came.
    pub(super) fn serve_confirmed(&mut self, ctx: &mut Ctx) {
        let (committed, needed) = (self.committed, self.majority(ctx));
        let shown = self.shown(Concern::Linearizable);
        let Some(leading) = self.leading() else { return };
        let ready = |read: &Confirming, echoes: usize| echoes >= needed && Some(read.up_to) <= committed;
        let mut served = Vec::new();
        let mut waiting = std::mem::take(&mut leading.confirming);
        waiting.retain(|read| {
            let ready = ready(read, 1 + leading.echoes_since(read.since_us));
            if ready {
                served.push(read.request);
            }
            !ready
        });
        leading.confirming = waiting;
        served.into_iter().for_each(|request| self.answer_as_of(request, shown, ctx));
    }

    /// This node leads no longer, so it cannot say what is the latest.
    pub(super) fn refuse_confirming(&mut self, ctx: &mut Ctx) {
        let waiting = self.leading().map(|leading| std::mem::take(&mut leading.confirming)).unwrap_or_default();
        for Confirming { request, .. } in waiting {
            ctx.note_about(request.operation, Fact::Refused { primary: None });
            ctx.reply(request, Answer::Refused(Refusal::NotPrimary { primary: None }));
        }
    }
}
