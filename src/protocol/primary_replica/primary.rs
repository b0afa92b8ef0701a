//! The primary's part: order writes, acknowledge them once they are on its own disk, send them on.

use super::{
    Confirmed, Ctx, Message, Part, Position, PrimaryReplica, Timer,
    confirm::Waiting,
    follower::{Follower, Phase},
    message::Snapshot,
    parted::{Other, Rejoin},
    read::Confirming,
    timeline::epoch_at,
};
use crate::{
    protocol::commit::Level,
    sim::{
        id::NodeId,
        operation::{Answer, Refusal, Request},
        small::SmallMap,
    },
    store::log::{Entry, Lsn},
    trace::{Fact, SyncState},
};
use std::collections::VecDeque;

#[derive(Clone, Debug, Default)]
pub(super) struct Leading {
    pub followers: SmallMap<NodeId, Follower>,
    /// Writes not yet acknowledged, in the order of their LSNs.
    pub waiting: VecDeque<Waiting>,
    /// Whether the alarms of those that wait for replicas are set: their own, and that of who is in touch.
    pub alarmed: (bool, bool),
    /// Replicas did not confirm in time; nobody waits for them until they have caught up.
    pub fallen_back: bool,
    /// No majority has echoed for too long: another may lead, so no write is taken.
    pub fenced: bool,
    /// When those who made this node primary said so, by its clock; that counts as an echo of all.
    granted_us: Option<i64>,
    /// The last heartbeat each node has echoed: when it was sent.
    echoed: SmallMap<NodeId, i64>,
    /// Linearizable reads not answered yet.
    pub confirming: Vec<Confirming>,
    /// Number of the write that says on disk that this node leads, while it is under way. Until then nobody is told:
    /// after a machine crash the node would know nothing of it.
    unsaved: Option<u64>,
}

impl Leading {
    pub fn stop(&self, ctx: &mut Ctx) {
        self.followers.keys().for_each(|replica| ctx.cancel_timer(Timer::Resend(*replica)));
        [Timer::Announce, Timer::Confirm, Timer::Touch, Timer::Heartbeat].into_iter().for_each(|timer| ctx.cancel_timer(timer));
    }

    /// For those who look: what each replica is to writes, how many of these wait for them, and whether none does any more.
    pub fn seen(&self, flushed: Lsn, level: Level) -> (Vec<(NodeId, SyncState)>, usize, bool) {
        let states = self.followers.iter().map(|(replica, follower)| (*replica, follower.state)).collect();
        let waiting = self.waiting.iter().filter(|waiting| level.is_remote() && waiting.lsn <= flushed).count();
        (states, waiting, self.fallen_back)
    }

    pub fn forget_followers(&mut self) {
        self.followers.clear();
    }

    pub fn granted(self, since_us: Option<i64>) -> Leading {
        Leading { granted_us: since_us, echoed: SmallMap::new(), ..self }
    }

    pub fn grant(&mut self, since_us: i64) {
        self.granted_us = Some(since_us);
    }

    pub fn echo(&mut self, from: NodeId, sent_us: i64) {
        let newest = self.echoed.get(&from).map_or(sent_us, |known| sent_us.max(*known));
        self.echoed.insert(from, newest);
    }

    pub fn echoed_us(&self, node: NodeId) -> Option<i64> {
        self.echoed.get(&node).copied().max(self.granted_us)
    }

    /// How many nodes have echoed a heartbeat sent since then.
    pub fn echoes_since(&self, since_us: i64) -> usize {
        self.echoed.values().filter(|sent_us| **sent_us >= since_us).count()
    }

    pub fn known_from(self, saved: u64) -> Leading {
        Leading { unsaved: Some(saved), ..self }
    }

    pub fn is_known(&self) -> bool {
        self.unsaved.is_none()
    }
}

impl PrimaryReplica {
    pub(super) fn leading(&mut self) -> Option<&mut Leading> {
        match &mut self.part {
            Part::Primary(leading) => Some(leading),
            Part::Replica(_) | Part::Monitor(_) => None,
        }
    }

    fn follower(&mut self, replica: NodeId) -> Option<&mut Follower> {
        self.leading()?.followers.get_mut(&replica)
    }

    pub(super) fn accept_write(&mut self, request: Request, ctx: &mut Ctx) {
        if !self.see_to_lease(ctx) {
            return ctx.reply(request, Answer::Refused(Refusal::NoMajority));
        }
        if self.too_few_replicas(request, ctx) || self.disk_is_full(request, ctx) {
            return;
        }
        let lsn = self.log.last().next();
        let Some((write, function)) = self.evaluate_request(request, ctx) else { return };
        ctx.note_about(write.id, Fact::Appended { lsn, epoch: self.epoch, write });
        self.append_to_log(Entry { lsn, epoch: self.epoch, write, function }, ctx);
        ctx.flush();
        let since_us = ctx.local_us();
        if let Some(leading) = self.leading() {
            leading.waiting.push_back(Waiting { lsn, request, write, since_us });
        }
        if self.config.commit.level == Level::Async {
            self.release(ctx);
        }
    }

