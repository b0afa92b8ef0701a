//! Leaderless replication with quorums: every key has `n` home nodes, a write is done when `w` copies are on disk, a read takes the first
//! `r` answers. If r + w > n, the two have a node in common.
//!
//! Modelled on Dynamo (DeCandia et al., "Dynamo: Amazon’s Highly Available Key-value Store", 2007), Riak and Cassandra. Any node
//! coordinates what its clients ask (`write`, `read`). What falls behind is found by readers (read repair), kept by stand-ins
//! (`hints`), or found by comparing hash trees (`anti_entropy`). Placement is a pure function (`ring`).
//!
//! Over what a write is made is the group's rule (`contexts`): what its client was shown, or all that its coordinator knows of the key: its
//! own copy, what it wrote, and what it has read for others since it started. Writes that do not know of each other become siblings.
//!
//! A coordinator takes a node for unreachable that did not answer in time, until it hears from it. It takes nothing back: a
//! write that reached too few is where it is, and later reads may find it. A coordinator names its writes anew after every start,
//! because what it had named may be on others' disks and not on its own.

mod anti_entropy;
mod config;
mod disk;
mod hints;
mod merkle;
mod message;
mod reach;
mod read;
mod ring;
mod rule;
mod store;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod view;
mod write;

pub use config::{Config, Hints, ReadRepair};
pub use disk::{Disk, DiskChange as Change};
pub use message::Message;
pub use ring::Ring;
pub use rule::Quorums;

use super::{
    Context, Named, NodeView, Order, Protocol, Rule, Standing,
    placement::Placement,
    versions::{answer, later, latest_told, visible},
};
use crate::{
    sim::{
        id::{Key, NodeId, OperationId},
        operation::{Refusal, Request, Write},
        small::{SmallMap, SmallSet},
    },
    store::{
        log::{Epoch, Log, Lsn},
        object::{Object, register::Register},
        stamp::Clocks,
        version::Actor,
    },
    trace::{Fact, Role, TimerName},
};
use anti_entropy::Restoring;
use disk::{Data, DiskChange};
use message::{About, Ticket};
use read::Reading;
use std::collections::VecDeque;
use store::Pending;
use write::Writing;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Wait no longer for answers to this call.
    Call(u32),
    /// Ask those who did not answer whether they are there.
    Probe,
    /// Try to hand over what is kept for others.
    HandOff,
    /// Compare with other home nodes what both have.
    Compare,
    /// Ask again to be given what an empty node lacks.
    Restore,
}

impl Named for Timer {
    fn name(&self) -> TimerName {
        match self {
            Timer::Call(_) => TimerName::Confirm,
            Timer::Probe => TimerName::Touch,
            Timer::HandOff => TimerName::HandOff,
            Timer::Compare => TimerName::Compare,
            Timer::Restore => TimerName::Follow,
        }
    }
}

/// Nodes do everything at once.
#[derive(Clone, Debug)]
pub enum Job {}

/// What a coordinator has under way.
#[derive(Clone, Debug)]
enum Call {
    Writing(Writing),
    Reading(Reading),
}

/// One node.
#[derive(Clone, Debug)]
pub struct Quorum {
    config: Config,
    actor: Actor,
    clocks: Clocks,
    /// False on a node that lost its disk, or joins, until it has what others have: it answers no reads.
    ready: bool,
    ring: Ring,
    data: Data,
    /// How many writes are in it.
    position: Lsn,
    /// Writes to disk under way, by their numbers.
    pending: VecDeque<(u64, Pending)>,
    /// What it has written and read for clients since the start, beside its own copies.
    known: SmallMap<Key, Object>,
    calls: SmallMap<u32, Call>,
    next_call: u32,
    /// Who did not answer in time and was not heard of since.
    unreachable: SmallSet<NodeId>,
    is_probing: bool,
    is_handing_over: bool,
    /// Copies of keys that are at home elsewhere: which state of them, and who has it.
    moving: SmallMap<Key, (u64, Vec<NodeId>)>,
    restoring: Restoring,
}

type Ctx = Context<Quorum>;

impl Protocol for Quorum {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Job = Job;
    type Disk = Disk;

