//! Judges on real runs.

use super::*;
use crate::{
    client::workload::{ClientSettings, Pace, Workload},
    lab::{Lab, Run},
    scenario::{Scenario, link::Source},
    sim::{distribution::Distribution, network::End, network::LinkRule},
    sim::{id::ClientId, id::Key, network::LinkChange, network::MessageClass, operation::Action},
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

fn run(scenario: Scenario) -> Run {
    Run::new(Arc::new(scenario.setup()), Arc::new(scenario.commands))
}

impl Judge {
    /// Writes that are lost now, looked for without any thought of when that could be, and not remembered.
    pub(crate) fn overlooks<P: Protocol>(&self, world: &World<P>) -> Vec<crate::sim::operation::Write> {
        let Ok(primary) = self.authority.speaks(world) else { return Vec::new() };
        let acknowledged = self.freshness.acknowledged();
        let missing = |key| durability::missing(acknowledged, key, world.copy(primary, key)).map(|(write, ..)| write);
        let known = |write: &crate::sim::operation::Write| self.losses.all().any(|lost| lost.write == *write);
        acknowledged.keys().flat_map(missing).filter(|write| !known(write)).collect()
    }
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
            "the newer primary goes away again, and the old one has heard of it",
            vec![
                (100, write(1)),
                (150, Pause { node: A }),
                (500, Promote { node: B }),
                (510, Crash { node: B }),
                (520, Resume { node: A }),
            ],
            "+ ? 111(1)",
        ),
        (
            "the newer primary goes away again and might come back; the old one leads on and knows nothing of it",
            vec![
                (100, write(1)),
                (450, Cut { from: A.into(), to: B.into(), both: true }),
                (500, Promote { node: B }),
                (510, Crash { node: B }),
            ],
            "+ ? +",
        ),
    ] {
        let mut run = run(scenario(&commands));
        run.run_until(Micros::from_millis(1_499), u64::MAX);
        assert_eq!(verdicts(&run.verdicts()), expected, "{about}");
    }
}

#[test]
fn a_loss_covered_up_is_remembered() {
    let by_ben = |value| Command::Issue { client: ClientId(1), action: Action::Write { key: Key(0), value }, at: Some(C) };
    let mut run = run(scenario(&[
        (100, write(1)),
        (150, Command::CrashMachine { node: A }),
        (200, Command::Promote { node: C }),
        (300, by_ben(2)),
    ]));
    run.run_until(Micros::from_secs(1), u64::MAX);
    let said = run.verdicts();
    assert_eq!(verdicts(&said), "+ 200(1) +");
    let lost = said.lost[0];
    assert_eq!((lost.write.value, lost.acknowledged_by, lost.missing_at, lost.instead), (1, Some(A), C, None));
    let words = "x = 1 was acknowledged to Ana by A at 0.111 s, but at 0.200 s the primary, C, had nothing for x.";
    assert_eq!(crate::explain::plain(&crate::explain::why_lost(&lost)), words);
}

/// A deposed primary does not know it yet, and says yes to a write that the newer one will never have.
#[test]
fn what_a_deposed_primary_acknowledges_is_lost_at_once() {
    let at = |client, value, node| Command::Issue {
        client: ClientId(client),
        action: Action::Write { key: Key(0), value },
        at: Some(node),
    };
    let cut = |node: NodeId| Command::Cut { from: A.into(), to: node.into(), both: true };
    let mut run = run(scenario(&[
        (100, cut(B)),
        (100, cut(C)),
        (200, Command::Promote { node: B }),
        (300, at(1, 7, B)),
        (400, at(0, 1, A)),
        (600, at(1, 8, B)),
    ]));
    run.run_until(Micros::from_secs(1), u64::MAX);
    let said = run.verdicts();
    assert_eq!(verdicts(&said).split(' ').nth(1), Some("411(1)"));
    let words = "x = 1 was acknowledged to Ana by A at 0.411 s, but at 0.411 s the primary, B, had x = 7 instead.";
    assert_eq!(crate::explain::plain(&crate::explain::why_lost(&said.lost[0])), words);
}

/// The network brings a request twice, the second time late: the write happens again, over a later one.
#[test]
fn a_later_write_is_lost_to_an_earlier_one_done_again() {
    let mut lab = Lab::new(Source::Preset("first-look".into()), scenario(&[(100, write(1))]));
    let ms = Micros::from_millis;
    lab.run_until(ms(102), u64::MAX);
    let request = lab.world().flights().find(|flight| flight.class == MessageClass::Request).expect("on its way").id;
    lab.act(Command::DuplicateMessage { message: request }).expect("room");
    let copy = lab.world().flights().last().expect("the copy").id;
    lab.act(Command::DelayMessage { message: copy, by: ms(500) }).expect("room");
    lab.run_until(ms(300), u64::MAX);
    lab.act(write(2)).expect("room");
    lab.run_until(ms(500), u64::MAX);
    assert_eq!(lab.verdicts().durable, Verdict::Holds);
    lab.run_until(ms(1_000), u64::MAX);
    lab.act(write(3)).expect("room");
    lab.run_until(ms(2_000), u64::MAX);
    let lost: Vec<_> = lab.verdicts().lost.iter().map(|lost| (lost.write.value, lost.instead.map(|held| held.value))).collect();
    assert_eq!(lost, [(2, Some(1))]);
}

