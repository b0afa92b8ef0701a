//! A run that a test plays by hand. When the test fails, it prints the link that replays it.

use replicarium::{
    lab::LabWorld,
    protocol::{NodeView, primary_replica::Config},
    scenario::{
        ProtocolSettings, Scenario,
        link::{Shared, Source},
    },
    sim::{
        distribution::Distribution,
        id::{Address, ClientId, Key, NodeId, OperationId, Origin},
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::{Action, Outcome, Write},
        time::Micros,
    },
    trace::{Event, Fact, Kind},
    world::{
        Stop, World,
        command::{Command, TimedCommand},
    },
};
use std::sync::Arc;

pub const A: NodeId = NodeId(0);
pub const B: NodeId = NodeId(1);
pub const C: NodeId = NodeId(2);
pub const ANA: ClientId = ClientId(0);
pub const BEN: ClientId = ClientId(1);
pub const X: Key = Key(0);
pub const Y: Key = Key(1);

pub const fn ms(millis: u64) -> Micros {
    Micros::from_millis(millis)
}

pub fn constant(millis: u64) -> Distribution {
    Distribution::Constant(ms(millis))
}

pub struct Play {
    pub scenario: Scenario,
    pub commands: Vec<TimedCommand>,
    pub world: LabWorld,
}

impl Drop for Play {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay this run: {}", self.link());
        }
    }
}

impl Play {
    pub fn new(scenario: Scenario) -> Play {
        let problems = scenario.check();
        assert!(problems.is_empty(), "{problems:?}");
        let commands = scenario.commands.clone();
        let world = World::new(Arc::new(scenario.setup()), Arc::new(commands.clone()));
        Play { scenario, commands, world }
    }

    /// Nodes A, B, C … and two clients without a workload.
    pub fn group(nodes: u16) -> Play {
        Play::new(group(nodes))
    }

    pub fn link(&self) -> String {
        let source = Source::Inline(Box::new(self.scenario.clone()));
        Shared::new(source, self.scenario.seed, self.commands.clone(), self.world.position()).to_text()
    }

    /// Does something now, as the lab does it.
    pub fn act(&mut self, command: Command) -> &mut Play {
        let at = self.world.command_time();
        self.run_to(at);
        self.commands.truncate(self.world.commands_done());
        self.commands.push(TimedCommand { at, command });
        self.world.set_commands(Arc::new(self.commands.clone()));
        assert!(self.world.step());
        self
    }

    pub fn run_to(&mut self, at: Micros) -> &mut Play {
        assert_eq!(self.world.run_until(at, 5_000_000), Stop::Time, "too much happens");
        self
    }

    pub fn run(&mut self, millis: u64) -> &mut Play {
        self.run_to(self.world.now() + ms(millis))
    }

    pub fn write(&mut self, client: ClientId, key: Key, value: i64) -> OperationId {
        self.issue(client, Action::Write { key, value }, None)
    }

    pub fn read(&mut self, client: ClientId, key: Key, at: NodeId) -> OperationId {
        self.issue(client, Action::Read { key }, Some(at))
    }

    pub fn issue(&mut self, client: ClientId, action: Action, at: Option<NodeId>) -> OperationId {
        let number = self.world.sessions()[client.0 as usize].next_hand;
        self.act(Command::Issue { client, action, at });
        OperationId { client, origin: Origin::Hand, number }
    }

    /// How an operation ended, if it did.
    pub fn outcome(&self, operation: OperationId) -> Option<Outcome> {
        self.world.history().iter().rev().find(|(_, row)| row.operation == operation)?.1.outcome.clone()
    }

    /// The value an operation read; None if nothing was there. Fails if it did not end as a read.
    pub fn value(&self, operation: OperationId) -> Option<i64> {
        match self.outcome(operation) {
            Some(Outcome::Read(write)) => write.map(|write| write.value),
            other => panic!("{operation:?} ended with {other:?}"),
        }
    }

    pub fn view(&self, node: NodeId) -> NodeView {
        self.world.view(node).unwrap_or_else(|| panic!("{node} is down"))
    }

    pub fn held(&self, node: NodeId, key: Key) -> Option<i64> {
        self.view(node).copies.iter().find(|write| write.key == key).map(|write| write.value)
    }

    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.world.trace().iter().map(|(_, event)| event)
    }

    /// Times and facts of one node.
    pub fn facts(&self, node: NodeId) -> impl DoubleEndedIterator<Item = (Micros, &Fact)> {
        self.events().filter(move |event| event.node == Some(node)).filter_map(|event| match &event.kind {
            Kind::Fact(fact) => Some((event.at, fact)),
            _ => None,
        })
    }

    /// Writes that a node says it has discarded.
    pub fn discarded(&self, node: NodeId) -> Vec<Write> {
        let lists = self.facts(node).filter_map(|(_, fact)| match fact {
            Fact::Discarded { writes, .. } => Some(writes),
            _ => None,
        });
        lists.flatten().map(|(_, write)| *write).collect()
    }

    /// Messages sent so far that fit.
    pub fn sent(&self, fits: impl Fn(Address, Address, MessageClass) -> bool) -> usize {
        self.events().filter(|event| matches!(event.kind, Kind::Send { from, to, class, .. } if fits(from, to, class))).count()
    }

    pub fn last_idle(&self) -> Option<&'static str> {
        self.events().rev().find_map(|event| match event.kind {
            Kind::CommandIdle { why, .. } => Some(why),
            _ => None,
        })
    }
}

pub fn group(nodes: u16) -> Scenario {
    let mut scenario = Scenario { clients: vec![Default::default(), Default::default()], ..Default::default() };
    scenario.nodes.count = nodes;
    scenario
}

/// Nothing takes time, but what a test sets afterwards.
pub fn instant(nodes: u16) -> Scenario {
    let mut scenario = group(nodes);
    scenario.network.latency = Distribution::ZERO;
    let each = &mut scenario.nodes.each;
    for time in [&mut each.read, &mut each.write, &mut each.message, &mut each.apply, &mut each.flush] {
        *time = Distribution::ZERO;
    }
    scenario
}

pub fn config(scenario: &mut Scenario) -> &mut Config {
    match &mut scenario.protocol {
        ProtocolSettings::PrimaryReplica(config) => config,
        other => panic!("no primary: {other:?}"),
    }
}

pub fn link(from: impl Into<Address>, to: impl Into<Address>, set: LinkChange) -> Command {
    Command::SetLink(LinkRule { from: End::One(from.into()), to: End::One(to.into()), both: false, class: None, set })
}

pub fn latency(millis: u64) -> LinkChange {
    LinkChange { latency: Some(constant(millis)), ..Default::default() }
}
