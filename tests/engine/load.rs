//! Numbers of queueing theory, met by the real event loop: waits, capacity, lag beyond capacity, and how long the k-th of n
//! acknowledgements takes (validation README, section 5). Every tolerance is four standard errors of what is measured, from the
//! length of the run and the variance that theory gives, and what is said beside it; no seed was chosen.

use crate::play::*;
use replicarium::{
    client::workload::{ClientSettings, Pace, Target, Workload},
    lab::LabWorld,
    protocol::commit::{Commit, Level, Which},
    scenario::Scenario,
    sim::{
        distribution::Distribution,
        id::NodeId,
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::Outcome,
        time::Micros,
    },
    trace::{Kind, Work},
    world::World,
};
use std::sync::Arc;

/// Far more than a scenario may have, so that arrivals are those of a Poisson stream: a session that waits for an answer asks
/// nothing meanwhile, and with 20 operations under way that keeps 1 of 1,500 from coming when it should.
const SESSIONS: u16 = 30_000;
const BLOCKED: f64 = 1.0 / 1_500.0;
/// One unit of work; a node does 1,000 of them a second.
const SERVICE: Micros = Micros::from_millis(1);
const CAPACITY_PER_S: f64 = 1_000.0;

fn exponential(mean: Micros) -> Distribution {
    Distribution::Exponential { mean }
}

/// Nodes where nothing takes time yet, and sessions that together ask so often, without ever giving up.
fn open_loop(nodes: u16, per_s: f64, read_share: f64, reads_from: Target) -> Scenario {
    let mut scenario = instant(nodes);
    let pace = Pace::Poisson { per_s: per_s / f64::from(SESSIONS) };
    let workload = Some(Workload { pace, read_share, ..Default::default() });
    let timeout = *Scenario::WAIT.end();
    scenario.clients = vec![ClientSettings { count: SESSIONS, reads_from, timeout, workload, ..Default::default() }];
    patient(&mut scenario);
    scenario
}

/// Nobody asks or sends again for being slow, and the log is long enough to catch up from.
fn patient(scenario: &mut Scenario) {
    let config = config(scenario);
    (config.resend_after, config.follow_every) = (*Scenario::WAIT.end(), *Scenario::WAIT.end());
    config.log_retention_entries = *Scenario::LOG_RETENTION_ENTRIES.end();
}

fn world(scenario: &Scenario) -> LabWorld {
    World::new(Arc::new(scenario.setup()), Arc::default())
}

fn assert_near(measured: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((measured - expected).abs() <= tolerance, "{what}: {measured:.4}, expected {expected:.4} ± {tolerance:.4}");
    // With --nocapture: the table of what was expected and found.
    println!("{what}: expected {expected:.4} ± {tolerance:.4}, found {measured:.4}");
}

/// Mean wait of so many reads before a node begins to work on them, in service times.
fn mean_wait(scenario: &Scenario, reads: u64) -> f64 {
    let mut world = world(scenario);
    let (mut seen, mut count, mut waits) = (0, 0, 0);
    while count < reads {
        // By slices, for the trace in memory is bounded.
        world.run_until(world.now() + ms(2_000), u64::MAX);
        for (_, event) in world.trace().range(seen, u64::MAX - 1) {
            if let Kind::Worked { work: Work::Read, waited, .. } = event.kind {
                (count, waits) = (count + 1, waits + waited.0);
            }
        }
        seen = world.trace().next();
    }
    waits as f64 / count as f64 / SERVICE.0 as f64
}

/// Standard error of the mean wait of so many arrivals in a row at an M/M/1 queue, in service times (D. J. Daley, "The serial
/// correlation coefficients of waiting times in a stationary single server queue", 1968).
fn wait_error(load: f64, arrivals: u64) -> f64 {
    let variance = load * (2.0 + 5.0 * load - 4.0 * load.powi(2) + load.powi(3)) / (1.0 - load).powi(4);
    (variance / arrivals as f64).sqrt()
}

