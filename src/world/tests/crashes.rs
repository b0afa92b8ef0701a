//! Three places for data, and which crash spares which: memory, the operating system's cache, the disk.

use super::play::*;
use crate::{
    sim::{id::ClientId, operation::Outcome, time::Micros},
    store::log::Lsn,
    trace::{Fact, Kind},
    world::command::Command,
};

/// One write at A, whose disk takes 50 ms: it is in the cache at 25.1 ms and on disk at 75.1 ms.
fn writing() -> Play {
    let mut scenario = group(1);
    scenario.nodes.each.flush = constant(50);
    let mut play = Play::new(scenario);
    play.run_to(ms(200)).write(ANA, X, 7);
    play
}

#[test]
fn what_is_left_after_a_crash() {
    let process = Command::Crash { node: A };
    let machine = Command::CrashMachine { node: A };
    let wipe = Command::Wipe { node: A };
    // (when, crashes one after the other 1 ms apart, is the write still there?)
    for (at_ms, crashes, kept) in [
        (220, vec![&process], true),
        (220, vec![&machine], false),
        (220, vec![&wipe], false),
        (260, vec![&process], true),
        (260, vec![&machine], true),
        (260, vec![&wipe], false),
        // The cache dies with the machine, also when the process is dead already.
        (220, vec![&process, &machine], false),
        (260, vec![&process, &machine], true),
        (260, vec![&machine, &wipe], false),
    ] {
        let mut play = writing();
        play.run_to(ms(at_ms));
        for crash in &crashes {
            play.act((*crash).clone()).run(1);
        }
        play.act(Command::Restart { node: A }).run(100);
        assert_eq!(play.held(A, X).is_some(), kept, "{crashes:?} at {at_ms} ms");
        let recovered = play.facts(A).any(|(_, fact)| matches!(fact, Fact::Recovered { last: Lsn(1), .. }));
        assert_eq!(recovered, kept, "and it says so");
    }
}

#[test]
fn the_operating_system_goes_on_flushing_for_a_dead_process() {
    let mut play = writing();
    play.run_to(ms(220)).act(Command::Crash { node: A }).run_to(ms(300)).act(Command::CrashMachine { node: A });
    play.act(Command::Restart { node: A }).run(100);
    assert_eq!(play.held(A, X), Some(7));
}

#[test]
fn a_crash_ends_what_the_node_was_doing() {
    let mut play = Play::group(3);
    play.run(20);
    let (write, read) = (play.write(ANA, X, 1), play.read(BEN, X, A));
    // Both requests are at A; it works on one, the other waits.
    play.run_to(Micros(25_050)).act(Command::Crash { node: A });
    let waiting = play.events().filter(|event| matches!(event.kind, Kind::Drop { .. })).count();
    assert_eq!(waiting, 2, "the one being worked on is lost too");
    play.run(5_000);
    let unknown = Some(Outcome::TimedOut);
    assert_eq!([play.outcome(write), play.outcome(read)], [unknown.clone(), unknown]);
}

/// What the dead process was about to be told does not reach the one started after it.
#[test]
fn a_new_process_does_its_own_work_in_its_own_time() {
    let mut scenario = instant(1);
    (scenario.nodes.each.read, scenario.nodes.each.flush) = (constant(100), constant(100));
    let mut play = Play::new(scenario);
    play.run(1_000).read(ANA, X, A);
    play.run(60).act(Command::Crash { node: A }).act(Command::Restart { node: A });
    let read = play.read(BEN, X, A);
    // The first read would have been done at 1,100 ms.
    play.run_to(ms(1_160));
    assert_eq!(play.outcome(read), None);
    play.run(1);
    assert_eq!(play.outcome(read), Some(Outcome::Read(None)));
    // The same for what goes to the disk when the machine dies.
    let write = play.write(BEN, X, 1);
    play.run(60).act(Command::CrashMachine { node: A }).act(Command::Restart { node: A }).run(50);
    assert_eq!((play.outcome(write), play.view(A).written.0), (None, 0));
}

#[test]
fn a_dead_node_cannot_die_nor_a_running_one_start() {
    let mut play = Play::group(2);
    for (command, why) in [
        (Command::Restart { node: B }, Some("it is running already")),
        (Command::Resume { node: B }, Some("it is not paused")),
        (Command::Crash { node: B }, None),
        (Command::Crash { node: B }, Some("it is down already")),
        (Command::Pause { node: B }, Some("it is not running")),
        (Command::Promote { node: B }, Some("it is down")),
        (Command::CrashMachine { node: B }, None),
        (Command::CrashMachine { node: B }, Some("it is down already")),
        (Command::Crash { node: B }, Some("it is down already")),
        (Command::Wipe { node: B }, None),
        (Command::Restart { node: B }, None),
        (Command::Promote { node: A }, Some("it is primary already")),
        (Command::RemoveNode { node: B }, None),
        (Command::RemoveNode { node: A }, Some("it is the last node")),
    ] {
        let idle = |play: &Play| play.events().filter(|e| matches!(e.kind, Kind::CommandIdle { .. })).count();
        let before = idle(&play);
        play.act(command.clone());
        assert_eq!(idle(&play) - before, why.is_some() as usize, "{command:?}");
        if why.is_some() {
            assert_eq!(play.last_idle(), why, "{command:?}");
        }
    }
}

#[test]
fn a_pause_ends_with_a_crash() {
    let mut play = Play::group(2);
    play.act(Command::Pause { node: B }).act(Command::Crash { node: B }).act(Command::Restart { node: B }).run(20);
    play.write(ANA, X, 1);
    play.run(50);
    assert_eq!(play.held(B, X), Some(1));
}

#[test]
fn one_flush_at_a_time_and_what_comes_meanwhile_goes_with_the_next() {
    let mut scenario = instant(1);
    scenario.nodes.each.flush = constant(10);
    scenario.clients[0].count = 4;
    let mut play = Play::new(scenario);
    let mut writes = Vec::new();
    for k in 0..4u16 {
        play.run_to(ms(100 + 3 * k as u64));
        writes.push(play.write(ClientId(k), X, k as i64));
    }
    for (at_ms, done) in [(110, 0), (111, 1), (120, 1), (121, 4)] {
        play.run_to(ms(at_ms));
        let ended = writes.iter().filter(|write| play.outcome(**write).is_some()).count();
        assert_eq!(ended, done, "at {at_ms} ms");
    }
}
