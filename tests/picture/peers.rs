//! Peers: why one lacks what another has, which way changes go, whose clock is off, and what of it all the timeline marks.

use super::*;
use replicarium::{explain::versions::Graph, scene::versions::drawing};

fn preset(name: &str, ms: u64) -> Lab {
    let mut lab = Lab::new(Source::Preset(name.into()), presets::get(name).expect("a preset"));
    run(&mut lab, ms);
    lab
}

fn why(lab: &Lab, node: NodeId) -> String {
    plain(&why_old(lab.world(), node, X).expect("it lacks something of x"))
}

fn marks(lab: &Lab) -> Vec<String> {
    timeline(lab, lab.judge().stale_reads(), None).marks.into_iter().map(|mark| mark.label).collect()
}

#[test]
fn why_a_peer_lacks_something_names_what_is_in_the_way() {
    let mut lab = preset("peers-broken-ring", 4_200);
    assert!(why(&lab, C).ends_with(", and there is no way here: B is down."), "{}", why(&lab, C));
    act(&mut lab, Command::Restart { node: B });
    act(&mut lab, Command::Cut { from: A.into(), to: B.into(), both: false });
    run(&mut lab, 3_000);
    assert!(why(&lab, C).ends_with(", and there is no way here: between A and B nothing passes."), "{}", why(&lab, C));
}

#[test]
fn a_rumour_that_has_died_will_not_come() {
    let lab = preset("gossip-early-death", 7_500);
    let left_out = lab.world().stores().iter().filter_map(|node| why_old(lab.world(), *node, X)).map(|why| plain(&why));
    let left_out: Vec<String> = left_out.collect();
    let end = ", and nobody tells it any more: by rumour it will not come.";
    assert!(!left_out.is_empty() && left_out.iter().all(|why| why.ends_with(end)), "{left_out:?}");
    let early = preset("gossip-early-death", 1_200);
    let waiting = early.world().stores().iter().filter_map(|node| why_old(early.world(), *node, X));
    assert!(waiting.map(|why| plain(&why)).all(|why| !why.ends_with(end)));
}

#[test]
fn links_that_go_one_way_end_in_an_arrow() {
    for (name, arrows) in [("peers-broken-ring", 4), ("peers-two-edits", 0)] {
        let stage = picture(&preset(name, 500));
        // The curve begins with the first move, the arrow with a second one.
        assert_eq!(stage.links.iter().filter(|link| link.path.matches('M').count() == 2).count(), arrows, "{name}");
    }
}

#[test]
fn a_clock_that_is_off_is_on_the_card() {
    let lab = preset("peers-clock-behind", 1_000);
    let role = |node: NodeId| picture(&lab).nodes.iter().find(|card| card.node == node).map(|card| card.role.clone());
    assert_eq!([A, B].map(role), [Some("peer".into()), Some("peer, clock −5.0 s".into())]);
}

#[test]
fn the_timeline_marks_what_happens_without_a_leader() {
    for (name, ms, wanted) in [
        ("quorum-basics", 3_000, "Ana writes "),
        ("quorum-sloppy", 8_000, " hands over to "),
        ("peers-tombstone", 12_000, " has a deleted x back"),
        ("peers-stock", 8_000, "x falls below zero at "),
    ] {
        let marks = marks(&preset(name, ms));
        assert!(marks.iter().any(|label| label.contains(wanted)), "{name}: {marks:?}");
    }
}

#[test]
fn a_deletion_is_called_so() {
    let mut lab = preset("peers-tombstone", 0);
    let mut told = Vec::new();
    while lab.world().now() < Micros::from_millis(3_000) && lab.step() {
        told.push(headline(&lab));
    }
    assert!(told.iter().any(|said| said.starts_with("The change (deletion of x) to C found nobody")), "{told:#?}");
    assert!(told.iter().all(|said| !said.contains("x = 0")));
}

#[test]
fn what_stand_ins_keep_is_drawn_until_it_is_handed_over() {
    let mut lab = preset("quorum-sloppy", 3_000);
    let drawn = |lab: &Lab| {
        let (world, peers) = (lab.world(), lab.world().stores().to_vec());
        drawing(&Graph::of(world, X, u64::MAX), (&peers, &world.placement().homes(X)), Micros::MAX, None, 600).svg
    };
    let kept = drawn(&lab);
    assert_eq!((kept.matches(">no home<").count(), kept.matches(">7 for ").count()), (2, 2), "{kept}");
    run(&mut lab, 4_000);
    assert_eq!(drawn(&lab).matches(">7 for ").count(), 0);
}
