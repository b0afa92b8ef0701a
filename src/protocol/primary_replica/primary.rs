//! The primary's part: order writes, acknowledge them once they are on its own disk, send them on.

use super::{Ctx, Message, Part, PrimaryReplica, Timer, epoch_at, message::Snapshot};
use crate::{
    protocol::round_trip::RoundTrip,
    sim::{
        id::NodeId,
        operation::{Action, Answer, Request, Write},
        time::Micros,
    },
    store::log::{Entry, Epoch, Lsn},
    trace::Fact,
};
use std::collections::BTreeMap;

/// Most entries sent to one replica and not acknowledged yet. Far above what any scenario needs;
/// keeps the wire bounded when a replica is slow.
const WINDOW_ENTRIES: u64 = 4_096;

#[derive(Clone, Debug, Default)]
pub(super) struct Leading {
    followers: BTreeMap<NodeId, Follower>,
    /// Writes not yet on disk, by their LSN.
    waiting: BTreeMap<Lsn, Request>,
}

#[derive(Clone, Debug)]
struct Follower {
    sent: Lsn,
    written: Lsn,
    round_trip: RoundTrip,
    /// One entry whose round trip is being measured: its LSN and when it was sent, by the node's clock.
    measuring: Option<(Lsn, i64)>,
    /// How often the next entry was sent again in vain.
    attempt: u32,
    /// The last entry ever sent, and how often it was begun anew with earlier ones: what is sent once more has other luck.
    furthest: Lsn,
    rounds: u32,
    /// First missing entry that was sent again on word of a gap; not to be sent twice for the same word.
    gap_filled: Lsn,
}

impl Leading {
    pub fn stop(&self, ctx: &mut Ctx) {
        self.followers.keys().for_each(|replica| ctx.cancel_timer(Timer::Resend(*replica)));
        ctx.cancel_timer(Timer::Announce);
    }
}

impl PrimaryReplica {
    fn leading(&mut self) -> Option<&mut Leading> {
        match &mut self.part {
            Part::Primary(leading) => Some(leading),
            Part::Replica(_) => None,
        }
    }

    pub(super) fn accept_write(&mut self, request: Request, ctx: &mut Ctx) {
        let Action::Write { key, value } = request.action else { return };
        let lsn = self.log.last().next();
        let write = Write { id: request.operation, key, value };
        ctx.note_about(write.id, Fact::Appended { lsn, epoch: self.epoch, write });
        self.append_to_log(Entry { lsn, epoch: self.epoch, write }, ctx);
        ctx.flush();
        if let Some(leading) = self.leading() {
            leading.waiting.insert(lsn, request);
        }
    }

    /// Everything after `before` up to the flushed position is durable here: visible, acknowledged, sent on.
    pub(super) fn commit(&mut self, before: Lsn, ctx: &mut Ctx) {
        for lsn in (before.0 + 1..=self.flushed.0).map(Lsn) {
            let Some(write) = self.log.get(lsn).map(|entry| entry.write) else { continue };
            ctx.note_about(write.id, Fact::Committed { lsn, write });
            if lsn == self.applied.next() {
                self.make_visible(lsn, ctx);
            }
            if let Some(request) = self.leading().and_then(|leading| leading.waiting.remove(&lsn)) {
                ctx.reply(request, Answer::Written);
            }
        }
        let replicas: Vec<NodeId> = self.leading().map(|leading| leading.followers.keys().copied().collect()).unwrap_or_default();
        replicas.into_iter().for_each(|replica| self.ship(replica, ctx));
        self.truncate_log(ctx);
    }

