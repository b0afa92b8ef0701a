//! Promotion by hand: what is lost, what is kept, who says so.

use super::*;
use crate::{
    client::workload::{Pace, Workload},
    sim::{
        id::NodeId,
        network::LinkChange,
        operation::{Outcome, Write},
    },
    store::log::Epoch,
    trace::{Fact, Role},
    world::command::Command,
};
use std::collections::BTreeSet;

/// Values of the writes that clients were told are done.
fn acknowledged(play: &Play) -> BTreeSet<i64> {
    let rows = play.world.history().iter().filter(|(_, row)| row.outcome == Some(Outcome::Written));
    let value = |action| match action {
        crate::sim::operation::Action::Write { value, .. } => Some(value),
        _ => None,
    };
    rows.filter_map(|(_, row)| value(row.action)).collect()
}

/// Values in a node's log.
fn logged(play: &Play, node: NodeId) -> BTreeSet<i64> {
    let log = &play.world.host(node).and_then(|host| host.process()?.primary_replica()).expect("it runs").log;
    log.range(log.first(), log.last()).filter_map(|entry| Some(entry.write?.value)).collect()
}

/// ph-06, ph-07: an asynchronous failover loses exactly the acknowledged writes that were not shipped, and the old primary,
/// when it returns, discards exactly those entries that the new one does not have, and says so.
#[test]
fn a_failover_loses_what_was_not_shipped_and_the_old_primary_says_what() {
    let mut losses = 0;
    for run in 0..60u64 {
        let mut scenario = group(3);
        scenario.seed = run;
        scenario.network.latency = crate::sim::distribution::Distribution::Exponential { mean: ms(30) };
        scenario.network.in_order = run.is_multiple_of(2);
        let workload = Workload { pace: Pace::Poisson { per_s: 8.0 }, read_share: 0.0, ..Default::default() };
        scenario.clients.iter_mut().for_each(|client| client.workload = Some(workload.clone()));
        let mut play = Play::new(scenario);
        play.run(500 + 7 * run);
        // The network to A fails first, so what is on its way to the others is lost.
        play.act(Command::Partition { groups: vec![vec![A.into()], vec![B.into(), C.into()]] }).run(run % 9 * 10);
        play.act(Command::Crash { node: A }).run(400).act(Command::HealAll);
        let (told, shipped) = (acknowledged(&play), logged(&play, C));
        let lost: BTreeSet<i64> = told.difference(&shipped).copied().collect();
        losses += lost.len();
        play.act(Command::Promote { node: C }).run(1_500);
        let new = logged(&play, C);
        assert!(shipped.iter().all(|value| new.contains(value)), "what was received is kept");
        assert_eq!(play.discarded(A), []);
        play.act(Command::Restart { node: A }).run(3_000);
        let discarded: BTreeSet<i64> = play.discarded(A).iter().map(|write| write.value).collect();
        assert!(lost.is_subset(&discarded), "acknowledged and gone, and it says so");
        assert!(discarded.is_disjoint(&logged(&play, C)), "nothing that the new primary has is called discarded");
        // Another replica may have been ahead of the new primary and discards as well; then the two agree.
        for node in [A, B] {
            play.act(Command::SetWorkload { client: ANA, on: false })
                .act(Command::SetWorkload { client: BEN, on: false })
                .run(3_000);
            assert_eq!(play.view(node).copies, play.view(C).copies, "{node}");
            assert_eq!((play.view(node).role, play.view(node).epoch), (Role::Replica, Epoch(2)));
        }
    }
    assert!(losses > 10, "the case was there: {losses}");
}

/// The smallest case, in every order of (copy arrives, crash, promotion).
#[test]
fn one_write_one_crash() {
    // The write is on A's disk, and acknowledged, at 126.1 ms; the copy is at B at 176.15 ms.
    for (crash_ms, promote_ms, acked, kept) in [
        (105, 300, false, false),
        (126, 300, false, false),
        (127, 300, true, true),
        (127, 150, true, false),
        (200, 300, true, true),
    ] {
        let mut play = Play::group(2);
        play.act(link(A, B, latency(50))).run(120);
        let write = play.write(ANA, X, 9);
        play.run_to(ms(crash_ms)).act(Command::CrashMachine { node: A });
        play.run_to(ms(promote_ms)).act(Command::Promote { node: B }).run(300);
        let case = format!("crash at {crash_ms} ms, promotion at {promote_ms} ms");
        assert_eq!(play.outcome(write) == Some(Outcome::Written), acked, "{case}");
        assert_eq!(play.held(B, X), kept.then_some(9), "{case}");
        play.act(Command::Restart { node: A }).run(3_000);
        assert_eq!(play.held(A, X), kept.then_some(9), "{case}");
        assert_eq!(play.discarded(A).len(), (acked && !kept) as usize, "{case}");
    }
}

