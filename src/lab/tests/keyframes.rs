//! Runs long enough for many keyframes, on many branches.

use super::*;

/// So many clients with 200 operations a second each.
fn busy(clients: u16) -> Lab {
    let mut scenario = presets::get(crate::scenario::link::FIRST).unwrap();
    let pace = crate::client::workload::Pace::Poisson { per_s: 200.0 };
    scenario.clients[0].workload.as_mut().unwrap().pace = pace;
    scenario.clients[0].count = clients;
    scenario.network.latency = crate::sim::distribution::Distribution::Constant(Micros(300));
    scenario.links.clear();
    Lab::new(Source::Inline(Box::new(scenario.clone())), scenario)
}

/// In a long run keyframes and branches left behind keep only the end of their trace; the state is whole all the same, and
/// what is known of the trace is true.
#[test]
fn a_long_experiment_forgets_old_events_and_nothing_else() {
    let mut lab = busy(40);
    for second in 1..=6 {
        lab.run_until(Micros(second * 1_000 * MS), u64::MAX);
        lab.act(Command::Slow { node: NodeId(1), factor: 1.0 }).unwrap();
    }
    assert!(lab.world().trace().next() > LabWorld::TRACE_MAX + 50_000, "{}", lab.world().trace().next());
    for at in [5_500, 2_500, 200, 5_900] {
        lab.seek(Micros(at * MS), u64::MAX);
        let straight = straight(&lab, Micros(at * MS));
        let state = |run: &Run| (picture(run).3, run.now(), run.steps(), run.world().trace().next());
        assert_eq!(state(&lab.run), state(&straight), "at {at} ms");
        let straight = straight.world();
        assert!(lab.world().trace().len() as u64 >= Branch::KEYFRAME_EVENTS.min(lab.world().trace().next()));
        assert!(lab.world().trace().iter().all(|(id, event)| straight.trace().get(id).is_none_or(|other| other == event)));
    }
    // So whoever looks for a keyframe finds one before the fork on an ancestor, after it on the branch itself.
    let begins = |branch: &Branch| branch.keyframes().next().map(Run::position);
    assert!(lab.branches().iter().all(|branch| begins(branch) == Some(branch.forked_at)));
    let keyframes = lab.branches().iter().map(|branch| branch.keyframes().len());
    assert!(keyframes.sum::<usize>() <= Lab::KEYFRAMES_MAX);
}

/// Both futures are long enough for keyframes of their own, and each is replayed from its own, at every moment.
#[test]
fn futures_do_not_borrow_keyframes_of_each_other() {
    let mut lab = busy(2);
    let ms = |at: u64| Micros(at * MS);
    lab.run_until(ms(4_000), u64::MAX);
    let mut futures = vec![lab.current()];
    for at in [2_000, 1_000, 3_000] {
        lab.seek(ms(at), u64::MAX);
        futures.push(lab.act(Command::Crash { node: NodeId(1) }).unwrap());
        lab.run_until(ms(4_000), u64::MAX);
        assert!(lab.branch().keyframes().len() > 3);
    }
    for future in futures {
        lab.switch(future, u64::MAX);
        for at in [3_500, 999, 1_001, 1_999, 2_001, 2_999, 3_001, 1_500, 4_000] {
            lab.seek(ms(at), u64::MAX);
            assert_eq!(picture(&lab.run), picture(&straight(&lab, ms(at))), "{future:?} at {at} ms");
        }
    }
}

/// A keyframe keeps the end of its trace and of its history only, and recalls the rest from the end of its branch.
#[test]
fn wherever_the_cursor_is_all_that_is_past_is_known() {
    let mut lab = busy(2);
    lab.run_until(Micros(6_000 * MS), u64::MAX);
    for at in [5_999, 3_000, 1_500, 4_500] {
        lab.seek(Micros(at * MS), u64::MAX);
        assert!(lab.world().trace().next() > 2 * Branch::KEYFRAME_EVENTS);
        assert_eq!((lab.world().trace().first(), lab.world().history().first()), (0, 0), "at {at} ms");
        assert_eq!(picture(&lab.run), picture(&straight(&lab, Micros(at * MS))), "at {at} ms");
    }
}
