//! Replicas that replicas feed.

use super::*;
use crate::{
    protocol::{
        commit::{Commit, Level, Which},
        primary_replica::Retention,
    },
    sim::{
        id::NodeId,
        operation::{Concern, Outcome, Refusal},
    },
    store::log::Lsn,
    trace::{Fact, Kind},
    world::command::Command,
};

fn has_snapshots(play: &Play, node: NodeId) -> bool {
    play.facts(node).any(|(_, fact)| matches!(fact, Fact::SnapshotInstalled { .. }))
}

/// PostgreSQL: a cascading standby is never a synchronous one.
#[test]
fn no_write_hears_from_a_replica_behind_a_replica() {
    let rule = |among| Commit { level: Level::RemoteFlush, which: Which::First, count: 1, among, ..Commit::default() };
    for (among, outcome) in [(vec![C], None), (vec![C, B], Some(Outcome::Written))] {
        let mut play = chain(Concern::Local, |config| config.commit = rule(among.clone()));
        let write = play.write(ANA, X, 1);
        play.run(5_000);
        assert_eq!(play.outcome(write), outcome, "{among:?}");
        assert_eq!(play.view(C).written, Lsn(1), "it has it all the same");
        let warning = rule(among.clone()).warning(&rules(&play).group(&[A, B, C], Some(A)));
        assert_eq!(warning.is_some_and(|words| words.contains("others feed")), outcome.is_none(), "{among:?}: {warning:?}");
    }
}

/// What B knows of the time is what the primary told it; C believes it no further than that.
#[test]
fn who_is_fed_by_a_replica_cut_off_knows_that_its_data_gets_old() {
    let mut scenario = chain(Concern::Local, |_| {}).scenario.clone();
    scenario.clients[BEN.0 as usize].concern = Concern::Bounded(ms(800));
    let mut play = Play::new(scenario);
    play.run(1_000);
    play.write(ANA, X, 1);
    play.run(1_000);
    let fresh = play.read(BEN, X, C);
    play.run(100);
    assert!(matches!(play.outcome(fresh), Some(Outcome::Read(Some(_)))));
    play.act(Command::Cut { from: A.into(), to: B.into(), both: true });
    play.run(2_000);
    let old = play.read(BEN, X, C);
    play.run(100);
    assert_eq!(play.outcome(old), Some(Outcome::Refused(Refusal::TooStale)), "B still talks to it, and knows no better");
}

/// The log is kept by whoever feeds, not by the primary.
#[test]
fn a_slot_is_with_the_node_that_feeds() {
    let retention = Retention { slots: true, ..Retention::default() };
    for (slots, snapshot) in [(true, false), (false, true)] {
        let mut play = chain(Concern::Local, |config| (config.log_retention_entries, config.retention.slots) = (4, slots));
        play.act(Command::Crash { node: C });
        for value in 0..40 {
            play.write(ANA, X, value);
            play.run(40);
        }
        play.run(500);
        let first = |node: NodeId| play.view(node).first;
        assert!(first(A) > Lsn(30), "B has everything, so A keeps nothing for it: {}", first(A));
        assert_eq!(first(B) == Lsn(1), slots, "{retention:?}");
        play.act(Command::Restart { node: C });
        play.run(1_500);
        assert_eq!((has_snapshots(&play, C), play.view(C).applied), (snapshot, Lsn(40)));
    }
}

#[test]
fn nobody_is_pointed_at_one_that_it_feeds() {
    let mut play = chain(Concern::Local, |_| {});
    for (node, from, idle) in [
        (B, Some(C), Some("it asks for what cannot be")),
        (B, Some(B), Some("it asks for what cannot be")),
        (B, Some(NodeId(9)), Some("there is no such node or client")),
        (A, Some(C), None),
        (C, None, None),
    ] {
        let refused = |play: &Play| play.events().filter(|event| matches!(event.kind, Kind::CommandIdle { .. })).count();
        let before = refused(&play);
        play.act(Command::SetUpstream { node, from });
        play.run(1);
        assert_eq!(refused(&play) - before, idle.is_some() as usize, "{node} from {from:?}");
        assert!(idle.is_none() || play.last_idle() == idle);
    }
}

/// Between B and C lies more than one way: who asks too early is told nothing wrong, and nobody takes back what the primary has.
#[test]
fn who_is_ahead_of_its_upstream_waits_for_it() {
    let mut play = chain(Concern::Local, |config| config.upstreams.clear());
    play.act(Command::Cut { from: A.into(), to: B.into(), both: true });
    play.write(ANA, X, 1);
    play.run(500);
    assert_eq!((play.view(B).written, play.view(C).written), (Lsn(0), Lsn(1)));
    play.act(Command::SetUpstream { node: C, from: Some(B) });
    play.run(2_000);
    let waits = |play: &Play| play.facts(B).filter(|(_, fact)| matches!(fact, Fact::FollowerWaits { .. })).count();
    assert!(waits(&play) > 3, "asked again and again");
    play.act(Command::HealAll);
    play.write(ANA, X, 2);
    play.run(3_000);
    assert_eq!([A, B, C].map(|node| play.view(node).applied), [Lsn(2); 3]);
    assert!(play.discarded(C).is_empty() && !has_snapshots(&play, C));
}
