//! Nodes without data that watch the others and appoint another primary.

use super::*;
use crate::{
    protocol::{
        detector::Detect,
        failover::{By, Failover, Fencing},
    },
    sim::{
        id::{Address, NodeId},
        network::MessageClass,
        operation::{Outcome, Refusal},
    },
    trace::{Fact, Kind, Role},
    world::command::Command,
};

const D: NodeId = NodeId(3);
const E: NodeId = NodeId(4);
const F: NodeId = NodeId(5);

fn watched(quorum: u8) -> Failover {
    Failover {
        by: By::Monitors,
        detect: Detect::Timeout,
        heartbeat_every: ms(100),
        timeout: ms(400),
        spread: ms(200),
        monitors: vec![D, E, F],
        quorum,
        ..Failover::default()
    }
}

/// Three nodes with data and three monitors.
fn group_of_six(failover: Failover) -> Play {
    let mut scenario = group(6);
    scenario.network.latency = constant(10);
    config(&mut scenario).failover = failover;
    scenario.clients.iter_mut().for_each(|client| (client.timeout, client.retries) = (ms(1_500), 1));
    Play::new(scenario)
}

fn primaries(play: &Play) -> Vec<NodeId> {
    let leads = |node: &NodeId| play.world.standing(*node).is_some_and(|one| one.role == Role::Primary);
    play.world.members().into_iter().filter(leads).collect()
}

fn count(play: &Play, wanted: impl Fn(NodeId, &Fact) -> bool) -> usize {
    let is = |node: Option<NodeId>, kind: &Kind| matches!((node, kind), (Some(node), Kind::Fact(fact)) if wanted(node, fact));
    play.world.trace().iter().filter(|(_, event)| is(event.node, &event.kind)).count()
}

#[test]
fn monitors_hold_no_data_and_clients_do_not_ask_them() {
    let mut play = group_of_six(watched(2));
    play.write(ANA, X, 1);
    play.run(1_000);
    for monitor in [D, E, F] {
        let view = play.view(monitor);
        assert_eq!((view.role, view.copies.len(), view.tail.len(), view.follows), (Role::Monitor, 0, 0, Some(A)));
    }
    assert_eq!(play.sent(|_, to, class| class == MessageClass::Request && [D, E, F].map(Address::from).contains(&to)), 0);
    let read = play.read(BEN, X, D);
    play.run(500);
    assert_eq!(play.outcome(read), Some(Outcome::Refused(Refusal::Monitor)));
    assert_eq!(play.last_idle(), None);
    play.act(Command::Promote { node: D }).run(10);
    assert_eq!(play.last_idle(), Some("it holds no data"));
    assert_eq!(play.world.stores(), [A, B, C]);
}

#[test]
fn when_enough_agree_the_replica_with_most_is_appointed() {
    let mut play = group_of_six(watched(2));
    play.run(500);
    play.act(Command::Cut { from: A.into(), to: B.into(), both: true });
    play.write(ANA, X, 1);
    play.run(300);
    assert_eq!((play.held(B, X), play.held(C, X)), (None, Some(1)));
    play.act(Command::Crash { node: A }).run(2_000);
    assert_eq!(primaries(&play), [C], "B lacks a write");
    assert_eq!(count(&play, |_, fact| matches!(fact, Fact::Appointed { node, .. } if *node == C)), 1);
    assert_eq!(count(&play, |_, fact| matches!(fact, Fact::Elected { needed: 2, .. })), 1);
    play.act(Command::HealAll).act(Command::Restart { node: A }).run(4_000);
    assert_eq!(primaries(&play), [C], "A comes back as a replica");
    assert_eq!(play.view(A).follows, Some(C));
    assert_eq!([A, B, C].map(|node| play.held(node, X)), [Some(1); 3]);
    for monitor in [D, E, F] {
        assert_eq!((play.view(monitor).follows, play.view(monitor).suspects), (Some(C), vec![]));
    }
}

/// One suspicion is not enough, nor are two of three votes when one monitor can reach nobody.
#[test]
fn too_few_monitors_replace_nobody() {
    let mut play = group_of_six(watched(2));
    play.run(500).act(Command::Cut { from: A.into(), to: D.into(), both: true }).run(3_000);
    assert_eq!(count(&play, |node, fact| node == D && matches!(fact, Fact::Suspects { suspect, .. } if *suspect == A)), 1);
    assert_eq!(count(&play, |_, fact| matches!(fact, Fact::Agreed { .. } | Fact::Elected { .. })), 0, "D alone");
    assert_eq!(primaries(&play), [A]);
    // With a quorum of one D agrees with itself, but a majority of the monitors must elect it.
    let mut play = group_of_six(watched(1));
    let rest: Vec<Address> = play.world.addresses().into_iter().filter(|one| *one != D.into()).collect();
    play.run(500).act(Command::Partition { groups: vec![vec![D.into()], rest] }).run(4_000);
    assert!(count(&play, |node, fact| node == D && matches!(fact, Fact::Agreed { .. })) >= 1);
    assert!(count(&play, |node, fact| node == D && matches!(fact, Fact::NotElected { votes: 1, needed: 2, .. })) >= 1);
    assert_eq!(primaries(&play), [A]);
}

/// The last failover wins: whatever the minority's side took meanwhile is gone when the network is whole again.
#[test]
fn a_primary_on_the_smaller_side_goes_on_and_loses_what_it_took() {
    for fencing in [Fencing::Nothing, Fencing::Power] {
        let mut play = group_of_six(Failover { fencing, ..watched(2) });
        play.write(ANA, X, 1);
        let alone: Vec<Address> = vec![A.into(), D.into(), ANA.into()];
        let others = play.world.addresses().into_iter().filter(|one| !alone.contains(one)).collect();
        play.run(1_000).act(Command::Partition { groups: vec![alone, others] }).run(2_500);
        let (late, new) = (play.write(ANA, X, 2), play.write(BEN, X, 3));
        play.run(3_500);
        assert_eq!(play.outcome(new), Some(Outcome::Written));
        play.act(Command::HealAll).act(Command::Restart { node: A }).run(4_000);
        assert_eq!([A, B, C].map(|node| play.held(node, X)), [Some(3); 3]);
        match fencing {
            Fencing::Nothing => {
                assert_eq!(play.outcome(late), Some(Outcome::Written), "acknowledged");
                assert_eq!(play.discarded(A).iter().map(|write| write.value).collect::<Vec<_>>(), [2], "and thrown away");
            }
            _ => assert_eq!((play.outcome(late), play.discarded(A).len()), (Some(Outcome::TimedOut), 0)),
        }
    }
}

/// The one they appointed dies before it leads: another is.
#[test]
fn an_appointed_node_that_is_gone_is_replaced() {
    let mut play = group_of_six(watched(2));
    play.write(ANA, X, 1);
    play.run(1_000).act(Command::Crash { node: A });
    let appointed = |play: &Play| count(play, |_, fact| matches!(fact, Fact::Appointed { .. }));
    while appointed(&play) == 0 {
        play.run(1);
    }
    // Word of it is on its way.
    play.act(Command::Crash { node: B }).run(4_000);
    assert_eq!((appointed(&play), primaries(&play)), (2, vec![C]));
}
