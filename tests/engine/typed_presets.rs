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

/// ph-36: each write replaces what its client knew of, so that of two clients’ carts nothing is lost that neither replaced.
#[test]
fn a_cart_filled_by_two_is_left_with_what_neither_of_them_replaced() {
    let (values, facts) = end("peers-carts");
    assert_eq!(values, vec!["4 | 5"; 2]);
    let named = |fact: &Fact| match fact {
        Fact::Versioned { dot, seen, .. } => Some(format!("{dot} over {seen}")),
        _ => None,
    };
    let named: Vec<String> = facts.iter().filter_map(named).collect();
    // What is written over is named, and nothing else.
    assert_eq!(named, ["A1 over [A1]", "A2 over []+A2", "A3 over [A1]+A3", "A4 over []+A2 A4", "A5 over [A1]+A3 A5"]);
}

/// ph-37: both count one write. By one number they are equal, and a name decides; by a number for each peer they are apart.
#[test]
fn one_number_makes_equals_of_two_that_do_not_know_of_each_other() {
    let (values, facts) = end("peers-one-number");
    assert_eq!(values, vec!["9"; 3], "C comes last in the alphabet, though Ana wrote later");
    let counts = |fact: &Fact| match fact {
        Fact::Versioned { version, seen, .. } => Some((version.lamport, seen.to_string())),
        _ => None,
    };
    let counts: Vec<_> = facts.iter().filter_map(counts).collect();
    assert_eq!(counts, [(1, "[C1]".to_string()), (1, "[A1]".to_string())]);
    let is_lost = |fact: &Fact| matches!(fact, Fact::Dropped { writes, .. } if writes[0].value == 7);
    assert!(facts.iter().any(is_lost), "and that is said");
}
