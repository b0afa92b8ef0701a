//! The preset in which one node is too few: what replicas add is what the law of read scaling says, operations are called
//! by their names wherever they are shown, and nodes that join during the run help like those that were there.

use replicarium::{
    explain::{narrate::headline, plain},
    lab::Run,
    measure::{Count, Ended, Total},
    scenario::{Scenario, presets},
    scene::stage::stage,
    sim::{id::EventId, time::Micros},
    trace::Kind,
    world::command::{Command, TimedCommand},
};
use std::sync::Arc;

fn preset() -> Scenario {
    presets::get("web-application").expect("a preset")
}

fn run(scenario: &Scenario, until: Micros) -> Run {
    assert_eq!(scenario.check(), []);
    let mut run = Run::new(Arc::new(scenario.setup()), Arc::new(scenario.commands.clone()));
    run.run_until(until, u64::MAX);
    run
}

/// Validation README, section 5: reads anywhere, a write costs a replica a·w. Seconds of work a node has per operation.
fn most_per_s(replicas: u16) -> f64 {
    let (capacity, reads, apply) = (25.0, 0.95, 0.5);
    let nodes = f64::from(replicas + 1);
    let all_alike = nodes * capacity / (reads + (1.0 - reads) * (1.0 + f64::from(replicas) * apply));
    // With reads spread evenly the primary is the busiest, for a write costs it more than it costs a replica.
    let primary = capacity / (reads / nodes + 1.0 - reads);
    all_alike.min(primary)
}

/// From none to eight: every replica adds answers and shortens waits, and adds less than the one before. What is answered
/// never exceeds the law, and reaches it while the nodes, not the people, are what is scarce.
#[test]
fn every_replica_adds_and_adds_less() {
    let seconds = 120;
    let mut all = Vec::new();
    for replicas in 0..=8 {
        let mut scenario = preset();
        scenario.nodes.count = 1 + replicas;
        let reading = run(&scenario, Micros::from_secs(seconds)).reading();
        let per_s = reading.all.count(Ended::WELL) as f64 / seconds as f64;
        let half_us = reading.named(2).percentile(&[Ended::Read], 50).expect("somebody browsed");
        // Random reads and writes around their shares: the primary's load strays by 3 % in as many operations (4 sigma).
        assert!(per_s < 1.03 * most_per_s(replicas), "{replicas}: {per_s} of {}", most_per_s(replicas));
        all.push((per_s, half_us));
    }
    assert!(all[0].0 > 0.97 * most_per_s(0), "one node is saturated: {}", all[0].0);
    // N customers at M stations that are alike keep each busy for N / (N + M − 1) of the time: 16 of 17.
    assert!(all[1].0 > 0.9 * most_per_s(1), "two are nearly: {}", all[1].0);
    for pair in all.windows(2) {
        assert!(pair[1].0 > pair[0].0 && pair[1].1 < pair[0].1, "{all:?}");
    }
    // Gains two replicas apart, for that of a single one is within the noise of its neighbour's.
    let gains: Vec<f64> = [0, 2, 4, 6].map(|from| all[from + 2].0 - all[from].0).to_vec();
    assert!(gains.windows(2).all(|pair| pair[1] < pair[0]), "{gains:?}");
}

/// As a learner does it: one more every five seconds.
#[test]
fn nodes_that_join_take_their_share() {
    let mut scenario = preset();
    let add = |number: u64| TimedCommand { at: Micros::from_secs(5 * number), command: Command::AddNode };
    scenario.commands = (1..=8).map(add).collect();
    let run = run(&scenario, Micros::from_secs(60));
    let reading = run.reading();
    let per_s = |from: u64, to: u64| {
        let within =
            |bucket: &usize| reading.begin(*bucket) >= Micros::from_secs(from) && reading.end(*bucket) <= Micros::from_secs(to);
        let some: Vec<_> = reading.buckets().enumerate().filter(|(index, _)| within(index)).collect();
        let answers: u64 = some.iter().map(|(_, bucket)| bucket.total(Total::Reads) + bucket.total(Total::Writes)).sum();
        answers as f64 * 1e6 / (some.len() as u64 * reading.width.0) as f64
    };
    assert!(per_s(45, 60) > 4.0 * per_s(0, 5), "{} and {} per s", per_s(0, 5), per_s(45, 60));
    let served = |node: usize| reading.buckets().map(|bucket| bucket.count(node, Count::Reads)).sum::<u64>();
    assert!((0..9).all(|node| served(node) > 100), "{:?}", (0..9).map(served).collect::<Vec<u64>>());
    let refused: u64 = reading.buckets().map(|bucket| bucket.total(Total::Refused)).sum();
    assert_eq!(refused, 0);
}

/// At every moment of a run of one node: what clients are shown doing, and what is told, has the name of the operation.
#[test]
fn names_are_seen_and_told() {
    let mut run = run(&preset(), Micros::ZERO);
    let (mut seen, mut told) = (Vec::new(), Vec::new());
    for _ in 0..3_000 {
        run.step();
        let world = run.world();
        let last = world.trace().iter().next_back().map(|(_, event)| event.clone());
        let Some(event) = last.filter(|event| matches!(event.kind, Kind::Outcome { .. } | Kind::Invoke { .. })) else { continue };
        let name = event.operation.and_then(|operation| world.operation_name(operation)).expect("all have names");
        let figures = stage(world, 1_440.0, 900.0).clients;
        let client = event.operation.expect("an operation").client;
        // Not all sixteen are on the stage.
        let Some(figure) = figures.into_iter().find(|figure| figure.client == client) else { continue };
        assert!(figure.status.1.starts_with(name), "{name}: {}", figure.status.1);
        assert!(figure.spoken.contains(name));
        let sentence =
            headline(world, run.judge().stale_reads(), EventId(0)).map(|found| plain(&found.sentence)).unwrap_or_default();
        if matches!(event.kind, Kind::Outcome { .. }) {
            assert!(sentence.contains(&format!("’s {name} ")), "{name}: {sentence}");
        }
        seen.push(figure.status.1.clone());
        told.push(sentence);
    }
    for name in ["sign-up", "post", "browse"] {
        assert!(seen.iter().any(|words| words.starts_with(name)) && told.iter().any(|words| words.contains(name)), "{name}");
    }
}
