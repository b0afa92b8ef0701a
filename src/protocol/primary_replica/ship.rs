//! Sending the log on: to whoever follows this node, a primary's replicas or, where replicas feed each other, those behind a
//! replica.
//!
//! It sends what is on disk here, and what is missed again; it decides neither what is acknowledged to clients (`confirm`)
//! nor whom a node asks (`cascade`).

use super::{
    Confirmed, Ctx, Message, Position, PrimaryReplica, Timer,
    follower::{Follower, Phase},
    message::Snapshot,
    parted::{Other, Rejoin},
    timeline::epoch_at,
};
use crate::{
    sim::id::NodeId,
    store::log::{Entry, Lsn},
    trace::{Fact, SyncState},
};

impl PrimaryReplica {
    fn follower(&mut self, replica: NodeId) -> Option<&mut Follower> {
        self.followers.get_mut(&replica)
    }

    /// Whoever follows has to ask again.
    pub(super) fn drop_followers(&mut self, ctx: &mut Ctx) {
        let replicas: Vec<NodeId> = self.followers.keys().copied().collect();
        replicas.into_iter().for_each(|replica| self.drop_follower(replica, ctx));
    }

    pub(super) fn drop_follower(&mut self, replica: NodeId, ctx: &mut Ctx) {
        self.followers.remove(&replica);
        ctx.cancel_timer(Timer::Resend(replica));
    }

    /// More is on disk here.
    pub(super) fn ship_to_all(&mut self, ctx: &mut Ctx) {
        let replicas: Vec<NodeId> = self.followers.keys().copied().collect();
        replicas.into_iter().for_each(|replica| self.ship(replica, ctx));
    }

    /// A replica asks to be sent the log.
    pub(super) fn on_follow(&mut self, replica: NodeId, position: Position, ctx: &mut Ctx) {
        let Position { connection, log_id, last_epoch, at, anew } = position;
        let written = at.written;
        match self.follower(replica).map(|follower| follower.connection) {
            // Overtaken on the wire by a later one.
            Some(known) if connection < known => return,
            Some(known) if connection == known => return self.still_there(replica, connection, at, ctx),
            _ => {}
        }
        let same_log = log_id == self.log_id && written <= self.log.last() && epoch_at(&self.history, written) == last_epoch;
        if !self.may_serve(&position, same_log) {
            return ctx.note(Fact::FollowerWaits { replica, last: self.log.last() });
        }
        let floor = self.config.resend_after;
        let from = if same_log { written } else { Lsn::ZERO };
        let state = self.followers.get(&replica).map_or(SyncState::Async, |known| known.state);
        let mut follower = Follower::new(connection, from, floor, ctx.local_us());
        follower.state = state;
        if same_log {
            (follower.flushed, follower.applied) = (at.flushed, at.applied);
        }
        self.followers.insert(replica, follower);
        ctx.cancel_timer(Timer::Resend(replica));
        ctx.note(Fact::Following { replica, from: from.next() });
        self.followers_changed(ctx);
        if anew || (!same_log && (self.config.rejoin == Rejoin::Clone || written == Lsn::ZERO)) {
            self.start_copying(replica, written.next(), ctx);
        } else if !same_log {
            self.say_parted(replica, ctx);
        } else if from >= self.flushed {
            self.send_probe(replica, ctx);
        } else {
            self.ship(replica, ctx);
        }
    }

    /// A replica that heard nothing for a while asks again. If what is under way has timed out before, do not wait longer.
    fn still_there(&mut self, replica: NodeId, connection: u64, at: Confirmed, ctx: &mut Ctx) {
        let written = at.written;
        let stuck = |follower: &Follower| written <= follower.written && follower.is_waiting() && follower.attempt > 0;
        match self.follower(replica) {
            Some(follower) if follower.phase == Phase::Parted => self.say_parted(replica, ctx),
            Some(follower) if follower.phase != Phase::Streaming => {}
            Some(follower) if stuck(follower) => self.go_back(replica, ctx),
            _ => {
                self.on_acknowledge(replica, connection, at, None, ctx);
                self.send_probe(replica, ctx);
            }
        }
    }

