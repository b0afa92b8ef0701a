//! The plain case, no failover: one orders all writes, the others get them in that order, sooner or later.

use super::{laws::*, *};
use crate::{
    client::workload::{ClientSettings, Pace, Target, Workload},
    scenario::Scenario,
    sim::{
        distribution::Distribution,
        id::Address,
        network::MessageClass,
        operation::{Outcome, Refusal},
    },
    store::log::Entry,
    trace::{Cargo, Fact, Kind},
    world::command::Command,
};

/// A group under steady load on a bad network; `run` is a number to make each one different.
fn bad_network(run: u64) -> Scenario {
    let mut scenario = group(2 + (run % 4) as u16);
    scenario.seed = run;
    scenario.network.latency = Distribution::Exponential { mean: ms(1 + run % 40) };
    scenario.network.loss = [0.0, 0.1, 0.3][(run % 3) as usize];
    scenario.network.duplicate = 0.1;
    scenario.network.in_order = run.is_multiple_of(2);
    scenario.nodes.each.flush = Distribution::Exponential { mean: ms(3) };
    scenario.nodes.each.apply = Distribution::Exponential { mean: ms(2) };
    let config = config(&mut scenario);
    (config.resend_after, config.follow_every, config.batch_entries) = (ms(100), ms(200), 1 + (run % 9) as u32);
    let workload = Workload { pace: Pace::Poisson { per_s: 30.0 }, read_share: 0.3, ..Default::default() };
    scenario.clients = vec![ClientSettings {
        count: 3,
        timeout: ms(150),
        reads_from: Target::Replica,
        workload: Some(workload),
        ..Default::default()
    }];
    scenario
}

fn log_of(play: &Play, node: crate::sim::id::NodeId) -> Vec<Entry> {
    let log = &play.world.host(node).and_then(|host| host.process()?.primary_replica()).expect("it runs").log;
    log.range(log.first(), log.last()).copied().collect()
}

/// claim-01, claim-05, claim-08: every replica's log is a prefix of the primary's, at all times.
#[test]
fn every_log_is_a_prefix_of_the_primarys() {
    let mut writes = 0;
    for run in 0..120 {
        let mut play = Play::new(bad_network(run));
        let mut laws = Laws::default();
        for part in 1..=40 {
            laws.run_to(&mut play, ms(50 * part), 1);
            let primary = log_of(&play, A);
            for node in play.world.members() {
                assert!(primary.starts_with(&log_of(&play, node)), "{node}");
            }
        }
        writes += log_of(&play, A).len();
        let discarded = play.events().any(|event| matches!(event.kind, Kind::Fact(Fact::Discarded { .. })));
        assert!(!discarded, "no conflicts");
    }
    assert!(writes > 5_000, "{writes}");
}

/// claim-02: data flows from the primary to the replicas and nowhere else.
#[test]
fn entries_go_one_way() {
    for run in 0..20 {
        let mut play = Play::new(bad_network(run));
        play.run(2_000);
        let mut messages = 0;
        for event in play.events() {
            if let Kind::Send { from, to, cargo: Cargo::Entries { .. } | Cargo::Snapshot { .. }, .. } = event.kind {
                assert!(from == Address::Node(A) && to != from && to.node().is_some());
                messages += 1;
            }
        }
        assert!(messages > 10);
    }
}

/// claim-03: with reads sent to replicas, the primary serves none.
#[test]
fn reads_and_writes_part() {
    let mut scenario = bad_network(5);
    scenario.network.loss = 0.0;
    let mut play = Play::new(scenario);
    play.run(3_000);
    let loads: Vec<_> = play.world.hosts().iter().map(|host| (host.load.reads > 0, host.load.writes > 0)).collect();
    assert_eq!(loads, [(false, true), (true, false), (true, false)]);
}

