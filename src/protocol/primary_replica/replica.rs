//! The replica's part: ask for the log, append it without gaps, put it on disk, apply it, say how far.

use super::{Apply, Change, Ctx, Message, Part, PrimaryReplica, Timer, epoch_at, fork, message::Snapshot};
use crate::{
    sim::id::NodeId,
    store::log::{Entry, Epoch, Log, Lsn},
    trace::Fact,
};
use std::collections::BTreeMap;

/// Most entries kept that came before the one they follow; more are dropped and sent again later.
const EARLY_MAX: usize = 4_096;

#[derive(Clone, Debug)]
pub(super) struct Following {
    primary: Option<NodeId>,
    /// False on a newcomer with an empty disk until it has the data that was there when it asked.
    ready: bool,
    early: BTreeMap<Lsn, Entry>,
}

impl Following {
    pub fn new(primary: Option<NodeId>, ready: bool) -> Following {
        Following { primary, ready, early: BTreeMap::new() }
    }

    pub fn primary(&self) -> Option<NodeId> {
        self.primary
    }

    pub fn is_ready(&self) -> bool {
        self.ready
    }

    pub fn early(&self) -> impl Iterator<Item = &Entry> {
        self.early.values()
    }
}

impl PrimaryReplica {
    fn following(&mut self) -> Option<&mut Following> {
        match &mut self.part {
            Part::Replica(following) => Some(following),
            Part::Primary(_) => None,
        }
    }

    pub(super) fn ask_to_follow(&mut self, fresh: bool, ctx: &mut Ctx) {
        let (epoch, written) = (self.epoch, self.log.last());
        let last_epoch = self.log.get(written).map_or(epoch_at(&self.history, written), |entry| entry.epoch);
        let Some(primary) = self.following().and_then(|following| following.primary) else { return };
        ctx.send(primary, Message::Follow { epoch, log_id: self.log_id, written, last_epoch, fresh });
        self.listen(ctx);
    }

    /// The primary was heard: be silent for a while.
    fn listen(&mut self, ctx: &mut Ctx) {
        ctx.set_timer(Timer::Follow, self.config.follow_every);
    }

    pub(super) fn on_announce(&mut self, _from: NodeId, ctx: &mut Ctx) {
        // The epoch is the one known here, so this node follows already; the primary has not heard of it yet.
        if self.following().is_some() {
            self.ask_to_follow(true, ctx);
        }
    }

    pub(super) fn on_entries(
        &mut self,
        from: NodeId,
        previous: Lsn,
        previous_epoch: Epoch,
        entries: Vec<Entry>,
        last: Lsn,
        ctx: &mut Ctx,
    ) {
        let written = self.log.last();
        if self.following().is_none_or(|following| following.primary != Some(from)) {
            return;
        }
        self.listen(ctx);
        // Also where the own log no longer reaches: its timeline says in which epoch an entry was written.
        let own_epoch = |lsn| self.log.get(lsn).map_or(epoch_at(&self.history, lsn), |entry| entry.epoch);
        let parted = |lsn: Lsn, epoch| lsn <= written && own_epoch(lsn) != epoch;
        if parted(previous, previous_epoch) || entries.iter().any(|entry| parted(entry.lsn, entry.epoch)) {
            // This log and the primary's have parted: start over, the primary will send a snapshot.
            return self.ask_to_follow(true, ctx);
        }
        let (mut repeated, mut appended) = (false, false);
        for entry in entries {
            if entry.lsn <= self.log.last() {
                repeated = true;
            } else if let Some(following) = self.following()
                && following.early.len() < EARLY_MAX
            {
                following.early.insert(entry.lsn, entry);
            }
            appended |= self.append_what_follows(ctx);
        }
        if appended {
            ctx.flush();
        }
        if repeated {
            ctx.note(Fact::AlreadyHad { last: written });
            self.acknowledge(ctx);
        }
        let expected = self.log.last().next();
        if let Some(got) = self.following().and_then(|following| following.early.keys().next().copied()) {
            ctx.note(Fact::Gap { expected, got });
            self.acknowledge(ctx);
        }
        self.note_ready(last);
    }

