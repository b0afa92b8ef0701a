//! What r + w > n promises, and where it does not hold.

use super::*;
use crate::sim::{clock::Clock, distribution::Distribution};

/// Q1: strict quorums without failures: whoever reads after an acknowledged write finds it, whatever the delays.
#[test]
fn a_read_after_an_acknowledged_write_finds_it() {
    for (seed, quorum) in (0..120).zip([[3, 2, 2], [3, 1, 3], [3, 3, 1], [5, 3, 3]].into_iter().cycle()) {
        let mut scenario = quorums(5, quorum, |config| config.timeout = ms(20_000));
        scenario.seed = seed;
        scenario.network.latency = Distribution::Exponential { mean: ms(20) };
        scenario.network.in_order = false;
        let mut play = Play::new(scenario);
        for value in 0..3 {
            let (writer, reader) = (NodeId((seed % 5) as u16), NodeId(((seed + value) % 5) as u16));
            let write = play.put(writer, X, value as i64);
            while play.outcome(write).is_none() {
                play.run_to(play.world.now() + Micros(500));
            }
            assert_eq!(play.outcome(write), OK, "seed {seed}");
            let read = play.read(ClientId(reader.0), X, reader);
            play.run(2_000);
            // A coordinator that is no home node writes beside what others wrote.
            let seen = match play.outcome(read) {
                Some(Outcome::Read(Some(one))) => vec![one.value],
                Some(Outcome::Several(all)) => all.iter().map(|one| one.value).collect(),
                other => panic!("{other:?}"),
            };
            assert!(seen.contains(&(value as i64)), "seed {seed}: {seen:?}");
        }
    }
}

/// Q4, ph-33: a write that reached one of two is not confirmed and not taken back. A reader who is answered by that one finds it,
/// another does not; read repair then spreads it for good.
#[test]
fn what_failed_is_not_rolled_back() {
    for (near, first, repair, then) in [
        (A, Some(2), ReadRepair::Asynchronous, Some(2)),
        (C, Some(1), ReadRepair::Asynchronous, Some(2)),
        (C, Some(1), ReadRepair::Off, Some(1)),
    ] {
        let mut play = Play::new(quorums(3, [3, 2, 2], |config| config.read_repair = repair));
        play.put(A, X, 1);
        play.run(100);
        play.both_ways(&[&[A], &[B, C]]);
        let failed = play.put(A, X, 2);
        play.run(300);
        assert_eq!(play.outcome(failed), Some(Outcome::Unconfirmed));
        assert_eq!(play.count(A, |fact| matches!(fact, Fact::TooFewCopies { have: 1, need: 2, .. })), 1);
        play.act(Command::HealAll);
        let far = if near == A { C } else { A };
        play.act(slow(far, B, MessageClass::Fetched, 100));
        assert_eq!(play.get(B, X, 300), first, "{repair:?}");
        assert_eq!(play.get(B, X, 300), then, "{repair:?}");
    }
}

/// Who knows that there are too few refuses before anything happens, and takes writes again when the others are back.
#[test]
fn too_few_that_can_be_reached_are_a_refusal() {
    let mut play = Play::new(quorums(3, [3, 2, 2], |_| {}));
    play.both_ways(&[&[A], &[B, C]]);
    play.put(A, X, 1);
    play.run(300);
    let (again, read) = (play.put(A, X, 2), play.read(ANA, X, A));
    play.run(300);
    assert_eq!(play.outcome(again), Some(Outcome::Refused(Refusal::TooFewCopies { have: 1, need: 2 })));
    assert_eq!(play.outcome(read), Some(Outcome::Refused(Refusal::TooFewCopies { have: 1, need: 2 })));
    assert_eq!(play.values(A, X), [1]);
    assert_eq!(play.view(A).suspects, [B, C]);
    play.act(Command::HealAll);
    play.run(500);
    assert_eq!(play.view(A).suspects, []);
    let last = play.put(A, X, 3);
    play.run(100);
    assert_eq!(play.outcome(last), OK);
}

/// A write that is on A’s disk only; reads by way of A, then of B, who is answered by C first.
fn flicker(repair: ReadRepair) -> (Option<i64>, Option<i64>) {
    let mut scenario = quorums(3, [3, 2, 2], |config| {
        config.read_repair = repair;
        config.timeout = ms(5_000);
    });
    scenario.network.in_order = false;
    let mut play = Play::new(scenario);
    play.put(A, X, 1);
    play.run(100);
    for other in [B, C] {
        play.act(slow(A, other, MessageClass::Replicate, 800));
    }
    play.act(slow(A, B, MessageClass::Fetched, 2_000));
    let write = play.put(A, X, 2);
    play.run(30);
    let first = play.read(ClientId(2), X, A);
    while play.outcome(first).is_none() {
        play.run(5);
    }
    assert_eq!(play.outcome(write).is_some(), repair == ReadRepair::BeforeAnswer, "it is under way");
    (play.value(first), play.get(B, X, 200))
}

