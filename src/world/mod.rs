//! The world: nodes, clients and the wire between them, driven by one queue of events.
//!
//! A world is plain data: cloning it is a keyframe. It is a pure function of its set-up and its commands. Time stands
//! still between events; what happens at time t happens in the order (commands at t, then events at t as they were
//! scheduled). It must not know what a protocol's messages mean, nor who looks.

mod clients;
pub mod command;
mod commands;
pub mod host;
mod nodes;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) mod tests;
mod wire;

use crate::{
    client::{history::Row, session::Session, workload::ClientSettings},
    protocol::{MemberView, NodeView, Protocol, Shown, Standing, placement::Placement},
    sim::{
        chunked::Chunked,
        draw::{Chance, Lineage},
        id::{Address, ClientId, EventId, Key, MessageId, NodeId, OperationId},
        network::{LinkRule, LinkSettings, MessageClass, Network},
        operation::{Answer, Request, Write},
        time::Micros,
    },
    store::{
        log::{Epoch, Log},
        stamp::Stamp,
    },
    trace::{Cargo, Causes, Event, Kind, Role},
};
use command::TimedCommand;
use host::{Host, NodeSettings, Place};
use std::{collections::BTreeMap, sync::Arc};

/// Everything that is fixed when a run starts.
#[derive(Clone, Debug)]
pub struct Setup<P: Protocol> {
    pub config: P::Config,
    pub seed: u64,
    /// How many keys the workloads use.
    pub keys: u16,
    pub nodes: Vec<NodeSettings>,
    /// One a session.
    pub clients: Vec<ClientSettings>,
    /// What operations are called in all workloads, each name once.
    pub operation_names: Arc<Vec<String>>,
    /// Whom clients believe to be primary at first.
    pub first_primary: NodeId,
    pub link: LinkSettings,
    pub rules: Vec<LinkRule>,
}

/// A message on the wire.
#[derive(Clone, Debug)]
pub struct Flight<P: Protocol> {
    pub id: MessageId,
    pub from: Address,
    pub to: Address,
    pub class: MessageClass,
    pub cargo: Cargo,
    pub operation: Option<OperationId>,
    pub sent_at: Micros,
    /// When it arrives, or is lost half-way.
    pub ends_at: Micros,
    pub lost: bool,
    pub(crate) payload: Payload<P>,
    pub(crate) lineage: Lineage,
    /// The event of its sending.
    pub sent_by: EventId,
    /// The last command that changed its way.
    touched_by: Option<EventId>,
    place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum Payload<P: Protocol> {
    /// With what its client has been shown of the key.
    Request(Request, Shown),
    /// The answer, up to where of the log it is from, and what the client is shown with it.
    Response(Request, (Answer, u64, Shown)),
    Message(P::Message),
}

/// What the queue holds.
#[derive(Clone, Debug)]
enum Due<P: Protocol> {
    /// A message arrives or is lost.
    Wire(MessageId),
    Served(NodeId),
    Timer(NodeId, P::Timer),
    Flushed(NodeId),
    /// The client's workload calls for its next operation.
    Arrival(ClientId),
    /// The client's open operation was not answered in time.
    Timeout(ClientId),
    /// The client tries again after a pause.
    Retry(ClientId, NodeId),
}

/// Why [`World::run_until`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The time is reached.
    Time,
    /// The budget of steps is spent; call again to go on.
    Budget,
    /// The run has as many steps as a run may have.
    Limit,
}

/// A moment of a run: a time, and how many of the steps due at that time were made. Ordered as the run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Position {
    pub at: Micros,
    pub steps: u64,
}