    /// A replica asks to be sent the log.
    pub(super) fn on_follow(
        &mut self,
        replica: NodeId,
        log_id: u64,
        written: Lsn,
        last_epoch: Epoch,
        fresh: bool,
        ctx: &mut Ctx,
    ) {
        let other_log = log_id != self.log_id && written > Lsn::ZERO;
        let diverged = other_log || written > self.log.last() || epoch_at(&self.history, written) != last_epoch;
        let floor = self.config.resend_after;
        let Some(leading) = self.leading() else { return };
        // A log that goes less far than it did was replaced by a snapshot that came late.
        let went_back = |follower: &Follower| written < follower.written;
        let known = leading.followers.get(&replica).filter(|follower| !fresh && !diverged && !went_back(follower));
        if known.is_some() {
            return self.still_there(replica, written, ctx);
        }
        let sent = if diverged { Lsn::ZERO } else { written };
        let before = leading.followers.get(&replica);
        let (furthest, rounds) = before.map_or((Lsn::ZERO, 0), |before| (before.furthest, before.rounds + 1));
        let follower = Follower {
            sent,
            written: sent,
            round_trip: RoundTrip::new(floor),
            measuring: None,
            attempt: 0,
            furthest,
            rounds,
            gap_filled: Lsn::ZERO,
        };
        leading.followers.insert(replica, follower);
        ctx.note(Fact::Following { replica, from: sent.next() });
        if diverged {
            self.send_snapshot(replica, written.next(), ctx);
        } else if sent >= self.flushed {
            self.send_probe(replica, ctx);
        } else {
            self.ship(replica, ctx);
        }
    }

    /// A replica that heard nothing for a while asks again. If what is under way has timed out before, do not wait longer.
    fn still_there(&mut self, replica: NodeId, written: Lsn, ctx: &mut Ctx) {
        self.on_acknowledge(replica, written, None, ctx);
        let Some(follower) = self.leading().and_then(|leading| leading.followers.get_mut(&replica)) else { return };
        if follower.sent > follower.written && follower.attempt > 0 {
            self.resend(replica, ctx);
        } else {
            self.send_probe(replica, ctx);
        }
    }

    pub(super) fn on_acknowledge(&mut self, replica: NodeId, written: Lsn, gap: Option<Lsn>, ctx: &mut Ctx) {
        let (now_us, last) = (ctx.local_us(), self.log.last());
        if written > last {
            // Said of a log that parted from this one; the replica is being sent a snapshot.
            return;
        }
        let Some(follower) = self.leading().and_then(|leading| leading.followers.get_mut(&replica)) else { return };
        if written > follower.written {
            follower.written = written;
            follower.sent = follower.sent.max(written);
            if let Some((_, since_us)) = follower.measuring.take_if(|(lsn, _)| *lsn <= written) {
                follower.round_trip.sample(Micros((now_us - since_us).max(0) as u64));
            }
            follower.attempt = 0;
            match follower.sent == written {
                true => ctx.cancel_timer(Timer::Resend(replica)),
                false => ctx.set_timer(Timer::Resend(replica), follower.round_trip.timeout()),
            }
        }
        let missing = follower.written.next();
        if let Some(gap) = gap
            && gap > missing
            && follower.gap_filled < missing
        {
            follower.gap_filled = missing;
            follower.measuring = None;
            self.send_again(replica, gap.previous(), ctx);
        }
        self.ship(replica, ctx);
    }

    /// No acknowledgement in time. What was sent after the first batch is given up for lost too, and sent when that arrives.
    pub(super) fn resend(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let batch = self.config.batch_entries as u64;
        let Some(follower) = self.leading().and_then(|leading| leading.followers.get_mut(&replica)) else { return };
        if follower.sent <= follower.written {
            return;
        }
        follower.round_trip.timed_out();
        follower.measuring = None;
        follower.sent = follower.sent.min(Lsn(follower.written.0 + batch));
        let up_to = follower.sent;
        self.send_again(replica, up_to, ctx);
    }

