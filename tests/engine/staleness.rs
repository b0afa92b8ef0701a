//! How old reads are: the exact laws of the validation README (section 1, last paragraph), met by the real event loop.
//!
//! A primary and n replicas; a write reaches each replica after an exponential time of its own, everything else takes no
//! time; reads go to a random replica. Each write is a trial, far enough from the next to be independent of it.

use crate::play::*;
use replicarium::{
    client::workload::Target,
    scenario::Scenario,
    sim::{
        distribution::Distribution,
        id::{ClientId, Key},
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::{Action, Outcome},
        time::Micros,
    },
    world::{
        World,
        command::{Command, TimedCommand},
    },
};
use std::sync::Arc;

const REPLICAS: u16 = 3;
const MEAN: Micros = Micros::from_millis(10);
/// The chance that a copy takes longer than this is e^-50.
const APART: Micros = Micros::from_millis(500);

fn scenario(seed: u64) -> Scenario {
    let mut scenario = instant(1 + REPLICAS);
    scenario.seed = seed;
    scenario.network.in_order = false;
    let set = LinkChange { latency: Some(Distribution::Exponential { mean: MEAN }), ..Default::default() };
    let class = Some(MessageClass::Replicate);
    scenario.links = vec![LinkRule { from: End::Any, to: End::Any, both: false, class, set }];
    scenario.clients.iter_mut().for_each(|client| client.reads_from = Target::Replica);
    scenario
}

/// For each trial: whether reads `after` the write's acknowledgement found it. The writer reads by itself, so the history
/// alone tells.
fn trials(seed: u64, count: u64, after: &[Micros]) -> Vec<Vec<bool>> {
    let mut commands = Vec::new();
    for trial in 0..count {
        let at = Micros(APART.0 * (trial + 1));
        let mut issue =
            |at, action| commands.push(TimedCommand { at, command: Command::Issue { client: ANA, action, at: None } });
        issue(at, Action::Write { key: X, value: trial as i64 });
        after.iter().for_each(|wait| issue(at + *wait, Action::Read { key: X }));
    }
    let mut world: replicarium::lab::LabWorld = World::new(Arc::new(scenario(seed).setup()), Arc::new(commands));
    let (mut found, mut seen) = (vec![Vec::new(); count as usize], 0);
    for trial in 0..count {
        // By slices, for the history in memory is bounded.
        world.run_until(Micros(APART.0 * (trial + 2)), u64::MAX);
        for (_, row) in world.history().range(seen, u64::MAX - 1) {
            if let Some(Outcome::Read(write)) = row.outcome {
                found[trial as usize].push(write.is_some_and(|write| write.value == trial as i64));
            }
        }
        seen = world.history().next();
    }
    assert!(found.iter().all(|reads| reads.len() == after.len()));
    found
}

fn assert_share(hits: usize, of: u64, expected: f64, what: &str) {
    let measured = hits as f64 / of as f64;
    let tolerance = 4.0 * (expected * (1.0 - expected) / of as f64).sqrt();
    assert!((measured - expected).abs() <= tolerance, "{what}: {measured}, expected {expected} ± {tolerance}");
}

/// Read-your-writes is broken at t with probability e^(−λt).
#[test]
fn a_writer_misses_its_own_write_as_often_as_the_law_says() {
    let count = 6_000;
    for (seed, t) in [(1, 1), (2, 5), (3, 10), (4, 20), (5, 40)] {
        let found = trials(seed, count, &[ms(t)]);
        let missed = found.iter().filter(|reads| !reads[0]).count();
        assert_share(missed, count, (-(t as f64) / 10.0).exp(), &format!("at {t} ms"));
    }
}

/// Two reads at t and t + s go back in time with probability (1 − 1/n)(1 − e^(−λt)) e^(−λ(t+s)).
#[test]
fn two_reads_go_back_in_time_as_often_as_the_law_says() {
    let count = 6_000;
    for (seed, t, s, known) in [(11, 10, 0, Some(0.15503)), (12, 10, 5, None), (13, 4, 0, None), (14, 20, 3, None)] {
        let found = trials(seed, count, &[ms(t), ms(t + s)]);
        let back = found.iter().filter(|reads| reads[0] && !reads[1]).count();
        let (t_, s_, n) = (t as f64 / 10.0, s as f64 / 10.0, REPLICAS as f64);
        let expected = (1.0 - 1.0 / n) * (1.0 - (-t_).exp()) * (-(t_ + s_)).exp();
        assert!(known.is_none_or(|known: f64| (known - expected).abs() < 1e-5));
        assert_share(back, count, expected, &format!("at {t} and {} ms", t + s));
    }
}

/// claim-08: the lag at a replica is the latency and the time to apply, nothing else.
#[test]
fn lag_is_latency_and_apply() {
    let mut scenario = instant(2);
    (scenario.nodes.each.flush, scenario.nodes.each.apply) = (constant(3), constant(7));
    let mut play = Play::new(scenario);
    play.act(link(A, B, latency(40))).run(200);
    let write = play.issue(ClientId(0), Action::Write { key: Key(0), value: 1 }, None);
    let written = play.world.now();
    // 3 ms to A's disk; 40 ms on the wire; 3 ms to B's disk; 7 ms to be applied.
    play.run_to(written + ms(53));
    assert_eq!((play.outcome(write), play.held(B, X)), (Some(Outcome::Written), None));
    play.run(1);
    assert_eq!(play.held(B, X), Some(1));
}