/// claim-07: without the primary no writes, but reads at replicas; with a new one, writes again.
#[test]
fn writes_stop_with_the_primary_and_go_on_with_the_next() {
    for crash in [Command::Crash { node: A }, Command::CrashMachine { node: A }] {
        let mut play = Play::group(3);
        play.run(20).write(ANA, X, 1);
        play.run(50).act(crash.clone());
        let writes: Vec<_> = (2..5)
            .map(|value| {
                let write = play.write(ANA, X, value);
                play.run(2_500);
                write
            })
            .collect();
        for write in &writes {
            let no = matches!(play.outcome(*write), Some(Outcome::Refused(Refusal::NotPrimary { .. } | Refusal::NoProcess)));
            assert!(no || play.outcome(*write) == Some(Outcome::TimedOut), "{crash:?}");
        }
        for node in [B, C] {
            let read = play.read(BEN, X, node);
            play.run(20);
            assert_eq!(play.value(read), Some(1));
        }
        play.act(Command::Promote { node: C }).run(100);
        // Ana may ask the dead one once more before she looks elsewhere.
        play.write(ANA, X, 6);
        play.run(2_500);
        let write = play.write(ANA, X, 7);
        play.run(50);
        assert_eq!(play.outcome(write), Some(Outcome::Written), "{crash:?}");
        assert_eq!((play.held(C, X), play.held(B, X)), (Some(7), Some(7)), "{crash:?}");
    }
}

/// A write is acknowledged by the primary's disk alone (asynchronous), and not before.
#[test]
fn a_write_is_acknowledged_when_it_is_on_the_primarys_disk() {
    let mut scenario = group(3);
    scenario.nodes.each.flush = constant(30);
    let mut play = Play::new(scenario);
    play.act(link(A, B, latency(1_000))).act(link(A, C, latency(1_000))).run(300);
    let write = play.write(ANA, X, 1);
    // 5 ms there, 0.1 ms of work, 30 ms to disk, 5 ms back.
    play.run_to(ms(340));
    assert_eq!(play.outcome(write), None);
    play.run_to(ms(341));
    assert_eq!(play.outcome(write), Some(Outcome::Written));
}

/// ph-01, ph-02: the old value is served until the write is applied; being in the log or on disk is not enough.
#[test]
fn a_replica_serves_old_data_until_it_has_applied_the_new() {
    let mut scenario = group(2);
    (scenario.nodes.each.flush, scenario.nodes.each.apply) = (constant(20), constant(40));
    let mut play = Play::new(scenario);
    play.run(100).write(ANA, X, 1);
    // At A's disk at 125.1 ms, in B's log at 130.15 ms, on its disk at 150.15 ms, applied at 190.15 ms.
    for (at_ms, written, flushed, applied) in [(130, 0, 0, 0), (131, 1, 0, 0), (150, 1, 0, 0), (151, 1, 1, 0), (191, 1, 1, 1)] {
        play.run_to(ms(at_ms));
        let view = play.view(B);
        assert_eq!((view.written.0, view.flushed.0, view.applied.0), (written, flushed, applied), "at {at_ms} ms");
        assert_eq!(play.held(B, X), (applied == 1).then_some(1));
    }
}

/// A healthy group at rest: a question and an answer for each replica every 2 s, nothing else.
#[test]
fn a_group_at_rest_says_little() {
    let mut play = Play::group(9);
    play.write(ANA, X, 1);
    play.run(10_000);
    let before = play.sent(|_, _, _| true);
    play.run(60_000);
    let sent = play.sent(|_, _, _| true) - before;
    assert!((8 * 2 * 29..=8 * 2 * 30).contains(&sent), "{sent}");
    assert!(play.events().all(|event| !matches!(event.kind, Kind::Fact(Fact::Resent { .. }))));
}

/// The learner sets a lag of 2 s: a few entries are sent again until the round trip is known, then none.
#[test]
fn sudden_lag_makes_no_storm() {
    let mut scenario = group(3);
    let workload = Workload { pace: Pace::Regular { every: ms(100) }, read_share: 0.0, ..Default::default() };
    scenario.clients[0].workload = Some(workload);
    let mut play = Play::new(scenario);
    play.run(5_000);
    for (one, other) in [(A, B), (B, A)] {
        play.act(link(one, other, latency(2_000)));
    }
    let resent = |play: &Play| play.events().filter(|event| matches!(event.kind, Kind::Fact(Fact::Resent { .. }))).count();
    play.run(30_000);
    assert!(resent(&play) <= 8, "{}", resent(&play));
    let (before, copies) =
        (resent(&play), |play: &Play| play.sent(|_, to, class| to == B.into() && class == MessageClass::Replicate));
    let copies_before = copies(&play);
    play.run(30_000);
    assert_eq!(resent(&play), before);
    // One for each write, and an answer to each question.
    assert!(copies(&play) - copies_before <= 300 + 16);
    assert_eq!(play.view(A).written.0 - play.view(B).applied.0, 20);
}
