//! Primary–replica replication by shipping the write-ahead log.
//!
//! One node, the primary, orders all writes in its log; replicas connect to it, say how far their log goes,
//! and are sent what follows. Asynchronous: a write is acknowledged when it is on the primary's own disk,
//! whoever else has it. Modelled on PostgreSQL streaming replication (manual, chapter 27 "High Availability":
//! a replica's log is a prefix of the primary's, promotion starts a new timeline, a node that cannot catch up from
//! the log is cloned anew). What it does not model yet: synchronous commit, automatic failover, fencing.
//!
//! The node's part is in `primary` or `replica`; what both share is here.

mod disk;
mod message;
mod primary;
mod replica;
//#[cfg(test)]
//mod tests;

pub use disk::{Change, Disk};
pub use message::Message;

use super::{Context, Named, NodeView, Protocol, TailEntry};
use crate::{
    sim::{
        id::NodeId,
        operation::{Action, Answer, Refusal, Request},
        time::Micros,
    },
    store::{
        log::{Entry, Epoch, Log, Lsn},
        register::Registers,
    },
    trace::{Fact, Role, TimerName},
};
use disk::Identity;
use primary::Leading;
use replica::Following;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Settings of the group; the same on every node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The node that is primary at first boot.
    pub primary: NodeId,
    /// Entries of the log kept at least; a replica that needs older ones is sent a snapshot.
    pub log_retention_entries: u64,
    /// Most entries in one message.
    pub batch_entries: u32,
    /// Shortest wait for an acknowledgement before sending again.
    pub resend_after: Micros,
    /// A replica that heard nothing for this long asks again to be sent the log.
    pub follow_every: Micros,
    /// A promoted primary tells nodes that do not follow it yet this often.
    pub announce_every: Micros,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            primary: NodeId(0),
            log_retention_entries: 1_000,
            batch_entries: 16,
            resend_after: Micros::from_millis(1_000),
            follow_every: Micros::from_millis(2_000),
            announce_every: Micros::from_millis(1_000),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    Resend(NodeId),
    Follow,
    Announce,
}

impl Named for Timer {
    fn name(&self) -> TimerName {
        match self {
            Timer::Resend(_) => TimerName::Resend,
            Timer::Follow => TimerName::Follow,
            Timer::Announce => TimerName::Announce,
        }
    }
}

/// Work that takes a replica's time: making an entry visible to readers.
#[derive(Clone, Copy, Debug)]
pub struct Apply(pub Lsn);

/// Which primary's log holds which positions: (epoch, first LSN written in it), ascending.
pub type History = Vec<(Epoch, Lsn)>;

/// The epoch in which the entry at `lsn` was written on this timeline; LSN 0 belongs to no epoch.
pub(crate) fn epoch_at(history: &[(Epoch, Lsn)], lsn: Lsn) -> Epoch {
    if lsn == Lsn::ZERO {
        return Epoch(0);
    }
    history.iter().rev().find(|(_, first)| *first <= lsn).map_or(Epoch(0), |(epoch, _)| *epoch)
}

/// The last position up to which two timelines are the same.
fn fork(one: &[(Epoch, Lsn)], other: &[(Epoch, Lsn)]) -> Lsn {
    let common = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let next = |history: &[(Epoch, Lsn)]| history.get(common).map_or(Lsn(u64::MAX), |(_, first)| *first);
    if common == 0 { Lsn::ZERO } else { next(one).min(next(other)).previous() }
}

/// One node.
#[derive(Clone, Debug)]
pub struct PrimaryReplica {
    config: Config,
    epoch: Epoch,
    log_id: u64,
    history: History,
    log: Log,
    registers: Registers,
    flushed: Lsn,
    applied: Lsn,
    /// Writes to disk under way: (number of the write, log position it brings to disk). Number 0 stands for
    /// what was found at the start.
    flushing: VecDeque<(u64, Lsn)>,
    part: Part,
}

#[derive(Clone, Debug)]
enum Part {
    Primary(Leading),
    Replica(Following),
}

type Ctx = Context<PrimaryReplica>;

fn tail_entry(entry: &Entry, in_log: bool) -> TailEntry {
    TailEntry { lsn: entry.lsn, write: entry.write, in_log }
}

/// The last entries of a log.
fn tail_of(log: &Log) -> impl Iterator<Item = TailEntry> {
    let from = Lsn((log.last().0 + 1).saturating_sub(NodeView::TAIL as u64));
    log.range(from, log.last()).map(|entry| tail_entry(entry, true))
}

