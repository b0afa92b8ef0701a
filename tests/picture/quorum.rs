//! Groups without a leader: what is told of copies counted, of stand-ins and of trees compared, and that everything on the wire has a name.

use super::*;
use replicarium::{
    client::workload::{ClientSettings, Target},
    protocol::quorum::Config,
    scenario::ProtocolSettings,
    scene::flights::words,
};
use std::collections::BTreeSet;

/// Five nodes, two clients at A; three copies of a key, two of which are asked for.
fn group(change: impl Fn(&mut Config)) -> Lab {
    let mut config = Config { timeout: Micros::from_millis(200), ..Config::default() };
    config.hints.every = Micros::from_millis(100);
    change(&mut config);
    let at_a = ClientSettings { writes_to: Target::Node(A), reads_from: Target::Node(A), ..ClientSettings::default() };
    let mut scenario =
        Scenario { protocol: ProtocolSettings::Quorum(config), clients: vec![at_a.clone(), at_a], ..Scenario::default() };
    scenario.nodes.count = 5;
    Lab::new(Source::Inline(Box::new(scenario.clone())), scenario)
}

/// What is told, and what is on the wire, step by step; nothing of it may make the picture stumble.
fn told(lab: &mut Lab, ms: u64) -> (BTreeSet<String>, BTreeSet<String>) {
    let until = lab.world().now() + Micros::from_millis(ms);
    let (mut told, mut wire) = (BTreeSet::new(), BTreeSet::new());
    while lab.world().now() < until && lab.step() {
        told.insert(headline(lab));
        wire.extend(lab.world().flights().map(|flight| words(lab.world(), flight)));
        let wish = Wish { linger: Micros::from_millis(100), still: false, selected: None };
        let on_the_wire = flights(lab.world(), &picture(lab).layout, wish);
        assert!(on_the_wire.sprites.iter().all(|sprite| sprite.at.x.is_finite() && sprite.at.y.is_finite()));
    }
    (told, wire)
}

#[track_caller]
fn among(words: &str, all: &BTreeSet<String>) {
    assert!(all.iter().any(|said| said.contains(words)), "“{words}” is not among\n{all:#?}");
}

#[test]
fn a_group_without_a_leader_is_told_of() {
    for local_shortcut in [true, false] {
        let mut lab = group(|config| {
            (config.sloppy, config.local_shortcut) = (true, local_shortcut);
            config.anti_entropy_every = Some(Micros::from_millis(3_000));
        });
        let homes = {
            let members = lab.world().members();
            lab.world().setup().config.quorum().expect("its settings").ring(&members).homes(X, 3)
        };
        write(&mut lab, 7);
        let (said, wire) = told(&mut lab, 60);
        among("A sends x = 7 to ", &said);
        among("A acknowledges x = 7: it is on disk at ", &said);
        among("confirmation that the copy is on disk", &wire);
        act(&mut lab, Command::Crash { node: homes[0] });
        write(&mut lab, 8);
        let (said, wire) = told(&mut lab, 400);
        among(&format!("A takes {} for unreachable: it gave no answer for 200 ms.", homes[0]), &said);
        among(&format!("keeps x = 8 for {}, which gave no answer.", homes[0]), &said);
        // With it the coordinator, who stands in itself, keeps the hint without a message.
        if !local_shortcut {
            among(&format!("x = 8 to be kept for {}", homes[0]), &wire);
        }
        act(&mut lab, Command::Restart { node: homes[0] });
        read(&mut lab, homes[0]);
        let (said, wire) = told(&mut lab, 500);
        among(&format!("has handed x = 8 over to {} and keeps it no longer.", homes[0]), &said);
        among("question for the copy of x", &wire);
        let (said, wire) = told(&mut lab, 4_000);
        among("they have the same.", &said);
        among("hash of all to compare", &wire);
        assert!(homes.iter().all(|home| lab.world().view(*home).is_some_and(|view| view.copies[0].value == 8)));
    }
}

#[test]
fn a_quorum_that_is_not_there_is_told_of() {
    let mut lab = group(|_| {});
    write(&mut lab, 7);
    run(&mut lab, 100);
    for node in [B, C, D, NodeId(4)] {
        act(&mut lab, Command::Crash { node });
    }
    write(&mut lab, 8);
    let (said, _) = told(&mut lab, 300);
    among("of 2 nodes have confirmed it in time.", &said);
    write(&mut lab, 9);
    let (said, _) = told(&mut lab, 100);
    among("A refuses: it needs 2 nodes with a copy", &said);
}