/// Q5, ph-33: with r + w > n a read may still find a write under way, and a later one not; unless who reads first brings those
/// it has heard to the same state before it answers.
#[test]
fn a_write_under_way_flickers() {
    assert_eq!(flicker(ReadRepair::Off), (Some(2), Some(1)));
    assert_eq!(flicker(ReadRepair::Asynchronous), (Some(2), Some(1)));
    assert_eq!(flicker(ReadRepair::BeforeAnswer), (Some(2), Some(2)));
}

/// Q6, ph-33: one of two copies is on a disk that fails, and what replaces it is filled from a node that missed the write.
#[test]
fn a_disk_restored_from_an_old_copy_breaks_the_overlap() {
    let mut play = Play::new(quorums(3, [3, 2, 2], off));
    play.put(A, X, 1);
    play.run(100);
    play.act(Command::Crash { node: B });
    let write = play.put(A, X, 2);
    play.run(300);
    assert_eq!(play.outcome(write), OK, "A and C have it");
    play.act(Command::Restart { node: B });
    play.both_ways(&[&[A], &[B, C]]);
    play.act(Command::Wipe { node: C });
    play.act(Command::Restart { node: C });
    let (early, other) = (play.read(ClientId(2), X, C), play.read(BEN, X, B));
    play.run(1_000);
    assert_eq!(play.outcome(early), Some(Outcome::Refused(Refusal::NotReady)));
    let too_few = Refusal::TooFewCopies { have: 1, need: 2 };
    assert_eq!(play.outcome(other), Some(Outcome::Refused(too_few)), "an empty node says nothing to readers");
    assert_eq!(play.count(C, |fact| *fact == Fact::Restored { from: vec![B] }), 1);
    assert_eq!(play.get(C, X, 300), Some(1), "two of three answer, and none has it");
    play.act(Command::HealAll);
    play.run(500);
    assert_eq!(play.values(A, X), [2]);
}

/// Q7: two writes that do not know of each other are both acknowledged; the clock drops one, or both are kept.
#[test]
fn of_two_acknowledged_writes_the_clock_drops_one() {
    for (strategy, kept, dropped) in [(Strategy::LastWriteWins, 1, 1), (Strategy::KeepSiblings, 2, 0)] {
        let mut play = Play::new(quorums(3, [3, 2, 2], |config| {
            config.conflicts = Conflicts { register: strategy, ..Conflicts::default() }
        }));
        play.run(50);
        let (ana, ben) = (play.put(A, X, 1), play.put(B, X, 2));
        play.run(200);
        assert_eq!((play.outcome(ana), play.outcome(ben)), (OK, OK));
        for node in [A, B, C] {
            assert_eq!(play.values(node, X).len(), kept);
            let lists = |fact: &Fact| matches!(fact, Fact::Dropped { writes, .. } if writes.len() == 1);
            assert_eq!(play.count(node, lists), dropped, "{node}");
        }
    }
}

/// Q8: B’s clock is behind by δ. What B writes within δ of what it has read is dropped, though it came later; so is everything that
/// is written after a write from the future.
#[test]
fn a_clock_that_is_behind_drops_later_writes() {
    let skewed = |skew_ms: i64, gap: u64, strategy| {
        let mut play = Play::new(quorums(3, [3, 2, 2], |config| {
            config.conflicts = Conflicts { register: strategy, ..Conflicts::default() }
        }));
        play.act(Command::SetClock { node: B, clock: Clock { skew_us: skew_ms * 1_000, drift_ppm: 0 } });
        play.put(A, X, 1);
        play.run(50);
        assert_eq!(play.get(B, X, gap), Some(1));
        let later = play.put(B, X, 2);
        play.run(200);
        assert_eq!(play.outcome(later), OK);
        play.get(C, X, 100)
    };
    for (skew_ms, gap, shown) in [(-200, 100, 1), (-200, 300, 2), (0, 100, 2), (-3_600_000, 5_000, 1)] {
        assert_eq!(skewed(skew_ms, gap, Strategy::LastWriteWins), Some(shown), "{skew_ms} {gap}");
        assert_eq!(skewed(skew_ms, gap, Strategy::LastWriteWinsHybrid), Some(2), "{skew_ms} {gap}");
    }
}

/// A machine that fails forgets nothing that it confirmed; a coordinator that starts anew confuses nothing.
#[test]
fn what_is_confirmed_survives_machines() {
    let mut scenario = quorums(3, [3, 1, 3], |_| {});
    scenario.nodes.each.flush = constant(60);
    let mut play = Play::new(scenario);
    for value in 1..20 {
        let write = play.put(A, X, value);
        while play.outcome(write).is_none() {
            play.run_to(play.world.now() + Micros(300));
        }
        assert_eq!(play.outcome(write), OK);
        for node in [A, B, C] {
            play.act(Command::CrashMachine { node });
        }
        for node in [A, B, C] {
            play.act(Command::Restart { node });
            assert_eq!(play.values(node, X), [value]);
        }
        assert_eq!(play.get(A, X, 100), Some(value));
    }
}

