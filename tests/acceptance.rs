//! What real systems do, row by row: each scenario in `acceptance/` is one row of a table of documented behaviour, played
//! from its file and nothing else. P: PostgreSQL (manual, 20.5, 20.6.2 and 27.2.8), M: MySQL (manual, 19.4.10), G: MongoDB
//! (manual, Write Concern), R: Redis (documentation, Replication).

#![cfg(not(target_arch = "wasm32"))]

#[path = "../src/world/tests/play.rs"]
#[expect(dead_code, reason = "shared with the tests inside the library, which use more of it")]
mod play;

use play::*;
use replicarium::{
    scenario::text::from_toml,
    sim::{
        id::{NodeId, OperationId, Origin},
        operation::{Outcome, Refusal},
        time::Micros,
    },
    trace::{Fact, SyncState},
};

/// The run of a scenario, up to its end.
fn played(name: &str) -> Play {
    let path = format!("{}/tests/acceptance/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut play = Play::new(from_toml(&text).unwrap_or_else(|refused| panic!("{path}: {refused}")));
    let until = play.scenario.until;
    play.run_to(until);
    play
}

/// How the operations that a client was told to do ended, in order; none: it still waits.
fn ends(play: &Play, client: replicarium::sim::id::ClientId) -> Vec<Option<Outcome>> {
    let count = play.world.sessions()[client.0 as usize].next_hand;
    (0..count).map(|number| play.outcome(OperationId { client, origin: Origin::Hand, number })).collect()
}

/// What Ben read, in order; none: nothing was there. Fails at a read without an answer.
fn reads(play: &Play) -> Vec<Option<i64>> {
    let read = |end: Option<Outcome>| match end {
        Some(Outcome::Read(write)) => write.map(|write| write.value),
        other => panic!("a read ended with {other:?}"),
    };
    ends(play, BEN).into_iter().map(read).collect()
}

fn count_facts(play: &Play, node: NodeId, like: impl Fn(&Fact) -> bool) -> usize {
    play.facts(node).filter(|(_, fact)| like(fact)).count()
}

/// How long a client's operation took.
fn took(play: &Play, number: u32) -> Micros {
    let at = |ended: bool| {
        let rows = play.world.history().iter().map(|(_, row)| row);
        let mut of = rows.filter(|row| row.client == ANA && row.operation.number == number && row.outcome.is_some() == ended);
        of.next().map(|row| row.at).expect("it is in the history")
    };
    at(true).saturating_sub(at(false))
}

const OK: Option<Outcome> = Some(Outcome::Written);
const UNCONFIRMED: Option<Outcome> = Some(Outcome::Unconfirmed);
const WAITS: Option<Outcome> = None;

#[test]
fn p2_when_the_first_is_gone_the_next_in_line_counts_at_once() {
    let play = played("p2-next-in-line");
    assert_eq!(ends(&play, ANA), [OK, OK]);
    assert_eq!(count_facts(&play, A, |fact| *fact == Fact::SyncChanged { replica: C, state: SyncState::Sync }), 1);
    assert_eq!(play.held(C, X), Some(2));
}

/// Table 20.1: `on` is the replica's disk, not its memory.
#[test]
fn p0_on_disk_is_not_received() {
    let play = played("p0-on-disk");
    assert_eq!(ends(&play, ANA), [OK]);
    assert!(took(&play, 0) > ms(500), "{}", took(&play, 0));
}

#[test]
fn p2_a_replica_that_catches_up_does_not_count_yet() {
    let play = played("p2-catching-up");
    assert_eq!(ends(&play, ANA), [OK, OK]);
    assert!(took(&play, 1) < ms(300), "nobody waited for B: {}", took(&play, 1));
    assert_eq!(count_facts(&play, A, |fact| *fact == Fact::SyncChanged { replica: B, state: SyncState::Sync }), 2);
}

#[test]
fn p3_without_its_only_synchronous_replica_every_write_waits_and_reads_go_on() {
    let play = played("p3-hang");
    assert_eq!(ends(&play, ANA), [OK, WAITS]);
    // Nobody sees at the primary what has not been confirmed; the asynchronous replica has it already.
    assert_eq!(reads(&play), [Some(1), Some(2)]);
    assert_eq!(play.view(A).waiting, 1);
}

#[test]
fn p4_who_gives_up_waiting_is_told_that_it_is_done_here_only() {
    let play = played("p4-told-not-confirmed");
    assert_eq!(ends(&play, ANA), [OK, UNCONFIRMED]);
    assert_eq!(reads(&play), [Some(2)]);
}

#[test]
fn p5_a_restart_of_the_primary_makes_what_waited_visible() {
    let play = played("p5-restart-while-waiting");
    assert_eq!(reads(&play), [Some(1), Some(2)]);
}

#[test]
fn p6_the_replica_that_was_waited_for_has_every_acknowledged_write() {
    let play = played("p6-promote-the-synchronous");
    assert_eq!(ends(&play, ANA), [OK, OK, OK]);
    assert_eq!(reads(&play), [Some(3)]);
}

#[test]
fn p7_a_replica_that_nobody_waited_for_may_lack_acknowledged_writes() {
    let play = played("p7-promote-an-asynchronous");
    assert_eq!(ends(&play, ANA), [OK, OK]);
    assert_eq!(reads(&play), [Some(1)]);
    let discarded: Vec<i64> = play.discarded(B).iter().map(|write| write.value).collect();
    assert_eq!(discarded, [2], "B had it, and throws it away");
}

#[test]
fn p8_any_two_of_three_survive_one_replica_and_then_the_primary() {
    let play = played("p8-any-two-of-three");
    assert_eq!(ends(&play, ANA), [OK, OK, OK]);
    assert_eq!(reads(&play), [Some(3)]);
    assert_eq!(count_facts(&play, A, |fact| matches!(fact, Fact::SyncChanged { state: SyncState::Quorum, .. })), 3);
}

#[test]
fn p9_what_a_replica_has_received_survives_its_process_but_not_its_machine() {
    let power = played("p9-remote-write-power");
    assert_eq!((ends(&power, ANA), reads(&power)), (vec![OK, OK], vec![Some(1)]), "acknowledged, and lost");
    let process = played("p9-remote-write-process");
    assert_eq!((ends(&process, ANA), reads(&process)), (vec![OK, OK], vec![Some(2)]));
}

#[test]
fn p10_m7_on_a_replicas_disk_is_not_what_its_readers_see() {
    assert_eq!(reads(&played("p10-on-disk-is-not-visible")), [Some(1), Some(2)]);
}

#[test]
fn p11_remote_apply_is_what_its_readers_see() {
    let play = played("p11-remote-apply");
    assert_eq!(ends(&play, ANA), [OK, OK]);
    // The first read comes before Ana is told, the second after.
    assert_eq!(reads(&play), [Some(1), Some(2)]);
    let told = play.world.history().iter().rfind(|(_, row)| row.client == ANA && row.outcome.is_some());
    let told = told.map(|(_, row)| row.at).expect("she was told");
    assert!(told > ms(3_400), "not before B shows it: {told}");
}

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

#[test]
fn r3_without_a_replica_in_touch_no_writes_after_ten_seconds() {
    let play = played("r3-too-few-replicas");
    assert_eq!(ends(&play, ANA)[..2], [OK, OK]);
    assert_eq!(ends(&play, ANA)[2], Some(Outcome::Refused(Refusal::TooFewReplicas)));
    assert_eq!(ends(&play, BEN)[1], Some(Outcome::Read(play.view(B).copies.first().copied())), "what A took alone is gone");
    assert_eq!(play.held(A, X), Some(3));
}

/// ph-02: read your writes, broken by lag and kept by a token.
#[test]
fn ph_02_a_session_misses_its_own_write_unless_it_carries_a_token() {
    let last = |play: &Play| match ends(play, BEN).last() {
        Some(Some(Outcome::Read(write))) => write.map(|write| write.value),
        other => panic!("the read ended with {other:?}"),
    };
    assert_eq!(last(&played("ph-02-own-write-without-token")), Some(1));
    let with = played("ph-02-own-write-with-token");
    assert_eq!(last(&with), Some(2));
    assert_eq!(count_facts(&with, C, |fact| matches!(fact, Fact::ReadWaits { .. })), 1);
}

/// ph-04: monotonic reads, likewise.
#[test]
fn ph_04_a_reader_goes_back_in_time_unless_it_carries_a_token() {
    assert_eq!(reads(&played("ph-04-back-in-time-without-token")), [Some(2), Some(1)]);
    assert_eq!(reads(&played("ph-04-back-in-time-with-token")), [Some(2), Some(2)]);
}
