//! The lab against plain runs: wherever the cursor has been, the world is the one a straight run gives.

#[cfg(test)]
mod keyframes;
#[cfg(test)]
mod replay;

use super::*;
use crate::{
    scenario::presets,
    sim::{
        id::{ClientId, Key, NodeId},
        operation::Action,
    },
    trace,
};
use proptest::prelude::*;

const MS: u64 = 1_000;

fn lab() -> Lab {
    let scenario = presets::get(crate::scenario::link::FIRST).unwrap();
    Lab::new(Source::Preset(crate::scenario::link::FIRST.into()), scenario)
}

fn write(value: i64) -> Command {
    Command::Issue { client: ClientId(0), action: Action::Write { key: Key(1), value }, at: None }
}

/// Everything that can be seen of a run: trace, messages in flight, nodes, verdicts and what they rest on, all figures.
fn picture(run: &Run) -> (u64, Micros, u64, String) {
    let world = run.world();
    let trace = trace::hash(world.trace().iter().map(|(_, event)| event));
    let flights: Vec<_> =
        world.flights().map(|flight| (flight.id, flight.sent_at, flight.ends_at, flight.cargo.clone())).collect();
    let views: Vec<_> = world.members().into_iter().map(|node| world.view(node)).collect();
    let stale: Vec<_> = run.judge().stale_reads().values().collect();
    (trace, world.now(), world.steps(), format!("{flights:?} {views:?} {:?} {stale:?} {:?}", run.verdicts(), run.reading()))
}

/// A fresh run with these commands, straight to `at`.
fn straight(lab: &Lab, at: Micros) -> Run {
    let mut run = Run::new(Arc::new(lab.scenario().setup()), lab.branch().commands.clone());
    assert_eq!(run.run_until(at, u64::MAX), Stop::Time);
    run
}

#[test]
fn seeking_restores_the_picture_exactly() {
    let mut lab = lab();
    lab.run_until(Micros(1_500 * MS), u64::MAX);
    lab.act(Command::Crash { node: NodeId(0) }).unwrap();
    lab.run_until(Micros(9_000 * MS), u64::MAX);
    let end = picture(&lab.run);
    for at in [6_000, 1_499, 1_500, 1_501, 0, 8_999, 3_333] {
        lab.seek(Micros(at * MS), u64::MAX);
        assert_eq!(picture(&lab.run), picture(&straight(&lab, Micros(at * MS))), "at {at} ms");
    }
    lab.seek(Micros(9_000 * MS), u64::MAX);
    assert_eq!(picture(&lab.run), end);
}

#[test]
fn stepping_back_undoes_one_step_at_a_time() {
    let mut lab = lab();
    let mut pictures = vec![picture(&lab.run)];
    for step in 0..400 {
        if step == 120 {
            lab.act(Command::Pause { node: NodeId(2) }).unwrap();
        } else {
            lab.step();
        }
        pictures.push(picture(&lab.run));
    }
    // An action first lets the moment end, so steps are counted by the world.
    let mut last = lab.world().steps();
    while lab.step_back() {
        assert_eq!(lab.world().steps(), last - 1);
        last -= 1;
        if last < 100 {
            assert_eq!(picture(&lab.run), pictures[last as usize]);
        }
    }
    assert_eq!(last, 0);
}

#[test]
fn acting_in_the_past_keeps_both_futures() {
    let mut lab = lab();
    lab.run_until(Micros(3_000 * MS), u64::MAX);
    let old = lab.current();
    lab.seek(Micros(1_000 * MS), u64::MAX);
    let new = lab.act(write(100)).unwrap();
    assert!(lab.branch().is_fork);
    lab.run_until(Micros(3_000 * MS), u64::MAX);
    let (here, known) = (picture(&lab.run), picture(&straight(&lab, Micros(3_000 * MS))));
    assert_eq!(here, known);
    lab.switch(old, u64::MAX);
    assert_eq!(lab.horizon(), Micros(3_000 * MS));
    assert_eq!(picture(&lab.run), picture(&straight(&lab, Micros(3_000 * MS))));
    assert_ne!(picture(&lab.run), here);
    lab.switch(new, u64::MAX);
    assert_eq!(picture(&lab.run), here);
}

#[test]
fn undo_and_redo_walk_the_tree() {
    let mut lab = lab();
    lab.run_until(Micros(1_000 * MS), u64::MAX);
    let before = picture(&lab.run);
    lab.act(Command::Crash { node: NodeId(1) }).unwrap();
    let after = picture(&lab.run);
    lab.run_until(Micros(2_000 * MS), u64::MAX);
    lab.act(Command::Restart { node: NodeId(1) }).unwrap();
    assert!(lab.undo() && lab.world().now() == Micros(2_000 * MS));
    assert!(lab.undo());
    assert_eq!(picture(&lab.run), before);
    assert!(!lab.undo() && lab.can_redo());
    assert!(lab.redo());
    assert_eq!(picture(&lab.run), after);
    assert!(lab.redo() && !lab.redo());
    assert_eq!(lab.branch().commands.len(), 2);
}

#[test]
fn a_shared_link_shows_the_same_picture() {
    let mut lab = lab();
    lab.run_until(Micros(1_000 * MS), u64::MAX);
    lab.act(write(100)).unwrap();
    lab.run_until(Micros(1_200 * MS), u64::MAX);
    lab.act(Command::CrashMachine { node: NodeId(0) }).unwrap();
    lab.run_until(Micros(2_345 * MS), u64::MAX);
    let shared = Shared::from_text(&lab.share().to_text()).unwrap();
    let mut other = Lab::open(&shared).unwrap();
    other.go_to(shared.cursor, u64::MAX);
    assert_eq!(picture(&lab.run), picture(&other.run));
}