/// One queue: the mean wait is ρ / (1 − ρ) service times.
#[test]
fn the_mean_wait_is_that_of_m_m_1() {
    for (load, reads) in [(0.3, 100_000), (0.5, 150_000), (0.8, 300_000), (0.9, 300_000)] {
        let mut scenario = open_loop(1, load * CAPACITY_PER_S, 1.0, Target::Any);
        scenario.nodes.each.read = exponential(SERVICE);
        let expected = load / (1.0 - load);
        let tolerance = 4.0 * wait_error(load, reads) + BLOCKED * expected;
        assert_near(mean_wait(&scenario, reads), expected, tolerance, &format!("M/M/1 at {load}"));
    }
}

/// Erlang's C: mean wait for one of `servers` that share one queue, in service times.
fn shared_queue_wait(servers: u16, load: f64) -> f64 {
    let (servers, offered) = (f64::from(servers), load * f64::from(servers));
    // Erlang's B by its recursion, then C from B.
    let blocked = (1..=servers as u32).fold(1.0, |before, n| offered * before / (f64::from(n) + offered * before));
    let waits = blocked / (1.0 - load * (1.0 - blocked));
    waits / (servers * (1.0 - load))
}

/// Readers that go to a random replica wait as long as at a single one with its share of the load: n queues, not one for all.
#[test]
fn random_balancing_is_separate_queues_and_not_m_m_c() {
    for (servers, known) in [(1, 4.0), (2, 1.7778), (3, 1.0787), (5, 0.5541)] {
        assert!((shared_queue_wait(servers, 0.8) - known).abs() < 5e-5, "Erlang C for {servers}");
    }
    for (replicas, load, reads) in [(2, 0.8, 200_000), (3, 0.5, 100_000), (3, 0.8, 200_000), (5, 0.8, 200_000)] {
        let mut scenario = open_loop(1 + replicas, load * CAPACITY_PER_S * f64::from(replicas), 1.0, Target::Replica);
        scenario.nodes.each.read = exponential(SERVICE);
        let expected = load / (1.0 - load);
        // The queues are independent, so their arrivals count together.
        let tolerance = 4.0 * wait_error(load, reads) + BLOCKED * expected;
        let what = format!("{replicas} replicas at {load}, one queue would be {:.4}", shared_queue_wait(replicas, load));
        assert!(tolerance < (expected - shared_queue_wait(replicas, load)) / 2.0, "it can tell one from the other");
        assert_near(mean_wait(&scenario, reads), expected, tolerance, &what);
    }
}

/// Reads anywhere; a write costs the primary `write` and every replica `apply` units.
fn shared_load(replicas: u16, per_s: f64, read_share: f64, (write, apply): (u64, u64)) -> Scenario {
    let mut scenario = open_loop(1 + replicas, per_s, read_share, Target::Any);
    let each = &mut scenario.nodes.each;
    each.read = Distribution::Constant(SERVICE);
    (each.write, each.apply) = (constant(write), constant(apply));
    scenario
}

/// After this long: which share of the time each node has worked, and how many inputs wait there.
fn load(scenario: &Scenario, seconds: u64) -> Vec<(f64, usize)> {
    let mut world = world(scenario);
    world.run_until(Micros::from_secs(seconds), u64::MAX);
    world.hosts().iter().map(|host| (host.load.busy.as_secs_f64() / seconds as f64, host.queue_len())).collect()
}

