//! What a node in the middle of a chain must not do: show what it should hold back, make a newcomer believe that it has
//! everything, forget whom it keeps its log for.

use super::*;
use crate::{
    protocol::{
        commit::{Commit, Level, Which},
        failover::Failover,
        primary_replica::Delayed,
    },
    sim::{
        clock::Clock,
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::{Concern, Outcome, Refusal},
    },
    store::log::Lsn,
    trace::Fact,
    world::command::Command,
};

/// Seeing early is the primary's readers' affair.
#[test]
fn feeding_others_makes_nothing_visible() {
    let mut play = chain(Concern::Local, |config| {
        config.delayed = vec![Delayed { node: B, by: ms(5_000) }];
        config.commit.visible_early = true;
    });
    play.write(ANA, X, 1);
    play.run(500);
    assert_eq!((play.view(B).written, play.view(B).applied), (Lsn(1), Lsn::ZERO));
}

/// C is wiped, and asks B, which lacks what C and A had confirmed: it must not take itself for complete, and not vote.
#[test]
fn a_newcomer_behind_a_replica_that_lags_does_not_vote_away_what_it_had_confirmed() {
    let mut play = chain(Concern::Local, |config| {
        config.upstreams.clear();
        config.failover = election();
        config.commit = Commit { level: Level::RemoteFlush, which: Which::Majority, ..Commit::default() };
    });
    let loss = LinkChange { loss: Some(1.0), ..Default::default() };
    let (from, to, class) = (End::One(A.into()), End::One(B.into()), Some(MessageClass::Replicate));
    play.act(Command::SetLink(LinkRule { from, to, both: false, class, set: loss }));
    let write = play.write(ANA, X, 1);
    play.run(500);
    assert_eq!((play.outcome(write), play.view(B).written), (Some(Outcome::Written), Lsn::ZERO), "A and C have it");
    play.act(Command::Wipe { node: C });
    play.act(Command::SetUpstream { node: C, from: Some(B) });
    play.act(Command::Restart { node: C });
    play.run(300);
    play.act(Command::CrashMachine { node: A });
    play.run(5_000);
    assert_eq!(play.world.primary(), None, "who could lead does not have it");
    play.act(Command::Restart { node: A });
    play.act(Command::HealAll);
    let set = LinkChange { loss: Some(0.0), ..Default::default() };
    play.act(Command::SetLink(LinkRule { from, to, both: false, class, set }));
    play.run(10_000);
    assert_eq!([A, B, C].map(|node| play.held(node, X)), [Some(1); 3]);
}

/// The same with a node in the middle that is just starting, so that nothing of it is on disk for certain.
#[test]
fn a_newcomer_does_not_take_the_silence_of_a_starting_node_for_emptiness() {
    let mut play = chain(Concern::Local, |config| config.follow_every = ms(50));
    let mut scenario = play.scenario.clone();
    scenario.network.latency = constant(1);
    scenario.nodes.each.flush = constant(300);
    play = Play::new(scenario);
    for value in 0..20 {
        play.write(ANA, X, value);
    }
    play.run(3_000);
    for command in [Command::Wipe { node: C }, Command::CrashMachine { node: B }] {
        play.act(command);
    }
    play.act(Command::Restart { node: B });
    play.act(Command::Restart { node: C });
    for _ in 0..40 {
        let read = play.read(BEN, X, C);
        play.run(50);
        let shown = [Some(Outcome::Refused(Refusal::NotReady)), None];
        match play.outcome(read) {
            Some(Outcome::Read(write)) => assert!(write.is_some(), "it says that there is nothing"),
            other => assert!(shown.contains(&other), "{other:?}"),
        }
    }
    play.run(10_000);
    assert_eq!(play.held(C, X), Some(19));
}

#[test]
fn what_is_held_back_is_not_forgotten_for_being_pointed_elsewhere() {
    let mut play = chain(Concern::Local, |config| config.delayed = vec![Delayed { node: C, by: ms(1_000) }]);
    play.write(ANA, X, 1);
    play.run(500);
    play.act(Command::SetUpstream { node: C, from: None });
    play.run(300);
    assert_eq!((play.view(C).written, play.view(C).applied), (Lsn(1), Lsn::ZERO));
    play.run(1_000);
    assert_eq!(play.view(C).applied, Lsn(1));
}

/// C learns from B alone what lasts; the primary's clock, set back by an hour, does not keep it from it.
#[test]
fn a_clock_set_back_does_not_make_old_words_newer() {
    let mut play = chain(Concern::Majority, |_| {});
    play.write(ANA, X, 1);
    play.run(1_000);
    play.act(Command::SetClock { node: A, clock: Clock { skew_us: -3_600_000_000, ..Clock::default() } });
    play.write(ANA, X, 2);
    play.run(10_000);
    let read = play.read(BEN, X, C);
    play.run(100);
    assert_eq!(play.value(read), Some(2));
}

#[test]
fn slots_are_kept_while_nobody_leads() {
    let mut play = chain(Concern::Local, |config| {
        (config.log_retention_entries, config.retention.slots) = (4, true);
        config.failover = Failover { trial_vote: false, ..election() };
    });
    play.act(Command::Crash { node: C });
    for value in 0..40 {
        play.write(ANA, X, value);
        play.run(40);
    }
    play.act(Command::Crash { node: A });
    play.run(2_000);
    assert_eq!(play.view(B).follows, None, "B stands, and nobody votes");
    play.act(Command::SetLogs(rules(&play).logs()));
    play.run(400);
    assert_eq!(play.view(B).first, Lsn(1), "C still needs all of it");
    for node in [A, C] {
        play.act(Command::Restart { node });
    }
    play.run(3_000);
    assert_eq!(play.facts(C).filter(|(_, fact)| matches!(fact, Fact::SnapshotInstalled { .. })).count(), 0);
}

/// A primary that a person made becomes one of elections, without one: it needs its no-op, too.
#[test]
fn elections_chosen_later_do_not_make_reads_wait() {
    let mut play = chain(Concern::Linearizable, |config| config.upstreams.clear());
    play.write(ANA, X, 1);
    play.run(500);
    play.act(Command::Promote { node: B });
    play.act(Command::SetFailover(election()));
    play.run(500);
    let read = play.read(BEN, X, B);
    play.run(1_000);
    assert_eq!(play.value(read), Some(1));
}
