//! Gossip: every node takes reads and writes, and tells a few others, picked by chance, what it has heard; they tell others.
//!
//! Demers, Greene, Hauser, Irish, Larson, Shenker, Sturgis, Swinehart, Terry, "Epidemic Algorithms for Replicated Database
//! Maintenance", 1987. A write becomes a hot rumour (`rumours`), which spreads fast and may leave some out: the residue.
//! Anti-entropy (`anti_entropy`) is slow and leaves nobody out. Beside them nodes can watch who is there (`members`: SWIM).
//!
//! Of each key a node keeps the newest write and nothing else, as in the paper: its timestamp says who wins, and no setting
//! does. So data is smaller than that of other peers (`store::object`), and a write that another hides without having known of
//! it is gone; a node that sees it happen says so, as far as the two timestamps tell.
//!
//! Keys are registers, and nothing is deleted: what a deletion needs to reach everybody (death certificates, §2) is not there.
//!
//! A client's write is acknowledged, shown and told when it is on the disk of the node that took it. What a node hears it shows
//! and tells at once, and writes to disk meanwhile: should it forget that in a crash, others have it. It gives its writes new
//! names after every start (the incarnation of its stamps), because it cannot know which it gave last. It must not ask anybody
//! before it answers a client.

mod anti_entropy;
mod config;
mod disk;
mod members;
mod message;
mod rumours;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod view;

pub use config::{AntiEntropy, Compare, Config, Interest, Lose, Membership, Mode};
pub use disk::{Disk, DiskChange as Change};
pub use message::Message;

use super::{Context, MemberView, Named, NodeView, Order, Protocol, Rule, Standing, versions::evaluate};
use crate::{
    sim::{
        id::{Key, NodeId},
        operation::{Action, Answer, KeyType, Refusal, Request, Write},
        small::SmallMap,
    },
    store::{
        log::{Epoch, Log},
        stamp::{HybridClock, Stamp},
        version::Actor,
    },
    trace::{Fact, Role, TimerName},
};
use disk::{Data, DiskChange, Entry};
use members::Members;
use rumours::Rumour;
use std::{collections::VecDeque, sync::Arc};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The next round begins.
    Round,
    /// Compare all with another.
    Compare,
    /// Ping the next member.
    Period,
    /// The one that was pinged has not answered.
    NoAnswer,
    /// A suspect has had its time.
    Suspicion(NodeId),
}

impl Named for Timer {
    fn name(&self) -> TimerName {
        match self {
            Timer::Round => TimerName::Round,
            Timer::Compare => TimerName::Compare,
            Timer::Period => TimerName::Heartbeat,
            Timer::NoAnswer => TimerName::Touch,
            Timer::Suspicion(_) => TimerName::Suspect,
        }
    }
}

/// Nodes do everything at once.
#[derive(Clone, Debug)]
pub enum Job {}

/// A client's write on its way to the disk.
#[derive(Clone, Debug)]
struct Pending {
    number: u64,
    entry: Entry,
    request: Request,
    answer: Answer,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Gossip {
    config: Arc<Config>,
    actor: Actor,
    clock: HybridClock,
    data: Data,
    /// When it heard what it has, since its start, by its own clock.
    heard_us: SmallMap<Key, i64>,
    /// What it tells others.
    spreads: SmallMap<Key, Rumour>,
    /// Whether the timer for the next round runs.
    expects_round: bool,
    pending: VecDeque<Pending>,
    members: Option<Box<Members>>,
}

type Ctx = Context<Gossip>;

impl Protocol for Gossip {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Job = Job;
    type Disk = Disk;

    fn start(config: &Config, disk: &Disk, ctx: &mut Ctx) -> Self {
        let actor = Actor { node: ctx.me(), incarnation: ctx.boot() as u16 };
        let mut node = Gossip {
            config: Arc::new(config.clone()),
            actor,
            clock: HybridClock::new(actor),
            data: disk.data.clone(),
            heard_us: SmallMap::new(),
            spreads: SmallMap::new(),
            expects_round: false,
            pending: VecDeque::new(),
            members: None,
        };
        if let Some(latest) = node.data.iter().map(|entry| entry.stamp).max() {
            node.clock.observe(latest, ctx.local_us());
            let last = view::position(&node.data);
            ctx.note(Fact::Recovered { last, applied: last });
        }
        node.expect_round(ctx);
        node.begin_comparing(ctx);
        node.begin_watching(ctx);
        node
    }

