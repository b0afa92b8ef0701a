//! The lab against plain runs: wherever the cursor has been, the world is the one a straight run gives.

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

/// Everything that can be seen of a world: trace, history, messages in flight, nodes.
fn picture(world: &LabWorld) -> (u64, Micros, u64, String) {
    let trace = trace::hash(world.trace().iter().map(|(_, event)| event));
    let flights: Vec<_> = world.flights().map(|flight| (flight.id, flight.sent_at, flight.ends_at, flight.cargo)).collect();
    let views: Vec<_> = world.members().into_iter().map(|node| world.view(node)).collect();
    (trace, world.now(), world.steps(), format!("{flights:?} {views:?}"))
}

/// The world that a fresh run with these commands shows at `at`.
fn straight(lab: &Lab, at: Micros) -> LabWorld {
    let mut world = World::new(Arc::new(lab.scenario().setup()), lab.branch().commands.clone());
    assert_eq!(world.run_until(at, u64::MAX), Stop::Time);
    world
}

#[test]
fn seeking_restores_the_picture_exactly() {
    let mut lab = lab();
    lab.run_until(Micros(1_500 * MS), u64::MAX);
    lab.act(Command::Crash { node: NodeId(0) }).unwrap();
    lab.run_until(Micros(9_000 * MS), u64::MAX);
    let end = picture(lab.world());
    for at in [6_000, 1_499, 1_500, 1_501, 0, 8_999, 3_333] {
        lab.seek(Micros(at * MS), u64::MAX);
        assert_eq!(picture(lab.world()), picture(&straight(&lab, Micros(at * MS))), "at {at} ms");
    }
    lab.seek(Micros(9_000 * MS), u64::MAX);
    assert_eq!(picture(lab.world()), end);
}

#[test]
fn stepping_back_undoes_one_step_at_a_time() {
    let mut lab = lab();
    let mut pictures = vec![picture(lab.world())];
    for step in 0..400 {
        if step == 120 {
            lab.act(Command::Pause { node: NodeId(2) }).unwrap();
        } else {
            lab.step();
        }
        pictures.push(picture(lab.world()));
    }
    // An action first lets the moment end, so steps are counted by the world.
    let mut last = lab.world().steps();
    while lab.step_back() {
        assert_eq!(lab.world().steps(), last - 1);
        last -= 1;
        if last < 100 {
            assert_eq!(picture(lab.world()), pictures[last as usize]);
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
    let (here, known) = (picture(lab.world()), picture(&straight(&lab, Micros(3_000 * MS))));
    assert_eq!(here, known);
    lab.switch(old, u64::MAX);
    assert_eq!(lab.horizon(), Micros(3_000 * MS));
    assert_eq!(picture(lab.world()), picture(&straight(&lab, Micros(3_000 * MS))));
    assert_ne!(picture(lab.world()), here);
    lab.switch(new, u64::MAX);
    assert_eq!(picture(lab.world()), here);
}

#[test]
fn undo_and_redo_walk_the_tree() {
    let mut lab = lab();
    lab.run_until(Micros(1_000 * MS), u64::MAX);
    let before = picture(lab.world());
    lab.act(Command::Crash { node: NodeId(1) }).unwrap();
    let after = picture(lab.world());
    lab.run_until(Micros(2_000 * MS), u64::MAX);
    lab.act(Command::Restart { node: NodeId(1) }).unwrap();
    assert!(lab.undo() && lab.world().now() == Micros(2_000 * MS));
    assert!(lab.undo());
    assert_eq!(picture(lab.world()), before);
    assert!(!lab.undo() && lab.can_redo());
    assert!(lab.redo());
    assert_eq!(picture(lab.world()), after);
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
    assert_eq!(picture(lab.world()), picture(other.world()));
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

/// In a long run keyframes and branches left behind keep only the end of their trace; the state is whole all the same, and
/// what is known of the trace is true.
#[test]
fn a_long_experiment_forgets_old_events_and_nothing_else() {
    let mut scenario = presets::get(crate::scenario::link::FIRST).unwrap();
    let pace = crate::client::workload::Pace::Poisson { per_s: 200.0 };
    scenario.clients[0].workload.as_mut().unwrap().pace = pace;
    scenario.clients[0].count = 40;
    scenario.network.latency = crate::sim::distribution::Distribution::Constant(Micros(300));
    scenario.links.clear();
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
    for second in 1..=6 {
        lab.run_until(Micros(second * 1_000 * MS), u64::MAX);
        lab.act(Command::Slow { node: NodeId(1), factor: 1.0 }).unwrap();
    }
    assert!(lab.world().trace().next() > LabWorld::TRACE_MAX + 50_000, "{}", lab.world().trace().next());
    for at in [5_500, 2_500, 200, 5_900] {
        lab.seek(Micros(at * MS), u64::MAX);
        let straight = straight(&lab, Micros(at * MS));
        let state = |world: &LabWorld| (picture(world).3, world.now(), world.steps(), world.trace().next());
        assert_eq!(state(lab.world()), state(&straight), "at {at} ms");
        assert!(lab.world().trace().len() as u64 >= Branch::KEYFRAME_EVENTS.min(lab.world().trace().next()));
        assert!(lab.world().trace().iter().all(|(id, event)| straight.trace().get(id).is_none_or(|other| other == event)));
    }
    let keyframes = lab.branches().iter().map(|branch| branch.keyframes().len());
    assert!(keyframes.sum::<usize>() <= Lab::KEYFRAMES_MAX);
}

#[test]
fn a_limit_is_said() {
    let mut lab = lab();
    for _ in 1..Lab::BRANCHES_MAX {
        lab.act(Command::HealAll).unwrap();
    }
    assert_eq!(lab.act(Command::HealAll), Err(Full::Branches));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Any walk through time and branches ends in the world of a straight run.
    #[test]
    fn any_walk_ends_where_a_straight_run_does(walk in prop::collection::vec((0u8..7, 0u64..4_000), 1..25)) {
        let mut lab = lab();
        for (kind, ms) in walk {
            match kind {
                0 => { lab.act(Command::Crash { node: NodeId((ms % 3) as u16) }).unwrap(); }
                1 => { lab.act(Command::Restart { node: NodeId((ms % 3) as u16) }).unwrap(); }
                2 => { lab.act(write(ms as i64)).unwrap(); }
                3 => { lab.undo(); }
                4 => { lab.redo(); }
                5 => { lab.switch(BranchId(ms as usize % lab.branches().len()), u64::MAX); }
                _ => { lab.seek(Micros(ms * MS), u64::MAX); }
            }
        }
        let position = lab.world().position();
        let mut fresh = straight(&lab, position.at);
        while fresh.steps() < position.steps {
            fresh.step();
        }
        prop_assert_eq!(picture(lab.world()), picture(&fresh));
    }
}