#[derive(Clone, Debug)]
pub struct World<P: Protocol> {
    setup: Arc<Setup<P>>,
    now: Micros,
    steps: u64,
    /// When the last event (not command) was handled.
    last_event_at: Option<Micros>,
    queue: BTreeMap<Place, Due<P>>,
    next_place: u64,
    next_message: u64,
    /// Shared by keyframes as long as nothing happens at them.
    hosts: Vec<Arc<Host<P>>>,
    /// Nodes that belong to the group, up or down.
    members: Arc<[NodeId]>,
    /// Those of them that hold data.
    stores: Arc<[NodeId]>,
    /// Which of them keep which key.
    placement: Arc<Placement>,
    /// The newest epoch that any node has known; and what it was when the operator last changed who decides on promotions.
    newest_epoch: Epoch,
    epoch_floor: Epoch,
    sessions: Vec<Session>,
    /// For each session: the time-out or the next try that its open operation waits for.
    alarms: Vec<Option<Place>>,
    network: Network,
    flights: BTreeMap<MessageId, Flight<P>>,
    commands: Arc<Vec<TimedCommand>>,
    next_command: usize,
    trace: Chunked<Event>,
    history: Chunked<Row>,
}

impl<P: Protocol> World<P> {
    /// Most events and history rows kept; older ones are dropped, and [`Chunked::first`] says how many.
    pub const TRACE_MAX: u64 = 200_000;
    pub const HISTORY_MAX: u64 = 100_000;
    /// Most steps in one run.
    pub const STEPS_MAX: u64 = 20_000_000;
    /// Most messages on the wire at once; more are dropped as on a full link.
    pub const FLIGHTS_MAX: usize = 100_000;

    /// A world at time 0 in which every node has started.
    pub fn new(setup: Arc<Setup<P>>, commands: Arc<Vec<TimedCommand>>) -> World<P> {
        let node = |(index, settings): (usize, &NodeSettings)| Arc::new(Host::new(NodeId(index as u16), settings.clone(), None));
        let client = |(index, settings): (usize, &ClientSettings)| {
            Session::new(ClientId(index as u16), settings.clone(), setup.first_primary)
        };
        let mut world = World {
            now: Micros::ZERO,
            steps: 0,
            last_event_at: None,
            queue: BTreeMap::new(),
            next_place: 0,
            next_message: 0,
            hosts: setup.nodes.iter().enumerate().map(node).collect(),
            members: Arc::from([]),
            stores: Arc::from([]),
            placement: Arc::default(),
            newest_epoch: Epoch(1),
            epoch_floor: Epoch(1),
            alarms: vec![None; setup.clients.len()],
            sessions: setup.clients.iter().enumerate().map(client).collect(),
            network: Network::new(setup.link.clone(), setup.rules.clone()),
            flights: BTreeMap::new(),
            commands,
            next_command: 0,
            trace: Chunked::default(),
            history: Chunked::default(),
            setup,
        };
        world.count_members();
        for index in 0..world.hosts.len() {
            world.start_process(NodeId(index as u16), Causes::NONE);
        }
        for index in 0..world.sessions.len() {
            world.schedule_arrival(ClientId(index as u16), Micros::ZERO);
        }
        world
    }

    pub fn now(&self) -> Micros {
        self.now
    }

    pub fn position(&self) -> Position {
        Position { at: self.now, steps: self.steps }
    }

