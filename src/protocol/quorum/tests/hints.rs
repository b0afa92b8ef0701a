//! Stand-ins: what they keep for others, and how it gets home.

use super::*;

/// Five nodes, three of them at home; the first home node is alone with the two others. `homes` and `others` of x.
fn apart(change: impl Fn(&mut Config)) -> (Play, Vec<NodeId>, Vec<NodeId>) {
    let mut play = Play::new(quorums(5, [3, 2, 2], |config| {
        config.sloppy = true;
        change(config);
    }));
    let mut homes = play.preference(X);
    let others = homes.split_off(3);
    play.put(homes[0], X, 1);
    play.run(100);
    play.both_ways(&[&[homes[0], others[0], others[1]], &[homes[1], homes[2]]]);
    (play, homes, others)
}

/// Q3, ph-32: r + w > n, and yet a read misses an acknowledged write: its copies are at stand-ins. After the hand-off it does not.
#[test]
fn a_sloppy_quorum_need_not_overlap() {
    let (mut play, homes, others) = apart(off);
    let write = play.put(homes[0], X, 2);
    play.run(500);
    assert_eq!(play.outcome(write), OK, "one home node and two stand-ins");
    assert_eq!(play.hints(others[0]), [(homes[1], 2)]);
    assert_eq!(play.hints(others[1]), [(homes[2], 2)]);
    assert!(play.values(others[0], X).is_empty(), "a hint is no copy of its own");
    assert_eq!(play.get(homes[1], X, 300), Some(1), "a quorum of home nodes has not got it");
    play.act(Command::HealAll);
    play.run(500);
    for home in &homes {
        assert_eq!(play.values(*home, X), [2]);
    }
    assert_eq!((play.hints(others[0]), play.hints(others[1])), (vec![], vec![]));
    assert_eq!(play.count(others[0], |fact| matches!(fact, Fact::HandedOver { .. })), 1);
    assert_eq!(play.get(homes[1], X, 300), Some(2));
}

/// Two hints and no home node at all; now the coordinator knows that they are unreachable, and asks stand-ins at once.
#[test]
fn stand_ins_alone_are_enough_for_a_write() {
    let (mut play, homes, others) = apart(off);
    play.put(homes[0], X, 2);
    play.run(500);
    play.act(Command::Crash { node: homes[0] });
    let first = play.put(others[0], X, 3);
    play.run(200);
    assert_eq!(play.outcome(first), None, "it waits for home nodes");
    play.run(60);
    assert_eq!(play.outcome(first), OK, "then it asks those who stand in");
    let second = play.put(others[0], X, 4);
    play.run(60);
    assert_eq!(play.outcome(second), OK, "{:?}", play.view(others[0]).suspects);
    for node in &others[..2] {
        assert_eq!(play.count(*node, |fact| matches!(fact, Fact::HintKept { write, .. } if write.value == 4)), 1);
    }
}

/// A strict quorum refuses where a sloppy one goes on.
#[test]
fn strict_quorums_have_no_stand_ins() {
    let (mut play, homes, others) = apart(|config| config.sloppy = false);
    let write = play.put(homes[0], X, 2);
    play.run(500);
    assert_eq!(play.outcome(write), Some(Outcome::Unconfirmed));
    assert_eq!((play.hints(others[0]), play.hints(others[1])), (vec![], vec![]));
}

/// Hints survive a machine and are dropped after their window.
#[test]
fn hints_are_kept_on_disk_and_not_for_ever() {
    let (mut play, homes, others) = apart(|config| config.hints.window = ms(5_000));
    play.put(homes[0], X, 2);
    play.run(500);
    play.act(Command::CrashMachine { node: others[0] });
    play.act(Command::Restart { node: others[0] });
    assert_eq!(play.hints(others[0]), [(homes[1], 2)]);
    play.run(6_000);
    assert_eq!(play.hints(others[0]), []);
    assert_eq!(play.count(others[0], |fact| matches!(fact, Fact::HintDropped { .. })), 1);
    play.act(Command::HealAll);
    play.run(2_000);
    assert_eq!(play.values(homes[1], X), [1], "too late");
}

/// A stand-in that could not reach a home node itself hands over as soon as it hears from it.
#[test]
fn who_is_heard_of_is_given_its_hints_at_once() {
    let (mut play, homes, others) = apart(|config| config.hints.every = ms(600_000));
    play.put(others[0], X, 2);
    play.run(500);
    assert_eq!(play.hints(others[0]).len(), 1);
    play.act(Command::HealAll);
    play.run(500);
    assert_eq!(play.hints(others[0]), []);
    assert!(homes[1..].iter().any(|home| play.values(*home, X).contains(&2)));
}

/// A home node confirms what it was handed; meanwhile the stand-in keeps more for it. That is not given up, nor lost on the way to
/// the disk.
#[test]
fn a_confirmation_is_for_what_was_handed_over() {
    for flush in [1, 150] {
        let mut scenario = apart(off).0.scenario.clone();
        scenario.nodes.each.flush = constant(flush);
        scenario.network.in_order = false;
        let mut play = Play::new(scenario);
        let mut homes = play.preference(X);
        let others = homes.split_off(3);
        play.both_ways(&[&[homes[0], others[0], others[1]], &[homes[1], homes[2]]]);
        play.put(homes[0], X, 2);
        play.run(1_000);
        assert_eq!(play.hints(others[0]), [(homes[1], 2)]);
        // It gets there, and the answer takes long.
        play.act(slow(homes[1], others[0], MessageClass::Acknowledge, 400));
        play.act(Command::Heal { from: others[0].into(), to: homes[1].into(), both: true });
        while play.values(homes[1], X).is_empty() {
            play.run(1);
        }
        play.act(Command::Cut { from: others[0].into(), to: homes[1].into(), both: false });
        play.run(300);
        play.put(homes[0], X, 3);
        play.run(400);
        assert_eq!(play.hints(others[0]), [(homes[1], 3)], "with flushes of {flush} ms");
        play.act(Command::CrashMachine { node: others[0] });
        play.act(Command::Restart { node: others[0] });
        assert_eq!(play.hints(others[0]), [(homes[1], 3)], "with flushes of {flush} ms");
    }
}
