//! The replica's part: ask for the log, append it without gaps, put it on disk, apply it, say how far.

use super::{
    Apply, Change, Ctx, Message, Part, PrimaryReplica, Timer,
    message::Snapshot,
    parted::Other,
    read::Progress,
    timeline::{begin_epoch, epoch_at, fork},
};
use crate::{
    protocol::commit::Level,
    sim::{id::NodeId, small::SmallMap, time::Micros},
    store::log::{Entry, Epoch, Log, Lsn},
    trace::Fact,
};
use std::collections::VecDeque;

/// Most entries kept that came before the one they follow; more are dropped and sent again later.
const EARLY_MAX: usize = 4_096;

#[derive(Clone, Debug)]
pub(super) struct Following {
    /// None: it knows of no primary.
    primary: Option<NodeId>,
    /// Who sends it the log: the primary, or the replica that it was pointed at. None: nobody, as it knows of no primary.
    source: Option<NodeId>,
    connection: u64,
    /// For a newcomer: where the primary's log ended when the primary first answered.
    complete_at: Option<Lsn>,
    early: SmallMap<Lsn, Entry>,
    /// Up to where the primary’s readers saw, and when, by its clock; in order; what is not visible here yet.
    primary_at: VecDeque<(Lsn, i64)>,
    /// The last moment of the primary’s clock at which its readers saw nothing that is not visible here.
    fresh_us: Option<i64>,
    /// The primary’s log is this one, and not a longer one than here; until a person decides it follows no further.
    pub stopped: Option<Other>,
    /// It asks for everything.
    anew: bool,
    /// On this connection: the first position of the epoch, once the log here is known to be a part of the primary's.
    pub began: Option<Lsn>,
    /// The last word of how far the primary is, for those behind this node.
    pub word: Option<Progress>,
}

impl Following {
    /// Not connected yet.
    pub fn new(primary: Option<NodeId>, source: Option<NodeId>) -> Following {
        Following {
            primary,
            source,
            connection: 0,
            complete_at: None,
            early: SmallMap::new(),
            primary_at: VecDeque::new(),
            fresh_us: None,
            stopped: None,
            anew: false,
            began: None,
            word: None,
        }
    }

    pub fn primary(&self) -> Option<NodeId> {
        self.primary
    }

    pub fn source(&self) -> Option<NodeId> {
        self.source
    }

    /// Word of the primary: its readers saw up to `visible` then.
    pub fn primary_was_at(&mut self, visible: Lsn, sent_us: i64, applied: Lsn) {
        match self.primary_at.back_mut() {
            // Overtaken on the way.
            Some((known, _)) if *known > visible => {}
            Some((known, at_us)) if *known == visible => *at_us = sent_us.max(*at_us),
            _ => self.primary_at.push_back((visible, sent_us)),
        }
        self.shows(applied);
    }

    /// Readers here see up to there now.
    pub fn shows(&mut self, applied: Lsn) {
        while let Some((_, sent_us)) = self.primary_at.pop_front_if(|(visible, _)| *visible <= applied) {
            self.fresh_us = self.fresh_us.max(Some(sent_us));
        }
    }

    pub fn fresh_us(&self) -> Option<i64> {
        self.fresh_us
    }

    pub fn early(&self) -> impl Iterator<Item = &Entry> {
        self.early.values()
    }
}

impl PrimaryReplica {
    pub(super) fn following(&mut self) -> Option<&mut Following> {
        match &mut self.part {
            Part::Replica(following) => Some(following),
            Part::Primary(_) | Part::Monitor(_) => None,
        }
    }

    /// Asks to be sent the log from where it ends now.
    pub(super) fn connect(&mut self, ctx: &mut Ctx) {
        if let Part::Replica(following) = &self.part {
            let new = Following::new(following.primary, following.source);
            self.connect_as(new, ctx);
        }
    }