/// λ_max = (n + 1) C / (r + (1 − r) w (1 + n a)), with C = 1000, w = a = 1, r = 0.9. A twentieth below it every node is busy for
/// 0.95 of the time and nothing piles up; a twentieth above it inputs pile up at all of them.
#[test]
fn read_scaling_follows_the_capacity_law() {
    let seconds = 40;
    for (replicas, known) in [(0, 1_000.0), (1, 1_818.0), (2, 2_500.0), (3, 3_077.0)] {
        let (nodes, reads) = (f64::from(replicas + 1), 0.9);
        let most = nodes * CAPACITY_PER_S / (reads + (1.0 - reads) * nodes);
        assert!((most - known).abs() < 0.5);
        let load = |part: f64| load(&shared_load(replicas, part * most, reads, (1, 1)), seconds);

        let below = load(0.95);
        // So many units of work came to a node as a Poisson stream brings in that time.
        let tolerance = 4.0 * (0.95 / (CAPACITY_PER_S * seconds as f64)).sqrt();
        for (node, (busy, _)) in below.iter().enumerate() {
            assert_near(
                *busy,
                0.95,
                tolerance,
                &format!("{replicas} replicas at 0.95, {most:.0} per s, share of time at {node}"),
            );
        }
        // The queue of such a node is as long as q with chance e^(−2 (1 − ρ) q) at most: 150 with e^-15.
        assert!(below.iter().all(|(_, waiting)| *waiting < 150), "{replicas} replicas at 0.95: {below:?}");

        // Without bound, if sessions that wait did not ask less: of N, N / 21 (1 − e^(−λt/N)) wait, which is 1,050 after 40 s of
        // 1,000 per s, and what their writes cause waits beside them; chance is √(N / 2) = 122.
        let above: usize = load(1.05).iter().map(|(_, waiting)| waiting).sum();
        assert!(above > 560, "{replicas} replicas at 1.05: {above} wait");
        println!("{replicas} replicas at 1.05: {above} wait");
    }
}

/// Where applying is cheaper than writing, readers sent anywhere by chance fill the primary before the replicas: its own load,
/// r / (n + 1) + (1 − r) w, is what limits, and lies below what all nodes together could do.
#[test]
fn chance_does_not_spare_the_primary() {
    let (replicas, reads, write, apply) = (2, 0.8, 2, 1);
    let at_primary = reads / 3.0 + (1.0 - reads) * write as f64;
    let most = CAPACITY_PER_S / at_primary;
    let all_together = 3.0 * CAPACITY_PER_S / (reads + (1.0 - reads) * (write + 2 * apply) as f64);
    assert!(most < 0.85 * all_together);
    for (part, piles_up) in [(0.9, false), (1.2, true)] {
        let all = load(&shared_load(replicas, part * most, reads, (write, apply)), 20);
        let full: Vec<bool> = all.iter().map(|(_, waiting)| *waiting > 500).collect();
        assert_eq!(full, [piles_up, false, false], "at {part} of {most} per s: {all:?}");
    }
}

/// A replica that applies 1,000 entries a second and gets λ: it falls behind by λ − 1,000 entries a second, and in time by
/// 1 − 1,000 / λ seconds a second, for as long as one looks.
#[test]
fn beyond_apply_saturation_lag_grows_for_ever() {
    for every in [Micros(500), Micros(800)] {
        let mut scenario = instant(2);
        patient(&mut scenario);
        (scenario.nodes.each.apply, config(&mut scenario).batch_entries) = (Distribution::Constant(SERVICE), 1);
        let workload = Workload { pace: Pace::Regular { every }, read_share: 0.0, ..Default::default() };
        scenario.clients = vec![ClientSettings { workload: Some(workload), ..Default::default() }];
        let per_s = 1e6 / every.0 as f64;
        let mut run = replicarium::lab::Run::new(Arc::new(scenario.setup()), Arc::default());
        let mut behind = |seconds: u64| {
            run.run_until(Micros::from_secs(seconds), u64::MAX);
            let gauge = |gauge| run.measures().gauge(B, gauge, run.now()).expect("B runs and A leads") as f64;
            (gauge(replicarium::measure::Gauge::Applied), gauge(replicarium::measure::Gauge::AgeApplied) / 1e6)
        };
        let all: Vec<(f64, f64)> = (1..=8).map(|seconds| behind(5 * seconds)).collect();
        for (index, pair) in all.windows(2).enumerate() {
            // Nothing is random. Entries are whole, so both ends may be off by one; ages are right to 1/500, and up to 20 s.
            let (entries, age) = ((pair[1].0 - pair[0].0) / 5.0, (pair[1].1 - pair[0].1) / 5.0);
            let what = format!("λ = {per_s}, from {} s", 5 * (index + 1));
            assert_near(entries, per_s - CAPACITY_PER_S, 2.0 / 5.0, &format!("entries behind per s, {what}"));
            assert_near(age, 1.0 - CAPACITY_PER_S / per_s, 2.0 * 20.0 / 500.0 / 5.0, &format!("seconds behind per s, {what}"));
        }
    }
    // Below saturation it is never behind by more than what it is working on.
    let mut scenario = instant(2);
    scenario.nodes.each.apply = Distribution::Constant(SERVICE);
    let workload = Workload { pace: Pace::Regular { every: Micros(1_250) }, read_share: 0.0, ..Default::default() };
    scenario.clients = vec![ClientSettings { workload: Some(workload), ..Default::default() }];
    let mut world = world(&scenario);
    for _ in 0..20 {
        world.run_until(world.now() + ms(1_000), u64::MAX);
        let behind = |node: NodeId| world.view(node).expect("it runs").applied.0;
        assert!(behind(A) - behind(B) <= 1);
    }
}

