//! Probabilistically bounded staleness (Bailis, Venkataraman, Franklin, Hellerstein, Stoica, VLDB 2012): how often a read so long after
//! a write finds it. Whole worlds are run and counted; nothing here evaluates a formula in their place.
//!
//! The model: a coordinator sends to all n, each message with a delay of its own by class, nothing else takes time. One
//! millisecond of the model is a second here, so that whole microseconds are fine enough.

use super::*;
use crate::{
    client::history,
    lab::LabWorld,
    sim::distribution::{Distribution, Part},
    world::{World, command::TimedCommand},
};
use std::sync::Arc;

/// One millisecond of the model.
const UNIT_US: f64 = 1e6;

fn time(units: f64) -> Micros {
    Micros::from_f64(units * UNIT_US)
}

fn exponential(rate: f64) -> Distribution {
    Distribution::Exponential { mean: time(1.0 / rate) }
}

fn mixture(pareto: (f64, f64, f64), exponential_rate: f64) -> Distribution {
    let (weight, scale, shape) = pareto;
    let heavy = Part { weight, delay: Distribution::Pareto { scale: time(scale), shape } };
    Distribution::Mixture(vec![heavy, Part { weight: 1.0 - weight, delay: exponential(exponential_rate) }])
}

fn ssd() -> Distribution {
    mixture((0.9122, 0.235, 10.0), 1.66)
}

fn disk() -> Distribution {
    mixture((0.38, 1.05, 1.51), 0.183)
}

/// Delays of a write, its confirmation, a question and its answer.
type Delays = [Distribution; 4];

const CLASSES: [MessageClass; 4] =
    [MessageClass::Replicate, MessageClass::Acknowledge, MessageClass::Fetch, MessageClass::Fetched];

fn world([n, r, w]: [u8; 3], delays: &Delays, seed: u64) -> LabWorld {
    let mut scenario = quorums(n as u16, [n, r, w], |config| {
        config.read_repair = ReadRepair::Off;
        config.local_shortcut = false;
        config.timeout = Scenario::DELAY_MAX;
    });
    scenario.seed = seed;
    scenario.network.latency = Distribution::ZERO;
    scenario.network.in_order = false;
    let each = &mut scenario.nodes.each;
    for work in [&mut each.read, &mut each.write, &mut each.message, &mut each.apply, &mut each.flush] {
        *work = Distribution::ZERO;
    }
    for (class, latency) in CLASSES.into_iter().zip(delays) {
        let set = LinkChange { latency: Some(latency.clone()), ..LinkChange::default() };
        scenario.links.push(LinkRule { from: End::Nodes, to: End::Nodes, both: false, class: Some(class), set });
    }
    scenario.clients.iter_mut().for_each(|client| client.timeout = Scenario::DELAY_MAX);
    World::new(Arc::new(scenario.setup()), Arc::new(Vec::new()))
}

/// One world, with the commands given so far.
struct Trials {
    world: LabWorld,
    commands: Vec<TimedCommand>,
}

/// Keys that are written once in each world.
const KEYS: u16 = 64;

impl Trials {
    fn new(quorum: [u8; 3], delays: &Delays, seed: u64) -> Trials {
        Trials { world: world(quorum, delays, seed), commands: Vec::new() }
    }

    /// Does this so much later, and runs until it is answered.
    fn until_done(&mut self, action: Action, later: Micros) -> Outcome {
        self.timed(action, later).0
    }

    /// The same, and how long it took, in units.
    fn timed(&mut self, action: Action, later: Micros) -> (Outcome, f64) {
        let at = self.world.command_time().max(self.world.now() + later);
        let rows = self.world.history().next();
        self.commands.push(TimedCommand { at, command: Command::Issue { client: ANA, action, at: Some(A) } });
        self.world.set_commands(Arc::new(self.commands.clone()));
        while self.world.step() {
            let ended = |(_, row): (u64, &history::Row)| Some((row.outcome.clone()?, row.at));
            if let Some((outcome, end)) = self.world.history().range(rows, self.world.history().next()).find_map(ended) {
                return (outcome, end.saturating_sub(at).0 as f64 / UNIT_US);
            }
        }
        panic!("no answer")
    }

    /// Whether a read, so long after the write was acknowledged, finds it.
    fn is_fresh(&mut self, key: Key, later: Micros) -> bool {
        self.trial(key, later).0
    }

    /// The same, and how long the write and the read took.
    fn trial(&mut self, key: Key, later: Micros) -> (bool, f64, f64) {
        let (written, write) = self.timed(Action::Write { key, value: 1 }, Micros::ZERO);
        assert_eq!(written, Outcome::Written);
        match self.timed(Action::Read { key }, later) {
            (Outcome::Read(found), read) => (found.is_some(), write, read),
            other => panic!("{other:?}"),
        }
    }
}