    /// Sends the first batch of what is not acknowledged, up to `up_to`, once more.
    fn send_again(&mut self, replica: NodeId, up_to: Lsn, ctx: &mut Ctx) {
        let batch = self.config.batch_entries as u64;
        let Some(follower) = self.leading().and_then(|leading| leading.followers.get_mut(&replica)) else { return };
        follower.attempt += 1;
        follower.rounds += 1;
        let (from, attempt, rounds) = (follower.written.next(), follower.attempt, follower.rounds);
        ctx.set_timer(Timer::Resend(replica), follower.round_trip.timeout());
        ctx.note(Fact::Resent { to: replica, from, attempt });
        if from < self.log.first() {
            return self.send_snapshot(replica, from, ctx);
        }
        self.send_entries(replica, from, up_to.min(Lsn(from.0 + batch - 1)), rounds, ctx);
    }

    /// Sends everything on disk here and not sent yet, as far as the window allows.
    fn ship(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let (flushed, batch, now_us) = (self.flushed, self.config.batch_entries as u64, ctx.local_us());
        loop {
            let first_kept = self.log.first();
            let Some(follower) = self.leading().and_then(|leading| leading.followers.get_mut(&replica)) else { return };
            let from = follower.sent.next();
            if from > flushed || follower.sent.0 - follower.written.0 >= WINDOW_ENTRIES {
                return;
            }
            if from < first_kept {
                return self.send_snapshot(replica, from, ctx);
            }
            let to = flushed.min(Lsn(from.0 + batch - 1));
            follower.sent = to;
            let rounds = if from > follower.furthest { 0 } else { follower.rounds };
            follower.furthest = follower.furthest.max(to);
            follower.measuring = follower.measuring.or((follower.attempt == 0).then_some((to, now_us)));
            if from == follower.written.next() {
                ctx.set_timer(Timer::Resend(replica), follower.round_trip.timeout());
            }
            self.send_entries(replica, from, to, rounds, ctx);
        }
    }

    /// `rounds`: 0 for entries never sent to the replica before.
    fn send_entries(&mut self, replica: NodeId, from: Lsn, to: Lsn, rounds: u32, ctx: &mut Ctx) {
        let entries: Vec<Entry> = self.log.range(from, to).copied().collect();
        let Some(about) = entries.first().map(|entry| entry.write.id) else { return };
        let previous = from.previous();
        let previous_epoch = epoch_at(&self.history, previous);
        let message = Message::Replicate { epoch: self.epoch, previous, previous_epoch, entries, last: self.flushed };
        ctx.send_about(replica, message, about, rounds);
    }

    fn send_probe(&mut self, replica: NodeId, ctx: &mut Ctx) {
        let (previous, last) = (self.flushed, self.flushed);
        let previous_epoch = epoch_at(&self.history, previous);
        ctx.send(replica, Message::Replicate { epoch: self.epoch, previous, previous_epoch, entries: vec![], last });
    }

    fn send_snapshot(&mut self, replica: NodeId, wanted: Lsn, ctx: &mut Ctx) {
        let (lsn, first_kept) = (self.applied, self.log.first());
        let (history, registers) = (self.history.clone(), self.registers.clone());
        let snapshot = Snapshot { log_id: self.log_id, history, registers, lsn };
        let message = Message::Snapshot { epoch: self.epoch, snapshot };
        let Some(follower) = self.leading().and_then(|leading| leading.followers.get_mut(&replica)) else { return };
        follower.sent = lsn;
        ctx.set_timer(Timer::Resend(replica), follower.round_trip.timeout());
        ctx.note(Fact::SnapshotNeeded { replica, wanted, first_kept });
        ctx.send(replica, message);
    }

    /// Tells every node that does not follow yet who is primary; again until all do.
    pub(super) fn announce(&mut self, ctx: &mut Ctx) {
        let (epoch, every, me) = (self.epoch, self.config.announce_every, ctx.me());
        let Some(leading) = self.leading() else { return };
        let absent: Vec<NodeId> =
            ctx.members().iter().copied().filter(|node| *node != me && !leading.followers.contains_key(node)).collect();
        if !absent.is_empty() {
            ctx.set_timer(Timer::Announce, every);
        }
        absent.into_iter().for_each(|node| ctx.send(node, Message::Announce { epoch }));
    }
}
