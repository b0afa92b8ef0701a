//! Groups without a leader: Dynamo (DeCandia et al., 2007), Cassandra and Riak.

use crate::*;
use replicarium::sim::{id::Key, operation::Write};

/// How an operation is to end that reads this.
fn read_as(client: ClientId, play: &Play) -> Vec<Vec<i64>> {
    let values = |end: Option<Outcome>| match end {
        Some(Outcome::Read(write)) => Some(write.map(|write| write.value).into_iter().collect()),
        Some(Outcome::Several(writes)) => Some(writes.iter().map(|write| write.value).collect()),
        _ => None,
    };
    ends(play, client).into_iter().filter_map(values).collect()
}

/// What a node shows for a key.
fn shown(play: &Play, node: NodeId, key: Key) -> Vec<i64> {
    play.view(node).copies.iter().filter(|write| write.key == key).map(|write| write.value).collect()
}

/// What a node keeps for others: for whom, and which value.
fn kept(play: &Play, node: NodeId) -> Vec<(NodeId, i64)> {
    let hints = play.view(node).peer.map_or_else(Vec::new, |peer| peer.hints);
    hints.into_iter().map(|(of, write): (NodeId, Write)| (of, write.value)).collect()
}

#[test]
fn q1_a_read_after_an_acknowledged_write_is_fresh() {
    let strict = judged("q1-two-and-two");
    assert_eq!((strict.fresh, strict.stale_reads), (Verdict::Holds, 0));
    assert!(played("q1-two-and-two").world.history().len() > 400, "they wrote and read");
    let weak = judged("q1-one-and-one");
    assert!(weak.fresh.is_broken() && weak.stale_reads > 20, "{} stale reads", weak.stale_reads);
}

/// Of reads that follow a write of the same client at once, how many there are and which part of them found it.
fn found_at_once(name: &str) -> (usize, f64) {
    let play = played(name);
    let ended: Vec<_> =
        play.world.history().iter().filter_map(|(_, row)| Some((row.action, row.outcome.clone()?, row.operation))).collect();
    let follows = |pair: &&[(Action, Outcome, OperationId)]| pair[0].0.is_write() && !pair[1].0.is_write();
    let pairs: Vec<_> = ended.windows(2).filter(follows).collect();
    let finds =
        |pair: &&&[(Action, Outcome, OperationId)]| matches!(pair[1].1, Outcome::Read(Some(write)) if write.id == pair[0].2);
    (pairs.len(), pairs.iter().filter(finds).count() as f64 / pairs.len() as f64)
}

/// Also ph-31. Bailis et al., VLDB 2012: probabilities of the model with slow disks, at the moment of the commit.
#[test]
fn q2_a_read_at_the_commit_is_as_often_fresh_as_the_paper_says() {
    for (name, expected) in [("q2-at-commit", 0.43660), ("q2-two-answers", 0.76289), ("q2-two-and-two", 1.0)] {
        let (count, found) = found_at_once(name);
        let tolerance = 4.0 * (expected * (1.0 - expected) / count as f64).sqrt();
        assert!(count > 1_000, "{name}: {count} reads");
        assert!((found - expected).abs() <= tolerance, "{name}: {found} of {count}, not {expected} ± {tolerance}");
    }
}

/// Also ph-32.
#[test]
fn q3_a_sloppy_quorum_misses_an_acknowledged_write_until_it_is_handed_over() {
    let play = played("q3-sloppy");
    assert_eq!((ends(&play, ANA), reads(&play)), (vec![OK, OK], vec![Some(1), Some(2)]));
    assert_eq!(judged("q3-sloppy").stale_reads, 1);
    let is_kept = |fact: &Fact| matches!(fact, Fact::HintKept { write, .. } if write.value == 2);
    assert_eq!(everywhere(&play, is_kept).iter().map(|(_, node)| *node).collect::<Vec<_>>(), [A, B]);
    let handed = everywhere(&play, |fact| matches!(fact, Fact::HandedOver { .. }));
    assert!(handed.len() == 2 && handed.iter().all(|(at, _)| *at > ms(5_000)), "after the partition: {handed:?}");
    assert_eq!([kept(&play, A), kept(&play, B)], [vec![], vec![]]);
    let strict = played("q3-strict");
    assert_eq!((ends(&strict, ANA), reads(&strict)), (vec![OK, UNCONFIRMED], vec![Some(1), Some(1)]));
    assert_eq!(judged("q3-strict").stale_reads, 0, "it was promised to nobody");
}

/// Also ph-33.
#[test]
fn q4_a_write_that_reached_too_few_is_not_taken_back() {
    for (name, seen) in [("q4-repaired", [Some(1), Some(2), Some(2)]), ("q4-not-repaired", [Some(1), Some(2), Some(1)])] {
        let play = played(name);
        assert_eq!((ends(&play, ANA), reads(&play)), (vec![OK, UNCONFIRMED], seen.to_vec()), "{name}");
        assert_eq!(count_facts(&play, A, |fact| matches!(fact, Fact::TooFewCopies { have: 1, need: 2, .. })), 1, "{name}");
    }
}

/// Also ph-33.
#[test]
fn q5_a_write_under_way_flickers_unless_readers_repair_first() {
    let play = played("q5-flicker");
    assert_eq!(reads(&play), [Some(2), Some(1)], "back in time");
    let acknowledged = acknowledged(&play, ANA).into_iter().find(|(_, value)| *value == 2).map(|(at, _)| at);
    let read = told(&play, BEN).into_iter().map(|(at, ..)| at).max();
    assert!(acknowledged > read, "under way all the time");
    assert_eq!(reads(&played("q5-repair-before-the-answer")), [Some(2), Some(2)]);
}

