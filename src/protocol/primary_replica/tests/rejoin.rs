//! An old primary comes back with a log of its own: it goes back, refuses, or is cloned anew.

use super::*;
use crate::{
    protocol::primary_replica::Rejoin,
    sim::operation::Outcome,
    store::log::Lsn,
    trace::{Fact, Role},
    world::command::Command,
};

/// A wrote x = 2, and B, which has not got it, was promoted and wrote x = 3; now A comes back.
fn old_primary_returns(rejoin: Rejoin, retention: u64) -> Play {
    let mut scenario = group(3);
    scenario.network.latency = constant(10);
    let config = config(&mut scenario);
    (config.rejoin, config.log_retention_entries) = (rejoin, retention);
    let mut play = Play::new(scenario);
    play.write(ANA, X, 1);
    play.run(300);
    for node in [B, C] {
        play.act(Command::Cut { from: A.into(), to: node.into(), both: true });
    }
    let lost = play.write(ANA, X, 2);
    play.run(100);
    assert_eq!(play.outcome(lost), Some(Outcome::Written));
    play.act(Command::Crash { node: A }).act(Command::HealAll).act(Command::Promote { node: B }).run(500);
    play.write(BEN, X, 3);
    play.run(500).act(Command::Restart { node: A });
    // It thinks that it leads until it hears of B.
    play.run(4_000);
    play
}

fn copies(play: &Play) -> [Option<i64>; 3] {
    [A, B, C].map(|node| play.held(node, X))
}

fn said(play: &Play, fits: impl Fn(&Fact) -> bool) -> usize {
    play.facts(A).filter(|(_, fact)| fits(fact)).count()
}

#[test]
fn a_clone_loses_what_only_it_had_and_gets_a_snapshot() {
    let play = old_primary_returns(Rejoin::Clone, 1_000);
    assert_eq!(copies(&play), [Some(3); 3]);
    assert_eq!(said(&play, |fact| matches!(fact, Fact::SnapshotInstalled { .. })), 1);
    assert_eq!(play.discarded(A).iter().map(|write| write.value).collect::<Vec<_>>(), [2]);
}

#[test]
fn who_rewinds_loses_the_same_and_needs_no_snapshot() {
    let play = old_primary_returns(Rejoin::Rewind, 1_000);
    assert_eq!(copies(&play), [Some(3); 3]);
    assert_eq!(said(&play, |fact| *fact == Fact::Rewound { to: Lsn(1) }), 1);
    assert_eq!(said(&play, |fact| matches!(fact, Fact::SnapshotInstalled { .. })), 0);
    assert_eq!(play.discarded(A).iter().map(|write| write.value).collect::<Vec<_>>(), [2]);
    assert_eq!(play.world.log(A).map(|log| log.last()), play.world.log(B).map(|log| log.last()));
}

/// What it rewound is gone from the disk, too.
#[test]
fn who_rewound_and_crashes_comes_back_without_it() {
    let mut play = old_primary_returns(Rejoin::Rewind, 1_000);
    play.act(Command::CrashMachine { node: A }).act(Command::Restart { node: A }).run(3_000);
    assert_eq!((copies(&play), play.discarded(A).len()), ([Some(3); 3], 1));
}

#[test]
fn who_refuses_stays_as_it_is_until_a_person_decides() {
    for rewinds in [true, false] {
        let mut play = old_primary_returns(Rejoin::Refuse, 1_000);
        assert_eq!(copies(&play), [Some(2), Some(3), Some(3)], "its readers see what nobody else has");
        let view = play.view(A);
        assert_eq!((view.role, view.follows, view.stopped), (Role::Replica, Some(B), true));
        assert_eq!(said(&play, |fact| *fact == Fact::Parted { after: Lsn(1), entries: 1 }), 1);
        let before = play.world.trace().next();
        play.run(10_000);
        let sent = play.world.trace().range(before, u64::MAX - 1).filter(|(_, event)| event.node == Some(A)).count();
        assert_eq!(sent, 0, "it says nothing any more");
        play.act(if rewinds { Command::Rewind { node: A } } else { Command::Reclone { node: A } }).run(1_000);
        assert_eq!((copies(&play), play.view(A).stopped), ([Some(3); 3], false));
        assert_eq!(said(&play, |fact| matches!(fact, Fact::SnapshotInstalled { .. })), usize::from(!rewinds));
        assert_eq!(play.discarded(A).len(), 1);
    }
}

/// A log that was cut in front of where they part cannot be rewound.
#[test]
fn a_log_that_does_not_reach_back_cannot_be_rewound() {
    let mut scenario = group(2);
    scenario.network.latency = constant(10);
    let settings = config(&mut scenario);
    (settings.rejoin, settings.log_retention_entries) = (Rejoin::Rewind, 2);
    let mut play = Play::new(scenario);
    play.write(ANA, X, 1);
    play.run(300).act(Command::Cut { from: A.into(), to: B.into(), both: true });
    for value in 2..8 {
        play.write(ANA, X, value);
        play.run(100);
    }
    play.act(Command::Promote { node: B }).run(500);
    play.issue(BEN, crate::sim::operation::Action::Write { key: X, value: 9 }, Some(B));
    play.run(500).act(Command::HealAll).run(4_000);
    assert!(play.view(A).stopped);
    play.act(Command::Rewind { node: A }).run(100);
    assert_eq!(play.last_idle(), Some("its log does not reach back to where they part; it must be cloned anew"));
    play.act(Command::Reclone { node: A }).run(1_000);
    assert_eq!([A, B].map(|node| play.held(node, X)), [Some(9); 2]);
}

#[test]
fn orders_that_make_no_sense_are_refused_in_words() {
    let mut play = old_primary_returns(Rejoin::Clone, 1_000);
    for (command, why) in [
        (Command::Rewind { node: C }, "it has not stopped for a log of its own"),
        (Command::Rewind { node: B }, "it has not stopped for a log of its own"),
        (Command::Reclone { node: B }, "it is primary, as far as it knows"),
    ] {
        play.act(command).run(10);
        assert_eq!(play.last_idle(), Some(why));
    }
    // A healthy replica may be cloned anew; it comes out the same.
    play.act(Command::Reclone { node: C }).run(1_000);
    assert_eq!(copies(&play), [Some(3); 3]);
}
