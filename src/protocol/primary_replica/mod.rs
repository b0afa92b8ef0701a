//! Primary–replica replication by shipping the write-ahead log.
//!
//! One node, the primary, orders all writes in its log; replicas connect to it, say how far their log goes,
//! and are sent what follows. Asynchronous: a write is acknowledged when it is on the primary's own disk,
//! whoever else has it. Modelled on PostgreSQL streaming replication (manual, chapter 27 "High Availability":
//! a replica's log is a prefix of the primary's, promotion starts a new timeline, a node that cannot catch up from
//! the log is cloned anew). Who takes over when the primary is gone: a person, or the nodes by election.
//!
//! The node's part is in `primary` or `replica`, what it knows of who is alive in `watch` and `election`; what all share
//! is here.

mod cascade;
mod config;
mod confirm;
mod disk;
mod election;
mod follower;
mod message;
mod monitor;
mod parted;
mod primary;
mod read;
mod replica;
mod retention;
mod role;
mod ship;
mod statement;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod timeline;
mod view;
mod watch;

pub use cascade::Upstream;
pub use config::{Config, Delayed, Shipping};
pub use disk::{Change, Disk};
pub use message::Message;
pub use parted::Rejoin;
pub use retention::Retention;

use super::{Context, Named, NodeView, Order, Protocol, Rule, Standing, commit::Level, failover::By};
use crate::{
    sim::{
        id::{Key, NodeId},
        operation::{Answer, KeyType, Refusal, Request, Write},
        small::SmallMap,
    },
    store::{
        log::{Entry, Epoch, Log, Lsn},
        register::Registers,
    },
    trace::{Fact, Role, TimerName},
};
use disk::Identity;
use election::{Plea, Word};
use follower::Follower;
use monitor::{Monitoring, Said};
use primary::Leading;
use read::Progress;
use replica::Following;
use std::collections::VecDeque;
use timeline::History;
use watch::Guard;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    Resend(NodeId),
    Follow,
    Announce,
    Confirm,
    Touch,
    ApplyDelayed,
    Heartbeat,
    Suspect(NodeId),
    Campaign,
}

impl Named for Timer {
    fn name(&self) -> TimerName {
        match self {
            Timer::Resend(_) => TimerName::Resend,
            Timer::Follow => TimerName::Follow,
            Timer::Announce => TimerName::Announce,
            Timer::Confirm => TimerName::Confirm,
            Timer::Touch => TimerName::Touch,
            Timer::ApplyDelayed => TimerName::ApplyDelayed,
            Timer::Heartbeat => TimerName::Heartbeat,
            Timer::Suspect(_) => TimerName::Suspect,
            Timer::Campaign => TimerName::Campaign,
        }
    }
}

/// How far a replica's log goes, and which log it is.
struct Position {
    connection: u64,
    log_id: u64,
    last_epoch: Epoch,
    at: Confirmed,
    /// It wants everything, whatever it has.
    anew: bool,
}

/// What a replica has told of its positions.
#[derive(Clone, Copy)]
struct Confirmed {
    written: Lsn,
    flushed: Lsn,
    applied: Lsn,
}

/// Work that takes a replica's time: making an entry visible to readers.
#[derive(Clone, Copy, Debug)]
pub struct Apply(pub Lsn);

pub use Apply as Job;

/// One node.
#[derive(Clone, Debug)]
pub struct PrimaryReplica {
    config: Config,
    epoch: Epoch,
    log_id: u64,
    history: History,
    log: Log,
    registers: Registers,
    /// The data just before the first entry of the log.
    base: Registers,
    flushed: Lsn,
    applied: Lsn,
    /// Up to where a majority is known to have the log on disk; none: this node does not know yet.
    committed: Option<Lsn>,
    /// Writes to disk under way: (number of the write, log position it brings to disk). Number 0 stands for
    /// what was found at the start.
    flushing: VecDeque<(u64, Lsn)>,
    /// False on a newcomer with an empty disk until it has the data that was there when it came.
    complete: bool,
    /// Connections to those who fed it since the start.
    connections: u32,
    part: Part,
    /// On a delayed replica: up to where entries may be shown, and when, by its clock; in order.
    held_back: VecDeque<(Lsn, i64)>,
    /// Those to whom it sends its log.
    followers: SmallMap<NodeId, Follower>,
    /// Reads that wait until this node is as far as their readers have been.
    held: Vec<Request>,
    guard: Guard,
}