/// The write was only away: the disk that has it leads again.
#[test]
fn what_comes_back_with_its_primary_was_not_lost() {
    let mut run = run(scenario(&[
        (100, write(1)),
        (115, Command::Pause { node: A }),
        (120, Command::Promote { node: C }),
        (800, Command::Promote { node: A }),
        (900, Command::Resume { node: A }),
    ]));
    for (at, expected) in [(110, "+"), (700, "120(1)"), (1_800, "+")] {
        run.run_until(Micros::from_millis(at), u64::MAX);
        assert_eq!(verdicts(&run.verdicts()).split(' ').nth(1), Some(expected), "at {at} ms");
    }
}

/// After the world dropped the first rows, whoever saw them can still tell, and whoever did not says so.
#[test]
fn dropped_rows_are_no_silent_pass() {
    let pace = Pace::Think { time: Distribution::Constant(Micros(100)) };
    let workload = Some(Workload { pace, read_share: 0.95, ..Default::default() });
    let clients = vec![ClientSettings { count: 100, workload, ..Default::default() }];
    let scenario = Scenario { clients, ..Default::default() };
    let mut run = run(scenario);
    while run.world().history().first() == 0 && run.step() {}
    let mut late = Judge::default();
    late.look(run.world());
    let (known, unknown) = (run.verdicts(), late.verdicts(run.world()));
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
    let mut run = run(scenario);
    let mut seen = Vec::new();
    while run.world().next_at().is_some_and(|at| at < Micros::from_millis(900)) && run.step() {
        seen.push(run.verdicts().durable);
    }
    seen.dedup();
    let cannot_tell = |why| Verdict::CannotTell { why };
    assert_eq!(seen, [Verdict::Holds, cannot_tell(NO_PRIMARY), cannot_tell(REPLAYING), Verdict::Holds]);
}

/// Five nodes on a ring, three of them at home at x: D, E and C in turn. `A` and `B` may stand in.
#[cfg(feature = "quorum")]
fn quorums(sloppy: bool, commands: &[(u64, Command)]) -> Scenario {
    use crate::{protocol::quorum, scenario::ProtocolSettings};
    let mut config = quorum::Config { sloppy, timeout: Micros::from_millis(100), ..Default::default() };
    config.hints.window = Micros::from_secs(2);
    let mut scenario = Scenario { links: vec![], ..scenario(commands) };
    scenario.nodes.count = 5;
    scenario.protocol = ProtocolSettings::Quorum(config);
    scenario
}

#[cfg(feature = "quorum")]
#[test]
fn verdicts_where_each_key_has_homes_of_its_own() {
    use Command::*;
    let [d, e] = [NodeId(3), NodeId(4)];
    let at_a = |value| Issue { client: ClientId(0), action: Action::Write { key: Key(0), value }, at: Some(A) };
    let homes_away = || [C, d, e].map(|node| (500, CrashMachine { node })).to_vec();
    let stood_in = || [homes_away(), vec![(600, at_a(2))]].concat();
    let of_x = |at| [C, d, e].map(|node| (at, Wipe { node })).to_vec();
    for (about, sloppy, commands, expected) in [
        ("others have no copy and need none", false, vec![(0, at_a(1))], "+ + +"),
        (
            "a home node has not got it",
            false,
            vec![(0, Crash { node: e }), (1, at_a(1)), (1_900, Restart { node: e })],
            "+ + 22(1)",
        ),
        ("one after another by one coordinator", false, (1..9).map(|value| (value * 100, at_a(value as i64))).collect(), "+ + +"),
        ("all homes are empty again", false, [vec![(0, at_a(1))], of_x(500)].concat(), "+ 500(1) +"),
        ("only stand-ins have it, and keep it", true, [vec![(100, at_a(1))], stood_in()].concat(), "+ + +"),
    ] {
        let scenario = quorums(sloppy, &commands);
        assert_eq!(scenario.check(), [], "{about}");
        let mut run = run(scenario);
        run.run_until(Micros::from_secs(2), u64::MAX);
        assert_eq!(verdicts(&run.verdicts()), expected, "{about}");
    }
}

/// What stand-ins keep is lost when they drop it.
#[cfg(feature = "quorum")]
#[test]
fn a_hint_that_is_dropped_is_a_write_lost() {
    let [d, e] = [NodeId(3), NodeId(4)];
    let at_a = |value| Command::Issue { client: ClientId(0), action: Action::Write { key: Key(0), value }, at: Some(A) };
    let crashes = [d, e].map(|node| (500, Command::CrashMachine { node }));
    let mut scenario = quorums(true, &[vec![(100, at_a(1))], crashes.to_vec(), vec![(600, at_a(2))]].concat());
    scenario.commands.push(TimedCommand { at: Micros::from_millis(1_500), command: Command::Wipe { node: C } });
    let mut run = run(scenario);
    for (at, lost) in [(2_000, 0), (6_000, 1)] {
        run.run_until(Micros::from_millis(at), u64::MAX);
        assert_eq!(run.verdicts().lost.len(), lost, "at {at} ms");
    }
}
