//! Nodes that watch each other: who is gone is found by all, who is not can deny it (Das et al. 2002).

use super::*;
use crate::{
    protocol::{MemberView, gossip::Membership},
    sim::network::{End, LinkChange, LinkRule},
    trace::{Fact, MemberState},
};

const D: NodeId = NodeId(3);
const PERIOD: Micros = ms(200);

fn watched(count: u16, seed: u64) -> Play {
    let rule = Membership { period: PERIOD, timeout: ms(50), indirect: 2, suspicion: ms(1_000) };
    let mut scenario = gossips(count, |config| config.members = Some(rule));
    scenario.seed = seed;
    Play::new(scenario)
}

fn beliefs(play: &Play, node: NodeId) -> Vec<(NodeId, MemberState)> {
    play.world.doubts(node).iter().map(|MemberView { node, state, .. }| (*node, *state)).collect()
}

/// Times at which some node found this out by itself.
fn found(play: &Play, member: NodeId, wanted: MemberState) -> Vec<Micros> {
    let finds = |node: NodeId| {
        play.facts(node).filter_map(move |(at, fact)| match fact {
            Fact::MemberIs { member: own, state, by, .. } if (*own, *state, *by) == (member, wanted, node) => Some(at),
            _ => None,
        })
    };
    play.world.members().into_iter().flat_map(finds).collect()
}

#[test]
fn nobody_suspects_anybody_while_all_is_well() {
    let mut play = watched(12, 1);
    play.run(20_000);
    assert!(play.world.members().iter().all(|node| beliefs(&play, *node).is_empty()));
}

/// Completeness: everybody knows in the end. The first to find out does so within two periods on average, e/(e−1) = 1.58 of them
/// until somebody pings it (§3.1), and one more until its period is over.
#[test]
fn who_is_gone_is_found_by_all() {
    let (runs, nodes) = (40, 20);
    let mut first = 0.0;
    for seed in 0..runs {
        let mut play = watched(nodes, seed);
        play.run(2_000);
        let crashed = play.world.now();
        play.act(Command::CrashMachine { node: D });
        play.run(8_000);
        for node in play.world.members().into_iter().filter(|node| *node != D) {
            assert_eq!(beliefs(&play, node), [(D, MemberState::Dead)], "{node}, seed {seed}");
        }
        let suspected = found(&play, D, MemberState::Suspect).into_iter().min().expect("a first");
        let dead = found(&play, D, MemberState::Dead).into_iter().min().expect("a first");
        assert!(dead >= suspected + ms(1_000), "it had its time to deny");
        first += (suspected.0 - crashed.0) as f64 / PERIOD.0 as f64 / runs as f64;
    }
    // Each of n − 1 others pings it with 1/(n − 1) in a period: the expected wait for the first is 0.58 to 1.58 periods, then one.
    assert!((1.2..=2.6).contains(&first), "{first} periods");
}

/// A pause shorter than the suspicion: it is suspected, says that it is there, and nobody declares it dead.
#[test]
fn a_short_pause_is_denied() {
    for seed in 0..20 {
        let mut play = watched(10, seed);
        play.run(2_000);
        play.act(Command::Pause { node: D });
        play.run(900);
        play.act(Command::Resume { node: D });
        play.run(6_000);
        assert!(!found(&play, D, MemberState::Suspect).is_empty(), "seed {seed}");
        assert!(play.facts(D).any(|(_, fact)| matches!(fact, Fact::Refutes { .. })), "seed {seed}");
        assert_eq!(found(&play, D, MemberState::Dead), [], "seed {seed}");
        assert!(play.world.members().iter().all(|node| beliefs(&play, *node).is_empty()), "seed {seed}");
    }
}

/// A link that is cut between two is no reason to suspect: others try for them.
#[test]
fn others_are_asked_first() {
    let mut play = watched(6, 3);
    play.act(Command::Cut { from: A.into(), to: B.into(), both: true });
    play.run(30_000);
    assert!(play.facts(A).any(|(_, fact)| matches!(fact, Fact::AsksOthers { member, .. } if *member == B)));
    let suspected = play.world.members().into_iter().flat_map(|node| found(&play, node, MemberState::Suspect)).count();
    assert_eq!(suspected, 0);
}

/// Without anybody to ask, the same cut is one.
#[test]
fn alone_a_node_suspects_what_it_cannot_reach() {
    let mut play = watched(2, 3);
    play.run(1_000);
    play.act(Command::Cut { from: A.into(), to: B.into(), both: true });
    play.run(5_000);
    assert_eq!(beliefs(&play, A), [(B, MemberState::Dead)]);
    play.act(Command::HealAll);
    play.run(8_000);
    assert_eq!((beliefs(&play, A), beliefs(&play, B)), (vec![], vec![]), "the dead are tried now and then");
}

/// One that comes back is taken for alive by all; two halves that took each other for dead meet again.
#[test]
fn who_comes_back_is_believed() {
    for seed in 0..10 {
        let mut play = watched(8, seed);
        play.run(1_000);
        play.act(Command::Wipe { node: D });
        play.run(6_000);
        assert_eq!(beliefs(&play, A), [(D, MemberState::Dead)]);
        play.act(Command::Restart { node: D });
        play.run(6_000);
        assert!(play.world.members().iter().all(|node| beliefs(&play, *node).is_empty()), "seed {seed}");
        let half = |from: u16| (from..from + 4).map(|node| NodeId(node).into()).collect();
        play.act(Command::Partition { groups: vec![half(0), half(4)] });
        play.run(12_000);
        assert_eq!(beliefs(&play, A).len(), 4, "seed {seed}");
        play.act(Command::HealAll);
        play.run(40_000);
        assert!(play.world.members().iter().all(|node| beliefs(&play, *node).is_empty()), "seed {seed}");
    }
}

/// The dead are told nothing.
#[test]
fn rumours_pass_the_dead_by() {
    let mut play = watched(5, 4);
    play.act(Command::CrashMachine { node: D });
    play.run(6_000);
    let to_d = |play: &Play| play.sent(|_, to, class| to == D.into() && class == crate::sim::network::MessageClass::Replicate);
    let before = to_d(&play);
    for value in 0..20 {
        play.write(ANA, X, value);
        play.run(300);
    }
    assert_eq!(to_d(&play), before);
}

/// Losses alone make nobody dead: who is suspected wrongly denies it in time.
#[test]
fn losses_make_nobody_dead() {
    let mut play = watched(10, 5);
    let set = LinkChange { loss: Some(0.1), ..Default::default() };
    play.act(Command::SetLink(LinkRule { from: End::Nodes, to: End::Nodes, both: true, class: None, set }));
    play.run(60_000);
    let dead = play.world.members().into_iter().flat_map(|node| found(&play, node, MemberState::Dead)).count();
    assert_eq!(dead, 0);
}