#[derive(Clone, Debug)]
enum Part {
    Primary(Leading),
    Replica(Following),
    /// It holds no data.
    Monitor(Monitoring),
}

type Ctx = Context<PrimaryReplica>;

impl PrimaryReplica {
    fn append_to_log(&mut self, entry: Entry, ctx: &mut Ctx) {
        self.log.append(entry);
        let number = ctx.write(Change::Append(entry), entry.operation());
        self.flushing.push_back((number, entry.lsn));
    }

    fn make_visible(&mut self, lsn: Lsn, ctx: &mut Ctx) {
        if let Some(entry) = self.log.get(lsn).copied() {
            self.registers.replay(entry.write);
            self.applied = lsn;
            if let Part::Replica(following) = &mut self.part {
                following.shows(lsn);
            }
            ctx.note_about(entry.operation(), Fact::Applied { lsn, write: entry.write });
            self.serve_held(ctx);
        }
    }

    /// A message speaks of a newer epoch. Whether it says something to a node of that epoch, too.
    fn learn_epoch(&mut self, message: &Message, epoch: Epoch, ctx: &mut Ctx) -> bool {
        let (Message::Follow { primary, .. }
        | Message::Announce { primary, .. }
        | Message::Replicate { primary, .. }
        | Message::Snapshot { primary, .. }
        | Message::Parted { primary, .. }) = message
        else {
            return false;
        };
        match (*primary == ctx.me(), message, &self.part) {
            (false, ..) => self.follow(*primary, epoch, ctx),
            // It follows this node in an epoch that this node led and, its disk having been wiped, forgot.
            (true, Message::Follow { .. }, Part::Primary(_)) => {
                self.lead(epoch, ctx);
                return true;
            }
            (true, ..) => {}
        }
        false
    }

    /// Makes everything visible that is on disk.
    fn replay(&mut self, ctx: &mut Ctx) {
        while self.applied < self.flushed {
            self.make_visible(self.applied.next(), ctx);
        }
    }
}

impl Protocol for PrimaryReplica {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Job = Apply;
    type Disk = Disk;

    fn start(config: &Config, disk: &Disk, ctx: &mut Ctx) -> Self {
        let last = disk.log.last();
        let identity = disk.identity.clone().unwrap_or_else(|| Identity::on_empty_disk(config, ctx));
        // Where nodes elect, one that led before is not sure to do so still.
        let leads = identity.leads && (ctx.is_first_boot() || config.failover.by != By::Election);
        let part = match leads {
            _ if config.failover.is_monitor(ctx.me()) => Part::Monitor(Monitoring::default()),
            true => Part::Primary(Leading::default().granted(ctx.is_first_boot().then_some(ctx.local_us()))),
            false => {
                let source = identity.follows.map(|primary| config.source(ctx.me(), primary));
                Part::Replica(Following::new(identity.follows, source))
            }
        };
        // It cannot know whom it heard just before; so that no lease is broken it counts as just now.
        let primary_heard_us = (!ctx.is_first_boot()).then_some(ctx.local_us());
        let mut node = PrimaryReplica {
            config: config.clone(),
            epoch: identity.epoch,
            log_id: identity.log_id,
            history: identity.history,
            log: disk.log.clone(),
            registers: disk.recover(),
            base: disk.base.clone(),
            committed: ctx.is_first_boot().then_some(Lsn::ZERO),
            flushed: disk.base_lsn,
            applied: last,
            flushing: VecDeque::from([(0, last)]),
            complete: identity.complete,
            connections: 0,
            part,
            held_back: VecDeque::new(),
            followers: SmallMap::new(),
            held: Vec::new(),
            guard: Guard { voted: identity.voted, primary_heard_us, ..Guard::default() },
        };
        if last > Lsn::ZERO {
            ctx.note(Fact::Recovered { last, applied: last });
        }
        let saved = node.save_identity(ctx);
        match node.part {
            // At first boot all know who is primary.
            Part::Primary(_) if ctx.is_first_boot() => {}
            Part::Primary(_) => node.part = Part::Primary(Leading::default().known_from(saved)),
            Part::Replica(_) => node.connect(ctx),
            Part::Monitor(_) => {}
        }
        node.watch(ctx);
        node
    }