/// Without the shortcut a coordinator that is a home node sends messages to itself like to others.
#[test]
fn without_the_shortcut_all_copies_cost_a_message() {
    for (local_shortcut, messages) in [(true, 2), (false, 3)] {
        let mut play = Play::new(quorums(3, [3, 2, 2], |config| config.local_shortcut = local_shortcut));
        play.put(A, X, 1);
        play.run(100);
        assert_eq!(play.get(A, X, 100), Some(1));
        for class in [MessageClass::Replicate, MessageClass::Acknowledge, MessageClass::Fetch, MessageClass::Fetched] {
            assert_eq!(play.sent(|_, _, own| own == class), messages, "{class:?}");
        }
    }
}

/// What comes twice counts once, for writers and for readers.
#[test]
fn a_copy_counts_once() {
    let mut scenario = quorums(3, [3, 3, 3], |_| {});
    scenario.network.duplicate = 1.0;
    let mut play = Play::new(scenario);
    play.act(Command::Crash { node: C });
    let (write, read) = (play.put(A, X, 1), play.read(BEN, X, B));
    play.run(500);
    assert_eq!(play.outcome(write), Some(Outcome::Unconfirmed));
    assert_eq!(play.outcome(read), Some(Outcome::Refused(Refusal::TooFewCopies { have: 2, need: 3 })));
}

/// A confirmation of what a coordinator asked before it crashed is none of what it asks now.
#[test]
fn late_confirmations_belong_to_the_past() {
    let mut scenario = quorums(3, [3, 2, 2], |_| {});
    scenario.network.in_order = false;
    let mut play = Play::new(scenario);
    for other in [B, C] {
        play.act(slow(other, A, MessageClass::Acknowledge, 200));
    }
    play.put(A, X, 1);
    play.run(100);
    play.act(Command::Crash { node: A });
    play.act(Command::Restart { node: A });
    for other in [B, C] {
        play.act(slow(A, other, MessageClass::Replicate, 5_000));
    }
    let write = play.issue(ClientId(2), Action::Write { key: Y, value: 2 }, Some(A));
    play.run(400);
    assert_eq!(play.outcome(write), Some(Outcome::Unconfirmed), "nobody else has it");
}

/// The rule changes while it runs: what is under way goes by what was before, what comes later by what is now.
#[test]
fn quorums_change_while_they_run() {
    let rule = |r, w| Quorums { n: 3, r, w, ..Quorums::default() };
    let mut play = Play::new(quorums(3, [3, 3, 3], off));
    play.act(Command::Crash { node: C });
    let old = play.put(A, X, 1);
    play.run(15);
    play.act(Command::SetQuorum(rule(1, 2)));
    let new = play.put(B, Y, 2);
    play.run(300);
    assert_eq!((play.outcome(old), play.outcome(new)), (Some(Outcome::Unconfirmed), OK));
    play.act(Command::Restart { node: C });
    assert_eq!(play.get(C, Y, 50), None, "it asks only itself: R = 1");
    play.act(Command::SetQuorum(rule(3, 1)));
    assert_eq!(play.get(C, Y, 300), Some(2));
    assert_eq!(play.count(A, |fact| matches!(fact, Fact::EnoughCopies { .. })), 0);
}

/// More home nodes than there are nodes cannot be, and nothing changes.
#[test]
fn what_cannot_be_changes_nothing() {
    let mut play = Play::new(quorums(3, [3, 2, 2], off));
    for (n, r, w) in [(4, 2, 2), (3, 4, 2), (3, 2, 4), (3, 0, 2), (0, 0, 0)] {
        let rule = Quorums { n, r, w, ..Quorums::default() };
        play.act(Command::SetQuorum(rule));
        assert!(play.last_idle().is_some(), "{n} {r} {w}");
        assert_eq!(play.config().quorums(), Quorums { read_repair: ReadRepair::Off, ..Quorums::default() });
    }
}

/// A key with another home node: it gets there when home nodes compare, and those who are no home any more forget it.
#[test]
fn copies_follow_their_homes() {
    let mut play = Play::new(quorums(5, [1, 1, 1], off));
    let list = play.preference(X);
    play.put(A, X, 1);
    play.run(100);
    let holders = |play: &Play| list.iter().filter(|node| !play.values(**node, X).is_empty()).count();
    assert_eq!(holders(&play), 1);
    let every = Some(ms(200));
    play.act(Command::SetQuorum(Quorums { n: 3, r: 1, w: 1, anti_entropy_every: every, ..Quorums::default() }));
    play.run(1_000);
    assert_eq!((holders(&play), play.values(list[2], X)), (3, vec![1]));
    play.act(Command::SetQuorum(Quorums { n: 2, r: 1, w: 1, anti_entropy_every: every, ..Quorums::default() }));
    play.run(1_000);
    assert_eq!((holders(&play), play.values(list[2], X)), (2, vec![]));
}