    pub(super) fn on_acknowledge(&mut self, replica: NodeId, connection: u64, at: Confirmed, gap: Option<Lsn>, ctx: &mut Ctx) {
        let now_us = ctx.local_us();
        let Confirmed { written, flushed, applied } = at;
        let Some(follower) = self.follower(replica) else { return };
        // What a replica says before it has the snapshot speaks of a log that is not this one.
        if follower.connection != connection || follower.phase != Phase::Streaming {
            return;
        }
        follower.heard_us = now_us;
        follower.flushed = follower.flushed.max(flushed);
        follower.applied = follower.applied.max(applied);
        if follower.acknowledged(written, now_us) {
            match follower.is_waiting() {
                true => ctx.set_timer(Timer::Resend(replica), follower.round_trip.timeout()),
                false => ctx.cancel_timer(Timer::Resend(replica)),
            }
        }
        if let Some(missing) = gap.and_then(|gap| follower.first_report_of_gap(gap)) {
            self.fill_gap(replica, missing, ctx);
        }
        self.ship(replica, ctx);
        self.followers_changed(ctx);
        if self.config.retention.slots {
            // What was kept for this replica may go now.
            self.truncate_log(ctx);
        }
    }

    /// No acknowledgement in time.
    pub(super) fn resend(&mut self, replica: NodeId, ctx: &mut Ctx) {
        if !ctx.members().contains(&replica) {
            self.followers.remove(&replica);
        }
        if let Some(follower) = self.follower(replica) {
            follower.round_trip.timed_out();
            self.go_back(replica, ctx);
        }
    }

    /// Sends again what is not acknowledged, a little at first.
    fn go_back(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let batch = self.config.batch_entries as u64;
        let Some(follower) = self.follower(replica) else { return };
        if let Phase::Copying { wanted, .. } = follower.phase {
            follower.attempt += 1;
            ctx.note(Fact::Resent { to: replica, from: wanted, attempt: follower.attempt });
            return self.send_snapshot(replica, ctx);
        }
        if follower.is_waiting() {
            follower.go_back(batch);
            ctx.note(Fact::Resent { to: replica, from: follower.written.next(), attempt: follower.attempt });
            self.ship(replica, ctx);
        }
    }

    /// Sends again, once, what the replica misses before `gap`.
    fn fill_gap(&mut self, replica: NodeId, last_missing: Lsn, ctx: &mut Ctx) {
        let (batch, first_kept) = (self.config.batch_entries as u64, self.log.first());
        let Some(follower) = self.follower(replica) else { return };
        let from = follower.written.next();
        if from < first_kept {
            return self.start_copying(replica, from, ctx);
        }
        follower.attempt += 1;
        follower.measuring = None;
        let attempt = follower.attempt;
        ctx.set_timer(Timer::Resend(replica), follower.round_trip.timeout());
        ctx.note(Fact::Resent { to: replica, from, attempt });
        self.send_entries(replica, from, last_missing.min(Lsn(from.0 + batch - 1)), attempt, ctx);
    }

    /// Sends everything on disk here and not sent yet, as far as the window allows.
    pub(super) fn ship(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let (flushed, batch, now_us) = (self.flushed, self.config.batch_entries as u64, ctx.local_us());
        loop {
            let first_kept = self.log.first();
            let Some(follower) = self.follower(replica) else { return };
            match follower.phase {
                Phase::Streaming => {}
                Phase::Copying { sent: false, .. } => return self.send_snapshot(replica, ctx),
                Phase::Copying { sent: true, .. } | Phase::Parted => return,
            }
            let Some((from, to)) = follower.next_batch(flushed, batch) else { return };
            if from < first_kept {
                return self.start_copying(replica, from, ctx);
            }
            let waited = follower.is_waiting();
            let attempt = follower.send(from, to, now_us);
            if !waited {
                ctx.set_timer(Timer::Resend(replica), follower.round_trip.timeout());
            }
            self.send_entries(replica, from, to, attempt, ctx);
        }
    }

