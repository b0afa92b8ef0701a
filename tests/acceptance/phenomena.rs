//! What every user of replication meets sooner or later, by the numbers of the list of phenomena.

use crate::*;

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

#[test]
fn ph_01_a_replica_is_behind_and_then_no_longer() {
    assert_eq!(reads(&played("ph-01-lag")), [None, Some(1)]);
}

#[test]
fn ph_03_another_device_does_not_know_what_the_first_one_wrote() {
    let play = played("ph-03-the-other-device");
    assert_eq!((ends(&play, BEN), reads_of(&play, CLEO)), (vec![OK, OK], vec![Some(1), Some(2)]));
    assert_eq!(count_facts(&play, C, |fact| matches!(fact, Fact::ReadWaits { .. })), 0, "a token of its own helps nothing");
}

#[test]
fn ph_05_an_answer_is_seen_before_its_question() {
    for (name, question) in [("ph-05-answer-before-question", None), ("ph-05-answer-after-question", Some(1))] {
        let play = played(name);
        assert_eq!(
            ends(&play, BEN)[0].as_ref().map(|end| matches!(end, Outcome::Read(Some(_)))),
            Some(true),
            "{name}: Ben saw it"
        );
        assert_eq!(reads_of(&play, CLEO), [Some(2), question], "{name}");
    }
}

#[test]
fn ph_08_a_new_primary_gives_the_same_numbers_to_others() {
    let play = played("ph-08-numbers-twice");
    let given = |client| acknowledged(&play, client).into_iter().map(|(_, number)| number).collect::<Vec<_>>();
    assert_eq!((given(ANA), given(BEN)), (vec![1, 2, 3, 4, 5], vec![3, 4, 5]));
    assert_eq!((thrown_away(&play, A), leaders(&play)), (vec![3, 4, 5], vec![(B, 2)]));
    assert_eq!(reads_of(&play, BEN), [Some(5)]);
    agree(&play);
    let Verdicts { lost, converged, .. } = judged("ph-08-numbers-twice");
    // Ana had overwritten 3 and 4 herself.
    assert_eq!(lost.iter().map(|one| (one.write.id.client, one.write.value)).collect::<Vec<_>>(), [(ANA, 5)]);
    assert_eq!(converged, Verdict::Holds, "and nothing can be seen of it any more");
}

/// Also ph-46, for those who take writes on both sides.
#[test]
fn ph_09_two_primaries_say_ok_and_one_of_them_is_wrong() {
    let play = played("ph-09-two-primaries");
    assert_eq!((ends(&play, ANA), &ends(&play, BEN)[..1]), (vec![OK, OK, OK], &[OK][..]));
    assert_eq!(reads_of(&play, BEN), [Some(3), None]);
    assert_eq!((thrown_away(&play, A), leaders(&play)), (vec![2, 4], vec![(B, 2)]));
    agree(&play);
}

#[test]
fn ph_10_who_is_fenced_takes_nothing_that_would_be_lost() {
    for (name, leader) in [("ph-10-power", Some(B)), ("ph-10-lease", None)] {
        let play = played(name);
        assert_eq!(acknowledged(&play, ANA).iter().map(|(_, value)| *value).collect::<Vec<_>>(), [1], "{name}");
        assert_eq!(ends(&play, BEN)[0], OK, "{name}");
        assert_eq!(reads_of(&play, BEN), [Some(3), None], "{name}");
        assert!([A, B, C].iter().all(|node| thrown_away(&play, *node).is_empty()), "{name}");
        assert!(matches!(leaders(&play)[..], [(node, 2)] if node != A && leader.is_none_or(|known| known == node)), "{name}");
        agree(&play);
    }
}

#[test]
fn ph_11_a_time_out_too_short_takes_a_busy_primary_for_a_dead_one() {
    let short = played("ph-11-too-short");
    assert!(!everywhere(&short, |fact| matches!(fact, Fact::Suspects { suspect: A, .. })).is_empty());
    let elected = everywhere(&short, |fact| matches!(fact, Fact::Elected { .. }));
    assert!(matches!(elected[..], [(at, B | C)] if at > ms(8_000)), "{elected:?}");
    assert!(matches!(leaders(&short)[..], [(B | C, _)]), "{:?}", leaders(&short));
    let crashed = |play: &Play| play.events().filter(|event| matches!(event.kind, Kind::Crash { .. } | Kind::Pause)).count();
    assert_eq!(crashed(&short), 0, "for nothing");
    let long = played("ph-11-long-enough");
    assert_eq!(everywhere(&long, |fact| matches!(fact, Fact::Suspects { .. } | Fact::Stands { .. })), []);
    assert_eq!(leaders(&long), [(A, 1)]);
}

