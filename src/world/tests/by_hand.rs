//! The learner's hand on a message: taken off, held back, doubled, brought at once.

use super::play::*;
use crate::{
    sim::{
        id::{Address, EventId, MessageId},
        network::{LinkChange, MessageClass},
        operation::Outcome,
    },
    trace::{DropReason, Kind},
    world::command::Command,
};

/// A write on its way from A to B, 100 ms long.
fn copy_on_the_wire() -> (Play, MessageId) {
    let mut play = Play::group(2);
    play.act(link(A, B, latency(100))).run(300).write(ANA, X, 7);
    play.run(20);
    let flight = play.world.flights().find(|flight| flight.class == MessageClass::Replicate).map(|flight| flight.id);
    (play, flight.expect("the copy is on the wire"))
}

fn last_command(play: &Play) -> EventId {
    let command = |(id, event): (u64, &crate::trace::Event)| matches!(event.kind, Kind::Command { .. }).then_some(EventId(id));
    play.world.trace().iter().rev().find_map(command).expect("there was one")
}

/// Times at which B's copy was delivered, and whether the last command was named as a cause.
fn delivered(play: &Play) -> Vec<(u64, bool)> {
    let hand = last_command(play);
    let copy = |event: &&crate::trace::Event| matches!(event.kind, Kind::Deliver { class: MessageClass::Replicate, .. });
    let late = play.events().filter(copy).filter(|event| event.at >= ms(300));
    late.map(|event| (event.at.0 / 1_000, event.causes.iter().any(|cause| cause == hand))).collect()
}

#[test]
fn hands_on_a_message() {
    // It was sent at 306 ms and is due at 406 ms; the hand comes at 320 ms.
    for (command, expected) in [
        (None, vec![(406, false)]),
        (Some(Command::DelayMessage { message: MessageId(0), by: ms(50) }), vec![(456, true)]),
        (Some(Command::DeliverNow { message: MessageId(0) }), vec![(320, true)]),
        (Some(Command::DropMessage { message: MessageId(0) }), vec![]),
    ] {
        let (mut play, copy) = copy_on_the_wire();
        let done = command.map(|command| match command {
            Command::DelayMessage { by, .. } => Command::DelayMessage { message: copy, by },
            Command::DeliverNow { .. } => Command::DeliverNow { message: copy },
            _ => Command::DropMessage { message: copy },
        });
        match &done {
            Some(command) => play.act(command.clone()),
            None => play.act(Command::HealAll),
        };
        play.run(500);
        assert_eq!(delivered(&play), expected, "{done:?}");
    }
}

#[test]
fn a_double_arrives_twice_and_counts_once() {
    let (mut play, message) = copy_on_the_wire();
    play.act(Command::DuplicateMessage { message }).run(500);
    assert_eq!(delivered(&play).len(), 2);
    assert_eq!((play.view(B).written.0, play.held(B, X)), (1, Some(7)));
}

#[test]
fn taken_off_the_wire_it_is_dropped_by_hand_and_sent_again() {
    let (mut play, message) = copy_on_the_wire();
    play.act(Command::DropMessage { message });
    let by_hand = |event: &crate::trace::Event| matches!(event.kind, Kind::Drop { reason: DropReason::ByHand, .. });
    assert!(play.events().any(by_hand));
    play.run(2_000);
    assert_eq!(play.held(B, X), Some(7));
}

#[test]
fn what_is_no_longer_on_the_wire_is_out_of_reach() {
    let (mut play, message) = copy_on_the_wire();
    play.run(500);
    for command in [
        Command::DropMessage { message },
        Command::DelayMessage { message, by: ms(1) },
        Command::DuplicateMessage { message },
        Command::DeliverNow { message },
        Command::DropMessage { message: MessageId(u64::MAX) },
    ] {
        play.act(command);
        assert_eq!(play.last_idle(), Some("the message is no longer on the wire"));
    }
}

#[test]
fn a_message_that_chance_would_lose_can_be_saved_but_not_by_delay() {
    for (save, arrives) in [(true, true), (false, false)] {
        let mut play = Play::group(1);
        play.act(link(ANA, A, LinkChange { loss: Some(1.0), ..latency(100) }));
        let write = play.write(ANA, X, 1);
        play.run(10);
        let message = play.world.flights().find(|flight| flight.from == Address::Client(ANA)).expect("on the wire").id;
        let by = ms(0);
        play.act(if save { Command::DeliverNow { message } } else { Command::DelayMessage { message, by } }).run(3_000);
        assert_eq!(play.outcome(write) == Some(Outcome::Written), arrives);
    }
}
