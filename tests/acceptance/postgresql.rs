//! PostgreSQL: manual, 20.5, 20.6.2, 27.2 and 27.3.

use crate::*;

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

/// Also M1, R1, ph-06. What is lost grows with the delay of whoever takes over.
#[test]
fn p1_what_was_not_sent_in_time_is_lost_though_acknowledged() {
    for (name, next, found, lost) in
        [("p1-promote-the-nearer", B, Some(3), vec![4]), ("p1-promote-the-farther", C, Some(1), vec![2, 3, 4])]
    {
        let play = played(name);
        assert_eq!(ends(&play, ANA), [OK, OK, OK, OK], "{name}");
        assert!(acknowledged(&play, ANA).iter().all(|(at, _)| *at < ms(3_000)), "{name}: told before A is lost");
        assert_eq!(reads(&play), [found], "{name}");
        let has: Vec<i64> = play.view(next).tail.iter().filter_map(|entry| Some(entry.write?.value)).collect();
        assert!(lost.iter().all(|value| !has.contains(value)), "{name}: {has:?}");
        assert_eq!(has.len() + lost.len(), 4, "{name}: no more than these: {has:?}");
    }
}

/// Also M1, R1, ph-07: no failover by itself, no fencing, a new epoch, and divergent writes thrown away.
#[test]
fn p12_the_old_primary_takes_itself_for_the_primary_until_it_meets_the_new_one() {
    let play = played("p12-the-old-primary-returns");
    assert_eq!(ends(&play, ANA), [OK, OK, OK], "also after its return, and all alone");
    let led = everywhere(&play, |fact| matches!(fact, Fact::RoleChanged { role: Role::Primary, .. }));
    assert_eq!(led.iter().map(|(at, node)| (*at >= ms(10_000), *node)).collect::<Vec<_>>(), [(true, B)]);
    assert_eq!(leaders(&play), [(B, 2)]);
    assert_eq!(thrown_away(&play, A), [2, 4]);
    assert_eq!(ends(&play, BEN)[1..], [Some(Outcome::Read(play.view(B).copies.first().copied())), Some(Outcome::Read(None))]);
    assert_eq!(play.held(A, X), Some(3));
    agree(&play);
}

/// Also ph-15, with the case in which the log goes back far enough.
#[test]
fn p13_who_was_away_for_longer_than_the_log_is_kept_is_sent_all_data() {
    for (name, snapshots) in [("p13-log-truncated", 1), ("ph-15-catches-up-from-the-log", 0)] {
        let play = played(name);
        let needed = count_facts(
            &play,
            A,
            |fact| matches!(fact, Fact::SnapshotNeeded { replica: C, wanted, first_kept } if wanted < first_kept),
        );
        let installed = count_facts(&play, C, |fact| matches!(fact, Fact::SnapshotInstalled { .. }));
        assert_eq!((needed > 0, installed), (snapshots > 0, snapshots), "{name}");
        assert_eq!(count_facts(&play, B, |fact| matches!(fact, Fact::SnapshotInstalled { .. })), 0, "{name}: B was never away");
        assert_eq!(thrown_away(&play, C), [0; 0], "{name}: nothing that C had is foreign to A");
        assert_eq!(play.view(C).applied, play.view(A).applied, "{name}");
        agree(&play);
        // Each entry it was sent, once and in order, from where its data ended.
        let received: Vec<u64> = play.facts(C).filter_map(|(_, fact)| lsn_received(fact)).collect();
        let skipped = received.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
        assert_eq!(skipped as u64, snapshots as u64, "{name}: {received:?}");
    }
}

fn lsn_received(fact: &Fact) -> Option<u64> {
    match fact {
        Fact::Received { lsn, .. } => Some(lsn.0),
        _ => None,
    }
}

/// C lacks a hundred entries, and the primary keeps them for it: no snapshot, and no write refused.
#[test]
fn p14_a_slot_keeps_the_log_for_a_replica_that_is_down() {
    let play = played("p14-slot");
    assert_eq!(count_facts(&play, A, |fact| matches!(fact, Fact::SnapshotNeeded { .. } | Fact::DiskFull { .. })), 0);
    assert_eq!(play.world.log(C).map(|log| log.last()), play.world.log(A).map(|log| log.last()));
    let kept = play.world.log(A).expect("A has a log");
    assert!(kept.last().0 - kept.first().0 < 30, "when C has it all, the log is cut again: {}", kept.first());
}

#[test]
fn p14_beyond_its_limit_a_slot_is_lost_and_the_replica_is_cloned_anew() {
    let play = played("p14-slot-limit");
    assert_eq!(count_facts(&play, A, |fact| matches!(fact, Fact::SlotLost { replica, .. } if *replica == C)), 1);
    assert!(count_facts(&play, A, |fact| matches!(fact, Fact::SnapshotNeeded { replica, .. } if *replica == C)) >= 1);
    assert_eq!(play.world.log(C).map(|log| log.last()), play.world.log(A).map(|log| log.last()));
}

#[test]
fn p14_a_slot_without_limit_fills_the_disk_until_the_replica_is_back() {
    let play = played("p14-disk-full");
    let ends: Vec<(Micros, bool)> = play
        .world
        .history()
        .iter()
        .filter_map(|(_, row)| Some((row.at, row.outcome.clone()? == Outcome::Refused(Refusal::DiskFull))))
        .collect();
    let full = |from: u64, to: u64| {
        let within = ends.iter().filter(|(at, _)| *at >= ms(from) && *at < ms(to));
        within.fold((0, 0), |(refused, all), (_, is_full)| (refused + usize::from(*is_full), all + 1))
    };
    assert_eq!(full(0, 6_000).0, 0, "there is room for some five seconds more");
    let (refused, all) = full(9_000, 12_000);
    assert!(refused == all && all > 20, "{refused} of {all}: nobody writes");
    let (refused, all) = full(13_000, 15_000);
    assert!(refused == 0 && all > 15, "{refused} of {all}: C has it, and the log is cut");
}

/// By default nothing is decided for it: it stays with a log of its own, until a person rewinds it.
#[test]
fn p12_an_old_primary_stops_and_can_be_rewound() {
    let mut play = played("p12-refuse");
    assert!(play.view(A).stopped);
    let parted = |fact: &Fact| matches!(fact, Fact::Parted { entries, .. } if *entries >= 2);
    assert_eq!((count_facts(&play, A, parted), thrown_away(&play, A).len()), (1, 0));
    let alone: Vec<i64> =
        acknowledged(&play, ANA).iter().filter(|(at, _)| *at > ms(1_200) && *at < ms(1_700)).map(|(_, value)| *value).collect();
    play.act(replicarium::world::command::Command::Rewind { node: A }).run(3_000);
    assert_eq!(thrown_away(&play, A), alone, "acknowledged, and thrown away");
    assert_eq!(count_facts(&play, A, |fact| matches!(fact, Fact::SnapshotInstalled { .. })), 0);
    assert!(!play.view(A).stopped);
}
