//! What readers do for copies that are behind.

use super::*;

/// A, B and C had 6; C was down when 7 was written.
fn missed(repair: ReadRepair, r: u8) -> Play {
    let mut play = Play::new(quorums(3, [3, r, 2], |config| config.read_repair = repair));
    for key in [X, Y] {
        play.put(A, key, 6);
    }
    play.run(100);
    play.act(Command::Crash { node: C });
    for key in [X, Y] {
        play.put(A, key, 7);
    }
    play.run(500);
    play.act(Command::Restart { node: C });
    play.run(500);
    assert_eq!((play.values(C, X), play.values(C, Y)), (vec![6], vec![6]), "it missed 7");
    play
}

/// ph-29: a read that hears 6 from C and 7 from another returns 7, and C is sent it.
#[test]
fn a_reader_takes_the_newer_of_two_and_repairs_the_other() {
    for (repair, healed) in [(ReadRepair::Off, 6), (ReadRepair::Asynchronous, 7), (ReadRepair::BeforeAnswer, 7)] {
        let mut play = missed(repair, 2);
        assert_eq!(play.get(C, X, 200), Some(7), "its own copy is one of the two");
        assert_eq!(play.values(C, X), [healed], "{repair:?}");
        let repaired = play.count(C, |fact| matches!(fact, Fact::ReadRepaired { nodes, .. } if *nodes == [C]));
        assert_eq!(repaired, usize::from(repair != ReadRepair::Off), "{repair:?}");
    }
}

/// Q9: who answers too late to count is repaired, too, so one read is enough; what nobody reads stays old.
#[test]
fn what_nobody_reads_stays_old() {
    let mut play = missed(ReadRepair::Asynchronous, 1);
    assert_eq!(play.get(A, X, 200), Some(7), "A’s own copy alone");
    assert_eq!((play.values(C, X), play.values(C, Y)), (vec![7], vec![6]));
    play.run(60_000);
    assert_eq!(play.values(C, Y), [6]);
}

/// Only those whose answers count hold the reader up.
#[test]
fn a_reader_waits_for_those_that_count() {
    let mut play = missed(ReadRepair::BeforeAnswer, 2);
    play.act(slow(A, C, MessageClass::Replicate, 100));
    play.act(slow(B, A, MessageClass::Fetched, 50));
    let read = play.read(ANA, X, A);
    play.run(100);
    assert_eq!(play.outcome(read), None, "C counts, and its repair is on its way");
    play.run(100);
    assert_eq!(play.value(read), Some(7));
}

/// What readers are shown says what a read would find: the merged state, not that of one node.
#[test]
fn siblings_of_two_nodes_meet_in_the_reader() {
    let mut play = Play::new(quorums(3, [3, 2, 1], off));
    play.both_ways(&[&[A], &[B], &[C]]);
    let writes = [play.put(A, X, 1), play.put(B, X, 2)];
    play.run(300);
    assert!(writes.iter().all(|write| play.outcome(*write) == OK));
    play.act(Command::HealAll);
    play.run(500);
    play.act(slow(C, A, MessageClass::Fetched, 100));
    let read = play.read(ANA, X, A);
    play.run(300);
    let Some(Outcome::Several(values)) = play.outcome(read) else { panic!("{:?}", play.outcome(read)) };
    assert_eq!(values.iter().map(|write| write.value).collect::<Vec<_>>(), [1, 2]);
    // The coordinator has seen both, so its next write replaces both.
    play.put(A, X, 3);
    play.run(300);
    assert_eq!((play.values(A, X), play.values(B, X)), (vec![3], vec![3]));
}
