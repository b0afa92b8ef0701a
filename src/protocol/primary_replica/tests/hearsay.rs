//! Who was told of the wrong primary, or of one that is gone, comes to follow the right one.

use super::*;
use crate::{sim::id::NodeId, store::log::Epoch, world::command::Command};

/// A newcomer pointed at a primary that it cannot reach hears of the primary of the epoch that it knows, and follows that; an
/// epoch has one. When it hears of a newer one, it follows that.
#[test]
fn a_newcomer_follows_the_primary_of_the_epoch_it_knows() {
    let mut play = Play::group(3);
    let newcomer = NodeId(3);
    play.run(20).write(ANA, X, 1);
    play.run(50).act(Command::Partition { groups: vec![vec![A.into(), ANA.into()], vec![B.into(), C.into(), BEN.into()]] });
    play.act(Command::Promote { node: B }).run(50).act(Command::AddNode);
    play.act(Command::Cut { from: B.into(), to: newcomer.into(), both: true });
    play.act(Command::Cut { from: C.into(), to: newcomer.into(), both: true }).run(50);
    assert_eq!((play.view(newcomer).epoch, play.view(newcomer).follows), (Epoch(1), Some(B)));
    // A starts anew and tells who does not follow it.
    play.act(Command::Heal { from: A.into(), to: newcomer.into(), both: true }).act(Command::Crash { node: A });
    play.act(Command::Restart { node: A }).run(100);
    assert_eq!((play.view(newcomer).follows, play.held(newcomer, X)), (Some(A), Some(1)));
    play.issue(BEN, crate::sim::operation::Action::Write { key: X, value: 2 }, Some(B));
    play.act(Command::HealAll).run(3_000);
    assert_eq!((play.view(newcomer).follows, play.held(newcomer, X)), (Some(B), Some(2)));
}

/// The old primary is gone, the wiped node was told of it only: the others point it at the new one.
#[test]
fn who_asks_the_wrong_node_is_pointed_at_the_right_one() {
    let mut play = Play::group(3);
    play.run(20).write(ANA, X, 1);
    play.run(50).act(Command::Promote { node: C }).run(50).act(Command::Wipe { node: B }).run(10);
    // B knows of A only, and C has nothing to say: no writes.
    play.act(Command::Restart { node: B }).run(100);
    assert_eq!((play.view(B).follows, play.held(B, X)), (Some(C), Some(1)));
}
