//! A replica that a replica feeds: what its card, its line and its reasons say.

use super::*;

/// The preset, up to a moment.
fn cascading(ms: u64) -> Lab {
    let scenario = presets::get("cascading").expect("a preset");
    let mut lab = Lab::new(Source::Preset("cascading".into()), scenario);
    lab.run_until(Micros::from_millis(ms), u64::MAX);
    lab
}

fn role(lab: &Lab, node: NodeId) -> String {
    picture(lab).nodes.into_iter().find(|card| card.node == node).expect("its card").role.clone()
}

/// Whether the line between two nodes is one along which the log goes.
fn feeds(lab: &Lab, one: NodeId, other: NodeId) -> bool {
    let ends = [Address::Node(one), Address::Node(other)];
    picture(lab).links.iter().any(|link| ends.contains(&link.from) && ends.contains(&link.to) && link.active)
}

fn why(lab: &Lab, node: NodeId) -> Option<String> {
    why_old(lab.world(), node, X).map(|why| plain(&why))
}

#[test]
fn the_log_is_drawn_where_it_goes() {
    let mut lab = cascading(3_900);
    assert_eq!([A, B, C, D].map(|node| role(&lab, node)), ["primary", "replica", "replica of B", "replica"]);
    let lines = |lab: &Lab| [(A, B), (B, C), (A, D), (A, C), (C, D), (B, D)].map(|(one, other)| feeds(lab, one, other));
    assert_eq!(lines(&lab), [true, true, true, false, false, false]);
    lab.run_until(Micros::from_millis(9_500), u64::MAX);
    assert_eq!(role(&lab, C), "replica");
    assert_eq!(lines(&lab), [true, false, true, true, false, false]);
}

#[test]
fn what_comes_by_way_of_another_is_explained_by_that_one() {
    let mut lab = cascading(3_500);
    act(&mut lab, Command::SetWorkload { client: ANA, on: false });
    run(&mut lab, 490);
    assert_eq!([B, C, D].map(|node| why(&lab, node)), [None, None, None]);
    write(&mut lab, 77);
    run(&mut lab, 130);
    assert_eq!(why(&lab, B).as_deref(), Some("The write x = 77 cannot arrive: B has been down since 4.000 s."));
    let at_c = "The write x = 77 comes to C by way of B, which has been down since 4.000 s.";
    assert_eq!(why(&lab, C).as_deref(), Some(at_c));
    let mut other = cascading(3_500);
    act(&mut other, Command::SetWorkload { client: ANA, on: false });
    run(&mut other, 100);
    write(&mut other, 78);
    // Up to A, on its disk, and on the way to B.
    run(&mut other, 130);
    let (at_b, at_c) = (why(&other, B).expect("on the way"), why(&other, C).expect("nor here"));
    assert!(at_b.starts_with("The write x = 78 left A at "), "{at_b}");
    assert_eq!(at_c, format!("The write x = 78 comes to C by way of B, which does not show it either. {at_b}"));
}

#[test]
fn a_replica_that_feeds_others_is_missed_by_them() {
    let mut lab = cascading(3_900);
    let mut told = Vec::new();
    while lab.world().now() < Micros::from_millis(9_001) && lab.step() {
        let now = headline(&lab);
        if told.last() != Some(&now) {
            told.push(now);
        }
    }
    for said in [
        "B crashed. A keeps the last 1000 entries for when it is back. Nobody feeds C meanwhile.",
        "C gets the log from whoever is primary from now on.",
    ] {
        assert!(told.iter().any(|one| one == said), "{said}: {told:#?}");
    }
}

/// Nodes that do not agree who leads may feed each other in a circle; the reason is still a short one.
#[test]
fn a_circle_has_an_end() {
    let mut scenario = presets::get("cascading").expect("a preset");
    scenario.commands.clear();
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
    run(&mut lab, 1_000);
    // C leads, and only B hears of it, which then waits for C; C is deposed by D, and B is fed by C, C by B.
    let (b, c) = (Address::Node(B), Address::Node(C));
    act(&mut lab, Command::Partition { groups: vec![vec![b, c]] });
    act(&mut lab, Command::Promote { node: C });
    run(&mut lab, 2_500);
    act(&mut lab, Command::HealAll);
    act(&mut lab, Command::Cut { from: b, to: Address::Node(A), both: true });
    act(&mut lab, Command::Cut { from: b, to: Address::Node(D), both: true });
    act(&mut lab, Command::Cut { from: b, to: c, both: true });
    act(&mut lab, Command::Promote { node: A });
    run(&mut lab, 2_500);
    let source = |node: NodeId| lab.world().view(node).and_then(|view| view.source);
    assert_eq!((source(B), source(C)), (Some(C), Some(B)), "a circle, for as long as B does not hear of A");
    let why = [B, C].map(|node| why(&lab, node).expect("A has written since"));
    assert!(why.iter().all(|why| why.len() < 400), "{why:?}");
}