    /// Moves entries that fit on the end of the log into it.
    fn append_what_follows(&mut self, ctx: &mut Ctx) -> bool {
        let mut appended = false;
        loop {
            let next = self.log.last().next();
            let Some(entry) = self.following().and_then(|following| following.early.remove(&next)) else { return appended };
            // The epoch of the timeline changes where the entries say so.
            if self.history.last().is_none_or(|(epoch, _)| *epoch < entry.epoch) {
                self.history.push((entry.epoch, entry.lsn));
            }
            self.append_to_log(entry, ctx);
            ctx.note_about(entry.write.id, Fact::Received { lsn: entry.lsn, write: entry.write });
            appended = true;
        }
    }

    fn note_ready(&mut self, last: Lsn) {
        let reached = self.log.last() >= last;
        if let Some(following) = self.following() {
            following.ready |= reached;
        }
    }

    /// Entries after `before` are on disk: acknowledge, and apply them one after the other.
    pub(super) fn flushed_here(&mut self, before: Lsn, ctx: &mut Ctx) {
        for lsn in (before.0 + 1..=self.flushed.0).map(Lsn).filter(|lsn| *lsn > self.applied) {
            if let Some(entry) = self.log.get(lsn) {
                ctx.work(Apply(lsn), entry.write.id);
            }
        }
        self.acknowledge(ctx);
    }

    fn acknowledge(&mut self, ctx: &mut Ctx) {
        let (epoch, written, flushed, applied) = (self.epoch, self.log.last(), self.flushed, self.applied);
        let Some(following) = self.following() else { return };
        let gap = following.early.keys().next().copied();
        if let Some(primary) = following.primary {
            ctx.send(primary, Message::Acknowledge { epoch, written, flushed, applied, gap });
        }
    }

    pub(super) fn on_snapshot(&mut self, from: NodeId, snapshot: Snapshot, ctx: &mut Ctx) {
        let Snapshot { log_id, history, registers, lsn } = snapshot;
        if self.following().is_none_or(|following| following.primary != Some(from)) {
            return;
        }
        self.listen(ctx);
        let related = log_id == self.log_id;
        let on_timeline = |entry: &Entry| related && epoch_at(&history, entry.lsn) == entry.epoch;
        let last_fits = self.log.get(self.log.last()).map_or(related && self.history == history, on_timeline);
        if lsn <= self.log.last() && last_fits {
            // Came again, or late: this log goes at least as far.
            ctx.note(Fact::AlreadyHad { last: self.log.last() });
            return self.acknowledge(ctx);
        }
        let first = self.log.first();
        let kept = self.log.range(first, self.log.last());
        let writes: Vec<_> = kept.filter(|entry| !on_timeline(entry)).map(|entry| (entry.lsn, entry.write)).collect();
        let shared = if related { fork(&self.history, &history) } else { Lsn::ZERO };
        let unlisted = first.previous().0.saturating_sub(shared.0);
        if !writes.is_empty() || unlisted > 0 {
            ctx.note(Fact::Discarded { writes, unlisted, epoch: self.epoch });
        }
        let keys = registers.len() as u32;
        self.log = Log::after(lsn);
        self.history = history;
        self.log_id = log_id;
        self.registers = registers.clone();
        self.applied = lsn;
        self.flushed = Lsn::ZERO;
        self.flushing.clear();
        if let Some(following) = self.following() {
            following.early.clear();
            following.ready = true;
        }
        let number = ctx.write(Change::Install { registers, lsn }, None);
        self.flushing.push_back((number, lsn));
        ctx.note(Fact::SnapshotInstalled { lsn, keys });
        self.save_identity(ctx);
        if lsn == Lsn::ZERO {
            // Nothing to flush moves the position; say so at once.
            self.acknowledge(ctx);
        }
    }
}
