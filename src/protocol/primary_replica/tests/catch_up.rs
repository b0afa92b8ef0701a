//! Behind, empty or from another log: how a replica comes to hold what the primary holds.

use super::*;
use crate::{
    client::workload::{Pace, Workload},
    sim::{
        id::NodeId,
        network::{LinkChange, MessageClass},
        operation::{Outcome, Refusal},
    },
    store::log::Lsn,
    trace::{Cargo, Fact, Kind},
    world::command::Command,
};

/// Ana writes 50 times a second, from 500 ms on.
fn busy(nodes: u16, retention: u64) -> Play {
    let mut scenario = group(nodes);
    config(&mut scenario).log_retention_entries = retention;
    let workload = Workload { pace: Pace::Regular { every: ms(20) }, start: ms(500), read_share: 0.0, ..Default::default() };
    scenario.clients[0].workload = Some(workload);
    Play::new(scenario)
}

/// LSNs that a node has put in its log, in that order.
fn received(play: &Play, node: NodeId) -> Vec<u64> {
    let lsn = |fact: &Fact| match fact {
        Fact::Received { lsn, .. } => Some(lsn.0),
        _ => None,
    };
    play.facts(node).filter_map(|(_, fact)| lsn(fact)).collect()
}

fn snapshots(play: &Play, node: NodeId) -> Vec<u64> {
    let lsn = |fact: &Fact| match fact {
        Fact::SnapshotInstalled { lsn, .. } => Some(lsn.0),
        _ => None,
    };
    play.facts(node).filter_map(|(_, fact)| lsn(fact)).collect()
}

/// No gap, nothing twice: the LSNs received, and those taken over by snapshots, count from 1 to the end.
fn assert_seamless(play: &Play, node: NodeId) {
    let mut expected = 1;
    for (_, fact) in play.facts(node) {
        match fact {
            Fact::SnapshotInstalled { lsn, .. } => expected = lsn.0 + 1,
            Fact::Received { lsn, .. } => {
                assert_eq!(lsn.0, expected, "{node}");
                expected += 1;
            }
            _ => {}
        }
    }
    assert_eq!(expected - 1, play.view(node).written.0);
}

/// ph-15, first half: away for a while, back by the log alone. Whatever kept it away.
#[test]
fn after_an_outage_the_log_fills_what_is_missing() {
    let cut = |heal: bool| match heal {
        false => Command::Cut { from: A.into(), to: B.into(), both: true },
        true => Command::HealAll,
    };
    for (away, back) in [
        (Command::Crash { node: B }, Command::Restart { node: B }),
        (Command::CrashMachine { node: B }, Command::Restart { node: B }),
        (Command::Pause { node: B }, Command::Resume { node: B }),
        (cut(false), cut(true)),
    ] {
        let mut play = busy(3, 10_000);
        play.run(1_000).act(away.clone()).run(30_000);
        let behind = play.view(A).written.0 - play.world.remains(B).unwrap().written.0;
        assert!(behind >= 1_490);
        play.act(back).run(2_000);
        // Asked again after 2 s at most; then as fast as round trips allow, not one batch in a while.
        play.run(300);
        assert!(
            play.view(A).written.0 - play.view(B).written.0 <= 2,
            "{away:?}: {} of {}",
            play.view(B).written,
            play.view(A).written
        );
        assert!(snapshots(&play, B).is_empty());
        assert_seamless(&play, B);
    }
}

/// ph-14, ph-15: the log no longer goes back far enough, so all data as of one position, then the log from there, while
/// writes go on.
#[test]
fn with_the_log_cut_off_a_snapshot_comes_first() {
    let mut play = busy(3, 40);
    play.act(link(A, B, latency(80))).run(1_000).act(Command::Crash { node: B }).run(3_000);
    let missing = play.world.remains(B).unwrap().written.0 + 1;
    play.act(Command::Restart { node: B }).run(1_000);
    assert_eq!(snapshots(&play, B).len(), 1);
    assert!(snapshots(&play, B)[0] > missing);
    let needed = play.facts(A).find_map(|(_, fact)| match fact {
        Fact::SnapshotNeeded { replica: B, wanted, first_kept } => Some((*wanted, *first_kept)),
        _ => None,
    });
    assert!(needed.is_some_and(|(wanted, first_kept)| wanted == Lsn(missing) && wanted < first_kept), "and why is said");
    assert_seamless(&play, B);
    let discarded = play.facts(B).filter(|(_, fact)| matches!(fact, Fact::Discarded { .. }));
    assert_eq!(discarded.count(), 0, "what a snapshot replaces is not lost, nor is what the log no longer lists");
    play.act(Command::SetWorkload { client: ANA, on: false }).run(1_000);
    assert_eq!(play.view(B).copies, play.view(A).copies);
}

