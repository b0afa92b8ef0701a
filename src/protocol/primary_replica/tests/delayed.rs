//! Replicas that show entries late on purpose.

use super::*;
use crate::{
    protocol::{
        commit::{Commit, Level},
        primary_replica::Delayed,
    },
    sim::operation::Outcome,
    world::command::Command,
};

/// Three nodes, of which C shows entries two seconds late.
fn late(level: Level) -> Play {
    let mut scenario = group(3);
    scenario.network.latency = constant(10);
    scenario.clients.iter_mut().for_each(|client| client.timeout = ms(60_000));
    config(&mut scenario).delayed = vec![Delayed { node: C, by: ms(2_000) }];
    config(&mut scenario).commit = Commit { level, among: vec![C], ..Commit::default() };
    let mut play = Play::new(scenario);
    play.run(500);
    play
}

/// Its disk is as quick as others', so only those who wait for what it shows wait for it.
#[test]
fn what_is_late_is_the_showing_and_nothing_else() {
    for (level, done) in [(Level::LocalFlush, true), (Level::RemoteFlush, true), (Level::RemoteApply, false)] {
        let mut play = late(level);
        let write = play.write(ANA, X, 1);
        play.run(1_900);
        assert_eq!((play.held(B, X), play.held(C, X)), (Some(1), None), "{level:?}");
        assert_eq!(play.view(C).flushed, play.view(A).flushed, "{level:?}");
        assert_eq!(play.outcome(write) == Some(Outcome::Written), done, "{level:?}");
        play.run(300);
        assert_eq!((play.held(C, X), play.outcome(write)), (Some(1), Some(Outcome::Written)), "{level:?}");
    }
}

/// The write that should not have been made is on the other two; this one still has what was there before, and if it is made
/// primary it shows all that it was sent.
#[test]
fn it_is_time_to_take_back_a_mistake_until_it_is_promoted() {
    let mut play = late(Level::LocalFlush);
    play.write(ANA, X, 1);
    play.run(3_000);
    play.write(ANA, X, 2);
    play.run(500);
    assert_eq!([A, B, C].map(|node| play.held(node, X)), [Some(2), Some(2), Some(1)]);
    play.act(Command::Crash { node: A });
    play.act(Command::Promote { node: C });
    play.run(1);
    assert_eq!(play.held(C, X), Some(2));
}

#[test]
fn how_late_can_be_changed_also_for_what_is_held_back() {
    let mut play = late(Level::LocalFlush);
    play.write(ANA, X, 1);
    play.run(1_000);
    play.act(Command::SetDelay { node: C, by: Some(ms(5_000)) });
    play.run(4_900);
    assert_eq!(play.held(C, X), None);
    play.run(200);
    assert_eq!(play.held(C, X), Some(1));
    play.write(ANA, X, 2);
    play.run(1_000);
    play.act(Command::SetDelay { node: C, by: None });
    play.run(10);
    assert_eq!(play.held(C, X), Some(2));
    play.act(Command::SetDelay { node: B, by: Some(ms(1_000)) });
    play.write(ANA, X, 3);
    play.run(500);
    assert_eq!([B, C].map(|node| play.held(node, X)), [Some(2), Some(3)]);
    // A crash forgets what was held back, not that it is.
    play.act(Command::Crash { node: C });
    play.run(10);
    play.act(Command::Restart { node: C });
    play.run(2_000);
    assert_eq!([B, C].map(|node| play.held(node, X)), [Some(3), Some(3)]);
}
