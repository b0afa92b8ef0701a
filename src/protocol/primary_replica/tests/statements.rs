//! Writes whose value the database makes: which value, who is told, and what replicas make of the statement.

use super::*;
use crate::{
    client::workload::Target,
    protocol::{
        commit::{Commit, Level, Which},
        primary_replica::Shipping,
    },
    sim::{
        clock::Clock,
        id::{ClientId, Key, NodeId, OperationId},
        operation::{Action, Function, Outcome},
    },
    store::log::Lsn,
    trace::{Fact, Kind},
    world::command::Command,
};

fn generate(play: &mut Play, client: ClientId, key: Key, function: Function) -> OperationId {
    play.issue(client, Action::Generate { key, function }, None)
}

fn made(play: &Play, operation: OperationId) -> Option<i64> {
    match play.outcome(operation)? {
        Outcome::Generated(write) => {
            assert_eq!(write.id, operation);
            Some(write.value)
        }
        other => panic!("{operation:?} ended with {other:?}"),
    }
}

fn shipping(shipping: Shipping) -> Play {
    let mut scenario = group(3);
    config(&mut scenario).shipping = shipping;
    Play::new(scenario)
}

#[test]
fn the_next_number_counts_what_nobody_sees_yet() {
    let mut scenario = group(3);
    config(&mut scenario).commit = Commit { level: Level::RemoteFlush, which: Which::Majority, ..Commit::default() };
    scenario.clients.push(Default::default());
    let mut play = Play::new(scenario);
    play.run(50).act(Command::Pause { node: B }).act(Command::Pause { node: C });
    let first = generate(&mut play, ANA, X, Function::Next);
    let second = generate(&mut play, BEN, X, Function::Next);
    let other = generate(&mut play, ClientId(2), Y, Function::Next);
    play.run(200);
    assert_eq!([first, second, other].map(|operation| made(&play, operation)), [None; 3], "they wait for replicas");
    assert_eq!((play.held(A, X), play.view(A).written), (None, Lsn(3)));
    play.act(Command::Resume { node: B }).act(Command::Resume { node: C }).run(500);
    assert_eq!([first, second, other].map(|operation| made(&play, operation)), [Some(1), Some(2), Some(1)]);
    assert_eq!([A, B, C].map(|node| (play.held(node, X), play.held(node, Y))), [(Some(2), Some(1)); 3]);
}

#[test]
fn the_next_number_follows_whatever_was_written_last() {
    let mut play = Play::group(2);
    for (value, next) in [(41, 42), (-1, 0), (i64::MAX, i64::MAX)] {
        play.write(ANA, X, value);
        let operation = generate(&mut play, ANA, X, Function::Next);
        play.run(200);
        assert_eq!((made(&play, operation), play.held(B, X)), (Some(next), Some(next)), "after {value}");
    }
}

/// A request whose answer comes too late is made again and takes another number, which nobody is told of: the client has
/// heard the first one by then.
#[test]
fn a_number_asked_for_twice_is_taken_twice() {
    let mut scenario = group(2);
    (scenario.clients[0].timeout, scenario.clients[0].retries) = (ms(300), 1);
    scenario.clients[0].writes_to = Target::Node(A);
    let mut play = Play::new(scenario);
    play.act(link(A, ANA, latency(600)));
    let operation = generate(&mut play, ANA, X, Function::Next);
    play.run(2_000);
    let appended = play.facts(A).filter_map(|(_, fact)| match fact {
        Fact::Appended { write: Some(write), .. } => Some((write.id, write.value)),
        _ => None,
    });
    assert_eq!(appended.collect::<Vec<_>>(), [(operation, 1), (operation, 2)]);
    assert_eq!((made(&play, operation), play.held(A, X), play.held(B, X)), (Some(1), Some(2), Some(2)));
}

/// SQL's `SYSDATE()`: by whatever the clock of the node that evaluates it says then, in ms.
#[test]
fn the_clock_is_that_of_the_node_that_evaluates() {
    for (shipping_by, skew_ms) in [(Shipping::Row, 0), (Shipping::Statement, 700)] {
        let mut play = shipping(shipping_by);
        play.act(Command::SetClock { node: A, clock: Clock { skew_us: -900_000, drift_ppm: 0 } });
        play.act(Command::SetClock { node: B, clock: Clock { skew_us: 700_000, drift_ppm: 0 } });
        play.run(500);
        let operation = generate(&mut play, ANA, X, Function::Clock);
        play.run(500);
        let when = |node| {
            let put = |fact: &Fact| matches!(fact, Fact::Appended { .. } | Fact::Received { .. });
            play.facts(node).find(|(_, fact)| put(fact)).map(|(at, _)| at.0 as i64)
        };
        let (at_a, at_b) = (when(A).expect("appended"), when(B).expect("received"));
        let value = (at_a - 900_000).div_euclid(1_000);
        assert!(value < 0, "before its clock's zero");
        assert_eq!((made(&play, operation), play.held(A, X)), (Some(value), Some(value)));
        let at_replica = if skew_ms == 0 { value } else { at_b / 1_000 + skew_ms };
        assert_eq!(play.held(B, X), Some(at_replica), "{shipping_by:?}");
    }
}

