//! Redis: documentation, Replication, Sentinel, Cluster and WAIT.

use crate::*;

#[test]
fn r3_without_a_replica_in_touch_no_writes_after_ten_seconds() {
    let play = played("r3-too-few-replicas");
    assert_eq!(ends(&play, ANA)[..2], [OK, OK]);
    assert_eq!(ends(&play, ANA)[2], Some(Outcome::Refused(Refusal::TooFewReplicas)));
    assert_eq!(ends(&play, BEN)[1], Some(Outcome::Read(play.view(B).copies.first().copied())), "what A took alone is gone");
    assert_eq!(play.held(A, X), Some(3));
}

/// `WAIT`: how many have it is all it says.
#[test]
fn r2_wait_undoes_nothing_and_binds_nobody() {
    let play = played("r2-wait");
    assert_eq!(ends(&play, ANA), [OK, UNCONFIRMED, OK]);
    assert!(took(&play, 1) >= ms(500) && took(&play, 1) < ms(700), "{}", took(&play, 1));
    // Of the third B had a copy when Ana was told; C, which takes over, has not.
    assert_eq!(reads(&play), [Some(2), Some(2)]);
    assert_eq!(thrown_away(&play, B), [3]);
    assert_eq!(leaders(&play), [(C, 2)]);
}

#[test]
fn r5_a_cut_shorter_than_the_time_out_loses_nothing_and_elects_nobody() {
    let play = played("r5-shorter-than-the-time-out");
    assert_eq!(
        everywhere(&play, |fact| matches!(fact, Fact::Suspects { .. } | Fact::Stands { .. } | Fact::LeaseLost { .. })),
        []
    );
    assert_eq!(leaders(&play), [(A, 1)]);
    assert_eq!([A, B, C].map(|node| thrown_away(&play, node).len()), [0; 3]);
    let written = acknowledged(&play, ANA).len() + acknowledged(&play, BEN).len();
    assert!(acknowledged(&play, ANA).len() > 190, "A never refused Ana");
    assert!(play.view(A).written.0 as usize >= written);
    agree(&play);
}

#[test]
fn r5_a_longer_cut_costs_the_minority_what_it_took_within_the_time_out() {
    let (cut, heal, timeout, spread) = (ms(5_000), ms(15_000), ms(2_000), ms(1_000));
    // A message takes 30 ms: for a heartbeat and its echo, two rounds of votes and a flush.
    let slack = ms(200);
    let play = played("r5-longer-than-the-time-out");
    let alone: Vec<(Micros, i64)> =
        acknowledged(&play, ANA).into_iter().filter(|(at, _)| (cut + ms(100)..heal).contains(at)).collect();
    let last = alone.last().map(|(at, _)| *at).unwrap_or_default();
    assert!(last > cut + ms(1_000) && last < cut + timeout + slack, "the last at {last}");
    let refused = |(at, _, outcome): &(Micros, Action, Outcome)| {
        (cut + timeout + slack..heal).contains(at) && *outcome == Outcome::Refused(Refusal::NoMajority)
    };
    assert!(told(&play, ANA).iter().filter(|row| refused(row)).count() > 70, "then it refuses");
    let discarded = thrown_away(&play, A);
    assert!(!alone.is_empty() && alone.iter().all(|(_, value)| discarded.contains(value)), "all of these are lost");
    // The majority takes nothing for a while, and then writes again.
    let again = acknowledged(&play, BEN).into_iter().map(|(at, _)| at).find(|at| *at > cut + ms(200)).expect("they go on");
    assert!(again > cut + ms(1_500) && again < cut + timeout + spread + slack + ms(300), "again at {again}");
    let elected = everywhere(&play, |fact| matches!(fact, Fact::Elected { .. }));
    assert!(matches!(elected[..], [(_, B | C)]), "{elected:?}");
    // Nobody else's acknowledged writes are lost.
    let took_over = elected[0].0;
    assert!(last < took_over, "at no time do two take writes");
    let others = acknowledged(&play, BEN);
    assert!(others.iter().all(|(at, value)| (cut..took_over).contains(at) || !discarded.contains(value)));
    agree(&play);
}

/// Also ph-48.
#[test]
fn r6_a_primary_that_comes_back_empty_empties_its_replicas() {
    let play = played("r6-the-primary-comes-back-empty");
    assert_eq!(ends(&play, ANA), [OK, OK]);
    assert_eq!(reads(&play), [Some(1), None, None]);
    assert_eq!([B, C].map(|node| thrown_away(&play, node)), [[1, 2], [1, 2]]);
    assert!([A, B, C].iter().all(|node| play.view(*node).copies.is_empty()));
}

/// `WAITAOF`: disks count, not memories.
#[test]
fn r8_copies_on_disk_are_counted() {
    let play = played("r8-on-two-disks");
    assert_eq!(ends(&play, ANA), [OK, OK]);
    assert!(took(&play, 1) > ms(400) && took(&play, 1) < ms(600), "until B has it on disk: {}", took(&play, 1));
    assert_eq!(reads(&play), [Some(2)]);
}

/// The monitors on the larger side appoint another; whatever the smaller side took meanwhile is gone when the network heals.
#[test]
fn r4_the_last_failover_wins() {
    let play = played("r4-last-failover-wins");
    let d = NodeId(3);
    let appointed = everywhere(&play, |fact| matches!(fact, Fact::Appointed { node: B, .. }));
    assert!(matches!(appointed[..], [(at, by)] if by != d && at > ms(2_000) && at < ms(4_000)), "{appointed:?}");
    let taken: Vec<i64> =
        acknowledged(&play, ANA).iter().filter(|(at, _)| *at > ms(1_300) && *at < ms(5_200)).map(|(_, value)| *value).collect();
    assert!(taken.len() >= 3, "{taken:?}");
    assert_eq!(thrown_away(&play, A), taken, "all of it, and nothing else");
    let meanwhile = acknowledged(&play, BEN).iter().filter(|(at, _)| *at > appointed[0].0 && *at < ms(5_200)).count();
    assert!(meanwhile >= 2, "Ben went on with B: {meanwhile}");
    assert_eq!(leaders(&play), [(B, 2)]);
    for node in [B, C] {
        assert_eq!(play.view(node).copies, play.view(A).copies);
    }
}