    fn send_entries(&mut self, replica: NodeId, from: Lsn, to: Lsn, attempt: u32, ctx: &mut Ctx) {
        let entries: Vec<Entry> = self.log.range(from, to).copied().collect();
        let about = entries.iter().find_map(Entry::operation);
        let Some(follower) = self.follower(replica).filter(|_| !entries.is_empty()) else { return };
        let connection = follower.connection;
        let Some(message) = self.replicate(connection, from.previous(), entries, ctx) else { return };
        match about {
            // Another connection, other chances.
            Some(about) => ctx.send_about(replica, message, about, connection << 16 | attempt as u64),
            None => ctx.send(replica, message),
        }
    }

    /// A sign of life. It may overtake entries; that alone is no gap to a replica.
    fn send_probe(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let Some(connection) = self.follower(replica).map(|follower| follower.connection) else { return };
        if let Some(message) = self.replicate(connection, self.flushed, vec![], ctx) {
            ctx.send(replica, message);
        }
    }

    /// None while this node does not know who leads.
    fn replicate(&self, connection: u64, previous: Lsn, entries: Vec<Entry>, ctx: &Ctx) -> Option<Message> {
        let (primary, epoch, last) = (self.primary(ctx)?, self.epoch, self.log.last());
        let (began, progress) = (self.epoch_began(), self.progress(ctx));
        let previous_epoch = epoch_at(&self.history, previous);
        Some(Message::Replicate { epoch, primary, began, connection, previous, previous_epoch, entries, last, progress })
    }

    /// Its log is another; it decides what to do about it.
    fn say_parted(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let (epoch, log_id, history, last) = (self.epoch, self.log_id, self.history.clone(), self.log.last());
        let Some(primary) = self.primary(ctx) else { return };
        let Some(follower) = self.follower(replica) else { return };
        follower.phase = Phase::Parted;
        let connection = follower.connection;
        ctx.send(replica, Message::Parted { epoch, primary, connection, other: Other { log_id, history, last } });
    }

    /// The log does not lead from where the replica is to the present: it gets all data, and follows anew from there.
    fn start_copying(&mut self, replica: NodeId, wanted: Lsn, ctx: &mut Ctx) {
        let first_kept = self.log.first();
        let Some(follower) = self.follower(replica) else { return };
        follower.phase = Phase::Copying { wanted, sent: false };
        ctx.note(Fact::SnapshotNeeded { replica, wanted, first_kept });
        self.send_snapshot(replica, ctx);
    }

    fn send_snapshot(&mut self, replica: NodeId, ctx: &mut Ctx) {
        // What is not on disk here yet must not outlive a crash elsewhere: it goes when it is. What waits for replicas goes with it.
        let durable = self.applied <= self.flushed;
        let (lsn, epoch, log_id) = (self.flushed, self.epoch, self.log_id);
        let (history, mut registers) = (self.history.clone(), self.registers.clone());
        self.log.range(self.applied.next(), lsn).for_each(|entry| registers.replay(entry.write));
        let Some(primary) = self.primary(ctx) else { return };
        let Some(follower) = self.follower(replica) else { return };
        let Phase::Copying { sent, .. } = &mut follower.phase else { return };
        *sent = durable;
        ctx.set_timer(Timer::Resend(replica), follower.round_trip.timeout());
        if durable {
            let connection = follower.connection;
            ctx.send(
                replica,
                Message::Snapshot { epoch, primary, connection, snapshot: Snapshot { log_id, history, registers, lsn } },
            );
        }
    }
}
