//! Clients: what they are told, when they give up, whom they ask next. Small worlds, exhaustively.

use crate::play::*;
use replicarium::{
    client::{
        session::Session,
        workload::{ClientSettings, Pace, Target, Workload},
    },
    scenario::Scenario,
    sim::{
        distribution::Distribution,
        id::{Address, NodeId, OperationId, Origin},
        network::LinkChange,
        operation::{Action, Outcome, Refusal},
    },
    trace::{Cargo, Fact, Kind},
    world::command::Command,
};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes that an operation's requests were sent to, in order.
fn asked(play: &Play, operation: OperationId) -> Vec<NodeId> {
    let request = |event: &replicarium::trace::Event| match event.kind {
        Kind::Send { to: Address::Node(node), cargo: Cargo::Ask { operation: own, .. }, .. } if own == operation => Some(node),
        _ => None,
    };
    play.events().filter_map(request).collect()
}

fn with(settings: ClientSettings) -> Scenario {
    Scenario { clients: vec![settings], ..group(3) }
}

#[test]
fn whom_a_client_asks() {
    let read = Action::Read { key: X };
    let write = Action::Write { key: X, value: 1 };
    let not_primary = Some(Outcome::Refused(Refusal::NotPrimary { primary: Some(A) }));
    for (settings, action, at, expected, outcome) in [
        (ClientSettings::default(), read, None, vec![A], Some(Outcome::Read(None))),
        (ClientSettings::default(), read, Some(C), vec![C], Some(Outcome::Read(None))),
        (ClientSettings::default(), write, Some(C), vec![C], not_primary.clone()),
        (ClientSettings { reads_from: Target::Node(B), ..Default::default() }, read, None, vec![B], Some(Outcome::Read(None))),
        (ClientSettings { writes_to: Target::Node(B), ..Default::default() }, write, None, vec![B], not_primary.clone()),
        (ClientSettings { writes_to: Target::Node(B), ..Default::default() }, write, Some(A), vec![A], Some(Outcome::Written)),
        (ClientSettings { redirects: 0, writes_to: Target::Replica, ..Default::default() }, write, None, vec![], not_primary),
    ] {
        let mut play = Play::new(with(settings.clone()));
        play.run(20);
        let operation = play.issue(ANA, action, at);
        play.run(200);
        if !expected.is_empty() {
            assert_eq!(asked(&play, operation), expected, "{settings:?}");
        }
        assert_eq!(play.outcome(operation), outcome, "{settings:?}");
    }
}

#[test]
fn a_random_target_is_random_and_a_replica_is_not_the_primary() {
    for (target, allowed) in [(Target::Replica, vec![B, C]), (Target::Any, vec![A, B, C])] {
        let mut play = Play::new(with(ClientSettings { reads_from: target, ..Default::default() }));
        let mut counts: BTreeMap<NodeId, u32> = BTreeMap::new();
        for _ in 0..300 {
            let operation = play.issue(ANA, Action::Read { key: X }, None);
            play.run(15);
            *counts.entry(asked(&play, operation)[0]).or_default() += 1;
        }
        let fair = 300.0 / allowed.len() as f64;
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), allowed);
        // 4 standard errors.
        assert!(counts.values().all(|count| (*count as f64 - fair).abs() < 4.0 * (300.0f64 * 0.25).sqrt()), "{counts:?}");
    }
}

#[test]
fn a_time_out_means_unknown() {
    // The answer is lost, or the request is: the client cannot tell, and says so.
    let (ana, a) = (Address::Client(ANA), Address::Node(A));
    for (from, to, happened) in [(a, ana, true), (ana, a, false)] {
        let mut play = Play::group(1);
        play.act(link(from, to, LinkChange { loss: Some(1.0), ..Default::default() }));
        let write = play.write(ANA, X, 1);
        play.run(1_999);
        assert_eq!(play.outcome(write), None);
        play.run(2);
        assert_eq!((play.outcome(write), play.held(A, X).is_some()), (Some(Outcome::TimedOut), happened));
    }
}