    fn start(config: &Config, disk: &Disk, ctx: &mut Ctx) -> Self {
        let actor = Actor { node: ctx.me(), incarnation: ctx.boot() as u16 };
        let ready = if disk.born { disk.ready } else { ctx.is_first_boot() };
        let mut node = Quorum {
            config: config.clone(),
            actor,
            clocks: Clocks::new(actor),
            ready,
            ring: config.ring(ctx.members()),
            data: disk.data.clone(),
            position: view::position(&disk.data),
            pending: VecDeque::new(),
            known: SmallMap::new(),
            calls: SmallMap::new(),
            next_call: 0,
            unreachable: SmallSet::new(),
            is_probing: false,
            is_handing_over: false,
            moving: SmallMap::new(),
            restoring: Restoring::default(),
        };
        let latest = node.data.objects.values().filter_map(latest_told).reduce(later);
        if let Some(told) = latest {
            node.clocks.observe(told, ctx.local_us());
        }
        if !disk.born {
            ctx.write(DiskChange::Born { ready }, None);
            ctx.flush();
        }
        ctx.note(Fact::ResolvesBy { strategy: config.conflicts.register });
        // The strategy may have changed while it was down: what it hides is said again.
        node.note_conflicts(node.data.objects.keys().map(|key| (*key, Default::default())).collect(), ctx);
        // Of what was handed over some may still be on the disk.
        node.data.hints.iter().for_each(|((of, _), hint)| store::note_hint(*of, &hint.object, ctx));
        node.watch_hints(ctx);
        node.schedule_compare(ctx);
        node.restore(ctx);
        node
    }

