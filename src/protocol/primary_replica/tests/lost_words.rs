//! The one message that matters is lost, late or doubled: nobody waits for ever, and nothing old is taken for new.

use super::*;
use crate::{
    protocol::commit::{Commit, Level},
    sim::{
        id::{Address, NodeId},
        network::{LinkChange, MessageClass},
        operation::Outcome,
    },
    trace::{Fact, Kind},
    world::command::Command,
};

/// Loses what goes from one node to another for a while.
fn silence(play: &mut Play, from: NodeId, to: NodeId, millis: u64) {
    play.act(Command::Cut { from: from.into(), to: to.into(), both: false }).run(millis);
    play.act(Command::Heal { from: from.into(), to: to.into(), both: false });
}

fn said(play: &Play, node: NodeId, fits: impl Fn(&Fact) -> bool) -> usize {
    play.facts(node).filter(|(_, fact)| fits(fact)).count()
}

/// B loses the end of its log to a machine crash, and its first question after that is lost too. The primary, which had been
/// told of the longer log, must not believe it any more when the question is repeated.
#[test]
fn a_shorter_log_is_believed_even_if_the_first_question_is_lost() {
    let mut scenario = group(2);
    scenario.nodes.different = vec![crate::scenario::OneNode {
        node: B,
        flush: Some(constant(200)),
        read: None,
        write: None,
        message: None,
        apply: None,
        clock: None,
    }];
    let mut play = Play::new(scenario);
    play.run(500).write(ANA, X, 1);
    play.run(400).write(ANA, X, 2);
    // The copy comes twice, and B says that it has it, though it is not on disk yet.
    play.run(8);
    let copy = play.world.flights().find(|flight| flight.class == MessageClass::Replicate).expect("on its way").id;
    play.act(Command::DuplicateMessage { message: copy }).run(50);
    assert_eq!((play.view(B).written.0, play.view(B).flushed.0), (2, 1));
    play.act(Command::CrashMachine { node: B }).act(Command::Restart { node: B });
    assert_eq!(play.view(B).written.0, 1);
    silence(&mut play, B, A, 100);
    play.run(5_000);
    assert_eq!(play.held(B, X), Some(2));
}

/// The snapshot of an empty log is lost: it is sent again, though no position tells the two logs apart.
#[test]
fn a_lost_snapshot_of_nothing_is_sent_again() {
    let mut play = Play::group(2);
    play.run(20).write(ANA, X, 1);
    play.run(100).act(Command::Wipe { node: A }).act(Command::Restart { node: A });
    play.run(12);
    // A is empty and announces itself; B's answer and A's snapshot are on the wire around now.
    silence(&mut play, A, B, 100);
    play.run(5_000);
    assert_eq!(play.view(B).copies, []);
    assert_eq!(said(&play, B, |fact| matches!(fact, Fact::Discarded { .. })), 1);
}

/// The same for a log that has parted and is shorter than the primary's: entries from the beginning would all look known.
#[test]
fn a_lost_snapshot_is_not_replaced_by_entries() {
    let mut play = Play::group(3);
    play.run(20).act(Command::Cut { from: A.into(), to: B.into(), both: true }).act(Command::Cut {
        from: A.into(),
        to: C.into(),
        both: true,
    });
    for value in 1..=5 {
        play.write(ANA, X, value);
        play.run(50);
    }
    play.act(Command::Promote { node: B }).run(100);
    for value in 11..=13 {
        play.issue(BEN, crate::sim::operation::Action::Write { key: X, value }, Some(B));
        play.run(50);
    }
    play.act(Command::HealAll).run(11);
    silence(&mut play, B, A, 1_200);
    play.run(4_000);
    assert_eq!([A, B, C].map(|node| play.held(node, X)), [Some(13); 3]);
    assert_eq!(play.discarded(A).len(), 5);
}

/// What a replica said before it crashed arrives after it has started anew: it belongs to a connection that is closed.
#[test]
fn words_of_an_earlier_connection_do_not_count() {
    let mut play = Play::group(2);
    play.run(20).act(link(B, A, LinkChange { in_order: Some(false), ..latency(2) })).write(ANA, X, 1);
    play.run(100).write(ANA, X, 2);
    play.run(13);
    let words: Vec<_> = play.world.flights().filter(|flight| flight.from == Address::Node(B)).map(|flight| flight.id).collect();
    assert_eq!(words.len(), 1, "B's acknowledgement");
    play.act(Command::DelayMessage { message: words[0], by: ms(500) });
    play.act(Command::Wipe { node: B }).act(Command::Cut { from: A.into(), to: B.into(), both: false });
    play.act(Command::Restart { node: B }).run(700).act(Command::HealAll).run(5_000);
    assert_eq!((play.view(B).written.0, play.held(B, X)), (2, Some(2)));
}

