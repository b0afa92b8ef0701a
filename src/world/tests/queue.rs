//! One server queue a node: waiting is real and measured. That it is as long as theory says, `tests/engine/load.rs` tests.

use super::play::*;
use crate::{
    client::workload::{ClientSettings, Pace, Target, Workload},
    scenario::Scenario,
    sim::time::Micros,
    trace::{DropReason, Kind, Work},
    world::{command::Command, host::Host},
};

/// 200 sessions that read at A, together `per_s` times a second.
fn readers(per_s: f64) -> Scenario {
    let mut scenario = instant(1);
    let workload = Workload { pace: Pace::Poisson { per_s: per_s / 200.0 }, read_share: 1.0, ..Default::default() };
    scenario.clients =
        vec![ClientSettings { count: 200, reads_from: Target::Node(A), workload: Some(workload), ..Default::default() }];
    scenario
}

#[test]
fn work_is_done_in_order_of_arrival_and_waiting_is_told() {
    let mut scenario = instant(1);
    scenario.nodes.each.read = constant(10);
    scenario.nodes.each.write = constant(30);
    let mut play = Play::new(scenario);
    play.run(100).write(ANA, X, 1);
    play.run(5).read(BEN, X, A);
    play.run(100);
    let worked = |event: &crate::trace::Event| match event.kind {
        Kind::Worked { work, waited, took } => Some((work, event.at, waited, took)),
        _ => None,
    };
    let all: Vec<_> = play.events().filter_map(worked).collect();
    assert_eq!(all, [(Work::Write, ms(130), ms(0), ms(30)), (Work::Read, ms(140), ms(25), ms(10))]);
}

#[test]
fn a_slow_node_takes_longer_and_a_pause_is_no_work() {
    let mut scenario = instant(1);
    scenario.nodes.each.read = constant(10);
    let mut play = Play::new(scenario);
    play.run(100).act(Command::Slow { node: A, factor: 3.0 }).read(BEN, X, A);
    play.run(10).act(Command::Pause { node: A }).run(50).act(Command::Resume { node: A });
    // Its 30 ms were up while it was paused.
    let took = play.events().find_map(|event| match event.kind {
        Kind::Worked { took, .. } => Some((event.at, took)),
        _ => None,
    });
    assert_eq!(took, Some((ms(160), ms(30))));
    play.act(Command::Slow { node: A, factor: f64::NAN });
    assert_eq!(play.last_idle(), Some("the factor is not between 0.01 and 1000"));
}

#[test]
fn a_full_queue_turns_messages_away_and_takes_them_again_later() {
    let mut scenario = readers(10_000.0);
    // Whoever waits for an answer this long asks anew.
    scenario.clients[0].timeout = ms(1);
    let mut play = Play::new(scenario);
    play.act(Command::Pause { node: A }).run(1_500);
    assert_eq!(play.world.hosts()[0].queue_len(), Host::<crate::protocol::primary_replica::PrimaryReplica>::INBOX_MAX);
    let full = |play: &Play| {
        let full = |event: &&crate::trace::Event| matches!(event.kind, Kind::Drop { reason: DropReason::QueueFull, .. });
        play.events().filter(full).map(|event| event.at).max()
    };
    assert!(full(&play) > Some(ms(1_400)));
    play.act(Command::Resume { node: A }).run(100);
    assert!(full(&play) < Some(ms(1_501)));
    assert!(play.world.now() > Micros(0) && play.world.hosts()[0].queue_len() < 100);
}