/// A log too short for what gets lost: the replica needs snapshot after snapshot, and still gets somewhere.
#[test]
fn a_log_of_one_entry_still_replicates() {
    let mut play = busy(2, 1);
    play.act(link(A, B, LinkChange { loss: Some(0.3), ..latency(50) })).run(20_000);
    assert!(snapshots(&play, B).len() > 3);
    play.act(Command::SetWorkload { client: ANA, on: false }).run(15_000);
    assert_eq!(play.view(B).copies, play.view(A).copies);
    assert_seamless(&play, B);
}

/// A node added to a running group answers "not ready" until it shows all that was there when it came.
#[test]
fn a_newcomer_is_not_ready_before_it_has_the_data() {
    for (retention, epochs) in [(10_000, 1), (30, 1), (10_000, 3)] {
        let mut play = busy(2, retention);
        // Applying takes its time, so having the log is not having the data.
        play.scenario.nodes.each.apply = constant(2);
        let mut play = Play::new(play.scenario.clone());
        for epoch in 1..epochs {
            play.run(100).act(Command::Promote { node: [A, B][epoch % 2] }).run(100);
        }
        play.run(1_500).act(Command::AddNode);
        let newcomer = NodeId(2);
        let there = play.view(play.world.primary().unwrap()).applied;
        for _ in 0..60 {
            play.read(BEN, X, newcomer);
            play.run(11);
        }
        let served: Vec<(Lsn, bool)> = play
            .facts(newcomer)
            .filter_map(|(_, fact)| match fact {
                Fact::Served { applied, read } => Some((*applied, read.is_some())),
                _ => None,
            })
            .collect();
        assert!(served.len() > 10 && served.iter().all(|(applied, found)| *found && *applied >= there));
        let rows = play.world.history().iter().filter(|(_, row)| row.client == BEN).filter_map(|(_, row)| row.outcome.clone());
        let refused = rows.filter(|outcome| *outcome == Outcome::Refused(Refusal::NotReady));
        assert!(refused.count() >= 1);
        assert_seamless(&play, newcomer);
        assert_eq!(snapshots(&play, newcomer).len(), (retention == 30) as usize);
    }
}

/// Being a newcomer survives a restart and another primary.
#[test]
fn a_newcomer_stays_one_until_it_has_the_data() {
    let mut play = busy(3, 10_000);
    play.run(1_000).act(Command::Cut { from: A.into(), to: C.into(), both: true }).act(Command::Wipe { node: C });
    let not_ready = |play: &mut Play| {
        let read = play.read(BEN, X, C);
        play.run(20);
        play.outcome(read) == Some(Outcome::Refused(Refusal::NotReady))
    };
    for _ in 0..2 {
        play.act(Command::Restart { node: C }).run(50);
        assert!(not_ready(&mut play));
        play.act(Command::Crash { node: C });
    }
    play.act(Command::Cut { from: B.into(), to: C.into(), both: false }).act(Command::Restart { node: C });
    play.act(Command::Crash { node: A }).act(Command::Promote { node: B }).run(100);
    assert!(not_ready(&mut play));
    play.act(Command::HealAll).run(2_500);
    assert!(!not_ready(&mut play));
}

/// ph-48: a primary that restarts with an empty disk wipes its replicas, and they say so. In any epoch.
#[test]
fn a_wiped_primary_wipes_its_replicas() {
    for earlier_promotions in [0, 2] {
        let mut play = Play::group(3);
        for turn in 0..earlier_promotions {
            play.run(100).act(Command::Promote { node: [B, A][turn] });
        }
        play.run(3_000).write(ANA, X, 1);
        play.run(3_000).write(ANA, Y, 2);
        play.run(100).act(Command::Wipe { node: A });
        assert_eq!([play.held(B, X), play.held(C, Y)], [Some(1), Some(2)]);
        play.act(Command::Restart { node: A }).run(3_000);
        assert_eq!(play.world.primary(), Some(A));
        for node in [A, B, C] {
            assert_eq!(play.view(node).copies, [], "{node}");
            assert_eq!(play.view(node).epoch, play.view(A).epoch);
        }
        for node in [B, C] {
            let gone: Vec<i64> = play.discarded(node).iter().map(|write| write.value).collect();
            assert_eq!(gone, [1, 2], "{node}");
        }
        play.write(ANA, X, 3);
        play.run(2_500).write(ANA, X, 4);
        play.run(100);
        assert_eq!([A, B, C].map(|node| play.held(node, X)), [Some(4); 3]);
        assert_eq!(play.discarded(B).len(), 2, "only what was really lost");
    }
}