    fn on_request(&mut self, request: Request, ctx: &mut Ctx) {
        let refuse = |refusal, ctx: &mut Ctx| {
            if let Refusal::NotPrimary { primary } = refusal {
                ctx.note_about(request.operation, Fact::Refused { primary });
            }
            ctx.reply(request, Answer::Refused(refusal));
        };
        match (request.action.is_write(), &self.part) {
            (_, Part::Monitor(_)) => refuse(Refusal::Monitor, ctx),
            (true, Part::Primary(_)) if !request.action.writes_value() => {
                refuse(Refusal::WrongType { holds: KeyType::Register }, ctx)
            }
            (true, Part::Primary(_)) => self.accept_write(request, ctx),
            (true, Part::Replica(following)) => refuse(Refusal::NotPrimary { primary: following.primary() }, ctx),
            (false, Part::Replica(_)) if !self.complete => refuse(Refusal::NotReady, ctx),
            (false, _) => self.serve(request, ctx),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx) {
        let epoch = message.epoch();
        match message {
            Message::Heartbeat { progress, .. } => return self.on_heartbeat(from, epoch, progress, ctx),
            Message::Echo { leads, written, last_epoch, .. } if matches!(self.part, Part::Monitor(_)) => {
                return self.on_report(from, epoch, Said { leads, last_epoch, written }, ctx);
            }
            Message::Echo { sent_us, .. } => return self.on_echo(from, epoch, sent_us, ctx),
            Message::Accuse { primary, .. } => return self.on_accusation(from, epoch, primary, ctx),
            Message::Appoint { .. } => return self.on_appointment(epoch, ctx),
            Message::AskVote { written, last_epoch, trial, .. } => {
                return self.on_plea(from, Plea { epoch, written, last_epoch, trial }, ctx);
            }
            Message::Vote { asked, granted, trial, .. } => {
                return self.on_vote(from, epoch, Word { asked, granted, trial }, ctx);
            }
            _ if matches!(self.part, Part::Monitor(_)) => return,
            _ => {}
        }
        if epoch < self.epoch {
            ctx.note(Fact::SkippedOldEpoch { epoch, current: self.epoch });
            return self.correct(from, &message, ctx);
        }
        if epoch > self.epoch && !self.learn_epoch(&message, epoch, ctx) {
            return;
        }
        match message {
            Message::Follow { .. } if !self.feeds(from, ctx) => self.correct(from, &message, ctx),
            Message::Follow { connection, log_id, written, last_epoch, flushed, applied, anew, .. } => {
                let at = Confirmed { written, flushed, applied };
                self.on_follow(from, Position { connection, log_id, last_epoch, at, anew }, ctx)
            }
            Message::Acknowledge { connection, written, flushed, applied, gap, .. } => {
                self.on_acknowledge(from, connection, Confirmed { written, flushed, applied }, gap, ctx)
            }
            Message::Replicate { began, connection, previous, previous_epoch, entries, last, progress, .. } => {
                if self.heard(from, connection, ctx) && self.on_entries(previous, previous_epoch, entries, last, ctx) {
                    self.is_in_line(began);
                    progress.into_iter().for_each(|progress| self.on_progress(progress, ctx));
                }
            }
            Message::Snapshot { connection, snapshot, .. } => {
                if self.heard(from, connection, ctx) {
                    self.on_snapshot(snapshot, ctx)
                }
            }
            Message::Parted { connection, other, .. } => {
                if self.heard(from, connection, ctx) {
                    self.on_parted(other, ctx)
                }
            }
            Message::Announce { primary, end, .. } => self.on_announce(from, primary, end, ctx),
            Message::Heartbeat { .. }
            | Message::Echo { .. }
            | Message::AskVote { .. }
            | Message::Vote { .. }
            | Message::Accuse { .. }
            | Message::Appoint { .. } => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx) {
        match timer {
            Timer::Resend(replica) => self.resend(replica, ctx),
            Timer::Follow => self.ask_to_follow(ctx),
            Timer::Announce => self.announce(ctx),
            Timer::Confirm => self.on_confirm_timeout(ctx),
            Timer::Touch => self.on_touch(ctx),
            Timer::ApplyDelayed => self.apply_delayed(ctx),
            Timer::Heartbeat => self.beat(ctx),
            Timer::Suspect(node) => self.on_silence(node, ctx),
            Timer::Campaign => self.on_campaign(ctx),
        }
    }

    fn on_job(&mut self, Apply(lsn): Apply, ctx: &mut Ctx) {
        // A snapshot or a promotion may have overtaken the work.
        if lsn == self.applied.next() && lsn <= self.flushed {
            self.make_visible(lsn, ctx);
            self.truncate_log(ctx);
            self.check_complete(ctx);
            if self.config.commit.level == Level::RemoteApply && matches!(self.part, Part::Replica(_)) {
                self.acknowledge(ctx);
            }
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
        let moved = std::mem::replace(&mut self.flushed, flushed) != flushed;
        self.votes_on_disk(up_to, ctx);
        match self.part {
            Part::Primary(_) => {
                self.identity_on_disk(up_to, ctx);
                if moved {
                    self.commit(before, ctx);
                }
            }
            Part::Replica(_) if moved => self.flushed_here(before, ctx),
            Part::Replica(_) | Part::Monitor(_) => {}
        }
    }

    fn obey(&mut self, order: Order, ctx: &mut Ctx) -> Result<(), &'static str> {
        match order {
            Order::Promote => self.promote(ctx),
            Order::Rewind => self.rewind_by_hand(ctx),
            Order::Clone => self.clone_by_hand(ctx),
        }
    }

    fn log(&self) -> Option<&Log> {
        Some(&self.log)
    }

    fn log_on(disk: &Disk) -> Option<&Log> {
        Some(&disk.log)
    }

    fn reconfigure(&mut self, rule: &Rule, ctx: &mut Ctx) {
        match rule {
            Rule::Commit(commit) => self.on_new_rule(commit, ctx),
            Rule::Failover(failover) => self.on_new_failover(failover, ctx),
            Rule::Logs(logs) => {
                self.config = self.config.with_logs(*logs);
                self.truncate_log(ctx);
            }
            Rule::Upstream { node, from } => self.on_new_upstream(*node, *from, ctx),
            // All writes go through one primary.
            Rule::Conflicts(_) => {}
            #[cfg(feature = "quorum")]
            Rule::Quorum(_) => {}
            #[cfg(feature = "documents")]
            Rule::Documents(_) => {}
            Rule::Delay { node, by } => {
                self.config = self.config.with_delay(*node, *by);
                if *node == ctx.me() {
                    self.on_new_delay(ctx);
                }
            }
        }
    }

    fn with_rule(config: &Config, rule: &Rule) -> Config {
        match rule {
            Rule::Commit(commit) => Config { commit: commit.clone(), ..config.clone() },
            Rule::Failover(failover) => Config { failover: failover.clone(), ..config.clone() },
            Rule::Logs(logs) => config.with_logs(*logs),
            Rule::Upstream { node, from } => config.with_upstream(*node, *from),
            Rule::Delay { node, by } => config.with_delay(*node, *by),
            Rule::Conflicts(_) => config.clone(),
            #[cfg(feature = "quorum")]
            Rule::Quorum(_) => config.clone(),
            #[cfg(feature = "documents")]
            Rule::Documents(_) => config.clone(),
        }
    }

    fn is_refused(config: &Config, rule: &Rule) -> bool {
        match rule {
            Rule::Commit(commit) => commit.problem().is_some(),
            Rule::Failover(failover) => failover.problem().is_some(),
            Rule::Logs(logs) => logs.retention.problem(config.log_retention_entries).is_some(),
            Rule::Upstream { node, from } => config.with_upstream(*node, *from).upstream_problem().is_some(),
            Rule::Delay { .. } => false,
            Rule::Conflicts(_) => true,
            #[cfg(feature = "quorum")]
            Rule::Quorum(_) => true,
            #[cfg(feature = "documents")]
            Rule::Documents(_) => true,
        }
    }

    fn holds_data(config: &Config, node: NodeId) -> bool {
        !config.failover.is_monitor(node)
    }

    fn remains(config: &Config, me: NodeId, disk: &Disk) -> NodeView {
        view::remains(config, me, disk)
    }

    fn standing(&self) -> Standing {
        let role = match &self.part {
            Part::Primary(_) => Role::Primary,
            Part::Replica(_) if self.guard.ballot.is_some() => Role::Candidate,
            Part::Replica(_) => Role::Replica,
            Part::Monitor(_) => Role::Monitor,
        };
        Standing { role, epoch: self.epoch, applied: self.applied }
    }

    fn copy(&self, key: Key) -> Option<Write> {
        self.registers.get(key)
    }

    fn view(&self) -> NodeView {
        self.seen()
    }
}