    /// How many commands and events were handled.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    pub fn setup(&self) -> &Setup<P> {
        &self.setup
    }

    pub fn trace(&self) -> &Chunked<Event> {
        &self.trace
    }

    pub fn history(&self) -> &Chunked<Row> {
        &self.history
    }

    pub fn hosts(&self) -> &[Arc<Host<P>>] {
        &self.hosts
    }

    pub fn host(&self, node: NodeId) -> Option<&Host<P>> {
        self.hosts.get(node.0 as usize).map(Arc::as_ref)
    }

    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    pub fn session(&self, client: ClientId) -> Option<&Session> {
        self.sessions.get(client.0 as usize)
    }

    /// What an operation is called, if its client's workload gave it a name.
    pub fn operation_name(&self, operation: OperationId) -> Option<&str> {
        self.session(operation.client)?.name(self.chance(), operation)
    }

    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Messages on the wire, in the order they were sent.
    pub fn flights(&self) -> impl Iterator<Item = &Flight<P>> {
        self.flights.values()
    }

    pub fn flight(&self, message: MessageId) -> Option<&Flight<P>> {
        self.flights.get(&message)
    }

    pub fn commands(&self) -> &[TimedCommand] {
        &self.commands
    }

    /// How many commands took effect.
    pub fn commands_done(&self) -> usize {
        self.next_command
    }

    /// Nodes that belong to the group, up or down.
    /// A node's log; of one that is down, what a start would find.
    pub fn log(&self, node: NodeId) -> Option<&Log> {
        let host = self.host(node)?;
        host.process().map_or_else(|| P::log_on(host.cache()), P::log)
    }

    /// Those that hold data.
    pub fn stores(&self) -> &[NodeId] {
        &self.stores
    }

    /// Which of them keep which key.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    pub fn members(&self) -> Vec<NodeId> {
        self.members.to_vec()
    }

    /// Every node and client that takes part.
    pub fn addresses(&self) -> Vec<Address> {
        let nodes = self.members.iter().copied().map(Address::Node);
        nodes.chain(self.sessions.iter().map(|session| Address::Client(session.id))).collect()
    }

    pub fn view(&self, node: NodeId) -> Option<NodeView> {
        self.host(node)?.process.as_ref().map(P::view)
    }

    /// What a node holds, or what is left of it while it is down.
    pub fn remains(&self, node: NodeId) -> Option<NodeView> {
        let host = self.host(node)?;
        let down = || P::remains(&self.setup.config, node, &host.cache);
        Some(host.process.as_ref().map_or_else(down, P::view))
    }

    /// Of [`World::view`], what is asked for most.
    pub fn standing(&self, node: NodeId) -> Option<Standing> {
        self.host(node)?.process.as_ref().map(P::standing)
    }

    /// The write that a running node holds for a key.
    pub fn copy(&self, node: NodeId, key: Key) -> Option<Write> {
        self.host(node)?.process.as_ref()?.copy(key)
    }

    /// When what a running node holds for a key was written.
    pub fn stamp(&self, node: NodeId, key: Key) -> Option<Stamp> {
        self.host(node)?.process.as_ref()?.stamp(key)
    }

    /// Whether a running node tells others what it holds for a key.
    pub fn spreads(&self, node: NodeId, key: Key) -> bool {
        self.host(node).and_then(|host| host.process.as_ref()).is_some_and(|process| process.spreads(key))
    }

    /// Whom a running node suspects or takes for dead.
    pub fn doubts(&self, node: NodeId) -> Vec<MemberView> {
        self.host(node).and_then(|host| host.process.as_ref()).map_or_else(Vec::new, P::doubts)
    }

    /// The running primary of the highest epoch, if one runs.
    pub fn primary(&self) -> Option<NodeId> {
        let standings = self.members.iter().filter_map(|node| Some((self.standing(*node)?, *node)));
        standings.filter(|(one, _)| one.role == Role::Primary).max_by_key(|(one, _)| one.epoch).map(|(_, node)| node)
    }

    /// Whether the operator can make a node primary: it runs, and does not lead the newest epoch already.
    pub fn can_promote(&self, node: NodeId) -> bool {
        let may = |one: Standing| match one.role {
            Role::Primary => one.epoch < self.newest_epoch,
            Role::Replica | Role::Candidate => true,
            Role::Monitor | Role::Peer => false,
        };
        self.standing(node).is_some_and(may)
    }

    /// A copy to come back to, with no more than the last `events` of its trace, so that many copies do not keep a whole
    /// long run in memory. [`World::recall`] gives the rest back.
    pub fn keyframe(&self, events: u64) -> World<P> {
        let mut copy = self.clone();
        copy.forget(events);
        copy
    }

    /// Forgets all but the last `events` of the trace, and as many rows of the history.
    pub fn forget(&mut self, events: u64) {
        self.trace.keep_last(events);
        self.history.keep_last(events);
    }

    /// Takes over what a later world of the same run still knows of the time before this one.
    pub fn recall(&mut self, later: &World<P>) {
        if later.steps >= self.steps && later.trace.first() < self.trace.first() {
            self.trace = later.trace.until(self.trace.next());
        }
        if later.steps >= self.steps && later.history.first() < self.history.first() {
            self.history = later.history.until(self.history.next());
        }
    }

    /// Replaces the list of commands; those that took effect already must be the same.
    pub fn set_commands(&mut self, commands: Arc<Vec<TimedCommand>>) {
        debug_assert_eq!(self.commands.get(..self.next_command), commands.get(..self.next_command));
        self.commands = commands;
    }

    /// The earliest time at which a new command can take effect: now, or, if an event was handled at this very
    /// moment, one microsecond later, since commands come before events.
    pub fn command_time(&self) -> Micros {
        if self.last_event_at == Some(self.now) { self.now + Micros(1) } else { self.now }
    }

    /// When the next command or event is due.
    pub fn next_at(&self) -> Option<Micros> {
        let command = self.commands.get(self.next_command).map(|command| command.at);
        let event = self.queue.first_key_value().map(|((at, _), _)| *at);
        match (command, event) {
            (Some(command), Some(event)) => Some(command.min(event)),
            (command, event) => command.or(event),
        }
    }

    /// Handles the next command or event. False if there is none, or the run is at its limit.
    pub fn step(&mut self) -> bool {
        let Some(at) = self.next_at().filter(|_| self.steps < Self::STEPS_MAX) else { return false };
        self.now = at.max(self.now);
        self.steps += 1;
        if self.commands.get(self.next_command).is_some_and(|command| command.at <= at) {
            self.next_command += 1;
            self.apply_command(self.next_command - 1);
        } else if let Some((place, due)) = self.queue.pop_first() {
            self.last_event_at = Some(self.now);
            self.handle(due, place);
        }
        true
    }

    /// Runs to the moment before any event at `until`, or until `budget` steps were made.
    pub fn run_until(&mut self, until: Micros, budget: u64) -> Stop {
        self.run_watched(until, budget, |_| {})
    }

    /// The same, and `look` looks at it after each step.
    pub fn run_watched(&mut self, until: Micros, budget: u64, mut look: impl FnMut(&World<P>)) -> Stop {
        for _ in 0..budget {
            if self.next_at().is_none_or(|at| at >= until) {
                self.now = self.now.max(until);
                return Stop::Time;
            }
            if !self.step() {
                return Stop::Limit;
            }
            look(self);
        }
        Stop::Budget
    }

    fn handle(&mut self, due: Due<P>, place: Place) {
        match due {
            Due::Wire(message) => self.end_of_flight(message),
            Due::Served(node) => self.served(node),
            Due::Timer(node, timer) => self.timer_due(node, timer, place),
            Due::Flushed(node) => self.flush_done(node),
            Due::Arrival(client) => self.workload_calls(client),
            Due::Timeout(client) => self.attempt_timed_out(client),
            Due::Retry(client, node) => self.retry(client, node),
        }
    }

    fn schedule(&mut self, at: Micros, due: Due<P>) -> Place {
        let place = (at.max(self.now), self.next_place);
        self.next_place += 1;
        self.queue.insert(place, due);
        place
    }

    fn note(&mut self, node: Option<NodeId>, operation: Option<OperationId>, causes: Causes, kind: Kind) -> EventId {
        let id = self.trace.push(Event { at: self.now, node, operation, causes, kind });
        if self.trace.len() as u64 > Self::TRACE_MAX {
            self.trace.drop_before(self.trace.next() - Self::TRACE_MAX);
        }
        EventId(id)
    }

    fn chance(&self) -> Chance {
        Chance::new(self.setup.seed)
    }
}