/// Waiting for k of n replicas whose round trips are exponential with mean m takes m (H_n − H_(n−k)) on average: the replica's
/// word comes back at once, the entry takes all the time.
#[test]
fn the_kth_of_n_acknowledgements_takes_as_long_as_the_law_says() {
    let (mean, writes) = (ms(10), 8_000);
    let rows = [
        (3, 1, Which::Any, Level::RemoteWrite, Some(1.0 / 3.0)),
        (3, 2, Which::Any, Level::RemoteWrite, Some(0.8333)),
        (3, 3, Which::Any, Level::RemoteWrite, Some(1.8333)),
        (3, 2, Which::Any, Level::RemoteApply, Some(0.8333)),
        (5, 3, Which::Any, Level::RemoteFlush, None),
        // Two replicas and the primary are most of five nodes.
        (4, 2, Which::Majority, Level::RemoteFlush, None),
        // The first two listed, however quick the others are.
        (4, 2, Which::First, Level::RemoteFlush, None),
    ];
    for (replicas, count, which, level, known) in rows {
        let mut scenario = instant(1 + replicas);
        config(&mut scenario).commit = Commit { level, which, count: count as u8, ..Commit::default() };
        patient(&mut scenario);
        let set = LinkChange { latency: Some(exponential(mean)), in_order: Some(false), ..Default::default() };
        let class = Some(MessageClass::Replicate);
        scenario.links = vec![LinkRule { from: End::Nodes, to: End::Nodes, both: false, class, set }];
        // Each write alone: that a copy takes longer than 40 means has the chance e^-40.
        let pace = Pace::Regular { every: Micros(40 * mean.0) };
        let workload = Workload { pace, read_share: 0.0, start: ms(100), ..Default::default() };
        scenario.clients = vec![ClientSettings { workload: Some(workload), ..Default::default() }];
        assert_eq!(scenario.check(), []);
        let mut world = world(&scenario);
        world.run_until(ms(100) + Micros(40 * mean.0 * writes), u64::MAX);
        let (mut begun, mut took_us) = (Micros::ZERO, Vec::new());
        for row in world.history().values() {
            match &row.outcome {
                None => begun = row.at,
                Some(outcome) => {
                    assert_eq!(*outcome, Outcome::Written);
                    took_us.push((row.at.0 - begun.0) as f64);
                }
            }
        }
        assert_eq!(took_us.len() as u64, writes);
        // The k-th of n: a sum of exponential steps with means m/n, m/(n−1), … Of those that must all come, n is k.
        let of = if which == Which::First { count } else { replicas };
        let steps = (of - count + 1..=of).map(|left| 1.0 / f64::from(left));
        let (expected, variance) = steps.fold((0.0, 0.0), |(sum, squares), step| (sum + step, squares + step * step));
        assert!(known.is_none_or(|known: f64| (known - expected).abs() < 5e-5));
        let measured = took_us.iter().sum::<f64>() / writes as f64 / mean.0 as f64;
        let tolerance = 4.0 * (variance / writes as f64).sqrt();
        assert_near(measured, expected, tolerance, &format!("{count} of {replicas} ({which:?}, {level:?}), in means"));
    }
}
