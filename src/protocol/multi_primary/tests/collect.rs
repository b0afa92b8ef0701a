//! Deleted registers that are forgotten: too early the value comes back, later it does not.

use super::*;
use crate::{
    sim::{clock::Clock, operation::Action, time::Micros},
    world::command::Command,
};

const CLEO: ClientId = ClientId(2);

fn forgetting(after: Micros) -> impl Fn(&mut Config) {
    move |config| config.collect_tombstones_after = Some(after)
}

fn delete(play: &mut Play) {
    let delete = play.issue(ANA, Action::Delete { key: X }, None);
    play.run(500);
    assert_eq!((play.outcome(delete), play.held(A, X)), (OK, None));
}

fn count(play: &Play, like: impl Fn(&Fact) -> bool + Copy) -> usize {
    play.world.members().into_iter().map(|node| play.facts(node).filter(|(_, fact)| like(fact)).count()).sum()
}

fn forgotten(play: &Play) -> usize {
    count(play, |fact| matches!(fact, Fact::Forgotten { .. }))
}

fn back(play: &Play) -> usize {
    count(play, |fact| matches!(fact, Fact::BroughtBack { .. }))
}

fn all(play: &Play) -> Vec<Vec<i64>> {
    play.world.members().into_iter().map(|node| values(play, node, X)).collect()
}

/// C is away for 6 s, in which x is deleted; then peers compare what they have.
fn away(change: impl Fn(&mut Config)) -> Play {
    let mut play = Play::new(peers(3, |config| {
        change(config);
        config.compare_every = Some(ms(500));
    }));
    play.write(ANA, X, 1);
    play.run(500);
    play.act(Command::Partition { groups: vec![vec![A.into(), B.into()], vec![C.into(), CLEO.into()]] });
    delete(&mut play);
    play.run(5_500);
    assert_eq!(all(&play), [vec![], vec![], vec![1]]);
    play.act(Command::HealAll);
    play.run(3_000);
    play
}

/// ph-39: who was away longer than a tombstone is kept brings the value back to all.
#[test]
fn a_tombstone_that_is_forgotten_too_early_lets_the_value_rise() {
    let mut play = away(forgetting(ms(2_000)));
    assert_eq!(all(&play), [[1], [1], [1]]);
    assert_equal(&play);
    let before = forgotten(&play);
    assert!(before >= 2, "A and B");
    assert!(back(&play) > 0, "A wrote it, so A can know");
    // It is a value like any other.
    delete(&mut play);
    play.run(5_000);
    assert_eq!(all(&play), vec![vec![]; 3] as Vec<Vec<i64>>);
    assert!(forgotten(&play) >= before + 3, "all of them");
    play.write(CLEO, X, 3);
    play.run(500);
    assert_eq!(all(&play), [[3], [3], [3]]);
}

/// Where nobody compares, who is sent everything sends back what the sender has forgotten.
#[test]
fn the_value_comes_back_from_who_is_brought_up_to_date() {
    let mut play = Play::new(peers(2, forgetting(ms(2_000))));
    play.write(ANA, X, 1);
    play.run(500);
    play.act(Command::Cut { from: A.into(), to: B.into(), both: true });
    delete(&mut play);
    play.run(5_000);
    play.act(Command::HealAll);
    play.run(3_000);
    assert_eq!((all(&play), forgotten(&play), back(&play)), (vec![vec![1]; 2], 1, 1));
    assert_equal(&play);
}

#[test]
fn a_tombstone_that_is_kept_long_enough_lets_nothing_rise() {
    let mut play = away(forgetting(ms(20_000)));
    assert_eq!((all(&play), forgotten(&play)), (vec![vec![]; 3], 0));
    play.run(20_000);
    assert_eq!((all(&play), back(&play)), (vec![vec![]; 3], 0));
    assert!(forgotten(&play) >= 3);
    assert_equal(&play);
    let keys = play.view(A).peer.map(|peer| peer.keys.len());
    assert_eq!(keys, Some(0), "nothing is left of it");
}

#[test]
fn without_collection_tombstones_stay() {
    let play = away(|_| {});
    assert_eq!((all(&play), forgotten(&play)), (vec![vec![]; 3], 0));
    let keys = play.view(A).peer.map(|peer| peer.keys);
    assert!(keys.is_some_and(|keys| keys[0].versions[0].deleted));
}

/// C's clock is behind, and so it remembers what A and B have forgotten. The names of writes are not given again, so C takes the
/// next one for what it is.
#[test]
fn a_peer_that_remembers_takes_new_writes_for_new() {
    let mut play = Play::new(peers(3, forgetting(ms(1_000))));
    play.act(Command::SetClock { node: C, clock: Clock { skew_us: -3_600_000_000, drift_ppm: 0 } });
    for value in 1..4 {
        play.write(ANA, X, value);
        play.run(100);
    }
    delete(&mut play);
    play.run(2_000);
    assert_eq!(forgotten(&play), 2);
    play.write(ANA, X, 9);
    play.run(500);
    assert_eq!(all(&play), [[9], [9], [9]]);
}

/// The same over a crash: what was forgotten is forgotten on disk.
#[test]
fn a_crash_brings_nothing_back() {
    let mut play = Play::new(peers(2, forgetting(ms(1_000))));
    play.write(ANA, X, 1);
    play.run(100);
    delete(&mut play);
    play.run(2_000);
    play.act(Command::CrashMachine { node: A });
    play.act(Command::Restart { node: A });
    play.run(1_000);
    assert_eq!(all(&play), vec![vec![]; 2] as Vec<Vec<i64>>);
    play.write(ANA, X, 9);
    play.run(500);
    assert_eq!(all(&play), [[9], [9]]);
}