/// Nobody fails, nothing is lost: what the primary says only comes later from one moment on. Both detectors take it for dead.
#[test]
fn ph_11_what_comes_late_looks_like_what_does_not_come() {
    for name in ["ph-11-late-heartbeats", "ph-11-late-heartbeats-phi"] {
        let play = played(name);
        let suspicions = everywhere(&play, |fact| matches!(fact, Fact::Suspects { suspect: A, .. }));
        let (first, last) = (suspicions[0].0, suspicions[suspicions.len() - 1].0);
        assert!(Micros::from_secs(3) < first && first < Micros::from_millis(4_600), "{name}: {first}");
        assert!(last < Micros::from_secs(6), "{name}: once it comes evenly again, it is heard: {last}");
        assert!(play.events().all(|event| !matches!(event.kind, Kind::Crash { .. } | Kind::Pause)), "{name}");
        assert!(matches!(leaders(&play)[..], [(node, epoch)] if node != A && epoch > 1), "{name}: {:?}", leaders(&play));
        assert!(play.view(A).follows.is_some(), "{name}: A runs, and gave way");
    }
}

#[test]
fn ph_14_a_newcomer_misses_nothing_and_takes_nothing_twice() {
    let play = played("ph-14-a-newcomer");
    let installed: Vec<(Micros, u64)> = play
        .facts(D)
        .filter_map(|(at, fact)| match fact {
            Fact::SnapshotInstalled { lsn, .. } => Some((at, lsn.0)),
            _ => None,
        })
        .collect();
    let [(at, base)] = installed[..] else { panic!("one snapshot, not {installed:?}") };
    assert!(base > 50 && at > ms(7_000), "some sixty writes, a second on the way");
    let received: Vec<u64> = play
        .facts(D)
        .filter_map(|(_, fact)| match fact {
            Fact::Received { lsn, .. } => Some(lsn.0),
            _ => None,
        })
        .collect();
    let end = play.view(A).written.0;
    assert!(end - base > 50, "and as many came after it");
    assert_eq!(received, (base + 1..=end).collect::<Vec<_>>());
    assert_eq!(play.view(D).applied.0, end);
    agree(&play);
}

#[test]
fn ph_16_replicas_that_are_sent_statements_make_other_values_of_them() {
    for (name, differing) in [("ph-16-row", &[][..]), ("ph-16-statement", &[(B, 1), (B, 2), (C, 1), (C, 2)])] {
        let play = played(name);
        let [first, clock, random, second] = acknowledged(&play, ANA)[..] else { panic!("{name}: four writes") };
        assert_eq!((first.1, second.1), (1, 2), "{name}: numbers depend on the data alone");
        // It took 30 ms to A, and as long back.
        assert!((1_530..1_560).contains(&clock.1), "{name}: {clock:?}");
        let held: Vec<Vec<i64>> = [A, B, C].map(|node| play.view(node).copies.iter().map(|write| write.value).collect()).to_vec();
        assert_eq!(held[0], [2, clock.1, random.1], "{name}");
        assert_eq!((held[1][0], held[2][0]), (2, 2), "{name}");
        let disturbed = |kind: &Kind| matches!(kind, Kind::Drop { .. } | Kind::Crash { .. } | Kind::Pause);
        assert_eq!(play.events().filter(|event| disturbed(&event.kind)).count(), 0, "{name}: nothing failed");
        let views = [A, B, C].map(|node| play.view(node));
        assert!(views.iter().all(|view| view.applied == views[0].applied && view.applied == Lsn(4)), "{name}: all have all");
        assert_eq!(reads(&play) == [Some(random.1); 2], differing.is_empty(), "{name}: two answers");
        let Verdicts { fresh, durable, converged, convergence, .. } = judged(name);
        let found: Vec<(NodeId, u16)> = convergence.differing.iter().map(|one| (one.node, one.key.0)).collect();
        assert_eq!((found.as_slice(), converged.is_broken()), (differing, !differing.is_empty()), "{name}");
        assert_eq!((fresh, durable), (Verdict::Holds, Verdict::Holds), "{name}: and nobody notices");
        let same = |one: &Difference| one.expected.map(|write| write.id) == one.held.map(|write| write.id);
        assert!(convergence.differing.iter().all(same), "{name}: by the same writes");
    }
}