/// A refusal that comes after an unanswered try does not make the try undone.
#[test]
fn after_a_time_out_a_no_is_not_believed() {
    let mut play = Play::new(with(ClientSettings { timeout: ms(100), retries: 1, ..Default::default() }));
    play.run(20).act(link(A, ANA, LinkChange { loss: Some(1.0), ..Default::default() }));
    let write = play.write(ANA, X, 1);
    play.run(50).act(link(A, ANA, LinkChange { loss: Some(0.0), ..Default::default() }));
    play.act(Command::Crash { node: A }).run(1_000);
    assert_eq!(asked(&play, write), [A, B, A, C], "A without an answer; B points at A, which says no, and so does C");
    assert_eq!(play.outcome(write), Some(Outcome::TimedOut));
}

#[test]
fn a_retry_keeps_its_identity_and_may_happen_twice() {
    let mut play = Play::new(with(ClientSettings { timeout: ms(50), retries: 3, ..Default::default() }));
    play.run(20).act(link(A, ANA, LinkChange { loss: Some(1.0), ..Default::default() }));
    let write = play.write(ANA, X, 1);
    play.run(60).act(link(A, ANA, LinkChange { loss: Some(0.0), ..Default::default() })).run(2_000);
    assert_eq!(play.outcome(write), Some(Outcome::Written));
    let logged: BTreeSet<OperationId> = play.view(A).tail.iter().filter_map(|entry| entry.operation()).collect();
    assert_eq!((logged, play.view(A).written.0 >= 2), (BTreeSet::from([write]), true));
}

/// The primary's machine loses power: the first to time out looks elsewhere, and finds the promoted node.
#[test]
fn after_a_time_out_a_client_looks_elsewhere() {
    let mut play = Play::group(4);
    play.run(20).act(Command::CrashMachine { node: A }).act(Command::Promote { node: C }).run(50);
    let (first, second) = (play.write(ANA, X, 1), play.write(ANA, X, 2));
    play.run(2_100);
    assert_eq!(play.outcome(first), Some(Outcome::TimedOut));
    assert_eq!((play.outcome(second), asked(&play, second)), (Some(Outcome::Written), vec![B, C]));
}

/// The default client does not ask for ever: each node once, then it says what it was told last.
#[test]
fn without_a_primary_every_node_is_asked_once() {
    for nodes in 1..=5 {
        let mut play = Play::group(nodes);
        play.run(20).act(Command::Crash { node: A });
        let write = play.write(ANA, X, 1);
        play.run(200);
        let all: Vec<NodeId> = play.world.members();
        assert_eq!(asked(&play, write), all);
        assert!(matches!(play.outcome(write), Some(Outcome::Refused(_))));
    }
}

#[test]
fn one_operation_at_a_time_the_rest_wait_their_turn() {
    let mut play = Play::group(1);
    play.run(20);
    let writes: Vec<OperationId> = (0..5).map(|value| play.write(ANA, X, value)).collect();
    play.run(5 * 12);
    let times: Vec<_> = play.world.history().iter().map(|(_, row)| (row.operation, row.outcome.is_some())).collect();
    let expected: Vec<_> = writes.iter().flat_map(|write| [(*write, false), (*write, true)]).collect();
    assert_eq!(times, expected);
    for _ in 0..Session::WAITING_MAX + 1 {
        play.write(ANA, X, 9);
    }
    assert_eq!(play.last_idle(), None);
    play.write(ANA, X, 9);
    assert_eq!(play.last_idle(), Some("too many of its operations are waiting"));
}

#[test]
fn paces() {
    let count = |pace, flush_ms, run_ms| {
        let mut scenario = instant(1);
        scenario.nodes.each.flush = constant(flush_ms);
        let workload = Workload { pace, start: ms(1_000), stop: Some(ms(9_000)), read_share: 0.0, ..Default::default() };
        scenario.clients = vec![ClientSettings { workload: Some(workload), ..Default::default() }];
        let mut play = Play::new(scenario);
        play.run(run_ms);
        let begun = play.world.history().iter().filter(|(_, row)| row.outcome.is_none());
        begun.map(|(_, row)| (row.at.0 / 1_000, row.operation.number)).collect::<Vec<_>>()
    };
    // Regular: whatever the answers do, until the workload stops.
    let regular = count(Pace::Regular { every: ms(500) }, 300, 20_000);
    assert_eq!(regular, (0..16).map(|k| (1_000 + 500 * k, k as u32)).collect::<Vec<_>>());
    // Think time: 200 ms after each answer, which takes 300 ms.
    let think = count(Pace::Think { time: constant(200) }, 300, 20_000);
    assert_eq!(think[..3], [(1_200, 0), (1_700, 1), (2_200, 2)]);
    assert_eq!(think.len(), 16);
    // Poisson, faster than it can be served: the open operation is always the oldest, none is skipped.
    let poisson = count(Pace::Poisson { per_s: 10.0 }, 300, 60_000);
    assert!((50..110).contains(&poisson.len()), "{}", poisson.len());
    assert!(poisson.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1 && pair[1].0 >= pair[0].0 + 300));
}