impl PrimaryReplica {
    fn append_to_log(&mut self, entry: Entry, ctx: &mut Ctx) {
        self.log.append(entry);
        let number = ctx.write(Change::Append(entry), Some(entry.write.id));
        self.flushing.push_back((number, entry.lsn));
    }

    fn make_visible(&mut self, lsn: Lsn, ctx: &mut Ctx) {
        if let Some(entry) = self.log.get(lsn).copied() {
            self.registers.put(entry.write);
            self.applied = lsn;
            ctx.note_about(entry.write.id, Fact::Applied { lsn, write: entry.write });
        }
    }

    /// Drops old entries, a quarter of the retention at a time, as real logs go by segments.
    fn truncate_log(&mut self, ctx: &mut Ctx) {
        let keep = self.config.log_retention_entries;
        let kept = self.log.last().next().0 - self.log.first().0;
        let unapplied = self.log.last().0 - self.applied.0;
        if kept > keep + keep / 4
            && let Some(first) = self.log.keep_last(keep.max(unapplied))
        {
            ctx.write(Change::KeepFrom(first), None);
            ctx.note(Fact::LogTruncated { first });
        }
    }

    fn save_identity(&self, ctx: &mut Ctx) {
        let follows = match &self.part {
            Part::Primary(_) => None,
            Part::Replica(following) => following.primary(),
        };
        let (epoch, log_id, history) = (self.epoch, self.log_id, self.history.clone());
        ctx.write(Change::Identity(Identity { epoch, follows, log_id, history }), None);
        ctx.flush();
    }

    /// Another node is primary of `epoch`: follow it, whatever this node was.
    fn follow(&mut self, primary: NodeId, epoch: Epoch, ctx: &mut Ctx) {
        if let Part::Primary(leading) = &self.part {
            leading.stop(ctx);
        }
        self.epoch = epoch;
        self.part = Part::Replica(Following::new(Some(primary), true));
        self.save_identity(ctx);
        ctx.note(Fact::RoleChanged { role: Role::Replica, epoch, last: self.log.last() });
        self.ask_to_follow(true, ctx);
    }
}

impl Protocol for PrimaryReplica {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Job = Apply;
    type Disk = Disk;

    fn start(config: &Config, disk: &Disk, ctx: &mut Ctx) -> Self {
        let recovered = disk.recover();
        let last = disk.log.last();
        let identity = disk.identity.clone().unwrap_or_else(|| Identity::on_empty_disk(config, ctx));
        let empty_newcomer = disk.identity.is_none() && !ctx.is_first_boot();
        let part = match identity.follows {
            None => Part::Primary(Leading::default()),
            Some(primary) => Part::Replica(Following::new(Some(primary), !empty_newcomer)),
        };
        let mut node = PrimaryReplica {
            config: config.clone(),
            epoch: identity.epoch,
            log_id: identity.log_id,
            history: identity.history,
            log: disk.log.clone(),
            registers: recovered,
            flushed: disk.base_lsn,
            applied: last,
            flushing: VecDeque::from([(0, last)]),
            part,
        };
        if last > Lsn::ZERO {
            ctx.note(Fact::Recovered { last, applied: last });
        }
        node.save_identity(ctx);
        match node.part {
            Part::Primary(_) if ctx.is_first_boot() => {}
            Part::Primary(_) => node.announce(ctx),
            Part::Replica(_) => node.ask_to_follow(true, ctx),
        }
        node
    }