    /// Everything after `before` up to the flushed position is durable here: sent on, and acknowledged if that is enough.
    pub(super) fn commit(&mut self, before: Lsn, ctx: &mut Ctx) {
        let up_to = self.acknowledgeable(ctx);
        for lsn in (before.0 + 1..=self.flushed.0).map(Lsn) {
            let Some(write) = self.log.get(lsn).map(|entry| entry.write) else { continue };
            ctx.note_about(write.id, Fact::Committed { lsn, write });
            self.release_up_to(up_to.min(lsn), lsn, ctx);
        }
        self.count_replicas(ctx);
        self.release(ctx);
        let replicas: Vec<NodeId> = self.leading().map(|leading| leading.followers.keys().copied().collect()).unwrap_or_default();
        replicas.into_iter().for_each(|replica| self.ship(replica, ctx));
        self.truncate_log(ctx);
    }

    pub(super) fn identity_on_disk(&mut self, up_to: u64, ctx: &mut Ctx) {
        if self.leading().is_some_and(|leading| leading.unsaved.take_if(|saved| *saved <= up_to).is_some()) {
            self.announce(ctx);
            self.beat(ctx);
        }
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
        let floor = self.config.resend_after;
        let Some(leading) = self.leading() else { return };
        let from = if same_log { written } else { Lsn::ZERO };
        let state = leading.followers.get(&replica).map_or(SyncState::Async, |known| known.state);
        let mut follower = Follower::new(connection, from, floor, ctx.local_us());
        follower.state = state;
        if same_log {
            (follower.flushed, follower.applied) = (at.flushed, at.applied);
        }
        leading.followers.insert(replica, follower);
        ctx.cancel_timer(Timer::Resend(replica));
        ctx.note(Fact::Following { replica, from: from.next() });
        self.count_replicas(ctx);
        self.release(ctx);
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
        self.count_replicas(ctx);
        self.release(ctx);
        if self.config.retention.slots {
            // What was kept for this replica may go now.
            self.truncate_log(ctx);
        }
    }

    /// No acknowledgement in time.
    pub(super) fn resend(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let gone = !ctx.members().contains(&replica);
        let Some(leading) = self.leading() else { return };
        if gone {
            leading.followers.remove(&replica);
            return;
        }
        if let Some(follower) = leading.followers.get_mut(&replica) {
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
    fn ship(&mut self, replica: NodeId, ctx: &mut Ctx) {
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
        let (Some(about), Some(follower)) = (entries.first().map(|entry| entry.write.id), self.follower(replica)) else { return };
        let connection = follower.connection;
        let (epoch, previous, last) = (self.epoch, from.previous(), self.flushed);
        let previous_epoch = epoch_at(&self.history, previous);
        let progress = self.progress(ctx);
        let message = Message::Replicate { epoch, connection, previous, previous_epoch, entries, last, progress };
        // Another connection, other chances.
        ctx.send_about(replica, message, about, connection << 16 | attempt as u64);
    }

    /// A sign of life. It may overtake entries; that alone is no gap to a replica.
    fn send_probe(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let Some(connection) = self.follower(replica).map(|follower| follower.connection) else { return };
        let (epoch, previous, last) = (self.epoch, self.flushed, self.flushed);
        let previous_epoch = epoch_at(&self.history, previous);
        let (entries, progress) = (vec![], self.progress(ctx));
        ctx.send(replica, Message::Replicate { epoch, connection, previous, previous_epoch, entries, last, progress });
    }

    /// Its log is another; it decides what to do about it.
    fn say_parted(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let (epoch, log_id, history, last) = (self.epoch, self.log_id, self.history.clone(), self.log.last());
        let Some(follower) = self.follower(replica) else { return };
        follower.phase = Phase::Parted;
        let connection = follower.connection;
        ctx.send(replica, Message::Parted { epoch, connection, other: Other { log_id, history, last } });
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
        self.log.range(self.applied.next(), lsn).for_each(|entry| registers.put(entry.write));
        let Some(follower) = self.follower(replica) else { return };
        let Phase::Copying { sent, .. } = &mut follower.phase else { return };
        *sent = durable;
        ctx.set_timer(Timer::Resend(replica), follower.round_trip.timeout());
        if durable {
            let connection = follower.connection;
            ctx.send(replica, Message::Snapshot { epoch, connection, snapshot: Snapshot { log_id, history, registers, lsn } });
        }
    }

    /// Tells every node that does not follow yet who is primary; again until all do.
    pub(super) fn announce(&mut self, ctx: &mut Ctx) {
        let (epoch, every, me, stores) = (self.epoch, self.config.announce_every, ctx.me(), self.stores(ctx));
        let Some(leading) = self.leading() else { return };
        let absent: Vec<NodeId> =
            stores.into_iter().filter(|node| *node != me && !leading.followers.contains_key(node)).collect();
        if !absent.is_empty() {
            ctx.set_timer(Timer::Announce, every);
        }
        absent.into_iter().for_each(|node| ctx.send(node, Message::Announce { epoch, primary: me }));
    }
}
