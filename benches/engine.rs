//! How fast the engine is: steps a second, the price of a keyframe, the price of a seek.
//!
//! `cargo bench --bench engine`. Numbers are for a machine, not for a verdict.

use divan::{Bencher, counter::ItemsCount};
use replicarium::{
    check::Judge,
    client::workload::{ClientSettings, Pace, Target, Workload},
    lab::{Lab, LabWorld, Run},
    measure::Measures,
    protocol::gossip,
    scenario::{ProtocolSettings, Scenario, link::Source, presets},
    sim::{distribution::Distribution, time::Micros},
    world::World,
};
use std::sync::Arc;

fn main() {
    divan::main();
}

/// Nodes, and operations a second of all clients together.
const SIZES: [(u16, f64); 3] = [(3, 20.0), (3, 500.0), (9, 2_000.0)];
const STEPS: u64 = 50_000;

fn scenario((nodes, per_s): (u16, f64)) -> Scenario {
    let pace = Pace::Poisson { per_s: per_s / 20.0 };
    let workload = Workload { pace, read_share: 0.5, ..Default::default() };
    let clients = ClientSettings { count: 20, reads_from: Target::Any, workload: Some(workload), ..Default::default() };
    let mut scenario = Scenario { keys: 16, clients: vec![clients], ..Default::default() };
    scenario.nodes.count = nodes;
    scenario.network.latency = Distribution::Exponential { mean: Micros::from_millis(5) };
    scenario
}

fn world(size: (u16, f64)) -> LabWorld {
    World::new(Arc::new(scenario(size).setup()), Default::default())
}

/// A world after some steps, as a learner would have it on screen.
fn warm(size: (u16, f64)) -> LabWorld {
    let mut world = world(size);
    world.run_until(Micros::MAX, STEPS);
    world
}

#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn steps(bencher: Bencher, size: (u16, f64)) {
    bencher.counter(ItemsCount::new(STEPS)).with_inputs(|| warm(size)).bench_values(|mut world| {
        world.run_until(Micros::MAX, STEPS);
        world
    });
}

/// A run with those who watch it, as far as [`warm`].
fn watched(size: (u16, f64)) -> Run {
    let mut run = Run::new(Arc::new(scenario(size).setup()), Default::default());
    run.run_until(Micros::MAX, STEPS);
    run
}

/// The same steps, with a judge that looks at each.
#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn judged_steps(bencher: Bencher, size: (u16, f64)) {
    let watched = || {
        let (mut world, mut judge) = (world(size), Judge::default());
        world.run_watched(Micros::MAX, STEPS, |world| judge.look(world));
        (world, judge)
    };
    bencher.counter(ItemsCount::new(STEPS)).with_inputs(watched).bench_values(|(mut world, mut judge)| {
        world.run_watched(Micros::MAX, STEPS, |world| judge.look(world));
        (world, judge)
    });
}

/// The same steps, with a judge and measures: what the page and the command line run.
#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn measured_steps(bencher: Bencher, size: (u16, f64)) {
    bencher.counter(ItemsCount::new(STEPS)).with_inputs(|| watched(size)).bench_values(|mut run| {
        run.run_until(Micros::MAX, STEPS);
        run
    });
}

/// What every frame of the page asks.
#[divan::bench(args = SIZES, sample_count = 100)]
fn verdicts(bencher: Bencher, size: (u16, f64)) {
    let run = watched(size);
    bencher.bench(|| run.verdicts());
}

#[divan::bench(args = SIZES, sample_count = 100)]
fn keyframe(bencher: Bencher, size: (u16, f64)) {
    let run = watched(size);
    bencher.bench(|| run.clone());
}

/// The judge's share of it.
#[divan::bench(args = SIZES, sample_count = 100)]
fn keyframe_of_judge(bencher: Bencher, size: (u16, f64)) {
    let judge: Judge = watched(size).judge().clone();
    bencher.bench(|| judge.clone());
}

/// The measures' share of it.
#[divan::bench(args = SIZES, sample_count = 100)]
fn keyframe_of_measures(bencher: Bencher, size: (u16, f64)) {
    let measures: Measures = watched(size).measures().clone();
    bencher.bench(|| measures.clone());
}

/// What the open charts ask ten times a second.
#[divan::bench(args = SIZES, sample_count = 100)]
fn reading(bencher: Bencher, size: (u16, f64)) {
    let run = watched(size);
    bencher.bench(|| run.reading());
}

/// A thousand nodes that gossip and watch each other, after a minute of it.
fn crowd() -> Lab {
    let mut scenario = presets::get("gossip-thousand").expect("a preset");
    if let ProtocolSettings::Gossip(config) = &mut scenario.protocol {
        config.mode = gossip::Mode::PushPull;
        config.members = Some(gossip::Membership::default());
    }
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
    lab.run_until(Micros::from_secs(20), u64::MAX);
    lab
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn crowd_steps(bencher: Bencher) {
    let lab = crowd();
    bencher.counter(ItemsCount::new(STEPS)).with_inputs(|| lab.clone()).bench_values(|mut lab| {
        lab.run_until(Micros::MAX, STEPS);
        lab
    });
}

#[divan::bench(sample_count = 100)]
fn crowd_keyframe(bencher: Bencher) {
    let lab = crowd();
    bencher.bench(|| lab.furthest_run().clone());
}

#[divan::bench(sample_count = 20)]
fn crowd_verdicts(bencher: Bencher) {
    let lab = crowd();
    bencher.bench(|| lab.verdicts());
}

/// Back to the middle of the run, as far as one can be from a keyframe.
#[divan::bench(args = SIZES, sample_count = 20, sample_size = 1)]
fn seek(bencher: Bencher, size: (u16, f64)) {
    let scenario = scenario(size);
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
    lab.run_until(Micros::MAX, STEPS);
    let middle = Micros(lab.world().now().0 / 2);
    bencher.with_inputs(|| lab.clone()).bench_values(|mut lab| {
        lab.seek(middle, u64::MAX);
        lab
    });
}
