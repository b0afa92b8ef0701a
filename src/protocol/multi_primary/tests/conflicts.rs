//! What becomes of writes that did not know of each other.

use super::*;
use crate::{sim::clock::Clock, world::command::Command};

const BOTH_WAYS: bool = true;

/// A and B write x while they cannot hear each other; then they can.
fn torn(scenario: Scenario) -> Play {
    let mut play = Play::new(scenario);
    play.run(50);
    play.act(Command::Cut { from: A.into(), to: B.into(), both: BOTH_WAYS });
    let ana = play.write(ANA, X, 7);
    play.run(20);
    let ben = play.write(BEN, X, 9);
    play.run(100);
    assert_eq!((play.outcome(ana), play.outcome(ben)), (OK, OK), "nobody is asked");
    assert_eq!((values(&play, A, X), values(&play, B, X)), (vec![7], vec![9]));
    play.act(Command::HealAll);
    play.run(3_000);
    assert_equal(&play);
    play
}

/// ph-20, ph-22, ph-24: the same conflict under each strategy; whoever is hidden is named.
#[test]
fn each_strategy_shows_the_same_everywhere_and_says_what_it_hides() {
    for (strategy, shown, hidden) in [
        (Strategy::LastWriteWins, vec![9], vec![7]),
        (Strategy::LastWriteWinsHybrid, vec![9], vec![7]),
        (Strategy::LastWriteWinsLamport, vec![9], vec![7]),
        (Strategy::HighestNode, vec![9], vec![7]),
        (Strategy::FirstWriterWins, vec![7], vec![9]),
        (Strategy::KeepSiblings, vec![7, 9], vec![]),
    ] {
        let play = torn(peers(2, with_strategy(strategy)));
        for node in [A, B] {
            assert_eq!(values(&play, node, X), shown, "{strategy:?} at {node}");
            assert_eq!(dropped(&play, node), hidden, "{strategy:?} at {node}");
        }
    }
}

/// A count that knows nothing of time: A has written twice before Ben writes once, and his later write is hidden behind hers.
#[test]
fn by_lamport_count_who_has_written_more_wins_over_who_was_later() {
    let mut play = Play::new(peers(2, with_strategy(Strategy::LastWriteWinsLamport)));
    play.act(Command::Cut { from: A.into(), to: B.into(), both: BOTH_WAYS });
    for value in [6, 7] {
        play.write(ANA, X, value);
        play.run(20);
    }
    play.write(BEN, X, 9);
    play.run(20);
    let count = |play: &Play, node| play.view(node).peer.expect("a peer").keys[0].versions[0].lamport;
    assert_eq!((count(&play, A), count(&play, B)), (2, 1));
    play.act(Command::HealAll);
    play.run(3_000);
    assert_equal(&play);
    assert_eq!((values(&play, A, X), dropped(&play, A)), (vec![7], vec![9]));
    // B has heard of 2, so what it writes next counts more.
    play.write(BEN, X, 16);
    play.run(200);
    assert_eq!(values(&play, A, X), [16]);
    assert!(count(&play, A) > 2);
}

/// Siblings are what a reader gets; whoever writes over them makes them one value again, everywhere.
#[test]
fn a_reader_gets_all_siblings_and_a_write_resolves_them() {
    let mut play = torn(peers(2, with_strategy(Strategy::KeepSiblings)));
    let read = play.read(BEN, X, B);
    play.run(50);
    let Some(Outcome::Several(writes)) = play.outcome(read) else { panic!("{:?}", play.outcome(read)) };
    assert_eq!(writes.iter().map(|write| write.value).collect::<Vec<_>>(), [7, 9]);
    play.write(BEN, X, 16);
    play.run(200);
    assert_equal(&play);
    assert_eq!(values(&play, A, X), [16]);
}

/// ph-23: B's clock is an hour behind. Ben reads Ana's value and writes over it, is told OK, and his write is nowhere.
#[test]
fn a_later_write_at_a_peer_whose_clock_is_behind_is_dropped_at_once() {
    let mut play = Play::new(peers(2, with_strategy(Strategy::LastWriteWins)));
    play.act(Command::SetClock { node: B, clock: Clock { skew_us: -3_600_000_000, drift_ppm: 0 } });
    play.write(ANA, X, 1);
    play.run(200);
    assert_eq!(values(&play, B, X), [1]);
    let ben = play.write(BEN, X, 2);
    play.run(200);
    assert_eq!(play.outcome(ben), OK);
    assert_equal(&play);
    assert_eq!((values(&play, B, X), dropped(&play, B), dropped(&play, A)), (vec![1], vec![2], vec![2]));
    // Hybrid time knows what came later.
    play.act(Command::SetConflicts(Conflicts { register: Strategy::LastWriteWinsHybrid, ..Conflicts::default() }));
    play.run(50);
    assert_eq!(
        (values(&play, A, X), values(&play, B, X)),
        (vec![2], vec![2]),
        "nothing was thrown away: another view of the same"
    );
}

/// ph-25: each peer gives the next number, and they are the same.
#[test]
fn two_peers_give_the_same_number_to_two_clients() {
    let mut play = Play::new(peers(2, |_| {}));
    let next = crate::sim::operation::Action::Generate { key: X, function: crate::sim::operation::Function::Next };
    let (ana, ben) = (play.issue(ANA, next, None), play.issue(BEN, next, None));
    play.run(500);
    let value = |id| match play.outcome(id) {
        Some(Outcome::Generated(write)) => write.value,
        other => panic!("{other:?}"),
    };
    assert_eq!((value(ana), value(ben)), (1, 1));
    assert_eq!(values(&play, A, X), [1, 1], "two writes with one value");
}

/// What the judge makes of it: hidden is lost, shown again is not; nothing is lost where all are kept.
#[test]
fn the_judge_calls_lost_what_nobody_shows() {
    use crate::{check::Judge, world::World};
    use std::sync::Arc;
    let lost = |strategy: Strategy, then: Option<Strategy>| {
        let play = torn(peers(2, with_strategy(strategy)));
        let mut world = World::new(Arc::new(play.scenario.setup()), Arc::new(play.commands.clone()));
        let mut judge = Judge::default();
        let end = play.world.now();
        world.run_watched(end, u64::MAX, |world| judge.look(world));
        if let Some(register) = then {
            let at = world.command_time();
            let mut commands = play.commands.clone();
            commands.push(crate::world::command::TimedCommand {
                at,
                command: Command::SetConflicts(Conflicts { register, ..Conflicts::default() }),
            });
            world.set_commands(Arc::new(commands));
            world.run_watched(at + ms(50), u64::MAX, |world| judge.look(world));
        }
        let verdicts = judge.verdicts(&world);
        assert_eq!(verdicts.durable.is_broken(), !verdicts.lost.is_empty());
        assert!(verdicts.convergence.differing.is_empty());
        verdicts.lost.iter().map(|lost| lost.write.value).collect::<Vec<_>>()
    };
    assert_eq!(lost(Strategy::KeepSiblings, None), [] as [i64; 0]);
    assert_eq!(lost(Strategy::LastWriteWins, None), [7]);
    assert_eq!(lost(Strategy::FirstWriterWins, None), [9]);
    assert_eq!(lost(Strategy::LastWriteWins, Some(Strategy::KeepSiblings)), [] as [i64; 0], "it was only hidden");
    assert_eq!(lost(Strategy::KeepSiblings, Some(Strategy::FirstWriterWins)), [9]);
}
