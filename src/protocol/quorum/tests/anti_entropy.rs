//! Home nodes that compare what they have.

use super::*;

fn compared(play: &Play) -> Vec<(u32, Vec<Key>)> {
    let facts = play.events().filter_map(|event| match &event.kind {
        crate::trace::Kind::Fact(Fact::TreesCompared { hashes, keys, .. }) => Some((*hashes, keys.clone())),
        _ => None,
    });
    facts.collect()
}

/// A and B alone; B misses writes of these keys, while all have something of all 64.
fn differing(keys: &[u16]) -> Play {
    let mut play = Play::new(quorums(2, [2, 1, 1], |config| config.anti_entropy_every = Some(ms(1_000_000))));
    for key in (0..64).map(Key) {
        play.put(A, key, 1);
    }
    play.run(3_000);
    play.act(Command::Crash { node: B });
    for key in keys {
        play.put(A, Key(*key), 2);
    }
    play.run(3_000);
    play.act(Command::Restart { node: B });
    play.run(990_000);
    assert!(compared(&play).is_empty());
    play
}

/// Q10: equal trees cost one exchange; d keys of M cost at most 2 d log M hashes more.
#[test]
fn comparing_costs_by_what_differs() {
    for keys in [vec![], vec![0], vec![17, 18], vec![3, 30, 60], (0..64).collect()] {
        let mut play = differing(&keys);
        let before = play.sent(|from, _, _| from.node().is_some());
        play.run(30_000);
        let list = compared(&play);
        assert_eq!(list.len(), 1, "{keys:?}");
        assert_eq!(list[0].1, keys.iter().map(|key| Key(*key)).collect::<Vec<_>>());
        assert!(list[0].0 as usize <= 1 + 2 * 6 * keys.len(), "{keys:?}: {}", list[0].0);
        let messages = play.sent(|from, _, _| from.node().is_some()) - before;
        assert_eq!(messages, if keys.is_empty() { 2 } else { 9 }, "{keys:?}");
        assert_eq!(play.view(A).copies, play.view(B).copies);
        assert!(keys.iter().all(|key| play.values(B, Key(*key)) == [2]));
    }
}

/// ph-30: nobody reads the key; only comparing repairs it.
#[test]
fn what_nobody_reads_is_found_by_comparing() {
    for (every, healed) in [(None, 6), (Some(ms(1_000)), 7)] {
        let mut play = Play::new(quorums(3, [3, 2, 2], |config| config.anti_entropy_every = every));
        play.put(A, X, 6);
        play.run(100);
        play.act(Command::Crash { node: C });
        play.put(A, X, 7);
        play.run(300);
        play.act(Command::Restart { node: C });
        play.run(3_000);
        assert_eq!(play.values(C, X), [healed]);
        assert_eq!(play.sent(|_, _, class| class == MessageClass::Fetch), 0, "nobody reads");
    }
}

/// Whoever joins or leaves, copies go to who is at home then.
#[test]
fn copies_follow_their_homes() {
    let mut play = Play::new(quorums(3, [2, 1, 2], |config| config.anti_entropy_every = Some(ms(500))));
    for key in (0..16).map(Key) {
        play.put(NodeId(key.0 % 3), key, key.0 as i64);
    }
    play.run(1_000);
    for change in [Command::AddNode, Command::AddNode, Command::RemoveNode { node: A }, Command::RemoveNode { node: B }] {
        play.act(change);
        play.run(5_000);
        for key in (0..16).map(Key) {
            let homes = play.preference(key)[..2].to_vec();
            for node in play.world.members() {
                let expected = if homes.contains(&node) { vec![key.0 as i64] } else { vec![] };
                assert_eq!(play.values(node, key), expected, "{key} at {node}, at home at {homes:?}");
            }
        }
    }
}

/// An empty node is given everything before it answers readers.
#[test]
fn an_empty_node_is_given_what_it_lacks() {
    let mut play = Play::new(quorums(3, [3, 1, 1], |_| {}));
    for key in (0..20).map(Key) {
        play.put(A, key, key.0 as i64);
    }
    play.run(500);
    play.act(Command::Wipe { node: C });
    play.act(Command::Restart { node: C });
    assert_eq!(play.view(C).peer.map(|peer| peer.ready), Some(false));
    play.run(500);
    assert_eq!(play.view(C).copies, play.view(A).copies);
    let restored = |fact: &Fact| matches!(fact, Fact::Restored { from: of } if of.len() == 2);
    assert_eq!(play.count(C, restored), 1);
    assert_eq!(play.get(C, Key(7), 50), Some(7));
}

/// A copy is not forgotten before all who are at home now have it.
#[test]
fn copies_stay_until_all_homes_have_them() {
    let mut play = Play::new(quorums(3, [2, 1, 2], |config| config.anti_entropy_every = Some(ms(500))));
    let keys: Vec<Key> = (0..32).map(Key).collect();
    for key in &keys {
        play.put(A, *key, 1);
    }
    play.run(3_000);
    let before: Vec<Vec<NodeId>> = keys.iter().map(|key| play.preference(*key)[..2].to_vec()).collect();
    play.act(Command::Crash { node: B });
    play.act(Command::AddNode);
    play.run(3_000);
    let mut kept = 0;
    for (key, old) in keys.iter().zip(before) {
        let homes = play.preference(*key)[..2].to_vec();
        for node in old.into_iter().filter(|node| !homes.contains(node) && *node != B) {
            assert_eq!(play.values(node, *key).is_empty(), !homes.contains(&B), "{key} at {node}");
            kept += usize::from(homes.contains(&B));
        }
    }
    assert!(kept > 0, "some keys moved from a node to one that is down");
}

/// An empty node that finds nobody does not take itself for restored.
#[test]
fn an_empty_node_waits_for_somebody() {
    let mut play = Play::new(quorums(3, [3, 1, 1], |_| {}));
    play.put(A, X, 1);
    play.run(100);
    for node in [A, B] {
        play.act(Command::Crash { node });
    }
    play.act(Command::Wipe { node: C });
    play.act(Command::Restart { node: C });
    play.run(10_000);
    assert_eq!(play.view(C).peer.map(|peer| peer.ready), Some(false));
    play.act(Command::Restart { node: B });
    play.run(1_000);
    assert_eq!(play.get(C, X, 50), Some(1));
}

/// Every round says what was compared, level by level: only what lies below something that differed.
#[test]
fn what_is_compared_can_be_seen() {
    let mut play = differing(&[3, 30]);
    play.run(30_000);
    let rounds = play.events().filter_map(|event| match &event.kind {
        crate::trace::Kind::Fact(Fact::HashesCompared { with, hashes }) => Some((event.node, *with, hashes.clone())),
        _ => None,
    });
    let rounds: Vec<_> = rounds.collect();
    assert_eq!(rounds.len(), 7, "the root, and six levels below it");
    let mut above = vec![1];
    for (level, (node, with, hashes)) in rounds.iter().enumerate() {
        let expected = if level % 2 == 0 { (Some(B), A) } else { (Some(A), B) };
        assert_eq!((*node, *with), expected, "they take turns");
        assert_eq!(hashes.iter().map(|one| one.place).collect::<Vec<_>>(), above);
        assert!(hashes.iter().all(|one| one.place.ilog2() as usize == level));
        let differ = hashes.iter().filter(|one| one.own != one.theirs).map(|one| one.place);
        above = differ.flat_map(|place| [2 * place, 2 * place + 1]).collect();
    }
    assert_eq!(above.chunks(2).map(|below| below[0] / 2 - 64).collect::<Vec<_>>(), [3, 30]);
}