/// So many independent trials, each key of each world one.
fn fresh(quorum: [u8; 3], delays: &Delays, later: f64, trials: u64) -> f64 {
    let mut found = 0;
    for seed in 0..trials.div_ceil(KEYS as u64) {
        let mut one = Trials::new(quorum, delays, seed);
        found += (0..KEYS).filter(|key| one.is_fresh(Key(*key), time(later))).count();
    }
    found as f64 / (trials.div_ceil(KEYS as u64) * KEYS as u64) as f64
}

/// Measured and expected, or else what differs. Four standard errors: one row in 16,000 would fail by chance, and the seeds are fixed.
fn check(name: &str, measured: f64, expected: f64, trials: u64) -> Option<String> {
    let tolerance = 4.0 * (expected * (1.0 - expected) / trials as f64).sqrt();
    eprintln!("{name}: expected {expected:.5}, measured {measured:.5} of {trials}, tolerance {tolerance:.5}");
    ((measured - expected).abs() > tolerance).then(|| format!("{name}: {measured} instead of {expected} ± {tolerance}"))
}

/// Quorum `[n, r, w]`, time after the write, probability that it is found.
type Row = ([u8; 3], f64, f64);

fn table(name: &str, delays: &Delays, rows: &[Row], trials: u64) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(quorum, later, expected)| {
            check(&format!("{name} {quorum:?} at {later}"), fresh(*quorum, delays, *later, trials), *expected, trials)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// ph-31 with fast disks.
#[test]
fn staleness_on_solid_state_disks() {
    let rows: [Row; 5] = [
        ([3, 1, 1], 0.0, 0.97370),
        ([3, 1, 2], 0.0, 0.97828),
        ([3, 2, 1], 0.0, 0.99942),
        ([3, 2, 2], 0.0, 1.0),
        ([3, 1, 1], 1.97, 0.999),
    ];
    table("SSD", &[ssd(), ssd(), ssd(), ssd()], &rows, 16_000);
}

/// Q2, ph-31 with slow ones.
#[test]
fn staleness_on_disks() {
    let rows: [Row; 10] = [
        ([3, 1, 1], 0.0, 0.43660),
        ([3, 1, 1], 1.0, 0.58332),
        ([3, 1, 1], 5.0, 0.81792),
        ([3, 1, 1], 10.0, 0.92618),
        ([3, 1, 2], 0.0, 0.71284),
        ([3, 2, 1], 0.0, 0.76289),
        ([3, 2, 2], 0.0, 1.0),
        ([2, 1, 1], 0.0, 0.57606),
        ([5, 1, 1], 0.0, 0.32043),
        ([10, 1, 1], 0.0, 0.21017),
    ];
    table("DISK", &[disk(), ssd(), ssd(), ssd()], &rows, 16_000);
}

/// Quorum; how long all but one of 1,000 reads, and writes, take; when all but one of 1,000 reads are fresh, as an interval.
type Tail = ([u8; 3], f64, f64, (f64, f64));

/// Whether a time is the 99.9th percentile within 2 %: a little later fewer than one of 1,000 took longer, a little earlier more; by
/// four standard errors.
fn check_tail(name: &str, times: &[f64], expected: f64) -> Option<String> {
    let trials = times.len() as f64;
    let longer = |than: f64| times.iter().filter(|time| **time > than).count() as f64;
    let (fair, error) = (trials / 1_000.0, 4.0 * (trials * 0.001 * 0.999).sqrt());
    let (above, below) = (longer(expected * 1.02), longer(expected * 0.98));
    eprintln!("{name}: expected {expected:.3}; of {trials} {above} took 2 % longer, {below} no less than 2 % shorter");
    (above > fair + error || below < fair - error).then(|| format!("{name}: {expected} with {above} above, {below} below"))
}

/// Latency and staleness at the 99.9th percentile, from the same trials.
fn tails(name: &str, delays: &Delays, rows: &[Tail], trials: u64) {
    let mut wrong = Vec::new();
    for (quorum, read, write, (early, late)) in rows {
        let (mut fresh, mut reads, mut writes) = ([0, 0], Vec::new(), Vec::new());
        for seed in 0..trials / KEYS as u64 {
            // Half of the readers come a little too early, half a little late.
            let half = (seed % 2) as usize;
            let later = time([early * 0.98, late * 1.02][half]);
            let mut one = Trials::new(*quorum, delays, 1_000_000 + seed);
            for key in (0..KEYS).map(Key) {
                let (is_fresh, write, read) = one.trial(key, later);
                fresh[half] += u64::from(is_fresh);
                reads.push(read);
                writes.push(write);
            }
        }
        wrong.extend(check_tail(&format!("{name} {quorum:?} read"), &reads, *read));
        wrong.extend(check_tail(&format!("{name} {quorum:?} write"), &writes, *write));
        let [early_share, late_share] = fresh.map(|count| count as f64 / (trials / 2) as f64);
        let error = 4.0 * (0.001 * 0.999 / (trials / 2) as f64).sqrt();
        eprintln!("{name} {quorum:?} fresh: {early_share:.5} before {early}, {late_share:.5} after {late}; tolerance {error:.5}");
        if late_share < 0.999 - error || *early > 0.0 && early_share > 0.999 + error {
            wrong.push(format!("{name} {quorum:?}: {early_share} before {early}, {late_share} after {late}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn tails_on_solid_state_disks() {
    let rows: [Tail; 4] = [
        ([3, 1, 1], 0.655, 0.656, (1.961, 1.978)),
        ([3, 1, 2], 0.655, 1.630, (1.850, 1.868)),
        ([3, 2, 1], 1.634, 0.655, (0.0, 0.0)),
        ([3, 2, 2], 1.629, 1.633, (0.0, 0.0)),
    ];
    tails("SSD", &[ssd(), ssd(), ssd(), ssd()], &rows, 32_000);
}

#[test]
fn tails_on_disks() {
    let rows: [Tail; 3] = [
        ([3, 1, 1], 0.655, 10.92, (51.8, 52.6)),
        ([3, 1, 2], 0.655, 20.94, (47.7, 48.6)),
        ([3, 2, 1], 1.633, 10.91, (14.10, 14.18)),
    ];
    tails("DISK", &[disk(), ssd(), ssd(), ssd()], &rows, 32_000);
}

#[test]
fn staleness_with_exponential_writes() {
    for (rate, expected) in [(4.0, 0.94296), (1.0, 0.75208), (0.1, 0.41917)] {
        let others = || exponential(1.0);
        let delays = [exponential(rate), others(), others(), others()];
        table(&format!("W at {rate}"), &delays, &[([3, 1, 1], 0.0, expected)], 12_800);
    }
}

/// All other delays zero: C(n−w, r) / C(n, r) · e^(−r λ t) of all reads are stale.
#[test]
fn the_exact_law_of_staleness() {
    let delays = [exponential(0.1), Distribution::ZERO, Distribution::ZERO, Distribution::ZERO];
    let rows: [Row; 5] = [
        ([3, 1, 1], 0.0, 1.0 / 3.0),
        ([3, 1, 1], 10.0, 1.0 - 0.24525),
        ([3, 2, 1], 5.0, 1.0 - 0.36788 / 3.0),
        ([3, 1, 2], 5.0, 1.0 - 0.60653 / 3.0),
        ([5, 2, 2], 2.0, 1.0 - 0.67032 * 0.3),
    ];
    table("exact", &delays, &rows, 12_800);
}

/// How many versions a read is behind, where each write stays on random w of n: within k of the last ones it finds
/// 1 − (C(n−w, r) / C(n, r))^k of the time.
#[test]
fn staleness_in_versions() {
    let random = || exponential(1.0);
    for (quorum, ends) in [
        ([3, 1, 1], vec![(1, 0.3333), (2, 0.5556), (3, 0.7037), (5, 0.8683), (10, 0.9827)]),
        ([3, 1, 2], vec![(1, 0.6667), (2, 0.8889), (3, 0.9630)]),
    ] {
        let trials = 3_840;
        let mut behind = Vec::new();
        for seed in 0..trials / KEYS as u64 {
            let mut one = Trials::new(quorum, &[random(), Distribution::ZERO, random(), random()], seed);
            behind.extend((0..KEYS).map(|key| one.versions_behind(Key(key))));
        }
        let wrong = ends.iter().filter_map(|(k, expected)| {
            let within = behind.iter().filter(|behind| **behind < *k).count() as f64 / trials as f64;
            check(&format!("{quorum:?} within {k}"), within, *expected, trials)
        });
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

impl Trials {
    /// Writes ten versions, each to those who have it when it is acknowledged and to nobody later; how many of them a read lacks.
    fn versions_behind(&mut self, key: Key) -> usize {
        const VERSIONS: usize = 10;
        for value in 1..=VERSIONS as i64 {
            assert_eq!(self.until_done(Action::Write { key, value }, Micros::ZERO), Outcome::Written);
            let at = self.world.command_time();
            let late = self.world.flights().filter(|flight| flight.class == MessageClass::Replicate).map(|flight| flight.id);
            self.commands.extend(late.map(|message| TimedCommand { at, command: Command::DropMessage { message } }));
        }
        match self.until_done(Action::Read { key }, Micros::ZERO) {
            Outcome::Read(found) => VERSIONS - found.map_or(0, |write| write.value as usize),
            other => panic!("{other:?}"),
        }
    }
}
