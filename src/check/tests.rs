//! Judges on real runs.

use super::*;
use crate::{
    client::workload::{ClientSettings, Pace, Workload},
    lab::{Lab, LabWorld},
    scenario::{Scenario, link::Source},
    sim::{distribution::Distribution, network::End, network::LinkRule},
    sim::{id::ClientId, id::Key, network::LinkChange, operation::Action},
    world::command::{Command, TimedCommand},
};
use std::sync::Arc;

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

fn write(value: i64) -> Command {
    Command::Issue { client: ClientId(0), action: Action::Write { key: Key(0), value }, at: None }
}

fn read(node: NodeId) -> Command {
    Command::Issue { client: ClientId(0), action: Action::Read { key: Key(0) }, at: Some(node) }
}

/// Three nodes, B 20 ms and C 200 ms away from A; the commands are given at these milliseconds.
fn scenario(commands: &[(u64, Command)]) -> Scenario {
    let far = |node: NodeId, millis| LinkRule {
        from: End::One(A.into()),
        to: End::One(node.into()),
        both: true,
        class: None,
        set: LinkChange { latency: Some(Distribution::Constant(Micros::from_millis(millis))), ..Default::default() },
    };
    let timed = |(at, command): &(u64, Command)| TimedCommand { at: Micros::from_millis(*at), command: command.clone() };
    let clients = vec![ClientSettings { count: 2, ..Default::default() }];
    Scenario {
        clients,
        links: vec![far(B, 20), far(C, 200)],
        commands: commands.iter().map(timed).collect(),
        ..Default::default()
    }
}

fn world(commands: &[(u64, Command)]) -> LabWorld {
    let scenario = scenario(commands);
    LabWorld::new(Arc::new(scenario.setup()), Arc::new(scenario.commands))
}

/// A word a verdict: fresh, durable, converged; `+` holds, `?` cannot tell, else the millisecond since when it is broken.
fn verdicts(verdicts: &Verdicts) -> String {
    let word = |verdict: &Verdict| match verdict {
        Verdict::Holds => "+".to_string(),
        Verdict::CannotTell { .. } => "?".to_string(),
        Verdict::Broken { since, operations } => format!("{}({})", since.0 / 1_000, operations.len()),
    };
    format!("{} {} {}", word(&verdicts.fresh), word(&verdicts.durable), word(&verdicts.converged))
}

#[test]
fn verdicts_on_runs() {
    use Command::*;
    let crash_all = [(900, Crash { node: A }), (900, Crash { node: B }), (900, Crash { node: C })];
    for (about, commands, expected) in [
        ("nothing was asked", vec![], "+ + +"),
        ("a write that reached all", vec![(0, write(1))], "+ + +"),
        ("a write under way to C", vec![(1_400, write(1))], "+ + 1411(1)"),
        ("read where it has not arrived", vec![(100, write(1)), (200, read(C))], "210(2) + +"),
        ("read where it has arrived", vec![(100, write(1)), (500, read(C))], "+ + +"),
        ("the primary is down", vec![(100, write(1)), (900, Crash { node: A })], "+ ? +"),
        ("all are down", crash_all.to_vec(), "+ ? ?"),
        ("promoted too early", vec![(100, write(1)), (150, Crash { node: A }), (200, Promote { node: C })], "+ 200(1) +"),
        ("promoted the one that has it", vec![(100, write(1)), (150, Crash { node: A }), (200, Promote { node: B })], "+ + +"),
        ("wiped and started again", vec![(100, write(1)), (500, Wipe { node: A }), (600, Restart { node: A })], "+ 600(1) +"),
        (
            "the newer primary goes away again, and might come back",
            vec![
                (100, write(1)),
                (150, Pause { node: A }),
                (500, Promote { node: B }),
                (510, Crash { node: B }),
                (520, Resume { node: A }),
            ],
            "+ ? 111(1)",
        ),
    ] {
        let mut world = world(&commands);
        world.run_until(Micros::from_millis(1_499), u64::MAX);
        assert_eq!(verdicts(&judge(&world)), expected, "{about}");
    }
}