/// Also P2: cascaded standbys are invisible to the primary.
#[test]
fn ph_17_a_replica_behind_a_replica_is_further_behind_and_depends_on_it() {
    let play = played("ph-17-cascade");
    let applied = |node: NodeId, value: i64| {
        let is_it = |fact: &Fact| matches!(fact, Fact::Applied { write: Some(write), .. } if write.value == value);
        everywhere(&play, is_it).into_iter().find(|(_, at)| *at == node).expect("it gets there").0
    };
    // One way, and a flush before it is sent on; both apply it as soon as it is on disk.
    let (first, second) = (applied(B, 1).saturating_sub(applied(A, 1)), applied(C, 1).saturating_sub(applied(B, 1)));
    let (way, flush, apply) = (Micros::from_millis(30), Micros::from_millis(4), Micros::from_millis(2));
    let hop = way + flush;
    assert!((hop + apply..hop + apply + Micros::from_millis(1)).contains(&first), "{first}");
    assert!((hop..hop + Micros::from_millis(1)).contains(&second), "{second}");
    assert_eq!(
        (reads(&play), reads_of(&play, CLEO)),
        (vec![Some(1), Some(2)], vec![Some(2)]),
        "stale, then fed by A; D never was"
    );
    let fed: Vec<NodeId> = play.view(A).followers.into_iter().map(|(node, _)| node).collect();
    assert_eq!((fed, play.view(C).source), (vec![B, C, D], Some(A)));
    let between = |event: &&replicarium::trace::Event| match event.kind {
        Kind::Send { from, to, .. } => [(A.into(), C.into()), (C.into(), A.into())].contains(&(from, to)),
        _ => false,
    };
    let first = play.events().find(between).map(|event| event.at);
    assert_eq!(first, Some(Micros::from_secs(6)), "before, A and C have nothing to say to each other");
}

#[test]
fn ph_17_who_is_fed_by_the_new_primary_or_behind_it_goes_on() {
    let play = played("ph-17-the-upstream-takes-over");
    assert_eq!((leaders(&play), reads_of(&play, BEN)), (vec![(B, 2)], vec![Some(3)]));
    assert_eq!((thrown_away(&play, A), thrown_away(&play, C), thrown_away(&play, D)), (vec![2], vec![], vec![]));
    agree(&play);
    let view = |node: NodeId| (play.view(node).follows, play.view(node).source);
    assert_eq!((view(A), view(C), view(D)), ((Some(B), Some(B)), (Some(B), Some(B)), (Some(B), Some(C))));
    // D is told who leads, says that it knows, and is told no more.
    let announced = play.sent(|from, to, class| (from, to) == (B.into(), D.into()) && class == MessageClass::Control);
    assert!((1..=3).contains(&announced), "{announced}");
}

/// Operations that each node did, a second, and for which share of the time it was busy.
fn work(name: &str) -> Vec<(f64, f64)> {
    let play = played(name);
    let seconds = play.scenario.until.as_secs_f64();
    let load =
        |host: &replicarium::world::host::Load| ((host.reads + host.writes) as f64 / seconds, host.busy.as_secs_f64() / seconds);
    play.world.hosts().iter().map(|host| load(&host.load)).collect()
}

/// A node does 1,000 units of work a second; reading, writing and applying cost one each.
#[test]
fn ph_18_replicas_take_reads_off_the_primary_and_no_writes() {
    let all = |work: &[(f64, f64)]| work.iter().map(|(done, _)| done).sum::<f64>();
    let shared = work("ph-18-three-replicas");
    assert!((all(&shared) - 2_400.0).abs() < 100.0, "{shared:?}");
    // A quarter of the reads, and all writes, either to take or to apply: 540 + 240 of 1,000.
    assert!(shared.iter().all(|(_, busy)| (busy - 0.78).abs() < 0.05), "{shared:?}");
    let alone = work("ph-18-no-replica");
    assert!((990.0..=1_000.0).contains(&all(&alone)) && alone[0].1 > 0.99, "{alone:?}");
    let writes = work("ph-18-write-ceiling");
    assert!((990.0..=1_000.0).contains(&all(&writes)) && writes.iter().all(|(_, busy)| *busy > 0.98), "{writes:?}");
}

#[test]
fn ph_19_a_replica_too_slow_falls_behind_without_bound() {
    let play = played("ph-19-a-replica-too-slow");
    let applied = |node, until: u64| {
        play.facts(node).filter(|(at, fact)| *at < ms(until) && matches!(fact, Fact::Applied { .. })).count() as i64
    };
    for seconds in [5, 10, 15, 20] {
        let behind = |node| applied(A, 1_000 * seconds) - applied(node, 1_000 * seconds);
        // 50 a second of which it gets a little less: its other work takes time too.
        assert!((behind(B) - 50 * seconds as i64).abs() < 5 + 5 * seconds as i64, "after {seconds} s B lacks {}", behind(B));
        assert!(behind(C) < 5, "C keeps up: {}", behind(C));
    }
}