    fn on_request(&mut self, request: Request, ctx: &mut Ctx) {
        self.look_around(ctx);
        match (self.ready, request.action.is_write()) {
            (false, _) => ctx.reply(request, super::Answer::Refused(Refusal::NotReady)),
            (true, true) => self.coordinate_write(request, ctx),
            (true, false) => self.coordinate_read(request, ctx),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx) {
        self.look_around(ctx);
        self.heard(from, ctx);
        match message {
            Message::Store { ticket, key, object, hint_for, about } => {
                self.on_store(from, ticket, (key, object), hint_for, about, ctx);
            }
            Message::Stored { ticket } => self.on_stored(from, ticket, ctx),
            Message::Fetch { ticket, key, about } => self.on_fetch(from, ticket, key, about, ctx),
            Message::Fetched { ticket, object } => self.on_fetched(from, ticket, object, ctx),
            Message::HandOff { key, object, digest } => self.on_hand_off(from, key, object, digest, ctx),
            Message::Taken { key, digest } => self.on_taken(from, key, digest, ctx),
            Message::Ping => ctx.send(from, Message::Pong),
            Message::Pong => {}
            Message::Compare { hashes, compared } => self.on_compare(from, &hashes, compared, ctx),
            Message::Exchange { leaves, copies, back, compared } => {
                self.on_exchange(from, (&leaves, copies), back, compared, ctx)
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx) {
        self.look_around(ctx);
        match timer {
            Timer::Call(number) => self.call_times_out(number, ctx),
            Timer::Probe => self.probe(ctx),
            Timer::HandOff => self.hand_over_all(ctx),
            Timer::Compare => self.compare_all(ctx),
            Timer::Restore => self.restore_again(ctx),
        }
    }

    fn on_job(&mut self, job: Job, _: &mut Ctx) {
        match job {}
    }

    fn on_flushed(&mut self, up_to: u64, ctx: &mut Ctx) {
        self.look_around(ctx);
        while let Some((_, pending)) = self.pending.pop_front_if(|(number, _)| *number <= up_to) {
            self.settle(pending, ctx);
        }
        self.check_ready(ctx);
    }

    fn obey(&mut self, order: Order, _: &mut Ctx) -> Result<(), &'static str> {
        Err(match order {
            Order::Promote => "all nodes are equal: there is no primary",
            Order::Rewind | Order::Clone => "no node follows another",
        })
    }

    fn reconfigure(&mut self, rule: &Rule, ctx: &mut Ctx) {
        let keys: Vec<Key> = self.data.objects.keys().copied().collect();
        let before = self.look(&keys);
        self.config = Self::with_rule(&self.config, rule);
        ctx.note(Fact::ResolvesBy { strategy: self.config.conflicts.register });
        self.note_conflicts(before, ctx);
        if let Rule::Quorum(_) = rule {
            // With other homes some copies are where nobody looks for them; who compares brings them home.
            ctx.cancel_timer(Timer::Compare);
            self.schedule_compare(ctx);
        }
    }

    fn with_rule(config: &Config, rule: &Rule) -> Config {
        match rule {
            Rule::Conflicts(conflicts) => Config { conflicts: conflicts.clone(), ..config.clone() },
            Rule::Quorum(quorums) => config.with_quorums(*quorums),
            _ => config.clone(),
        }
    }

    fn is_refused(_: &Config, rule: &Rule) -> bool {
        !matches!(rule, Rule::Conflicts(_) | Rule::Quorum(_))
    }

    fn holds_data(_: &Config, _: NodeId) -> bool {
        true
    }

    fn placement(config: &Config, members: &[NodeId]) -> Placement {
        Placement::on_ring(config.ring(members), config.n)
    }

    fn log(&self) -> Option<&Log> {
        None
    }

    fn log_on(_: &Disk) -> Option<&Log> {
        None
    }

    fn view(&self) -> NodeView {
        self.seen()
    }

    fn standing(&self) -> Standing {
        Standing { role: Role::Peer, epoch: Epoch(0), applied: self.position }
    }

    fn copy(&self, key: Key) -> Option<Write> {
        visible(key, self.data.objects.get(&key)?, &self.config.conflicts).shown.first().copied()
    }

    fn remains(config: &Config, me: NodeId, disk: &Disk) -> NodeView {
        view::remains(config, me, disk)
    }
}

impl Quorum {
    /// Takes notice of who belongs to the group now.
    fn look_around(&mut self, ctx: &Ctx) {
        if self.ring.members() != ctx.members() {
            self.ring = self.config.ring(ctx.members());
            let members = ctx.members();
            self.unreachable = self.unreachable.iter().copied().filter(|node| members.contains(node)).collect();
        }
    }

    fn homes(&self, key: Key) -> Vec<NodeId> {
        self.ring.homes(key, self.config.n)
    }

    /// What it knows of a key.
    fn latest(&self, key: Key) -> Register {
        let mut register = Register::default();
        for object in [self.data.objects.get(&key), self.known.get(&key)].into_iter().flatten() {
            if let Object::Register(own) = object {
                register.merge(own);
            }
        }
        register
    }

    fn learn(&mut self, key: Key, object: &Object, ctx: &Ctx) {
        if let Some(told) = latest_told(object) {
            self.clocks.observe(told, ctx.local_us());
        }
        match self.known.get_mut(&key) {
            Some(own) => drop(own.merge(object)),
            None => drop(self.known.insert(key, object.clone())),
        }
    }

    fn begin(&mut self, call: Call, ctx: &mut Ctx) -> u32 {
        let number = self.next_call;
        self.next_call += 1;
        self.calls.insert(number, call);
        ctx.set_timer(Timer::Call(number), self.config.timeout);
        number
    }

    fn end(&mut self, number: u32, ctx: &mut Ctx) {
        self.calls.remove(&number);
        ctx.cancel_timer(Timer::Call(number));
    }

    fn on_stored(&mut self, from: NodeId, ticket: Ticket, ctx: &mut Ctx) {
        if ticket.boot == ctx.boot() {
            self.stored(from, ticket.number, ctx);
        }
    }

    /// A copy of what a call is about is on a node's disk.
    fn stored(&mut self, on: NodeId, number: u32, ctx: &mut Ctx) {
        match self.calls.get_mut(&number) {
            Some(Call::Writing(_)) => self.copy_is_on_disk(on, number, ctx),
            Some(Call::Reading(_)) => self.is_repaired(on, number, ctx),
            None => {}
        }
    }

    fn call_times_out(&mut self, number: u32, ctx: &mut Ctx) {
        match self.calls.get(&number) {
            Some(Call::Writing(_)) => self.write_times_out(number, ctx),
            Some(Call::Reading(_)) => self.read_times_out(number, ctx),
            None => {}
        }
    }
}

/// What a message between two nodes is about, so that each has a chance of its own. Its answer is one more.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Part {
    Store = 0,
    Fetch = 2,
    StandIn = 4,
}

impl Part {
    const COUNT: u64 = 6;

    fn of(self, operation: OperationId, attempt: u32) -> About {
        Some((operation, attempt as u64 * Part::COUNT + self as u64))
    }

    fn answer(about: About) -> About {
        about.map(|(operation, word)| (operation, word + 1))
    }
}

fn send(to: NodeId, message: Message, about: About, ctx: &mut Ctx) {
    match about {
        Some((operation, word)) => ctx.send_about(to, message, operation, word),
        None => ctx.send(to, message),
    }
}