#[test]
fn a_loss_covered_up_is_remembered_by_a_watch() {
    let by_ben = Command::Issue { client: ClientId(1), action: Action::Write { key: Key(0), value: 2 }, at: Some(C) };
    let mut world =
        world(&[(100, write(1)), (150, Command::CrashMachine { node: A }), (200, Command::Promote { node: C }), (300, by_ben)]);
    let mut watch = Watch::default();
    while world.next_at().is_some_and(|at| at < Micros::from_secs(1)) {
        world.step();
        watch.look(&world);
    }
    assert_eq!(verdicts(&judge(&world)), "+ + +");
    assert_eq!(verdicts(&watch.verdicts(&world)), "+ 200(1) +");
}

#[test]
fn a_judge_that_was_elsewhere_says_what_a_new_one_says() {
    let mut lab = Lab::new(
        Source::Preset("first-look".into()),
        scenario(&[(100, write(1)), (300, write(2)), (350, read(C)), (700, read(B))]),
    );
    let mut judge_all_along = Judge::default();
    let mut look = |lab: &Lab| assert_eq!(judge_all_along.update(lab.world()), judge(lab.world()));
    let ms = Micros::from_millis;
    for (from, command) in [(800, Command::Crash { node: A }), (320, Command::Pause { node: B }), (305, write(3)), (900, read(C))]
    {
        for at in [from + 400, 150, from] {
            lab.seek(ms(at), u64::MAX);
            look(&lab);
        }
        lab.act(command).expect("room for a branch");
        look(&lab);
        while lab.undo() {
            look(&lab);
        }
        while lab.redo() {
            look(&lab);
        }
    }
}

/// After the world dropped the first rows, whoever saw them can still tell, and whoever did not says so.
#[test]
fn dropped_rows_are_no_silent_pass() {
    let pace = Pace::Think { time: Distribution::Constant(Micros(100)) };
    let workload = Some(Workload { pace, read_share: 0.95, ..Default::default() });
    let clients = vec![ClientSettings { count: 100, workload, ..Default::default() }];
    let scenario = Scenario { clients, ..Default::default() };
    let mut world = LabWorld::new(Arc::new(scenario.setup()), Arc::default());
    let mut watch = Watch::default();
    while world.history().first() == 0 && world.step() {
        watch.look(&world);
    }
    let (known, unknown) = (watch.verdicts(&world), judge(&world));
    assert_eq!((known.fresh, known.durable), (Verdict::Holds, Verdict::Holds));
    assert_eq!(
        (unknown.fresh, &unknown.durable),
        (Verdict::CannotTell { why: ROWS_DROPPED }, &Verdict::CannotTell { why: ROWS_DROPPED })
    );
}

/// What a promoted node received but had not put on disk is not lost, although readers do not see it at first.
#[test]
fn what_a_new_primary_still_replays_is_not_lost() {
    let (crash, promote) = (Command::Crash { node: A }, Command::Promote { node: B });
    let mut scenario = scenario(&[(100, write(1)), (147, crash), (150, promote)]);
    scenario.nodes.each.flush = Distribution::Constant(Micros::from_millis(20));
    let mut world = LabWorld::new(Arc::new(scenario.setup()), Arc::new(scenario.commands));
    let mut watch = Watch::default();
    let mut seen = Vec::new();
    while world.next_at().is_some_and(|at| at < Micros::from_millis(900)) && world.step() {
        watch.look(&world);
        seen.push(judge(&world).durable);
    }
    seen.dedup();
    let cannot_tell = |why| Verdict::CannotTell { why };
    assert_eq!(seen, [Verdict::Holds, cannot_tell(NO_PRIMARY), cannot_tell(REPLAYING), Verdict::Holds]);
    assert_eq!(watch.verdicts(&world).durable, Verdict::Holds);
}