/// The new log of a wiped primary may be as long as the old one, of the same epoch and the same length: it is another log.
#[test]
fn a_new_log_is_not_taken_for_the_old_one() {
    for new_writes in [1, 2, 3] {
        let mut play = Play::group(2);
        for value in [1, 2] {
            play.run(20).write(ANA, X, value);
        }
        play.run(50).act(Command::Wipe { node: A }).act(Command::Cut { from: A.into(), to: B.into(), both: true });
        play.act(Command::Restart { node: A }).run(20);
        for value in 0..new_writes {
            play.run(20).write(BEN, Y, 10 + value);
        }
        play.run(50).act(Command::HealAll).run(3_000);
        assert_eq!((play.held(B, X), play.held(B, Y)), (None, Some(9 + new_writes)));
        assert_eq!(play.discarded(B).iter().map(|write| write.value).collect::<Vec<_>>(), [1, 2]);
    }
}

/// A wiped replica is a newcomer that needs nobody's word: it gets the log, or a snapshot.
#[test]
fn a_wiped_replica_gets_everything_again() {
    for (retention, by_snapshot) in [(10_000, false), (20, true)] {
        let mut play = busy(2, retention);
        play.run(2_000).act(Command::Wipe { node: B }).act(Command::Restart { node: B }).run(300);
        assert_eq!(!snapshots(&play, B).is_empty(), by_snapshot);
        assert!(play.view(A).applied.0 - play.view(B).applied.0 <= 2);
        assert_eq!(received(&play, B).iter().filter(|lsn| **lsn == 1).count(), if by_snapshot { 1 } else { 2 });
    }
}

/// To a node that left, nothing is sent any more.
#[test]
fn a_removed_node_is_forgotten() {
    let mut play = busy(3, 1_000);
    play.run(500).act(Command::RemoveNode { node: C }).run(15_000);
    let to_it = |play: &Play| play.sent(|_, to, _| to == C.into());
    let before = to_it(&play);
    play.run(20_000);
    assert_eq!(to_it(&play), before);
}

/// To a node that is down, one batch now and then, not every write.
#[test]
fn a_dead_replica_is_not_flooded() {
    let mut play = busy(3, 1_000);
    play.run(500).act(Command::Crash { node: C }).run(10_000);
    let to_it = |play: &Play| play.sent(|_, to, class| to == C.into() && class == MessageClass::Replicate);
    let before = to_it(&play);
    play.run(30_000);
    assert!(to_it(&play) - before <= 7, "{}", to_it(&play) - before);
    let largest = play.events().filter_map(|event| match event.kind {
        Kind::Send { cargo: Cargo::Entries { count, .. }, .. } => Some(count),
        _ => None,
    });
    assert!(largest.max() <= Some(config(&mut play.scenario).batch_entries));
}

/// What waits for replicas is in the log, and so in a snapshot, although the primary's readers do not see it yet.
#[test]
fn a_snapshot_holds_what_waits_for_replicas() {
    let mut scenario = group(3);
    config(&mut scenario).commit = crate::protocol::commit::Commit {
        level: crate::protocol::commit::Level::RemoteFlush,
        among: vec![B],
        ..Default::default()
    };
    config(&mut scenario).log_retention_entries = 1;
    let mut play = Play::new(scenario);
    for value in 1..=6 {
        play.run(200).write(ANA, X, value);
    }
    play.run(200).act(Command::Crash { node: B }).act(Command::Wipe { node: C });
    play.write(ANA, X, 7);
    play.run(500).act(Command::Restart { node: C }).run(5_000);
    assert!(play.facts(C).any(|(_, fact)| matches!(fact, Fact::SnapshotInstalled { .. })));
    assert_eq!((play.held(A, X), play.held(C, X)), (Some(6), Some(7)));
    play.act(Command::Restart { node: B }).run(5_000);
    assert_eq!((play.held(A, X), play.held(B, X)), (Some(7), Some(7)));
}