/// A copy sent before the replica started anew comes late: it is skipped, and told so.
#[test]
fn copies_of_an_earlier_connection_are_skipped() {
    let mut play = Play::group(2);
    play.act(link(A, B, latency(300))).run(1_000).write(ANA, X, 1);
    play.run(20).act(Command::Crash { node: B }).act(Command::Restart { node: B }).run(1_500);
    assert_eq!(said(&play, B, |fact| matches!(fact, Fact::SkippedOldConnection { from: A })), 1);
    assert_eq!(play.held(B, X), Some(1));
}

/// One copy is lost and the next arrives: the replica says that one is missing, and has it a round trip later, long before
/// the time-out.
#[test]
fn a_gap_is_filled_when_it_is_seen() {
    let mut play = Play::group(2);
    play.act(link(A, B, latency(50))).run(300).write(ANA, X, 1);
    play.run(20);
    let copy = play.world.flights().find(|flight| flight.class == MessageClass::Replicate).expect("on its way").id;
    play.act(Command::DropMessage { message: copy }).write(ANA, Y, 2);
    play.run(90);
    let waiting = play.view(B).tail.iter().map(|entry| (entry.write.map(|write| write.value), entry.in_log)).collect::<Vec<_>>();
    assert_eq!(waiting, [(Some(2), false)]);
    play.run(60);
    assert_eq!((play.held(B, X), play.held(B, Y)), (Some(1), Some(2)));
    assert_eq!(said(&play, A, |fact| matches!(fact, Fact::Resent { .. })), 1);
}

/// The whole connection is doubled and shuffled; nothing is taken twice.
#[test]
fn doubled_questions_open_one_connection() {
    let mut scenario = group(3);
    (scenario.network.duplicate, scenario.network.in_order, scenario.network.jitter) = (1.0, false, ms(30));
    let mut play = Play::new(scenario);
    for value in 0..10 {
        play.write(ANA, X, value);
        play.run(150);
    }
    play.run(2_000);
    assert_eq!([B, C].map(|node| play.held(node, X)), [Some(9); 2]);
    assert_eq!(said(&play, A, |fact| matches!(fact, Fact::Following { .. })), 2);
}

/// While a snapshot is under way, its connection carries nothing else, and it is not asked for twice.
#[test]
fn a_slow_snapshot_is_not_sent_again_and_again() {
    let mut scenario = group(2);
    config(&mut scenario).log_retention_entries = 4;
    let mut play = Play::new(scenario);
    play.run(20).act(Command::CrashMachine { node: B });
    for value in 0..20 {
        play.write(ANA, X, value);
        play.run(20);
    }
    // 80 bytes at 20 a second: 4 s on the wire, longer than the shortest wait.
    play.act(link(A, B, LinkChange { bandwidth_bytes_per_s: Some(20), ..Default::default() }));
    play.act(Command::Restart { node: B }).run(40_000);
    assert_eq!(play.held(B, X), Some(19));
    assert!(play.sent(|_, _, class| class == MessageClass::Snapshot) <= 4);
    let before = play.sent(|_, _, class| class == MessageClass::Replicate);
    play.run(20_000);
    assert!(play.sent(|_, _, class| class == MessageClass::Replicate) - before <= 12);
}

/// A late word of an old primary meets a new one: it is skipped, and the old one learns that it is deposed.
#[test]
fn a_deposed_primary_learns_of_it_from_the_first_it_talks_to() {
    let mut play = Play::group(3);
    play.run(20).act(Command::Pause { node: A }).act(Command::Promote { node: B }).run(5_000).act(Command::Resume { node: A });
    let write = play.issue(ANA, crate::sim::operation::Action::Write { key: X, value: 1 }, Some(A));
    play.run(1_100);
    assert_eq!(play.view(A).follows, Some(B));
    assert_eq!(said(&play, A, |fact| matches!(fact, Fact::RoleChanged { .. })), 1);
    let _ = write;
    assert!(play.events().all(|event| !matches!(event.kind, Kind::Fact(Fact::Resent { attempt: 9.., .. }))));
}

/// The word that it is on disk there is lost, and nothing else is written: the replica says so again when it asks for more.
#[test]
fn a_lost_acknowledgement_keeps_nobody_waiting_for_ever() {
    let mut scenario = group(2);
    scenario.network.latency = constant(10);
    config(&mut scenario).commit = Commit { level: Level::RemoteFlush, ..Commit::default() };
    config(&mut scenario).resend_after = ms(10_000);
    scenario.clients[ANA.0 as usize].timeout = ms(20_000);
    let mut play = Play::new(scenario);
    play.run(500);
    let write = play.write(ANA, X, 1);
    let lost =
        |play: &Play| play.world.flights().find(|flight| flight.class == MessageClass::Acknowledge).map(|flight| flight.id);
    while lost(&play).is_none() {
        play.run(1);
    }
    while let Some(message) = lost(&play) {
        play.act(Command::DropMessage { message }).run(20);
    }
    play.run(6_000);
    assert_eq!(play.outcome(write), Some(Outcome::Written));
}