/// Also ph-33.
#[test]
fn q6_a_disk_that_is_filled_from_an_old_copy_breaks_the_overlap() {
    for (name, seen, lacks) in [("q6-restored-from-an-old-copy", Some(1), 1), ("q6-the-disk-stays", Some(2), 0)] {
        let play = played(name);
        assert_eq!((ends(&play, ANA), reads(&play)), (vec![OK, OK], vec![seen]), "{name}");
        assert_eq!(shown(&play, A, X), [2]);
        assert_eq!(judged(name).stale_reads, lacks, "{name}");
    }
}

#[test]
fn q7_of_two_writes_that_did_not_know_of_each_other_the_clock_drops_one() {
    let last = played("q7-last-write-wins");
    assert_eq!((ends(&last, ANA), ends(&last, BEN)), (vec![OK], vec![OK]));
    assert_eq!(read_as(CLEO, &last).concat().len(), 1);
    assert_eq!(judged("q7-last-write-wins").lost.len(), 1);
    assert_eq!(read_as(CLEO, &played("q7-siblings")), [[1, 2]]);
    assert_eq!(judged("q7-siblings").lost, []);
    let dotted = played("q7-dotted");
    assert_eq!((ends(&dotted, ANA), ends(&dotted, BEN)), (vec![OK], vec![OK]), "a second apart");
    assert_eq!(read_as(CLEO, &dotted), [vec![1, 2], vec![3]]);
    assert_eq!(judged("q7-dotted").lost, []);
}

/// Two clients and a cart (Kleppmann, 2017, fig. 5-13): a write replaces what its client was shown, and nothing else.
#[test]
fn ph_36_a_cart_is_filled_by_two_who_see_each_other_late() {
    let play = played("ph-36-a-cart-in-one-value");
    assert_eq!(read_as(ANA, &play), [vec![1], vec![2, 13], vec![214, 1325]]);
    assert_eq!(read_as(BEN, &play), [vec![1, 2], vec![13, 214]]);
    assert_eq!(read_as(CLEO, &play), [vec![214, 1325], vec![12345]]);
    assert_eq!(judged("ph-36-a-cart-in-one-value").lost, []);
}

#[test]
fn q8_a_clock_that_is_behind_drops_a_later_write() {
    let play = played("q8-clock-behind");
    assert_eq!(ends(&play, BEN).iter().filter(|end| **end == OK).count(), 2, "he was told OK twice");
    assert_eq!(read_as(CLEO, &play), [[1], [2]], "within the difference of the clocks, and after it");
    assert_eq!(judged("q8-clock-behind").lost.len(), 1);
    assert_eq!(read_as(CLEO, &played("q8-hybrid")), [[2], [2]]);
    assert_eq!(judged("q8-hybrid").lost, []);
}

#[test]
fn ph_29_a_reader_takes_the_newer_of_two_answers_and_repairs_the_other() {
    let play = played("ph-29-the-newer-of-two");
    assert_eq!(read_as(CLEO, &play), [[7]]);
    let heard = |fact: &Fact| matches!(fact, Fact::Gathered { from, .. } if from.len() == 2 && from.contains(&C));
    let repairs = |fact: &Fact| matches!(fact, Fact::ReadRepaired { nodes, .. } if *nodes == [C]);
    assert_eq!((count_facts(&play, C, heard), count_facts(&play, C, repairs)), (1, 1));
    assert_eq!((shown(&play, C, X), shown(&play, C, Y)), (vec![7], vec![6]));
}

#[test]
fn q9_a_read_repairs_what_it_touches_and_nothing_else() {
    for (name, x) in [("q9-read-repair", 7), ("q9-no-read-repair", 6)] {
        let play = played(name);
        assert!(read_as(CLEO, &play).iter().all(|seen| *seen == [7]), "{name}");
        assert_eq!((shown(&play, C, X), shown(&play, C, Y)), (vec![x], vec![6]), "{name}: C, a minute later");
        assert!(judged(name).converged.is_broken());
    }
}

#[test]
fn ph_30_comparing_finds_what_nobody_reads() {
    for (name, value, holds) in [("ph-30-comparing", 7, true), ("ph-30-not-comparing", 6, false)] {
        let play = played(name);
        assert_eq!((shown(&play, C, X), shown(&play, C, Y)), (vec![value], vec![value]), "{name}");
        assert_eq!(judged(name).converged == Verdict::Holds, holds, "{name}");
        assert_eq!(play.sent(|_, _, class| class == MessageClass::Fetch), 0, "nobody reads");
    }
}

/// From the root down two hashes for each place that differs: with d of M keys 1 + 2 d log M at most.
#[test]
fn q10_comparing_costs_by_what_differs() {
    for (name, differing) in [("q10-nothing-differs", vec![]), ("q10-two-keys", vec![Key(1), Key(11)])] {
        let play = played(name);
        let compared = play.events().filter_map(|event| match &event.kind {
            Kind::Fact(Fact::TreesCompared { hashes, keys, .. }) => Some((*hashes, keys.clone())),
            _ => None,
        });
        let compared: Vec<_> = compared.collect();
        let most = 1 + 2 * 6 * differing.len() as u32;
        assert!(matches!(&compared[..], [(hashes, keys)] if *hashes <= most && *keys == differing), "{name}: {compared:?}");
        agree(&play);
    }
}
