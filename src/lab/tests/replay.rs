//! The same run under the same rule is the same run, and under another it differs in what is shown and nothing else.

use super::super::*;
use crate::{
    protocol::conflicts::Conflicts,
    scenario::presets,
    sim::id::{ClientId, Key, NodeId},
    sim::operation::Action,
    store::object::register::Strategy,
    trace::Kind,
    world::command::Command,
};

fn lab() -> Lab {
    let scenario = presets::get("peers-two-edits").unwrap();
    Lab::new(Source::Preset("peers-two-edits".into()), scenario)
}

fn write(value: i64) -> Command {
    Command::Issue { client: ClientId(1), action: Action::Write { key: Key(0), value }, at: None }
}

/// What happened, without the commands that a replay leaves out.
fn trace(world: &LabWorld) -> Vec<String> {
    world.trace().iter().map(|(_, event)| format!("{event:?}")).collect()
}

fn there(replay: &mut Replay, lab: &Lab) {
    while !replay.run_until(lab.horizon(), 100) {}
}

#[test]
fn under_the_same_strategy_it_is_the_run() {
    let mut lab = lab();
    lab.run_until(Micros::from_millis(3_000), u64::MAX);
    lab.act(write(42)).unwrap();
    lab.act(Command::Crash { node: NodeId(1) }).unwrap();
    lab.run_until(Micros::from_millis(6_000), u64::MAX);
    let mut replay = Replay::new(&lab, Strategy::KeepSiblings);
    there(&mut replay, &lab);
    assert_eq!(trace(replay.world()), trace(lab.world()));
    assert_eq!(replay.world().steps(), lab.world().steps());
    // What is done now is taken over; what is done in the past is another run.
    lab.act(write(43)).unwrap();
    assert!(replay.follows(&lab));
    lab.run_until(Micros::from_millis(7_000), u64::MAX);
    there(&mut replay, &lab);
    assert_eq!(trace(replay.world()), trace(lab.world()));
    lab.seek(Micros::from_millis(2_500), u64::MAX);
    lab.act(write(44)).unwrap();
    assert!(!replay.follows(&lab));
}

#[test]
fn under_another_strategy_the_same_is_kept_and_other_things_are_shown() {
    let mut lab = lab();
    lab.run_until(Micros::from_millis(4_000), u64::MAX);
    lab.act(Command::SetConflicts(Conflicts { register: Strategy::HighestNode, ..Default::default() })).unwrap();
    lab.run_until(Micros::from_millis(6_000), u64::MAX);
    let mut replay = Replay::new(&lab, Strategy::FirstWriterWins);
    there(&mut replay, &lab);
    let rules = |world: &LabWorld| world.trace().iter().filter(|(_, event)| matches!(event.kind, Kind::Command { .. })).count();
    assert_eq!(rules(replay.world()) + 1, rules(lab.world()), "all commands but the one about the rule");
    for node in lab.world().members() {
        let (own, other) = (lab.world().view(node).unwrap(), replay.world().view(node).unwrap());
        let kept =
            |view: &crate::protocol::NodeView| view.peer.as_ref().map(|peer| (peer.vector.clone(), peer.keys[0].seen.clone()));
        assert_eq!(kept(&own), kept(&other), "{node}");
        let shown =
            |view: &crate::protocol::NodeView| view.copies.iter().find(|write| write.key == Key(0)).map(|write| write.value);
        assert_eq!((shown(&own), shown(&other)), (Some(9), Some(7)), "{node}");
    }
}