#[test]
fn both_sides_of_a_partition_take_writes_and_one_side_loses_them() {
    let mut play = Play::group(3);
    play.run(20).write(ANA, X, 1);
    play.run(50);
    play.act(Command::Partition { groups: vec![vec![A.into(), ANA.into()], vec![B.into(), C.into(), BEN.into()]] });
    play.act(Command::Promote { node: B }).run(20);
    let (left, right) =
        (play.write(ANA, X, 2), play.issue(BEN, crate::sim::operation::Action::Write { key: X, value: 3 }, Some(B)));
    play.run(100);
    assert_eq!([play.outcome(left), play.outcome(right)], [const { Some(Outcome::Written) }; 2]);
    play.act(Command::HealAll).run(3_000);
    assert_eq!([A, B, C].map(|node| play.held(node, X)), [Some(3); 3]);
    let values: Vec<i64> = play.discarded(A).iter().map(|write: &Write| write.value).collect();
    assert_eq!(values, [2]);
}

/// Two promotions at once: both lead, the later order wins, and never do two lead the same epoch.
#[test]
fn of_two_promotions_the_later_one_wins() {
    let mut play = Play::group(4);
    play.run(20).act(Command::CrashMachine { node: A });
    play.act(Command::Partition { groups: vec![vec![B.into(), ANA.into()], vec![C.into(), BEN.into()]] });
    play.act(Command::Promote { node: B }).act(Command::Promote { node: C }).run(20);
    assert_eq!([play.view(B).epoch, play.view(C).epoch], [Epoch(2), Epoch(3)]);
    for (client, node, value) in [(ANA, B, 2), (BEN, C, 3)] {
        play.issue(client, crate::sim::operation::Action::Write { key: X, value }, Some(node));
    }
    play.run(50).act(Command::HealAll).act(Command::Restart { node: A }).run(3_000);
    assert_eq!(play.world.primary(), Some(C));
    assert_eq!(play.world.members().iter().map(|node| play.held(*node, X)).collect::<Vec<_>>(), [Some(3); 4]);
}

/// The newest primary is gone for good, and its epoch with it: who followed it waits for ever. The old primary, which never
/// heard of it, leads again once the operator says so, in an epoch newer than any.
#[test]
fn an_old_primary_can_be_promoted_when_the_newest_is_gone() {
    for gone in [Command::Wipe { node: B }, Command::RemoveNode { node: B }] {
        let mut play = Play::group(3);
        play.run(20).write(ANA, X, 1);
        play.run(50).act(Command::Partition { groups: vec![vec![A.into(), ANA.into()], vec![B.into(), C.into(), BEN.into()]] });
        play.act(Command::Promote { node: B }).run(20);
        play.write(ANA, X, 2);
        play.issue(BEN, crate::sim::operation::Action::Write { key: X, value: 3 }, Some(B));
        play.run(50).act(gone).act(Command::HealAll).run(5_000);
        assert_eq!((play.view(A).role, play.view(A).epoch), (Role::Primary, Epoch(1)));
        assert_eq!((play.view(C).follows, play.held(C, X)), (Some(B), Some(3)));
        assert_eq!([A, B].map(|node| play.world.can_promote(node)), [true, false]);
        play.act(Command::Promote { node: A }).run(2_000);
        assert!(!play.world.can_promote(A) && play.world.can_promote(C));
        assert_eq!([A, C].map(|node| (play.view(node).epoch, play.held(node, X))), [(Epoch(3), Some(2)); 2]);
        assert_eq!(play.discarded(C).iter().map(|write| write.value).collect::<Vec<_>>(), [3]);
        let write = play.write(BEN, X, 4);
        play.run(100);
        assert_eq!((play.outcome(write), play.held(C, X)), (Some(Outcome::Written), Some(4)));
        assert_eq!(play.last_idle(), None);
        play.act(Command::Promote { node: A });
        assert_eq!(play.last_idle(), Some("it is primary already"));
    }
}

/// The old primary promoted again while the newer one leads: the later order wins, as between any two. What it had taken and
/// not yet put on disk is acknowledged, what the other had taken is discarded.
#[test]
fn an_old_primary_promoted_again_wins_over_a_newer_one() {
    let mut scenario = group(3);
    scenario.nodes.each.flush = constant(30);
    let mut play = Play::new(scenario);
    play.run(200).write(ANA, X, 1);
    play.run(100).act(Command::Cut { from: A.into(), to: B.into(), both: true }).act(Command::Promote { node: B }).run(200);
    let newer = play.issue(BEN, crate::sim::operation::Action::Write { key: X, value: 2 }, Some(B));
    play.run(100);
    let older = play.issue(ANA, crate::sim::operation::Action::Write { key: X, value: 3 }, Some(A));
    play.run(10).act(Command::Promote { node: A }).run(100);
    assert_eq!([newer, older].map(|write| play.outcome(write)), [const { Some(Outcome::Written) }; 2]);
    assert_eq!((play.view(C).follows, play.held(C, X)), (Some(A), Some(3)));
    play.act(Command::HealAll).run(3_000);
    assert_eq!([A, B, C].map(|node| (play.view(node).epoch, play.held(node, X))), [(Epoch(3), Some(3)); 3]);
    assert_eq!(play.discarded(B).iter().map(|write| write.value).collect::<Vec<_>>(), [2]);
}

