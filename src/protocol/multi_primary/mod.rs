//! Multi-primary replication: every peer takes reads and writes, commits them on its own disk, and passes them on.
//!
//! A write is acknowledged when it is on the disk of the peer that took it, whoever else has it; so writes of the same key at two
//! peers may not know of each other. Changes carry who wrote what and who had seen what, and merge whatever the order in
//! which they come (`store`); which of several values readers are shown is a matter of [`Conflicts`]. Modelled on circular and
//! all-to-all replication of MySQL, on BDR for PostgreSQL, and on CouchDB; the exchange of vectors is Bayou's (Petersen et al.,
//! "Flexible Update Propagation for Weakly Consistent Replication", 1997).
//!
//! What a peer makes of a client's operation is in `change`, what it does with changes in `accept`, what readers see of them in `shown`, how they get from one to the other in `exchange`, and how deleted registers are forgotten in `collect`. It must not ask anybody before it
//! answers a client: that is what other protocols are for.

mod accept;
mod change;
mod collect;
mod config;
mod disk;
mod exchange;
mod message;
mod shown;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod view;

pub use super::topology::{Pair, Topology};
pub use change::PARTS_MAX;
pub use config::{Config, Delivery};
pub use disk::{Disk, DiskChange as Change};
pub use message::Message;

use super::{Context, Named, NodeView, Order, Protocol, Rule, Standing};
use crate::{
    sim::{
        id::{Key, NodeId},
        operation::{Answer, KeyType, Refusal, Request, Write},
        small::{SmallMap, sorted_once},
    },
    store::{
        log::{Epoch, Log},
        stamp::Clocks,
        version::{Actor, VersionVector},
    },
    trace::{Fact, Role, TimerName},
};
use disk::{Data, DiskChange};
use exchange::Neighbour;
use message::{Change as OneChange, State};
use std::{collections::VecDeque, sync::Arc};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Send again what a neighbour has not confirmed.
    Resend(NodeId),
    /// Ask again those who send to this peer what it lacks.
    Ask,
    /// Ask for what others that wait have to follow.
    Held,
    /// Compare with neighbours what both have.
    Compare,
    /// Forget registers that were deleted long enough ago.
    Collect,
}

impl Named for Timer {
    fn name(&self) -> TimerName {
        match self {
            Timer::Resend(_) => TimerName::Resend,
            Timer::Ask | Timer::Held => TimerName::Follow,
            Timer::Compare => TimerName::Compare,
            Timer::Collect => TimerName::Collect,
        }
    }
}

/// Peers do everything at once.
#[derive(Clone, Debug)]
pub enum Job {}

/// What is on its way to the disk and not shown before it is there.
#[derive(Clone, Debug)]
enum Pending {
    /// Of a client, or from a neighbour.
    Change(Arc<OneChange>, From),
    State(Arc<State>, NodeId),
}

#[derive(Clone, Debug)]
enum From {
    Client(Request, Answer),
    Neighbour(NodeId),
}

/// One node.
#[derive(Clone, Debug)]
pub struct MultiPrimary {
    config: Config,
    actor: Actor,
    clocks: Clocks,
    /// False on a newcomer with an empty disk until it has heard from somebody.
    ready: bool,
    data: Data,
    /// Writes to disk under way, by their numbers.
    pending: VecDeque<(u64, Pending)>,
    /// What the data and those add up to.
    written: VersionVector,
    /// Arrived before something that they have to follow.
    held: Vec<(Arc<OneChange>, NodeId)>,
    /// Those to whom it sends.
    neighbours: SmallMap<NodeId, Neighbour>,
    /// Those with whom it exchanges changes and who have not said anything since the start.
    unheard: Vec<NodeId>,
    /// When each was asked last for what is missing, by the own clock.
    asked_us: SmallMap<NodeId, i64>,
    /// Whom to ask again when they have had time to answer.
    ask_later: Vec<NodeId>,
    will_ask: bool,
    /// What a newcomer has to have before it serves anybody, and who has it; none: nobody has told it yet.
    goal: Option<(NodeId, VersionVector)>,
    /// When the next deleted register may be forgotten, by the own clock.
    collects_at_us: Option<i64>,
}

type Ctx = Context<MultiPrimary>;

impl Protocol for MultiPrimary {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Job = Job;
    type Disk = Disk;