#[test]
fn ph_41_two_candidates_share_the_votes_and_nobody_is_elected() {
    let play = played("ph-41-split-vote");
    let stood = everywhere(&play, |fact| matches!(fact, Fact::Stands { epoch: Epoch(2), trial: false }));
    let mut who: Vec<NodeId> = stood.iter().map(|(_, node)| *node).collect();
    who.sort();
    assert_eq!(who, [B, C]);
    for (node, other) in [(B, C), (C, B)] {
        let taken = Fact::VoteRefused { candidate: other, epoch: Epoch(2), trial: false, why: NoVote::VotedAlready };
        assert_eq!(count_facts(&play, node, |fact| *fact == taken), 1, "{node} has voted for itself");
    }
    assert!(!everywhere(&play, |fact| *fact == Fact::NotElected { epoch: Epoch(2), votes: 1, needed: 2 }).is_empty());
    let elected = everywhere(&play, |fact| matches!(fact, Fact::Elected { epoch, .. } if epoch.0 > 2));
    assert_eq!(elected.len(), 1);
    assert_eq!(everywhere(&play, |fact| matches!(fact, Fact::Elected { .. })), elected, "and nobody in the second epoch");
}

#[test]
fn ph_42_who_stands_still_is_taken_for_dead() {
    let long = played("ph-42-pause-too-long");
    let silences: Vec<Micros> = [B, C]
        .iter()
        .flat_map(|node| long.facts(*node))
        .filter_map(|(_, fact)| match fact {
            Fact::Suspects { suspect: A, silence } => Some(*silence),
            _ => None,
        })
        .collect();
    // 18.42 intervals of 100 ms.
    assert!(!silences.is_empty() && silences.iter().all(|silence| (ms(1_842)..ms(1_845)).contains(silence)), "{silences:?}");
    assert!(matches!(leaders(&long)[..], [(B | C, 2)]), "{:?}", leaders(&long));
    assert_eq!(count_facts(&long, A, |fact| matches!(fact, Fact::RoleChanged { role: Role::Replica, epoch: Epoch(2), .. })), 1);
    let short = played("ph-42-pause-forgiven");
    assert_eq!(everywhere(&short, |fact| matches!(fact, Fact::Suspects { .. })), []);
    assert_eq!(leaders(&short), [(A, 1)]);
}

#[test]
fn ph_46_where_a_majority_is_needed_the_minority_refuses_and_nothing_is_lost() {
    let play = played("ph-46-the-minority-refuses");
    let refused = Some(Outcome::Refused(Refusal::NoMajority));
    assert_eq!(ends(&play, ANA), [OK, Some(Outcome::TimedOut), refused]);
    assert_eq!(ends(&play, BEN)[0], OK);
    assert_eq!(reads_of(&play, BEN), [Some(3)]);
    assert_eq!([A, B, C].map(|node| thrown_away(&play, node)), [vec![2], vec![], vec![]], "what nobody was told is done");
    agree(&play);
}

/// The links are each replica's own, so that it is the primary's burden that grows, and not the time that one copy takes.
#[test]
fn ph_47_all_data_for_five_at_once() {
    let burden = |name: &str, replicas: usize| {
        let play = played(name);
        let needed = everywhere(&play, |fact| matches!(fact, Fact::SnapshotNeeded { .. }));
        assert_eq!(needed.len(), replicas, "{name}");
        let installed = everywhere(&play, |fact| matches!(fact, Fact::SnapshotInstalled { keys: 40.., .. }));
        assert_eq!(installed.len(), replicas, "{name}");
        let (first, last) = (installed[0].0, installed[replicas - 1].0);
        assert!(first > ms(8_000) && last.saturating_sub(first) < ms(1), "{name}: all at once, at {first} to {last}");
        agree(&play);
        let keys = play.facts(A).chain(installed.iter().flat_map(|(_, node)| play.facts(*node)));
        let keys = keys.filter_map(|(_, fact)| match fact {
            Fact::SnapshotInstalled { keys, .. } => Some(*keys),
            _ => None,
        });
        keys.sum::<u32>()
    };
    assert_eq!(burden("ph-47-five-snapshots", 5), 5 * burden("ph-47-one-snapshot", 1));
}

/// Gossip residue: with k = 1, 18 to 20 % never hear of a rumour; comparing all now and then leaves nobody out.
#[test]
fn ph_40_rumours_leave_some_out_and_comparing_finds_them() {
    let without = |name| {
        let play = played(name);
        let write = play.world.copy(A, X).expect("its own");
        assert!(gossip::is_over(&play.world, &write), "{name}");
        gossip::residue(&play.world, &write).len()
    };
    let alone = without("ph-40-rumours-alone");
    assert!((150..=220).contains(&alone), "{alone} of 1000");
    assert_eq!(without("ph-40-with-anti-entropy"), 0);
}