#[test]
fn planned_commands_of_the_scenario_stay_when_acting_before_them() {
    let planned = TimedCommand { at: Micros(2_000 * MS), command: Command::Crash { node: NodeId(2) } };
    let scenario = Scenario { commands: vec![planned.clone()], ..presets::get(crate::scenario::link::FIRST).unwrap() };
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
    lab.run_until(Micros(3_000 * MS), u64::MAX);
    lab.seek(Micros(1_000 * MS), u64::MAX);
    lab.act(write(100)).unwrap();
    assert_eq!(lab.branch().commands.last(), Some(&planned));
}

#[test]
fn a_limit_is_said() {
    let mut lab = lab();
    for _ in 1..Lab::BRANCHES_MAX {
        lab.act(Command::HealAll).unwrap();
    }
    assert_eq!(lab.act(Command::HealAll), Err(Full::Branches));
}

/// A write of Ben's, or a read, at a node of its own.
fn by_ben(action: Action, node: u16) -> Command {
    Command::Issue { client: ClientId(1), action, at: Some(NodeId(node)) }
}

/// A loss that a later write covered up is known at every moment after it, at none before it, and not on the branch where it
/// did not happen; wherever the cursor comes from.
#[test]
fn a_loss_is_remembered_on_its_branch_and_after_it_happened() {
    let mut lab = lab();
    let ms = |at: u64| Micros(at * MS);
    lab.run_until(ms(1_000), u64::MAX);
    let lag = crate::sim::network::LinkChange {
        latency: Some(crate::sim::distribution::Distribution::Constant(ms(400))),
        ..Default::default()
    };
    let any = crate::sim::network::End::Any;
    let class = Some(crate::sim::network::MessageClass::Replicate);
    lab.act(Command::SetLink(crate::sim::network::LinkRule { from: any, to: any, both: false, class, set: lag })).unwrap();
    lab.act(write(100)).unwrap();
    lab.run_until(ms(1_200), u64::MAX);
    lab.act(Command::CrashMachine { node: NodeId(0) }).unwrap();
    lab.act(Command::Promote { node: NodeId(1) }).unwrap();
    lab.run_until(ms(1_300), u64::MAX);
    let lossy = lab.act(by_ben(Action::Write { key: Key(1), value: 101 }, 1)).unwrap();
    lab.run_until(ms(3_000), u64::MAX);
    let lost = |lab: &Lab| lab.verdicts().lost.iter().any(|lost| lost.write.value == 100);
    assert!(lost(&lab));
    for (at, expected) in [(1_150, false), (2_500, true), (1_201, true), (500, false), (1_250, true), (2_999, true)] {
        lab.seek(ms(at), u64::MAX);
        assert_eq!(lost(&lab), expected, "at {at} ms");
    }
    lab.seek(ms(1_250), u64::MAX);
    while lost(&lab) {
        assert!(lab.step_back());
    }
    assert!(lab.step() && lost(&lab), "one step makes the difference");
    // Undo the write of Ben's, the promotion and the crash.
    (0..3).for_each(|_| assert!(lab.undo()));
    lab.run_until(ms(3_000), u64::MAX);
    assert!(!lost(&lab));
    lab.switch(lossy, u64::MAX);
    assert!(lost(&lab));
    assert!(lab.undo() && lost(&lab) && lab.redo() && lost(&lab));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Any walk through time and branches ends in the world, and in the verdicts, of a straight run.
    #[test]
    fn any_walk_ends_where_a_straight_run_does(walk in prop::collection::vec((0u8..14, 0u64..4_000), 1..30)) {
        let mut lab = lab();
        for (kind, ms) in walk {
            let node = NodeId((ms % 3) as u16);
            let acted = match kind {
                0 => lab.act(Command::Crash { node }).map(drop),
                1 => lab.act(Command::Restart { node }).map(drop),
                2 => lab.act(write(ms as i64)).map(drop),
                3 => lab.act(Command::Promote { node }).map(drop),
                4 => lab.act(Command::Wipe { node }).map(drop),
                5 => lab.act(by_ben(Action::Write { key: Key(1), value: ms as i64 }, node.0)).map(drop),
                6 => lab.act(by_ben(Action::Read { key: Key(1) }, node.0)).map(drop),
                7 => { lab.undo(); Ok(()) }
                8 => { lab.redo(); Ok(()) }
                9 => { lab.switch(BranchId(ms as usize % lab.branches().len()), u64::MAX); Ok(()) }
                10 => { lab.run_until(Micros(4_000 * MS), ms); Ok(()) }
                11 => { while !lab.world().steps().is_multiple_of(9) && lab.step_back() {} Ok(()) }
                _ => { lab.seek(Micros(ms * MS), u64::MAX); Ok(()) }
            };
            prop_assert_eq!(acted, Ok(()));
        }
        let position = lab.world().position();
        let mut fresh = straight(&lab, position.at);
        while fresh.steps() < position.steps {
            fresh.step();
        }
        prop_assert_eq!(picture(&lab.run), picture(&fresh));
        // So does what is known beyond the cursor.
        let known = lab.furthest_run();
        let mut fresh = straight(&lab, known.now());
        while fresh.steps() < known.steps() {
            fresh.step();
        }
        prop_assert_eq!(picture(known), picture(&fresh));
    }
}