    fn on_request(&mut self, request: Request, ctx: &mut Ctx) {
        let refuse = |refusal, ctx: &mut Ctx| {
            if let Refusal::NotPrimary { primary } = refusal {
                ctx.note_about(request.operation, Fact::Refused { primary });
            }
            ctx.reply(request, Answer::Refused(refusal));
        };
        match (request.action, &self.part) {
            (Action::Write { .. }, Part::Primary(_)) => self.accept_write(request, ctx),
            (Action::Write { .. }, Part::Replica(following)) => refuse(Refusal::NotPrimary { primary: following.primary() }, ctx),
            (Action::Read { .. }, Part::Replica(following)) if !following.is_ready() => refuse(Refusal::NotReady, ctx),
            (Action::Read { key }, _) => {
                let read = self.registers.get(key);
                ctx.note_about(request.operation, Fact::Served { read, applied: self.applied });
                ctx.reply(request, Answer::Read(read));
            }
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx) {
        let epoch = message.epoch();
        if epoch < self.epoch {
            ctx.note(Fact::SkippedOldEpoch { epoch, current: self.epoch });
            // The sender missed a promotion. The primary tells it; a replica leaves that to the primary.
            if matches!(self.part, Part::Primary(_)) {
                ctx.send(from, Message::Announce { epoch: self.epoch });
            }
            return;
        }
        let leads = !matches!(message, Message::Follow { .. } | Message::Acknowledge { .. });
        if epoch > self.epoch {
            // Only a primary speaks of its own epoch in these; a follower's word of it names no primary to follow.
            if leads {
                self.follow(from, epoch, ctx);
            }
            if !matches!(message, Message::Snapshot { .. }) {
                return;
            }
        }
        match message {
            Message::Follow { log_id, written, last_epoch, fresh, .. } => {
                self.on_follow(from, log_id, written, last_epoch, fresh, ctx)
            }
            Message::Acknowledge { written, gap, .. } => self.on_acknowledge(from, written, gap, ctx),
            Message::Replicate { previous, previous_epoch, entries, last, .. } => {
                self.on_entries(from, previous, previous_epoch, entries, last, ctx)
            }
            Message::Snapshot { snapshot, .. } => self.on_snapshot(from, snapshot, ctx),
            Message::Announce { .. } => self.on_announce(from, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx) {
        match timer {
            Timer::Resend(replica) => self.resend(replica, ctx),
            Timer::Follow => self.ask_to_follow(false, ctx),
            Timer::Announce => self.announce(ctx),
        }
    }

    fn on_job(&mut self, Apply(lsn): Apply, ctx: &mut Ctx) {
        // A snapshot or a promotion may have overtaken the work.
        if lsn == self.applied.next() {
            self.make_visible(lsn, ctx);
            self.truncate_log(ctx);
        }
    }

    fn on_flushed(&mut self, up_to: u64, ctx: &mut Ctx) {
        let (mut flushed, mut before) = (self.flushed, self.flushed);
        while let Some((number, lsn)) = self.flushing.pop_front_if(|(number, _)| *number <= up_to) {
            flushed = flushed.max(lsn);
            if number == 0 {
                // Found at the start, and applied then: on disk for certain now, but no news.
                before = lsn;
            }
        }
        if flushed == self.flushed {
            return;
        }
        self.flushed = flushed;
        match self.part {
            Part::Primary(_) => self.commit(before, ctx),
            Part::Replica(_) => self.flushed_here(before, ctx),
        }
    }

    fn promote(&mut self, ctx: &mut Ctx) -> Result<(), &'static str> {
        if matches!(self.part, Part::Primary(_)) {
            return Err("it is primary already");
        }
        // What was received counts: replay it all before taking writes.
        while self.applied < self.log.last() {
            self.make_visible(self.applied.next(), ctx);
        }
        ctx.cancel_timer(Timer::Follow);
        self.epoch = Epoch(self.epoch.0 + 1);
        self.history.push((self.epoch, self.log.last().next()));
        self.part = Part::Primary(Leading::default());
        self.save_identity(ctx);
        ctx.note(Fact::RoleChanged { role: Role::Primary, epoch: self.epoch, last: self.log.last() });
        self.announce(ctx);
        Ok(())
    }

    fn remains(config: &Config, me: NodeId, disk: &Disk) -> NodeView {
        let last = disk.log.last();
        let (follows, epoch) = match &disk.identity {
            Some(identity) => (identity.follows, identity.epoch),
            None => ((config.primary != me).then_some(config.primary), Epoch(1)),
        };
        NodeView {
            role: if follows.is_none() { Role::Primary } else { Role::Replica },
            epoch,
            follows,
            copies: disk.recover().iter().collect(),
            tail: tail_of(&disk.log).collect(),
            first: disk.log.first(),
            written: last,
            flushed: last,
            applied: last,
        }
    }

    fn view(&self) -> NodeView {
        let (role, follows) = match &self.part {
            Part::Primary(_) => (Role::Primary, None),
            Part::Replica(following) => (Role::Replica, following.primary()),
        };
        let early: Vec<TailEntry> = match &self.part {
            Part::Replica(following) => following.early().take(NodeView::TAIL).map(|entry| tail_entry(entry, false)).collect(),
            Part::Primary(_) => Vec::new(),
        };
        NodeView {
            role,
            epoch: self.epoch,
            follows,
            copies: self.registers.iter().collect(),
            tail: tail_of(&self.log).chain(early).collect(),
            first: self.log.first(),
            written: self.log.last(),
            flushed: self.flushed,
            applied: self.applied,
        }
    }
}