    fn on_request(&mut self, request: Request, ctx: &mut Ctx) {
        match request.action {
            Action::Read { key } => {
                let read = self.copy(key);
                ctx.note_about(request.operation, Fact::Served { read, applied: view::position(&self.data) });
                ctx.reply(request, Answer::Read(read));
            }
            Action::Write { value, .. } => self.accept(request, value, false, ctx),
            Action::Generate { function, key } => {
                let over: Vec<Write> = self.latest(key).map(|entry| entry.write).into_iter().collect();
                let value = evaluate(function, &over, request, ctx);
                self.accept(request, value, true, ctx);
            }
            _ => ctx.reply(request, Answer::Refused(Refusal::WrongType { holds: KeyType::Register })),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx) {
        match message {
            Message::Contact { rumours, asks } => self.on_contact(from, &rumours, asks, ctx),
            Message::Reply { rumours, told } => self.on_reply(from, &rumours, &told, ctx),
            Message::Recent { checksum, entries, pushes, pulls } => {
                self.on_recent(from, &entries, checksum, (pushes, pulls), ctx);
            }
            Message::Digest { stamps, pushes, pulls } => self.on_digest(from, &stamps, (pushes, pulls), ctx),
            Message::Difference { entries, wants } => self.on_difference(from, &entries, &wants, ctx),
            Message::Ping { call, news } => self.on_ping(from, call, &news, ctx),
            Message::PingFor { call, member, news } => self.on_ping_for(from, call, member, &news, ctx),
            Message::Ack { call, member, news } => self.on_ack(from, call, member, &news, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx) {
        match timer {
            Timer::Round => self.round(ctx),
            Timer::Compare => self.compare(ctx),
            Timer::Period => self.period(ctx),
            Timer::NoAnswer => self.no_answer(ctx),
            Timer::Suspicion(member) => self.suspicion_is_over(member, ctx),
        }
    }

    fn on_job(&mut self, job: Job, _: &mut Ctx) {
        match job {}
    }

    fn on_flushed(&mut self, up_to: u64, ctx: &mut Ctx) {
        while let Some(pending) = self.pending.pop_front_if(|pending| pending.number <= up_to) {
            self.show(pending, ctx);
        }
    }

    fn obey(&mut self, order: Order, _: &mut Ctx) -> Result<(), &'static str> {
        Err(match order {
            Order::Promote => "all nodes are equal: there is no primary",
            Order::Rewind | Order::Clone => "no node follows another",
        })
    }

    fn reconfigure(&mut self, rule: &Rule, _: &mut Ctx) {
        self.config = Arc::new(Self::with_rule(&self.config, rule));
    }

    fn with_rule(config: &Config, _: &Rule) -> Config {
        config.clone()
    }

    fn is_refused(_: &Config, _: &Rule) -> bool {
        true
    }

    fn holds_data(_: &Config, _: NodeId) -> bool {
        true
    }

    fn gossips(_: &Config) -> bool {
        true
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
        Standing { role: Role::Peer, epoch: Epoch(0), applied: view::position(&self.data) }
    }

    fn copy(&self, key: Key) -> Option<Write> {
        self.data.get(key).map(|entry| entry.write)
    }

    fn stamp(&self, key: Key) -> Option<Stamp> {
        self.data.stamp(key)
    }

    fn spreads(&self, key: Key) -> bool {
        self.spreads.contains_key(&key)
    }

    fn doubts(&self) -> Vec<MemberView> {
        self.members.iter().flat_map(|members| members.doubts()).collect()
    }

    fn remains(_: &Config, me: NodeId, disk: &Disk) -> NodeView {
        view::remains(me, disk)
    }
}

impl Gossip {
    /// A key with what is still on its way to the disk.
    fn latest(&self, key: Key) -> Option<Entry> {
        let pending = self.pending.iter().map(|pending| &pending.entry).filter(|entry| entry.write.key == key);
        pending.chain(self.data.get(key)).max_by_key(|entry| entry.stamp).copied()
    }

    /// Takes a client's write, over what it has of the key.
    fn accept(&mut self, request: Request, value: i64, is_made_here: bool, ctx: &mut Ctx) {
        let key = request.action.key();
        let over = self.latest(key);
        let write = Write { id: request.operation, key, value };
        let entry = Entry { write, stamp: self.clock.tick(ctx.local_us()), over: over.map(|over| over.stamp) };
        ctx.note_about(write.id, Fact::Accepted { write, over: over.iter().map(|over| over.write).collect() });
        let number = ctx.write(DiskChange(entry), Some(write.id));
        ctx.flush();
        let answer = if is_made_here { Answer::Generated(write) } else { Answer::Written };
        self.pending.push_back(Pending { number, entry, request, answer });
    }

    /// A client's write is on disk: readers see it, others will hear of it.
    fn show(&mut self, pending: Pending, ctx: &mut Ctx) {
        let Pending { entry, request, answer, .. } = pending;
        let Write { id, key, .. } = entry.write;
        if self.learn(&entry, ctx) {
            ctx.note_about(id, Fact::Merged { write: entry.write, by: ctx.me() });
            self.spread(key, ctx);
        } else if let Some(newer) = self.data.get(key).copied().filter(|newer| newer.hides(&entry)) {
            self.note_dropped(entry.write, newer.write, ctx);
        }
        ctx.reply(request, answer);
    }
}