    /// Asks for all data, whatever it has.
    pub(super) fn connect_anew(&mut self, ctx: &mut Ctx) {
        if let Part::Replica(following) = &self.part {
            let new = Following { anew: true, ..Following::new(following.primary, following.source) };
            self.connect_as(new, ctx);
        }
    }

    /// The settings say that another feeds this node from now on.
    pub(super) fn turn_to_source(&mut self, ctx: &mut Ctx) {
        let Part::Replica(following) = &self.part else { return };
        let new = Following { anew: following.anew, ..self.behind_primary(following.primary, ctx) };
        if new.source != following.source {
            self.connect_as(new, ctx);
        }
    }

    /// A new connection: what belongs to an earlier one no longer counts.
    fn connect_as(&mut self, following: Following, ctx: &mut Ctx) {
        self.connections += 1;
        let connection = (ctx.boot() as u64) << 20 | self.connections as u64;
        self.part = Part::Replica(Following { connection, ..following });
        self.ask_to_follow(ctx);
    }

    /// Follows whom the settings say, of this primary.
    pub(super) fn behind_primary(&self, primary: Option<NodeId>, ctx: &Ctx) -> Following {
        Following::new(primary, primary.map(|primary| self.config.source(ctx.me(), primary)))
    }

    pub(super) fn ask_to_follow(&mut self, ctx: &mut Ctx) {
        let (epoch, log_id, (written, last_epoch)) = (self.epoch, self.log_id, self.log_end());
        let Part::Replica(following) = &self.part else { return };
        let Following { primary: Some(primary), source: Some(source), connection, anew, stopped: None, .. } = *following else {
            return;
        };
        let (flushed, applied) = (self.flushed, self.applied);
        let ask = Message::Follow { epoch, primary, connection, log_id, written, last_epoch, flushed, applied, anew };
        if !self.complete && source != primary {
            // It does not feed this node, and says where its log ends: only that is all that there was.
            ctx.send(primary, ask.clone());
        }
        ctx.send(source, ask);
        self.listen(ctx);
    }

    /// Waits for a sign of whoever feeds this node, then asks again.
    fn listen(&mut self, ctx: &mut Ctx) {
        ctx.set_timer(Timer::Follow, self.config.follow_every);
    }

    /// A message from whoever feeds this node. False if it is none, or one of an earlier connection.
    pub(super) fn heard(&mut self, from: NodeId, connection: u64, ctx: &mut Ctx) -> bool {
        let Some(following) = self.following().filter(|following| following.source == Some(from)) else { return false };
        let current = following.connection;
        if connection != current {
            ctx.note(Fact::SkippedOldConnection { from });
            return false;
        }
        self.listen(ctx);
        true
    }

    /// Word of the primary of the epoch known here. If this node follows it, it does not know so yet, or no longer; if this
    /// node follows another, that was the operator's word, and wrong by now: an epoch has one primary only. If it follows
    /// nobody, it has voted, or seen that others do.
    pub(super) fn on_announce(&mut self, from: NodeId, primary: NodeId, end: Option<(u64, Lsn)>, ctx: &mut Ctx) {
        let epoch = self.epoch;
        match self.following() {
            Some(following) if following.primary == Some(primary) => {
                // It may have begun another log.
                following.began = None;
                let end = end.filter(|(connection, _)| *connection == following.connection && from == primary);
                if from == primary && following.source != Some(primary) {
                    // It does not see from the connections that this node knows.
                    ctx.send(primary, Message::Announce { epoch, primary, end: None });
                }
                match end {
                    Some((_, lsn)) => {
                        self.following().and_then(|following| following.complete_at.replace(lsn));
                        self.check_complete(ctx);
                    }
                    None => self.ask_to_follow(ctx),
                }
            }
            Some(_) if primary != ctx.me() => self.follow(primary, epoch, ctx),
            None if primary == ctx.me() => self.on_informed(from),
            _ => {}
        }
    }

