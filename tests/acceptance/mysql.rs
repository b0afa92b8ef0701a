//! MySQL: manual, 19.1.3 and 19.4.10.

use crate::*;

#[test]
fn m2_with_after_sync_nobody_sees_what_no_replica_has() {
    let play = played("m2-after-sync");
    assert_eq!(ends(&play, ANA), [OK, WAITS]);
    assert_eq!(reads(&play), [Some(1), Some(1)]);
}

#[test]
fn m3_with_after_commit_a_reader_sees_a_write_that_the_failover_takes_back() {
    let play = played("m3-after-commit");
    assert_eq!(ends(&play, ANA), [OK, WAITS]);
    assert_eq!(reads(&play), [Some(2), Some(1)]);
}

#[test]
fn m4_after_ten_seconds_alone_and_together_again_when_a_replica_has_caught_up() {
    let play = played("m4-fall-back");
    let took = |number| took(&play, number);
    assert_eq!(ends(&play, ANA), [OK, OK, OK, WAITS]);
    assert!(took(1) >= ms(10_000) && took(1) < ms(10_200), "{}", took(1));
    assert!(took(2) < ms(200), "nobody is waited for: {}", took(2));
    assert_eq!(count_facts(&play, A, |fact| *fact == Fact::FellBack { waiting: 1 }), 1);
    assert_eq!(count_facts(&play, A, |fact| *fact == Fact::SyncAgain), 1);
}

#[test]
fn m5_one_of_two_is_not_enough() {
    let play = played("m5-one-of-two");
    assert_eq!(ends(&play, ANA), [OK, OK, OK]);
    assert!(play.view(A).fallen_back);
}

/// Errant transactions: in the source's log, confirmed by nobody.
#[test]
fn m6_a_write_that_nobody_confirmed_is_there_after_a_restart_and_gone_when_another_leads() {
    let play = played("m6-source-restarts");
    assert_eq!(ends(&play, ANA), [OK, Some(Outcome::TimedOut)], "nobody told her that it is done");
    assert_eq!(reads(&play), [Some(1), Some(2), Some(1)]);
    assert_eq!(thrown_away(&play, A), [2]);
    agree(&play);
}

#[test]
fn m8_the_old_primary_is_sent_what_it_lacks_or_everything_if_that_is_purged() {
    for (name, writes, purged) in [("m8-difference", 5, false), ("m8-purged", 40, true)] {
        let play = played(name);
        let told = acknowledged(&play, ANA);
        assert_eq!(told.len(), 1 + writes, "{name}");
        assert_eq!(reads(&play), [told.last().map(|(_, value)| *value)], "{name}");
        let needed = count_facts(
            &play,
            B,
            |fact| matches!(fact, Fact::SnapshotNeeded { replica: A, wanted: Lsn(2), first_kept } if first_kept.0 > 2),
        );
        assert_eq!(needed, usize::from(purged), "{name}");
        let received = count_facts(&play, A, |fact| matches!(fact, Fact::Received { .. }));
        assert_eq!(received, if purged { 0 } else { writes }, "{name}");
        assert_eq!((thrown_away(&play, A), leaders(&play)), (vec![], vec![(B, 2)]), "{name}");
        agree(&play);
    }
}
