//! The scenarios about keys of other types do what their words say: played to the end, and looked at on every peer.

use super::play::*;
use replicarium::{
    explain::actions::contents,
    scenario::presets,
    sim::id::{Key, NodeId},
    trace::{Fact, Kind},
};

/// What x is at each peer in the end, and all facts on the way.
fn end(name: &str) -> (Vec<String>, Vec<Fact>) {
    let scenario = presets::get(name).expect("a preset");
    let until = scenario.until;
    let mut play = Play::new(scenario);
    play.run_to(until);
    let of = |node: NodeId| {
        let view = play.world.view(node).expect("all run in the end");
        let holds = play.world.setup().config.key_type(Key(0));
        let writes: Vec<_> = view.copies.iter().filter(|write| write.key == Key(0)).copied().collect();
        contents(holds, &writes)
    };
    let fact = |event: &replicarium::trace::Event| if let Kind::Fact(fact) = &event.kind { Some(fact.clone()) } else { None };
    (play.world.members().into_iter().map(of).collect(), play.events().filter_map(fact).collect())
}

#[test]
fn all_peers_end_with_what_the_scenario_says() {
    for (name, expected) in [
        ("peers-counter", "7"),
        ("peers-set", "{5, 8}"),
        ("peers-cart", "{2, 4, 9}"),
        ("peers-tombstone", "7"),
        ("peers-stock", "-1"),
    ] {
        assert_eq!(end(name).0, vec![expected; 3], "{name}");
    }
    let (texts, _) = end("peers-text");
    assert!(texts[0].contains("cat") && texts[0].contains("dog") && texts[0].starts_with("“a "), "{texts:?}");
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}

/// ph-25: a rule that needs everybody's consent is broken, and that is said where it is first seen.
#[test]
fn a_rule_that_no_peer_can_keep_is_seen_to_be_broken() {
    let (_, facts) = end("peers-stock");
    let below = |fact: &&Fact| matches!(fact, Fact::BelowZero { total } if total.value == -1);
    assert_eq!(facts.iter().filter(below).count(), 3, "at every peer");
    let (seats, facts) = end("peers-booking");
    assert_eq!(seats, vec!["7"; 3], "one guest has the seat");
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Dropped { writes, .. } if writes[0].value == 9)));
}

/// ph-21: she wrote all of it herself, and yet nobody had seen the one when the other was written.
#[test]
fn who_is_moved_while_a_write_is_under_way_is_in_conflict_with_herself() {
    let (values, facts) = end("peers-moved-home");
    assert_eq!(values, vec!["2 | 3"; 3]);
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Conflict { .. })));
}

#[test]
fn what_comes_back_is_said() {
    for name in ["peers-cart", "peers-tombstone"] {
        assert!(end(name).1.iter().any(|fact| matches!(fact, Fact::BroughtBack { .. })), "{name}");
    }
    assert!(end("peers-tombstone").1.iter().any(|fact| matches!(fact, Fact::Forgotten { .. })));
}
