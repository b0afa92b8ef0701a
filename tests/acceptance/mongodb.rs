//! MongoDB: manual, Write Concern and Rollbacks During Replica Set Failover.

use crate::*;

#[test]
fn g2_what_a_majority_has_survives() {
    let play = played("g2-majority-survives");
    assert_eq!((ends(&play, ANA), reads(&play)), (vec![OK, OK], vec![Some(2)]));
}

#[test]
fn g3_a_time_out_undoes_nothing() {
    let play = played("g3-time-out-undoes-nothing");
    assert_eq!((ends(&play, ANA), reads(&play)), (vec![OK, UNCONFIRMED], vec![Some(2)]));
}

/// Also G5 and ph-46, the side of those who take writes on both sides.
#[test]
fn g1_g5_what_an_isolated_primary_took_is_read_there_and_rolled_back() {
    let play = played("g1-isolated-primary");
    assert_eq!((ends(&play, ANA), ends(&play, CLEO)), (vec![OK, OK], vec![OK]));
    assert_eq!(reads(&play), [Some(2), Some(3)], "read at A, and taken back");
    assert_eq!(thrown_away(&play, A), [2]);
    let elected = everywhere(&play, |fact| matches!(fact, Fact::Elected { .. }));
    assert!(matches!(elected[..], [(_, B | C)]), "{elected:?}");
    agree(&play);
}

#[test]
fn g4_what_the_majority_had_before_the_step_down_is_kept() {
    let play = played("g4-replicated-before-step-down");
    assert_eq!(ends(&play, ANA), [OK, OK]);
    assert_eq!(play.held(C, X), Some(2));
    let behind = |fact: &Fact| matches!(fact, Fact::VoteRefused { candidate: C, why: NoVote::LogBehind, .. });
    assert_eq!((leaders(&play), count_facts(&play, B, behind)), (vec![(B, 2)], 1), "C asked first");
    let had_not = play.facts(C).find(|(_, fact)| matches!(fact, Fact::Received { lsn: Lsn(2), .. })).map(|(at, _)| at);
    let elected = everywhere(&play, |fact| matches!(fact, Fact::Elected { .. }));
    assert!(had_not > elected.first().map(|(at, _)| *at), "C got it from the new primary");
    assert_eq!(reads(&play), [Some(2), Some(2)]);
    assert_eq!([A, B, C].map(|node| thrown_away(&play, node).len()), [0; 3]);
}

#[test]
fn g6_a_majority_read_shows_nothing_that_is_rolled_back() {
    let play = played("g6-majority-read");
    assert_eq!((ends(&play, ANA), ends(&play, CLEO)), (vec![OK, OK], vec![OK]));
    assert_eq!(reads(&play), [Some(1), Some(3)], "old, but not taken back");
    assert_eq!(thrown_away(&play, A), [2]);
}

#[test]
fn g7_a_linearizable_read_at_an_isolated_primary_gets_no_answer() {
    let play = played("g7-linearizable-read");
    assert_eq!(ends(&play, BEN)[0], Some(Outcome::TimedOut));
    // A is a replica by now, and sends him to the primary, which he was told not to ask.
    assert!(matches!(ends(&play, BEN)[1], Some(Outcome::Refused(Refusal::NotPrimary { primary: Some(B | C) }))));
    assert_eq!(count_facts(&play, A, |fact| matches!(fact, Fact::ReadConfirms { needed: 2 })), 1);
}