    fn start(config: &Config, disk: &Disk, ctx: &mut Ctx) -> Self {
        let (actor, ready) = match disk.actor {
            Some(actor) => (actor, disk.ready),
            // What it had counted is gone with its disk: its name must be another one.
            None => (Actor { node: ctx.me(), incarnation: ctx.boot() as u16 }, ctx.is_first_boot()),
        };
        let mut node = MultiPrimary {
            config: config.clone(),
            actor,
            clocks: Clocks::new(actor),
            ready,
            data: disk.data.clone(),
            pending: VecDeque::new(),
            written: disk.data.vector.clone(),
            held: Vec::new(),
            neighbours: SmallMap::new(),
            unheard: Vec::new(),
            asked_us: SmallMap::new(),
            ask_later: Vec::new(),
            will_ask: false,
            goal: None,
            collects_at_us: None,
        };
        node.learns_time(ctx);
        if disk.actor.is_none() {
            ctx.write(DiskChange::Born { actor, ready }, None);
        }
        ctx.note(Fact::ResolvesBy { strategy: config.conflicts.register });
        let last = node.data.position();
        if last.0 > 0 {
            ctx.note(Fact::Recovered { last, applied: last });
            // The strategy may have changed while it was down: what it hides is said again.
            node.note_conflicts(node.data.objects.keys().map(|key| (*key, Default::default())).collect(), ctx);
        }
        node.connect(ctx);
        node.schedule_collection(ctx);
        node
    }

    fn on_request(&mut self, request: Request, ctx: &mut Ctx) {
        match (self.ready, request.action.is_write()) {
            (false, _) => ctx.reply(request, Answer::Refused(Refusal::NotReady)),
            (true, true) => self.accept(request, ctx),
            (true, false) => self.serve(request, ctx),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx) {
        match message {
            Message::Changes(changes) => self.on_changes(from, changes, ctx),
            Message::Have { vector, why, digest } => self.on_have(from, (&vector, digest), why, ctx),
            Message::State(state) => self.on_state(from, state, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx) {
        match timer {
            Timer::Resend(neighbour) => self.resend(neighbour, ctx),
            Timer::Ask => self.greet(ctx),
            Timer::Held => self.ask_for_held(ctx),
            Timer::Compare => self.compare(ctx),
            Timer::Collect => self.collect(ctx),
        }
    }

    fn on_job(&mut self, job: Job, _: &mut Ctx) {
        match job {}
    }

    fn on_flushed(&mut self, up_to: u64, ctx: &mut Ctx) {
        let mut passed_on = Vec::new();
        let mut confirmed = Vec::new();
        while let Some((_, pending)) = self.pending.pop_front_if(|(number, _)| *number <= up_to) {
            match pending {
                Pending::Change(change, from) => {
                    self.show(&change, ctx);
                    match from {
                        From::Client(request, answer) => {
                            self.config.contexts.acknowledge(request, answer, (change.write, &change.delta), ctx);
                            passed_on.push((change, None));
                        }
                        From::Neighbour(neighbour) => {
                            confirmed.push(neighbour);
                            passed_on.push((change, Some(neighbour)));
                        }
                    }
                }
                Pending::State(state, from) => {
                    self.show_all(&state, ctx);
                    self.return_forgotten(&state, from, ctx);
                    confirmed.push(from);
                }
            }
        }
        self.pass_on(&passed_on, ctx);
        sorted_once(confirmed).into_iter().for_each(|neighbour| self.confirm(neighbour, ctx));
        self.release(ctx);
        self.check_ready(ctx);
    }

    fn obey(&mut self, order: Order, _: &mut Ctx) -> Result<(), &'static str> {
        Err(match order {
            Order::Promote => "all peers are equal: there is no primary",
            Order::Rewind | Order::Clone => "a peer follows nobody",
        })
    }

    fn reconfigure(&mut self, rule: &Rule, ctx: &mut Ctx) {
        let keys: Vec<Key> = self.data.objects.keys().copied().collect();
        let before = self.look(&keys);
        self.config = Self::with_rule(&self.config, rule);
        ctx.note(Fact::ResolvesBy { strategy: self.config.conflicts.register });
        self.note_switched(before, ctx);
    }

    fn with_rule(config: &Config, rule: &Rule) -> Config {
        match rule {
            Rule::Conflicts(conflicts) => Config { conflicts: conflicts.clone(), ..config.clone() },
            _ => config.clone(),
        }
    }

    fn is_refused(_: &Config, rule: &Rule) -> bool {
        !matches!(rule, Rule::Conflicts(_))
    }

    fn holds_data(_: &Config, _: NodeId) -> bool {
        true
    }

    fn key_type(config: &Config, key: Key) -> KeyType {
        config.type_of(key)
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
        Standing { role: Role::Peer, epoch: Epoch(0), applied: self.data.position() }
    }

    fn copy(&self, key: Key) -> Option<Write> {
        self.shown(key).first().copied()
    }

    fn values(&self, key: Key) -> Vec<Write> {
        self.shown(key)
    }

    fn remains(config: &Config, me: NodeId, disk: &Disk) -> NodeView {
        view::remains(config, me, disk)
    }
}
