//! Messages and where they end: the documented rules of the wire.

use super::play::*;
use crate::{
    client::workload::Target,
    sim::{
        id::{Address, ClientId, NodeId},
        network::{LinkChange, MessageClass},
        operation::{Outcome, Refusal},
        time::Micros,
    },
    trace::{DropReason, Event, Kind},
    world::command::Command,
};

fn address(id: impl Into<Address>) -> Address {
    id.into()
}

/// Why messages between two ends were dropped.
fn dropped(play: &Play, one: impl Into<Address>, other: impl Into<Address>) -> Vec<DropReason> {
    let (one, other) = (one.into(), other.into());
    let fits = |event: &Event| match event.kind {
        Kind::Drop { from, to, reason, .. } if (from, to) == (one, other) => Some(reason),
        _ => None,
    };
    play.events().filter_map(fits).collect()
}

#[test]
fn what_was_sent_before_the_sender_crashed_still_arrives() {
    for crash in [Command::Crash { node: A }, Command::CrashMachine { node: A }, Command::Wipe { node: A }] {
        let mut play = Play::group(2);
        play.run(20).write(ANA, X, 7);
        // 5 ms to the primary, 1 ms to its disk; the copy is on its way to B for 5 ms more.
        play.run(8);
        assert_eq!(play.held(B, X), None);
        play.act(crash).run(50);
        assert_eq!(play.held(B, X), Some(7));
    }
}

#[test]
fn what_arrives_at_a_node_that_is_down_is_lost_there() {
    let mut play = Play::group(2);
    play.run(20).write(ANA, X, 7);
    play.run(8).act(Command::Crash { node: B }).run(5).act(Command::Restart { node: B });
    assert_eq!(dropped(&play, A, B), [DropReason::NodeDown]);
}

#[test]
fn a_machine_without_the_process_says_no_and_one_without_power_says_nothing() {
    for (crash, outcome, after_ms) in [
        (Command::Crash { node: B }, Outcome::Refused(Refusal::NoProcess), 10),
        (Command::CrashMachine { node: B }, Outcome::TimedOut, 2_000),
        (Command::Wipe { node: B }, Outcome::TimedOut, 2_000),
        (Command::RemoveNode { node: B }, Outcome::TimedOut, 2_000),
    ] {
        let mut play = Play::group(2);
        play.run(20);
        let read = play.read(ANA, X, B);
        play.act(crash.clone()).run_to(ms(20 + after_ms));
        assert_eq!(play.outcome(read), None, "{crash:?}");
        play.run(1);
        assert_eq!(play.outcome(read), Some(outcome), "{crash:?}");
    }
}

#[test]
fn a_node_removed_while_only_its_process_was_down_falls_silent() {
    let mut play = Play::group(2);
    play.act(Command::Crash { node: B }).act(Command::RemoveNode { node: B });
    assert!(play.world.host(B).unwrap().machine_down);
    play.act(Command::Restart { node: B });
    assert_eq!(play.last_idle(), Some("there is no such node or client"));
}

#[test]
fn only_the_moment_of_arrival_counts_for_a_cut() {
    let cut = Command::Cut { from: address(A), to: address(B), both: false };
    let heal = Command::Heal { from: address(A), to: address(B), both: false };
    // The copy leaves A at 26.1 ms and would be at B at 31.1 ms.
    for (cut_ms, heal_ms, arrives) in [(1, 29, true), (22, 30, true), (30, 40, false), (22, 40, false), (33, 40, true)] {
        let mut play = Play::group(2);
        config(&mut play.scenario).resend_after = ms(3_600_000);
        play = Play::new(play.scenario.clone());
        play.run(20).write(ANA, X, 7);
        for (at, command) in [(cut_ms, &cut), (heal_ms, &heal)] {
            let at = ms(at).max(play.world.now());
            play.run_to(at).act(command.clone());
        }
        play.run(20);
        assert_eq!(play.held(B, X).is_some(), arrives, "cut from {cut_ms} to {heal_ms}");
        assert_eq!(dropped(&play, A, B), vec![DropReason::Cut; !arrives as usize]);
    }
}

#[test]
fn a_cut_one_way_leaves_the_other_way_open() {
    let mut play = Play::group(2);
    play.act(Command::Cut { from: address(B), to: address(A), both: false }).run(3_000);
    // B asks in vain, for its questions are lost; what A sends would come.
    assert!(dropped(&play, B, A).len() >= 2 && dropped(&play, A, B).is_empty());
    play.act(Command::HealAll).run(3_000).write(ANA, X, 1);
    play.act(Command::Cut { from: address(B), to: address(A), both: false }).run(50);
    assert_eq!(play.held(B, X), Some(1));
}

#[test]
fn a_partition_separates_groups_clients_included_and_nobody_else() {
    let mut play = Play::group(3);
    play.run(20);
    play.act(Command::Partition { groups: vec![vec![A.into(), ANA.into()], vec![B.into(), BEN.into()]] });
    let cut = |play: &Play, one: Address, other: Address| {
        let network = play.world.network();
        (network.is_cut(one, other), network.is_cut(other, one))
    };
    for (one, other, expected) in [
        (address(A), address(B), true),
        (address(A), address(BEN), true),
        (address(B), address(ANA), true),
        (address(ANA), address(BEN), true),
        (address(A), address(ANA), false),
        (address(B), address(BEN), false),
        (address(C), address(A), false),
        (address(C), address(BEN), false),
    ] {
        assert_eq!(cut(&play, one, other), (expected, expected), "{one} {other}");
    }
    let (one, other) = (play.write(ANA, X, 1), play.write(BEN, Y, 2));
    play.run(3_000);
    assert_eq!((play.outcome(one), play.outcome(other)), (Some(Outcome::Written), Some(Outcome::TimedOut)));
    // A new partition replaces the old one; with nobody in it all is whole.
    play.act(Command::Partition { groups: vec![] });
    assert!(!play.world.network().any_cut());
}

