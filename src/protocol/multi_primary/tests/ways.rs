//! By which way changes come, that nothing goes round for ever, and what happens when a way is gone.

use super::*;
use crate::{
    sim::network::{LinkChange, MessageClass},
    world::command::Command,
};

fn count(play: &Play, node: NodeId, like: impl Fn(&Fact) -> bool) -> usize {
    play.facts(node).filter(|(_, fact)| like(fact)).count()
}

/// Every topology brings a write to everybody, with as many messages as it has ways; it is never sent back to its writer.
#[test]
fn a_write_gets_everywhere_and_ends() {
    for (kind, messages) in [(Topology::AllToAll, 4), (Topology::Ring, 4), (Topology::Star, 4), (Topology::Tree, 4)] {
        let mut play = Play::new(peers(5, topology(kind)));
        play.run(50);
        play.write(ANA, X, 1);
        play.run(2_000);
        assert_equal(&play);
        assert_eq!(values(&play, NodeId(4), X), [1], "{kind:?}");
        let sent = play.sent(|_, _, class| class == MessageClass::Replicate);
        assert_eq!(sent, messages, "{kind:?}");
    }
}

/// A cycle of links: what comes a second time goes no further.
#[test]
fn what_comes_twice_goes_no_further() {
    let pair = |one: NodeId, other: NodeId| super::super::Pair { one, other };
    let mut play = Play::new(peers(4, |config| {
        config.topology = Topology::Custom;
        config.links = vec![pair(A, B), pair(A, C), pair(B, D), pair(C, D)];
    }));
    play.run(50);
    play.write(ANA, X, 1);
    play.run(2_000);
    assert_equal(&play);
    let known = |node| count(&play, node, |fact| matches!(fact, Fact::AlreadyKnown { .. }));
    assert!(known(A) + known(B) + known(C) + known(D) > 0);
    assert!(play.sent(|_, _, class| class == MessageClass::Replicate) <= 8);
}

/// ph-26: in a ring one peer that is down keeps the next ones from hearing anything; when it is back, all is made up for.
#[test]
fn a_ring_breaks_where_one_is_down() {
    let mut play = Play::new(peers(4, topology(Topology::Ring)));
    play.run(50);
    play.act(Command::Crash { node: B });
    play.write(ANA, X, 1);
    play.run(5_000);
    assert_eq!((values(&play, C, X), values(&play, D, X)), (vec![], vec![]), "A sends to B only");
    play.act(Command::Restart { node: B });
    play.run(3_000);
    assert_equal(&play);
    assert_eq!(values(&play, D, X), [1]);
}

/// Ana's x is slow on its way to C; Ben has seen it and writes y.
fn overtaking(causal: bool) -> Play {
    let mut play = Play::new(peers(3, |config| config.causal = causal));
    play.act(link(A, C, LinkChange { latency: Some(constant(500)), ..Default::default() }));
    play.write(ANA, X, 1);
    play.run(100);
    play.read(BEN, X, B);
    play.run(10);
    play.write(BEN, Y, 2);
    play.run(100);
    play
}

/// ph-27: all-to-all, an answer arrives before its question; with causal delivery it waits.
#[test]
fn causal_delivery_keeps_an_answer_behind_its_question() {
    let without = overtaking(false);
    assert_eq!((values(&without, C, X), values(&without, C, Y)), (vec![], vec![2]));
    assert_eq!(count(&without, C, |fact| matches!(fact, Fact::Overtook { .. })), 1);
    let mut with = overtaking(true);
    assert_eq!((values(&with, C, X), values(&with, C, Y)), (vec![], vec![]));
    assert_eq!(count(&with, C, |fact| matches!(fact, Fact::HeldBack { of: A, .. })), 1);
    with.run(500);
    assert_eq!((values(&with, C, X), values(&with, C, Y)), (vec![1], vec![2]));
    assert_equal(&with);
}

/// ph-28: hours apart, each goes on; then one merge, and nothing is lost.
#[test]
fn an_offline_peer_catches_up_both_ways() {
    let mut play = Play::new(peers(3, |_| {}));
    play.run(50);
    play.act(Command::Partition { groups: vec![vec![A.into(), B.into()], vec![C.into()]] });
    let cleo = crate::sim::id::ClientId(2);
    for number in 0..40 {
        play.write(ANA, X, number);
        play.write(cleo, Y, number);
        play.run(90_000);
    }
    assert_eq!((values(&play, C, X), values(&play, A, Y)), (vec![], vec![]));
    play.act(Command::HealAll);
    play.run(5_000);
    assert_equal(&play);
    assert_eq!((values(&play, C, X), values(&play, A, Y)), (vec![39], vec![39]));
}

/// One that lost its disk takes no clients until it has what the others have, and counts its writes under another name.
#[test]
fn a_wiped_peer_comes_back_as_another() {
    let mut play = Play::new(peers(2, |_| {}));
    play.write(ANA, X, 1);
    play.run(500);
    play.act(Command::Wipe { node: A });
    play.act(Command::Restart { node: A });
    let early = play.read(ANA, X, A);
    play.run(500);
    assert!(matches!(play.outcome(early), Some(Outcome::Refused(_))), "{:?}", play.outcome(early));
    play.write(ANA, X, 2);
    play.run(500);
    assert_equal(&play);
    assert_eq!(values(&play, B, X), [2]);
    assert_eq!(play.view(A).peer.map(|peer| peer.actor.incarnation), Some(1));
}

/// Who lacks more than is kept one by one is sent everything.
#[test]
fn beyond_the_kept_changes_everything_is_sent() {
    let mut play = Play::new(peers(2, |config| config.log_changes_max = 3));
    play.act(Command::Crash { node: B });
    for number in 0..10 {
        play.write(ANA, X, number);
        play.run(50);
    }
    play.act(Command::Restart { node: B });
    play.run(5_000);
    assert_equal(&play);
    assert!(count(&play, A, |fact| matches!(fact, Fact::StateNeeded { peer: B })) > 0);
    play.act(Command::AddNode);
    play.run(3_000);
    assert_equal(&play);
    assert_eq!(values(&play, C, X), [9], "a newcomer has everything");
}