/// Each node draws its own number for each operation, and the same one in every run of the same seed, whatever else happens.
#[test]
fn random_numbers_belong_to_node_and_operation() {
    let run = |other: bool| {
        let mut play = shipping(Shipping::Statement);
        if other {
            play.write(BEN, Y, 5);
        }
        let operations = [0; 20].map(|_| {
            let operation = generate(&mut play, ANA, X, Function::Random);
            play.run(200);
            (made(&play, operation).expect("an answer"), play.held(A, X), play.held(B, X), play.held(C, X))
        });
        operations.to_vec()
    };
    let all = run(false);
    assert_eq!(all, run(true), "another write changes no number");
    for (told, a, b, c) in &all {
        assert_eq!(Some(*told), *a);
        assert!(a != b && b != c && a != c, "each has its own: {all:?}");
        assert!((0..Function::RANDOM_BELOW as i64).contains(told));
    }
    assert!(all.windows(2).all(|pair| pair[0].0 != pair[1].0));
    assert!(all.iter().any(|(told, ..)| *told > 500_000) && all.iter().any(|(told, ..)| *told < 500_000));
}

/// What a replica made is its own: it survives the machine, is what its readers see, and is the truth once it leads.
#[test]
fn a_value_made_by_a_replica_is_on_its_disk_and_spreads_when_it_leads() {
    let mut scenario = group(3);
    (config(&mut scenario).shipping, config(&mut scenario).log_retention_entries) = (Shipping::Statement, 2);
    let mut play = Play::new(scenario);
    let operation = generate(&mut play, ANA, X, Function::Random);
    play.run(300);
    let (told, own) = (made(&play, operation), play.held(B, X));
    assert!(told == play.held(A, X) && own != told, "{told:?}, {own:?}");
    play.act(Command::CrashMachine { node: B }).run(100).act(Command::Restart { node: B }).run(300);
    let read = play.read(BEN, X, B);
    play.run(200);
    assert_eq!((play.held(B, X), play.value(read)), (own, own));
    // All that the log does not keep any more comes in a snapshot, and that has values.
    for value in 1..=6 {
        play.write(ANA, Y, value);
    }
    play.run(500).act(Command::Crash { node: A }).act(Command::Promote { node: B }).run(500);
    play.act(Command::AddNode).run(2_000);
    let newcomer = NodeId(3);
    assert_eq!((play.held(B, X), play.held(newcomer, X)), (own, own), "not {told:?}, which Ana was told");
    play.act(Command::Restart { node: A }).run(2_000);
    assert_eq!(play.held(A, X), told, "nothing tells it that it differs");
}

/// An entry that holds a value is the same everywhere; a statement says what it asks for.
#[test]
fn what_travels_is_what_the_log_says() {
    for (by, function, travels) in [
        (Shipping::Row, Function::Next, None),
        (Shipping::Row, Function::Random, None),
        (Shipping::Statement, Function::Next, Some(Function::Next)),
        (Shipping::Statement, Function::Random, Some(Function::Random)),
    ] {
        let mut play = shipping(by);
        let operation = generate(&mut play, ANA, X, function);
        play.run(300);
        let sent: Vec<_> = play
            .events()
            .filter_map(|event| match event.kind {
                Kind::Send { cargo: crate::trace::Cargo::Entries { last_function, last_write, .. }, .. } => {
                    Some((last_function, last_write?.id))
                }
                _ => None,
            })
            .collect();
        assert_eq!(sent, [(travels, operation); 2], "{by:?} {function:?}");
        let held: Vec<Option<i64>> = [A, B, C].map(|node: NodeId| play.held(node, X)).to_vec();
        let same = held.iter().all(|value| *value == made(&play, operation));
        assert_eq!(same, by == Shipping::Row || function == Function::Next, "{by:?} {function:?}: {held:?}");
    }
}