/// A promotion that is not on disk yet is told to nobody: after a machine crash the node would not know of it.
#[test]
fn a_promotion_is_announced_when_it_is_on_disk() {
    let mut scenario = group(3);
    scenario.nodes.each.flush = constant(40);
    let mut play = Play::new(scenario);
    play.run(200).act(Command::CrashMachine { node: A }).run(10).act(Command::Promote { node: B }).run(30);
    assert_eq!(play.view(C).epoch, Epoch(1));
    play.act(Command::CrashMachine { node: B }).act(Command::Restart { node: B }).run(100);
    assert_eq!((play.view(B).role, play.view(B).epoch, play.view(C).epoch), (Role::Replica, Epoch(1), Epoch(1)));
    play.act(Command::Promote { node: B }).run(60);
    // The operator's second promotion has another number than the first, which nobody remembers.
    assert_eq!([play.view(B).epoch, play.view(C).epoch], [Epoch(3); 2]);
}

/// The order to replay comes while B is busy, behind the news that its entries are on disk: the work to apply them one by one,
/// given out meanwhile, is done already and takes nothing back.
#[test]
fn what_a_promotion_has_replayed_is_not_replayed_again() {
    let mut scenario = group(2);
    let each = &mut scenario.nodes.each;
    (each.read, each.flush, each.apply) = (constant(100), constant(20), constant(30));
    let mut play = Play::new(scenario);
    play.run(200).act(link(A, B, latency(50)));
    for value in 1..=3 {
        play.write(ANA, X, value);
        play.run(27);
    }
    play.run_to(play.world.now() + ms(1)).act(Command::Cut { from: ANA.into(), to: B.into(), both: true });
    while play.view(B).written.0 < 3 {
        play.run(1);
    }
    play.read(BEN, X, B);
    play.run(60).act(Command::Promote { node: B });
    assert!(play.view(B).applied.0 < 3 && play.view(B).role == Role::Replica, "B is busy");
    let (mut applied, mut replayed) = (play.view(B).applied, false);
    for _ in 0..400 {
        play.run(1);
        let view = play.view(B);
        assert!(applied <= view.applied, "back from {applied} to {}", view.applied);
        applied = view.applied;
        replayed |= view.role == Role::Primary;
    }
    assert!(replayed && applied.0 == 3);
    let order = play.facts(B).filter_map(|(_, fact)| match fact {
        Fact::Applied { lsn, .. } => Some(lsn.0),
        _ => None,
    });
    assert_eq!(order.collect::<Vec<_>>(), [1, 2, 3], "each once, in order");
}

/// Writes taken and not yet on disk when another one takes over are in doubt, and their clients are told so.
#[test]
fn a_deposed_primary_tells_its_clients_that_nobody_knows() {
    let mut scenario = group(2);
    scenario.nodes.each.flush = constant(100);
    let mut play = Play::new(scenario);
    play.run(300).act(Command::Promote { node: B }).run(95);
    let write = play.write(ANA, X, 1);
    play.run(5_000);
    assert_eq!(play.outcome(write), Some(Outcome::Unconfirmed));
    assert_eq!((play.held(A, X), play.discarded(A).len()), (None, 1));
}

#[test]
fn clients_find_the_new_primary_where_they_are_pointed() {
    let mut play = Play::group(4);
    play.run(20).act(Command::Promote { node: C }).run(50);
    let write = play.write(ANA, X, 1);
    // A says no and points at C: 5 ms each way, twice, and the flush.
    play.run(23);
    assert_eq!(play.outcome(write), Some(Outcome::Written));
    assert_eq!(play.world.session(ANA).unwrap().believed_primary(), C);
    let next = play.write(ANA, X, 2);
    play.run(12);
    assert_eq!(play.outcome(next), Some(Outcome::Written), "now at once");
    let lossy = LinkChange { loss: Some(1.0), ..Default::default() };
    play.act(link(C, ANA, lossy));
    let unheard = play.write(ANA, X, 3);
    play.run(2_100);
    assert_eq!((play.outcome(unheard), play.held(C, X)), (Some(Outcome::TimedOut), Some(3)), "unknown, and done");
}
