//! "What if this one thing had been different" changes what follows from it, and nothing else.

use crate::play::*;
use replicarium::{
    client::workload::{ClientSettings, Pace, Target, Workload},
    lab::{Lab, LabWorld},
    scenario::{Scenario, link::Source},
    sim::{
        distribution::Distribution,
        id::{Address, ClientId, Key, MessageId, OperationId},
        network::MessageClass,
        operation::Action,
        time::Micros,
    },
    trace::{self, Cargo, Kind},
    world::{
        World,
        command::{Command, TimedCommand},
    },
};
use std::{collections::BTreeMap, sync::Arc};

fn scenario(seed: u64) -> Scenario {
    let mut scenario = group(4);
    scenario.seed = seed;
    scenario.keys = 8;
    // Messages may overtake each other, so how long one travels is its own draw.
    scenario.network.in_order = false;
    scenario.network.latency = Distribution::Exponential { mean: ms(20) };
    (scenario.network.loss, scenario.network.jitter) = (0.05, ms(4));
    let workload = Workload { pace: Pace::Poisson { per_s: 4.0 }, read_share: 0.4, ..Default::default() };
    let client = ClientSettings { reads_from: Target::Any, workload: Some(workload), ..Default::default() };
    scenario.clients = vec![client.clone(), client, ClientSettings::default()];
    // One entry a message, so that no write travels under the name of another.
    config(&mut scenario).batch_entries = 1;
    scenario
}

fn run(scenario: &Scenario, commands: Vec<TimedCommand>) -> LabWorld {
    let mut world = World::new(Arc::new(scenario.setup()), Arc::new(commands));
    world.run_until(ms(6_000), u64::MAX);
    world
}

/// (operation, how manieth such message, from, to, class, is it a request?) → how long it travelled, or, if lost, how far.
type Journeys = BTreeMap<(OperationId, u32, Address, Address, MessageClass), (bool, Micros)>;

fn journeys(world: &LabWorld) -> Journeys {
    let (mut sent, mut journeys) = (BTreeMap::new(), Journeys::new());
    let mut attempts = BTreeMap::new();
    for (_, event) in world.trace().iter() {
        match event.kind.clone() {
            // What belongs to no operation (acknowledgements, questions) belongs to the flush or timer it comes from.
            Kind::Send { message, from, to, class, cargo } if !matches!(cargo, Cargo::Position { .. }) => {
                if let Some(operation) = event.operation {
                    let count = attempts.entry((operation, from, to, class)).or_insert(0);
                    sent.insert(message, ((operation, *count, from, to, class), event.at));
                    *count += 1;
                }
            }
            Kind::Deliver { message, .. } | Kind::Drop { message, .. } => {
                if let Some((key, at)) = sent.remove(&message) {
                    let arrived = matches!(event.kind, Kind::Deliver { .. });
                    journeys.insert(key, (arrived, event.at.saturating_sub(at)));
                }
            }
            _ => {}
        }
    }
    journeys
}

/// When each client's workload asked for something, and what.
fn arrivals(world: &LabWorld) -> BTreeMap<OperationId, Action> {
    let rows = world.history().iter().filter(|(_, row)| row.outcome.is_none());
    rows.map(|(_, row)| (row.operation, row.action)).collect()
}

#[test]
fn an_unrelated_command_leaves_other_draws_alone() {
    let third = ClientId(2);
    let at = |millis, command| vec![TimedCommand { at: ms(millis), command }];
    let write = Action::Write { key: Key(7), value: 999 };
    let mut pause = at(1_000, Command::Pause { node: replicarium::sim::id::NodeId(3) });
    pause.extend(at(1_200, Command::Resume { node: replicarium::sim::id::NodeId(3) }));
    for (name, commands) in [
        ("a hand write by another client to another key", at(1_000, Command::Issue { client: third, action: write, at: None })),
        ("a hand read", at(1_500, Command::Issue { client: third, action: Action::Read { key: Key(6) }, at: Some(B) })),
        ("a pause of one replica", pause),
        ("one message taken off the wire", at(1_010, Command::DropMessage { message: MessageId(60) })),
        ("a clock set wrong", at(500, Command::SetClock { node: C, clock: Default::default() })),
    ] {
        for seed in 0..15 {
            let scenario = scenario(seed);
            let (before, after) = (run(&scenario, vec![]), run(&scenario, commands.clone()));
            let asked = arrivals(&before);
            let same = arrivals(&after);
            assert!(asked.iter().filter(|(operation, _)| same.contains_key(operation)).count() + 3 >= asked.len());
            for (operation, action) in &asked {
                assert!(same.get(operation).is_none_or(|other| other == action), "{name}: {operation:?}");
            }
            let (before, after) = (journeys(&before), journeys(&after));
            let both: Vec<_> = before.iter().filter_map(|(key, journey)| Some((key, journey, after.get(key)?))).collect();
            assert!(both.len() * 10 >= before.len() * 9, "{name}, seed {seed}: {} of {}", both.len(), before.len());
            // A copy dropped by hand, cut short by a pause or addressed to a node that was elsewhere is a consequence; an
            // arrival of its own is the same to the microsecond.
            let changed = both.iter().filter(|(_, one, other)| one != other).count();
            assert!(changed <= 1, "{name}, seed {seed}: {changed} of {} journeys differ", both.len());
        }
    }
}

#[test]
fn a_fork_without_a_change_is_the_same_run() {
    let scenario = scenario(3);
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario.clone());
    lab.run_until(ms(2_000), u64::MAX);
    let hash = |lab: &Lab| trace::hash(lab.world().trace().iter().map(|(_, event)| event));
    let first = hash(&lab);
    for back in [1_500, 3, 1_999, 0] {
        lab.seek(ms(back), u64::MAX);
        lab.run_until(ms(2_000), u64::MAX);
        assert_eq!(hash(&lab), first, "from {back} ms");
    }
    // A fork that does something idle differs by the event that says so.
    lab.seek(ms(1_000), u64::MAX);
    lab.act(Command::Resume { node: A }).unwrap();
    lab.run_until(ms(2_000), u64::MAX);
    let idle = |world: &LabWorld| {
        let events = world.trace().iter().map(|(_, event)| event);
        let others = events.filter(|event| !matches!(event.kind, Kind::Command { .. } | Kind::CommandIdle { .. }));
        others.map(|event| (event.at, event.node, format!("{:?}", event.kind))).collect::<Vec<_>>()
    };
    let mut plain = World::new(Arc::new(scenario.setup()), Default::default());
    plain.run_until(ms(2_000), u64::MAX);
    assert_eq!(idle(lab.world()), idle(&plain));
}