#[test]
fn a_workload_can_be_stopped_and_goes_on_where_its_draws_are() {
    let mut play = Play::new(with(ClientSettings {
        workload: Some(Workload { pace: Pace::Regular { every: ms(100) }, ..Default::default() }),
        ..Default::default()
    }));
    play.run(1_050).act(Command::SetWorkload { client: ANA, on: false }).run(1_000);
    play.act(Command::SetWorkload { client: ANA, on: true }).run(1_000);
    let numbers: Vec<u32> =
        play.world.history().iter().filter(|(_, r)| r.outcome.is_none()).map(|(_, r)| r.operation.number).collect();
    assert_eq!(numbers, (0..=10).chain(21..=30).collect::<Vec<_>>(), "what was not asked for while it was off is left out");
    let mut idle = Play::group(1);
    idle.act(Command::SetWorkload { client: ANA, on: true });
    assert_eq!(idle.last_idle(), Some("it has no workload"));
}

/// A closed-loop client whose queue was full of operations by hand goes on when it has drained.
#[test]
fn a_full_queue_does_not_end_a_workload() {
    let workload = Workload { pace: Pace::Think { time: constant(10) }, ..Default::default() };
    let mut play = Play::new(with(ClientSettings { workload: Some(workload), ..Default::default() }));
    for _ in 0..Session::WAITING_MAX {
        play.write(ANA, X, 1);
    }
    play.run(30_000);
    let last = play.world.history().iter().rev().find(|(_, row)| row.operation.origin == Origin::Workload);
    assert!(last.is_some_and(|(_, row)| row.at > ms(29_900)));
}

/// How often a session read something older than what it had written or read of the same key before.
fn went_back(token: bool, seed: u64) -> usize {
    let mut scenario = group(4);
    scenario.seed = seed;
    scenario.network.latency = Distribution::Exponential { mean: ms(60) };
    scenario.network.in_order = false;
    let workload = Workload { pace: Pace::Poisson { per_s: 8.0 }, read_share: 0.7, ..Default::default() };
    scenario.clients =
        vec![ClientSettings { count: 3, reads_from: Target::Any, token, workload: Some(workload), ..Default::default() }];
    let mut play = Play::new(scenario);
    play.run(12_000);
    let appended = play.events().filter_map(|event| match &event.kind {
        Kind::Fact(Fact::Appended { lsn, write: Some(write), .. }) => Some((write.id, *lsn)),
        _ => None,
    });
    let lsns: BTreeMap<_, _> = appended.collect();
    let (mut seen, mut back) = (BTreeMap::new(), 0);
    for (_, row) in play.world.history().iter() {
        let lsn = match row.outcome {
            Some(Outcome::Written) => lsns.get(&row.operation).copied().unwrap_or_default(),
            Some(Outcome::Read(read)) => read.and_then(|write| lsns.get(&write.id)).copied().unwrap_or_default(),
            _ => continue,
        };
        let before = seen.entry((row.client, row.action.key())).or_insert(lsn);
        back += (lsn < *before) as usize;
        *before = lsn.max(*before);
    }
    back
}

/// Read your writes and monotonic reads, per key: the token keeps them in every run, and without it they break soon.
#[test]
fn a_session_with_a_token_never_goes_back() {
    assert_eq!((0..60).map(|seed| went_back(true, seed)).sum::<usize>(), 0);
    assert!(went_back(false, 0) > 0);
}
