//! A run is a pure function of scenario, seed and commands.

use crate::play::*;
use replicarium::{
    client::workload::{ClientSettings, Pace, Target, Workload},
    lab::LabWorld,
    scenario::{Scenario, presets},
    sim::{distribution::Distribution, time::Micros},
    trace,
    world::{
        Stop, World,
        command::{Command, TimedCommand},
    },
};
use std::sync::Arc;

fn lively(seed: u64) -> Scenario {
    let mut scenario = group(4);
    scenario.seed = seed;
    scenario.network.latency = Distribution::LogNormal { median: ms(8), sigma: 1.0 };
    (scenario.network.loss, scenario.network.duplicate, scenario.network.jitter) = (0.1, 0.1, ms(3));
    scenario.nodes.each.apply = Distribution::Exponential { mean: ms(2) };
    let workload = Workload { pace: Pace::Poisson { per_s: 30.0 }, ..Default::default() };
    scenario.clients = vec![ClientSettings {
        count: 3,
        reads_from: Target::Any,
        retries: 1,
        timeout: ms(100),
        workload: Some(workload),
        ..Default::default()
    }];
    let at = |millis, command| TimedCommand { at: ms(millis), command };
    scenario.commands = vec![
        at(700, Command::CrashMachine { node: A }),
        at(900, Command::Promote { node: C }),
        at(1_500, Command::Restart { node: A }),
    ];
    scenario
}

fn world(scenario: &Scenario) -> LabWorld {
    World::new(Arc::new(scenario.setup()), Arc::new(scenario.commands.clone()))
}

fn hash(world: &LabWorld) -> u64 {
    trace::hash(world.trace().iter().map(|(_, event)| event))
}

fn run(scenario: &Scenario, until: Micros) -> (u64, u64) {
    let mut world = world(scenario);
    assert_eq!(world.run_until(until, u64::MAX), Stop::Time);
    (hash(&world), world.steps())
}

#[test]
fn equal_causes_equal_effects() {
    for seed in 0..20 {
        let scenario = lively(seed);
        assert_eq!(run(&scenario, ms(3_000)), run(&scenario, ms(3_000)), "seed {seed}");
        assert_ne!(run(&scenario, ms(3_000)).0, run(&lively(seed + 1), ms(3_000)).0, "seed {seed}");
    }
}

#[test]
fn every_preset_runs_the_same_twice() {
    for name in presets::names() {
        let scenario = presets::get(&name).expect(&name);
        assert_eq!(run(&scenario, scenario.until), run(&scenario, scenario.until), "{name}");
    }
}

/// However a run is cut into pieces, and whatever is cloned on the way, it is the same run.
#[test]
fn stops_and_clones_leave_no_trace() {
    let scenario = lively(7);
    let whole = run(&scenario, ms(2_000));
    for budget in [1, 7, 1_000] {
        let mut world = world(&scenario);
        while world.run_until(ms(2_000), budget) == Stop::Budget {
            world = world.clone();
        }
        assert_eq!((hash(&world), world.steps()), whole);
    }
    let mut world = world(&scenario);
    for millis in 1..=2_000 {
        world.run_until(ms(millis), u64::MAX);
    }
    assert_eq!((hash(&world), world.steps()), whole);
}

/// A clone and the world it was made of do not see each other.
#[test]
fn a_keyframe_stays_as_it_was() {
    let scenario = lively(3);
    let mut world = world(&scenario);
    world.run_until(ms(800), u64::MAX);
    let keyframe = world.clone();
    let picture = |world: &LabWorld| format!("{:?}", world.members().iter().map(|node| world.view(*node)).collect::<Vec<_>>());
    let before = (hash(&keyframe), picture(&keyframe), keyframe.flights().count(), keyframe.history().len());
    world.run_until(ms(3_000), u64::MAX);
    assert_eq!((hash(&keyframe), picture(&keyframe), keyframe.flights().count(), keyframe.history().len()), before);
    let mut replayed = keyframe;
    replayed.run_until(ms(3_000), u64::MAX);
    assert_eq!((hash(&replayed), picture(&replayed)), (hash(&world), picture(&world)));
}

/// The trace is bounded, says what it dropped, and is otherwise the same.
#[test]
fn a_long_run_keeps_the_end_of_its_trace() {
    let mut scenario = lively(1);
    scenario.clients[0].workload.as_mut().unwrap().pace = Pace::Poisson { per_s: 300.0 };
    scenario.clients[0].count = 20;
    scenario.network.latency = constant(2);
    scenario.commands.clear();
    let mut world = world(&scenario);
    world.run_until(ms(20_000), u64::MAX);
    assert!(world.trace().first() > 0, "{} events", world.trace().next());
    assert_eq!(world.trace().len() as u64, LabWorld::TRACE_MAX);
    let kept: Vec<u64> = world.trace().iter().map(|(id, _)| id).collect();
    assert_eq!((kept[0], *kept.last().unwrap()), (world.trace().first(), world.trace().next() - 1));
}