#[test]
fn a_partition_with_someone_on_both_sides_changes_nothing() {
    let mut play = Play::group(3);
    play.act(Command::Cut { from: address(A), to: address(B), both: true });
    play.act(Command::Partition { groups: vec![vec![A.into()], vec![C.into(), A.into()]] });
    assert_eq!(play.last_idle(), Some("one is in two groups"));
    assert!(play.world.network().is_cut(address(A), address(B)) && !play.world.network().is_cut(address(A), address(C)));
}

/// When B's timers fired.
fn fired(play: &Play) -> Vec<Micros> {
    let timer = |event: &&Event| event.node == Some(B) && matches!(event.kind, Kind::TimerFired { .. });
    play.events().filter(timer).map(|event| event.at).collect()
}

#[test]
fn at_a_paused_node_messages_wait() {
    let mut play = Play::group(2);
    play.run(20).act(Command::Pause { node: B }).write(ANA, X, 7);
    let read = play.read(BEN, X, B);
    play.run(3_000);
    assert_eq!((play.held(B, X), play.outcome(read)), (None, Some(Outcome::TimedOut)));
    play.act(Command::Resume { node: B }).run(30);
    assert_eq!(play.held(B, X), Some(7));
    // Its timer was due after 2 s, but the messages before it in the queue were what it waited for.
    assert_eq!(fired(&play), []);
}

#[test]
fn at_a_paused_node_timers_fire_late() {
    let mut play = Play::group(2);
    play.run(20).act(Command::CrashMachine { node: A }).act(Command::Pause { node: B }).run(3_000);
    assert_eq!(fired(&play), []);
    play.act(Command::Resume { node: B }).run(10);
    assert_eq!(fired(&play), [ms(3_020)]);
}

#[test]
fn a_timer_set_anew_while_it_waited_for_the_node_does_not_fire() {
    let mut scenario = group(2);
    scenario.nodes.each.message = constant(3);
    let mut play = Play::new(scenario);
    // B works for 3 s on each sign of the primary, so its timer is due before it has read any.
    play.run(20).act(Command::Slow { node: B, factor: 1_000.0 }).write(ANA, X, 1);
    play.run(10_000);
    assert_eq!(fired(&play), []);
}

#[test]
fn bandwidth_is_time_on_the_wire_and_a_queue_before_it() {
    let mut play = Play::group(1);
    // A request has 96 bytes.
    let set = LinkChange { bandwidth_bytes_per_s: Some(9_600), ..Default::default() };
    play.act(link(ANA, A, set.clone())).act(link(BEN, A, set));
    let arrivals = |play: &Play| {
        let delivered = |event: &Event| match event.kind {
            Kind::Deliver { class: MessageClass::Request, from, .. } => Some((from, event.at)),
            _ => None,
        };
        play.events().filter_map(delivered).collect::<Vec<_>>()
    };
    play.write(ANA, X, 1);
    play.write(BEN, X, 2);
    play.run(100);
    assert_eq!(arrivals(&play), [(address(ANA), ms(15)), (address(BEN), ms(15))], "10 ms on the wire of its own, then 5 ms");
}

#[test]
fn equal_times_keep_the_order_in_which_things_were_sent() {
    let mut scenario = instant(3);
    scenario.clients[0].count = 12;
    let mut play = Play::new(scenario);
    play.run(10);
    let order = [5, 3, 11, 0, 7, 1, 2, 10, 9, 4, 6, 8];
    for client in order {
        play.write(ClientId(client), X, client as i64);
    }
    assert_eq!(play.world.now(), ms(10));
    play.run(1);
    for node in [A, B, C] {
        let clients: Vec<u16> = play.view(node).tail.iter().filter_map(|entry| Some(entry.operation()?.client.0)).collect();
        assert_eq!(clients, order, "{node}");
    }
    assert!(play.events().all(|event| event.at == ms(10) || event.at == ms(0)), "and it all happens at once");
}

#[test]
fn commands_come_before_events_of_the_same_time() {
    // The request is at A at 25 ms sharp.
    for (cut_at, outcome) in [(Micros(25_000), Outcome::TimedOut), (Micros(25_001), Outcome::Written)] {
        let mut play = Play::group(1);
        play.run(20);
        let write = play.write(ANA, X, 1);
        play.run_to(cut_at).act(Command::Cut { from: address(ANA), to: address(A), both: false }).run(3_000);
        assert_eq!(play.outcome(write), Some(outcome), "{cut_at}");
    }
}

#[test]
fn who_is_gone_or_never_was_is_not_talked_to() {
    let nobody = NodeId(9);
    for command in [
        Command::Crash { node: nobody },
        Command::SetReadsFrom { client: ANA, target: Target::Node(nobody) },
        Command::SetWritesTo { client: ANA, target: Target::Node(nobody) },
        Command::Cut { from: address(A), to: address(nobody), both: true },
        Command::Partition { groups: vec![vec![nobody.into()], vec![A.into()]] },
        Command::SetWorkload { client: ClientId(7), on: true },
    ] {
        let mut play = Play::group(2);
        let before = format!("{:?}", play.world.network());
        play.act(command.clone());
        assert_eq!(play.last_idle(), Some("there is no such node or client"), "{command:?}");
        assert_eq!(format!("{:?}", play.world.network()), before);
        play.write(ANA, X, 1);
        play.run(50);
    }
}