    /// The primary, or the replica that feeds this one, sends entries, or that there are none. False if it turns out that the logs have parted.
    pub(super) fn on_entries(
        &mut self,
        previous: Lsn,
        previous_epoch: Epoch,
        entries: Vec<Entry>,
        last: Lsn,
        ctx: &mut Ctx,
    ) -> bool {
        let written = self.log.last();
        // Also where the own log no longer reaches: its timeline says in which epoch an entry was written.
        let own_epoch = |lsn| self.log.get(lsn).map_or(epoch_at(&self.history, lsn), |entry| entry.epoch);
        let parted = |lsn: Lsn, epoch| lsn <= written && own_epoch(lsn) != epoch;
        if parted(previous, previous_epoch) || entries.iter().any(|entry| parted(entry.lsn, entry.epoch)) {
            // This log and the primary's have parted: start over, and be sent a snapshot, or the other log.
            self.connect(ctx);
            return false;
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
        let taken = appended && self.config.commit.level == Level::RemoteWrite;
        if repeated {
            ctx.note(Fact::AlreadyHad { last: written });
        }
        let gap = self.following().and_then(|following| following.early.keys().next().copied());
        if let Some(got) = gap {
            ctx.note(Fact::Gap { expected: self.log.last().next(), got });
        }
        if repeated || gap.is_some() || taken {
            self.acknowledge(ctx);
        }
        if let Some(following) = self.following().filter(|following| following.source == following.primary) {
            following.complete_at.get_or_insert(last);
        }
        self.check_complete(ctx);
        true
    }

    /// Moves entries that fit on the end of the log into it.
    fn append_what_follows(&mut self, ctx: &mut Ctx) -> bool {
        let mut appended = false;
        loop {
            let next = self.log.last().next();
            let Some(entry) = self.following().and_then(|following| following.early.remove(&next)) else { return appended };
            // The epoch of the timeline changes where the entries say so; also back, from one that this node began and that
            // stayed empty.
            if epoch_at(&self.history, entry.lsn) != entry.epoch {
                begin_epoch(&mut self.history, entry.epoch, entry.lsn);
                self.write_identity(ctx);
            }
            let entry = self.evaluate_entry(entry, ctx);
            self.append_to_log(entry, ctx);
            ctx.note_about(entry.operation(), Fact::Received { lsn: entry.lsn, write: entry.write });
            appended = true;
        }
    }

    /// A newcomer that shows all that was there when it came is one no longer.
    pub(super) fn check_complete(&mut self, ctx: &mut Ctx) {
        let applied = self.applied;
        let reached = |following: &mut Following| following.complete_at.is_some_and(|lsn| applied >= lsn);
        if !self.complete && self.following().is_some_and(reached) {
            self.complete = true;
            self.save_identity(ctx);
        }
    }

    /// Entries after `before` are on disk: acknowledge, and apply them one after the other.
    pub(super) fn flushed_here(&mut self, before: Lsn, ctx: &mut Ctx) {
        let delay = self.config.delay(ctx.me());
        let (flushed, due_us) = (self.flushed, ctx.local_us() + delay.unwrap_or_default().0 as i64);
        match delay {
            Some(by) => {
                self.held_back.push_back((flushed, due_us));
                if self.held_back.len() == 1 {
                    ctx.set_timer(Timer::ApplyDelayed, by);
                }
            }
            None => self.apply_after(before, flushed, ctx),
        }
        self.acknowledge(ctx);
        self.ship_to_all(ctx);
    }

    /// The operator's new word on how late this node shows entries: it counts from now, also for those held back already.
    pub(super) fn on_new_delay(&mut self, ctx: &mut Ctx) {
        let (delay, flushed, applied) = (self.config.delay(ctx.me()), self.flushed, self.applied);
        let now_us = ctx.local_us();
        if !matches!(self.part, Part::Replica(_)) {
            return;
        }
        self.forget_held_back(ctx);
        match delay {
            Some(by) if flushed > applied => {
                self.held_back.push_back((flushed, now_us + by.0 as i64));
                ctx.set_timer(Timer::ApplyDelayed, by);
            }
            Some(_) => {}
            None => self.apply_after(applied, flushed, ctx),
        }
    }

    /// What was held back is shown by other means, or gone.
    pub(super) fn forget_held_back(&mut self, ctx: &mut Ctx) {
        self.held_back.clear();
        ctx.cancel_timer(Timer::ApplyDelayed);
    }

    fn apply_after(&mut self, before: Lsn, up_to: Lsn, ctx: &mut Ctx) {
        for lsn in (before.max(self.applied).0 + 1..=up_to.0).map(Lsn) {
            if let Some(entry) = self.log.get(lsn) {
                ctx.work(Apply(lsn), entry.operation());
            }
        }
    }

    /// What was held back for long enough is shown.
    pub(super) fn apply_delayed(&mut self, ctx: &mut Ctx) {
        let (now_us, applied) = (ctx.local_us(), self.applied);
        let mut up_to = Lsn::ZERO;
        // Rounding may make the alarm ring a little early.
        while let Some((lsn, _)) = self.held_back.pop_front_if(|(_, due_us)| *due_us <= now_us + 1_000) {
            up_to = lsn;
        }
        if let Some((_, due_us)) = self.held_back.front() {
            ctx.set_timer(Timer::ApplyDelayed, Micros((due_us - now_us).max(1_000) as u64));
        }
        self.apply_after(applied, up_to, ctx);
    }

    pub(super) fn acknowledge(&mut self, ctx: &mut Ctx) {
        let (epoch, written, flushed, applied) = (self.epoch, self.log.last(), self.flushed, self.applied);
        let Some(following) = self.following() else { return };
        let (Some(source), connection) = (following.source, following.connection) else { return };
        let gap = following.early.keys().next().copied();
        ctx.send(source, Message::Acknowledge { epoch, connection, written, flushed, applied, gap });
    }

    pub(super) fn on_snapshot(&mut self, snapshot: Snapshot, ctx: &mut Ctx) {
        let Snapshot { log_id, history, registers, lsn } = snapshot;
        let related = log_id == self.log_id;
        let on_timeline = |entry: &Entry| related && epoch_at(&history, entry.lsn) == entry.epoch;
        if lsn == self.log.last() && self.log.get(lsn).is_some_and(on_timeline) {
            // What was on the wire when the primary decided to send it has arrived after all.
            ctx.note(Fact::AlreadyHad { last: lsn });
            return self.connect(ctx);
        }
        let first = self.log.first();
        let kept = self.log.range(first, self.log.last());
        // An entry beyond the snapshot is not in the primary's log, or it would be in the snapshot: a replica that is behind
        // sends none (`may_serve`).
        let lost = kept.filter(|entry| entry.lsn > lsn || !on_timeline(entry));
        let writes: Vec<_> = lost.filter_map(|entry| Some((entry.lsn, entry.write?))).collect();
        let shared = if related { fork(&self.history, &history).min(lsn) } else { Lsn::ZERO };
        let unlisted = first.previous().0.saturating_sub(shared.0);
        if !writes.is_empty() || unlisted > 0 {
            ctx.note(Fact::Discarded { writes, unlisted, epoch: self.epoch });
        }
        let keys = registers.len() as u32;
        self.log = Log::after(lsn);
        self.history = history;
        self.log_id = log_id;
        self.registers = registers.clone();
        self.base = registers.clone();
        self.committed = self.committed.filter(|committed| *committed <= shared);
        self.applied = lsn;
        self.flushed = Lsn::ZERO;
        self.flushing.clear();
        // Another replica may be behind itself.
        self.complete |= self.following().is_some_and(|following| following.source == following.primary);
        self.forget_held_back(ctx);
        self.drop_followers(ctx);
        let number = ctx.write(Change::Install { registers, lsn }, None);
        self.flushing.push_back((number, lsn));
        ctx.note(Fact::SnapshotInstalled { lsn, keys });
        self.serve_held(ctx);
        self.save_identity(ctx);
        self.connect(ctx);
    }
}
