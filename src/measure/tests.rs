//! Figures of small runs, case by case, and against a plain count of everything.

use super::*;
use crate::{
    check::Judge,
    lab::Run,
    protocol::NodeView,
    scenario::{OneNode, Scenario, link::FIRST, presets},
    sim::{
        distribution::Distribution,
        id::{Address, ClientId, Key},
        network::{End, LinkChange, LinkRule},
    },
    store::version::VersionVector,
    trace::{Fact, Kind, Role},
    world::command::{Command, TimedCommand},
};
use proptest::prelude::*;

const MS: u64 = 1_000;

/// One client that writes at A when told to; a message takes 10 ms, B and C apply at once.
fn still() -> Scenario {
    let mut scenario = presets::get(FIRST).unwrap();
    scenario.network.latency = Distribution::Constant(Micros(10 * MS));
    scenario.links.clear();
    scenario.clients.iter_mut().for_each(|client| client.workload = None);
    scenario.commands.clear();
    scenario
}

fn write(at_ms: u64, value: i64) -> TimedCommand {
    let action = Action::Write { key: Key(0), value };
    TimedCommand { at: Micros(at_ms * MS), command: Command::Issue { client: ClientId(0), action, at: None } }
}

fn at(at_ms: u64, command: Command) -> TimedCommand {
    TimedCommand { at: Micros(at_ms * MS), command }
}

fn slow_link(at_ms: u64, to: u16, latency_ms: u64) -> TimedCommand {
    let set = LinkChange { latency: Some(Distribution::Constant(Micros(latency_ms * MS))), ..LinkChange::default() };
    let to = End::One(Address::Node(NodeId(to)));
    at(at_ms, Command::SetLink(LinkRule { from: End::One(Address::Node(NodeId(0))), to, both: false, class: None, set }))
}

fn run(commands: Vec<TimedCommand>, until_ms: u64) -> Run {
    let mut run = Run::new(Arc::new(still().setup()), Arc::new(commands));
    run.run_until(Micros(until_ms * MS), u64::MAX);
    run
}

/// The most that a gauge had in each bucket, with a dash where it was not there.
fn gauges(reading: &Reading, node: usize, gauge: Gauge) -> Vec<Option<u64>> {
    reading.buckets().map(|bucket| bucket.gauge(node, gauge)).collect()
}

fn sum(reading: &Reading, total: Total) -> u64 {
    reading.buckets().map(|bucket| bucket.total(total)).sum()
}

#[test]
fn lag_rises_while_an_entry_is_on_its_way_and_is_nothing_after() {
    let run = run(vec![slow_link(0, 2, 400), write(100, 1), write(200, 2)], 1_000);
    let reading = run.reading();
    // On A's disk about 12 ms after the question began, so the first one at 0.11 s.
    let behind = gauges(&reading, 2, Gauge::Applied);
    let of = |ms: u64| behind[(ms / 20) as usize];
    assert_eq!([80, 140, 300, 480, 560, 700].map(of), [Some(0), Some(1), Some(2), Some(2), Some(1), Some(0)]);
    let ages = gauges(&reading, 2, Gauge::AgeApplied);
    let age_ms = |ms: u64| ages[(ms / 20) as usize].unwrap() / MS;
    assert_eq!(age_ms(80), 0);
    assert!((180..200).contains(&age_ms(290)), "{}", age_ms(290));
    assert!((400..410).contains(&ages.iter().flatten().max().unwrap().div_ceil(MS)), "{ages:?}");
    assert_eq!(age_ms(900), 0);
    // What is in the log is not yet on disk, and what is on disk not yet visible.
    let most = |gauge| gauges(&reading, 1, gauge).into_iter().flatten().filter(|lag| *lag > 0).count();
    assert!(most(Gauge::Written) <= most(Gauge::Flushed) && most(Gauge::Flushed) <= most(Gauge::Applied));
    // The primary is behind nobody.
    assert!(gauges(&reading, 0, Gauge::Applied).iter().all(Option::is_none));
    assert!(gauges(&reading, 0, Gauge::Queue).iter().all(Option::is_some));
}

/// A message to B, B's flush and its applying of an entry take so many ms: one after the other, and each is seen where it counts.
#[test]
fn lag_in_time_of_each_position_is_what_it_takes_to_get_there() {
    const LAGS: [(Gauge, Gauge); 3] =
        [(Gauge::Written, Gauge::AgeWritten), (Gauge::Flushed, Gauge::AgeFlushed), (Gauge::Applied, Gauge::AgeApplied)];
    for (message_ms, flush_ms, apply_ms) in [(10, 4, 2), (300, 4, 2), (10, 250, 2), (10, 4, 170), (90, 70, 50), (10, 4, 0)] {
        let mut scenario = still();
        scenario.nodes.each.message = Distribution::Constant(Micros::ZERO);
        let constant = |ms: u64| Some(Distribution::Constant(Micros(ms * MS)));
        let (flush, apply) = (constant(flush_ms), constant(apply_ms));
        scenario.nodes.different =
            vec![OneNode { node: NodeId(1), read: None, write: None, message: None, apply, flush, clock: None }];
        // Whatever was written at the start is on disk before.
        let commands = vec![slow_link(0, 1, message_ms), write(1_000, 1)];
        let mut run = Run::new(Arc::new(scenario.setup()), Arc::new(commands));
        while commits(run.world()) == 0 && run.step() {}
        let begun = run.now();
        // B's way, and C's, on which nothing is slow.
        let [own, other] = [[message_ms, flush_ms, apply_ms], [10, 4, 2]];
        let sums = |way: [u64; 3]| [way[0], way[0] + way[1], way.iter().sum()].map(|ms| ms * MS);
        let (own, other) = (sums(own), sums(other));
        for later_us in (0..1_000 * MS).step_by(999) {
            run.run_until(begun + Micros(later_us), u64::MAX);
            for ((entries, age), length) in LAGS.into_iter().zip(own) {
                let seen = [entries, age].map(|gauge| run.measures().gauge(NodeId(1), gauge, run.now()));
                let lag = if later_us < length { [1, later_us] } else { [0, 0] };
                assert_eq!(seen, lag.map(Some), "{age:?} after {later_us} µs of {length}");
            }
        }
        let reading = run.reading();
        for ((entries, age), (own, other)) in LAGS.into_iter().zip(own.into_iter().zip(other)) {
            let most = |of: &dyn Fn(&Bucket) -> Option<u64>| reading.buckets().filter_map(of).max();
            let rows = [(1, own), (2, other)].map(|(node, length)| (most(&|bucket| bucket.gauge(node, age)), Some(length)));
            assert!(rows.iter().all(|(seen, known)| seen == known), "{age:?}: {rows:?}");
            assert_eq!(most(&|bucket| bucket.overall(age)), Some(own.max(other)), "{age:?}");
            assert_eq!(most(&|bucket| bucket.overall(entries)), Some(1), "{entries:?}");
        }
    }
}

/// Nobody else is behind than replicas that run, and only they and their primary have queues.
#[test]
fn overall_is_of_nodes_that_are_there() {
    let commands = vec![
        slow_link(0, 1, 2_000),
        slow_link(0, 2, 1_000),
        write(100, 1),
        at(400, Command::Crash { node: NodeId(1) }),
        at(600, Command::Crash { node: NodeId(0) }),
        at(700, Command::Crash { node: NodeId(2) }),
    ];
    let reading = run(commands, 800).reading();
    let at_ms = |ms: u64| reading.buckets().nth((ms / 20) as usize).unwrap();
    let ages = |ms: u64| [at_ms(ms).gauge(1, Gauge::AgeWritten), at_ms(ms).gauge(2, Gauge::AgeWritten)];
    for (ms, overall) in [(300, ages(300)[0]), (500, ages(500)[1]), (660, None), (760, None)] {
        assert_eq!(at_ms(ms).overall(Gauge::AgeWritten), overall, "at {ms} ms");
        assert_eq!(at_ms(ms).overall(Gauge::Written), overall.map(|_| 1), "at {ms} ms");
    }
    assert!(ages(300).iter().all(Option::is_some) && ages(500)[0].is_none() && ages(500)[1] > Some(300 * MS));
    assert_eq!([300, 500, 660, 760].map(|ms| at_ms(ms).overall(Gauge::Queue)), [Some(0), Some(0), Some(0), None]);
}

/// The most that waits at all nodes at one time is less than what waited at each at its own worst time.
#[test]
fn queues_add_up_at_one_time() {
    let mut scenario = presets::get("web-shop").unwrap();
    scenario.commands.clear();
    let mut run = Run::new(Arc::new(scenario.setup()), Arc::default());
    let mut most = 0;
    while run.now() < Micros(4_000 * MS) && run.step() {
        let waiting: usize = run.world().hosts().iter().map(|host| host.queue_len()).sum();
        most = most.max(waiting as u64);
    }
    let reading = run.reading();
    assert_eq!(reading.buckets().filter_map(|bucket| bucket.overall(Gauge::Queue)).max(), Some(most));
    let of_each = |bucket: &Bucket| (0..reading.nodes()).filter_map(|node| bucket.gauge(node, Gauge::Queue)).sum::<u64>();
    assert!(reading.buckets().all(|bucket| bucket.overall(Gauge::Queue) <= Some(of_each(bucket))) && most > 1);
}

/// A monitor has no log, and so is behind nobody.
#[test]
fn monitors_have_no_lag() {
    let mut run = Run::new(Arc::new(presets::get("monitors").unwrap().setup()), Arc::default());
    run.run_until(Micros(1_500 * MS), u64::MAX);
    let reading = run.reading();
    for node in run.world().members() {
        let role = run.world().view(node).unwrap().role;
        let behind = reading.buckets().any(|bucket| bucket.gauge(node.0 as usize, Gauge::Applied).is_some());
        assert_eq!(behind, role == Role::Replica, "{node} is a {role:?}");
    }
}

#[test]
fn who_is_down_or_has_no_primary_has_gaps() {
    let commands = vec![
        at(200, Command::Crash { node: NodeId(1) }),
        at(300, Command::Crash { node: NodeId(0) }),
        at(400, Command::Promote { node: NodeId(2) }),
        at(500, Command::Restart { node: NodeId(1) }),
    ];
    let reading = run(commands, 700).reading();
    let line = |node: usize, gauge: Gauge| -> String {
        let sign = |value: Option<u64>| if value.is_some() { '-' } else { ' ' };
        gauges(&reading, node, gauge).into_iter().map(sign).step_by(5).collect()
    };
    // One sign for each 100 ms. A bucket in which a node crashes still knows it.
    assert_eq!(line(0, Gauge::Queue), "----    ");
    assert_eq!(line(1, Gauge::Queue), "---  ---");
    assert_eq!(line(2, Gauge::Queue), "--------");
    assert_eq!(line(1, Gauge::Applied), "---  ---");
    assert_eq!(line(2, Gauge::Applied), "----    ");
}

#[test]
fn operations_are_counted_by_how_they_ended() {
    let commands = vec![write(100, 1), at(500, Command::CrashMachine { node: NodeId(0) }), write(600, 2)];
    let mut run = run(commands, 30_000);
    let reading = run.reading();
    let [done, refused, unknown] = [Total::Writes, Total::Refused, Total::Unknown].map(|total| sum(&reading, total));
    assert_eq!((done, refused + unknown), (1, 1));
    let [Some(typical), ..] = reading.percentiles(&[Ended::Write]) else { panic!("one write was done") };
    let row = run.world().history().values().find(|row| row.outcome == Some(Outcome::Written)).unwrap();
    let took = row.at.0 - 100 * MS;
    assert!(typical.abs_diff(took) * 32 <= took, "{typical} for {took}");
    assert_eq!(reading.all.count(Ended::ILL), 1);
    // Nothing happens any more, and time goes on.
    run.run_until(Micros(3_600_000 * MS), u64::MAX);
    let later = run.reading();
    assert!(later.len() <= Measures::BUCKETS_MAX && later.end(later.len() - 1) == Micros(3_600_000 * MS));
    assert_eq!(sum(&later, Total::Writes), 1);
}

#[test]
fn losses_are_those_of_the_judge() {
    let commands = vec![
        slow_link(0, 1, 5_000),
        slow_link(0, 2, 5_000),
        write(100, 1),
        at(300, Command::CrashMachine { node: NodeId(0) }),
        at(400, Command::Promote { node: NodeId(1) }),
    ];
    let run = run(commands, 600);
    let lost: Vec<u64> = run.reading().buckets().map(|bucket| bucket.lost).collect();
    assert_eq!((lost[19], lost[21], run.verdicts().lost.len()), (0, 1, 1));
}

/// What the page shows as the present is what the last bucket has just seen.
#[test]
fn gauges_now_are_those_of_the_views() {
    let mut scenario = presets::get(FIRST).unwrap();
    scenario.commands = vec![at(900, Command::Crash { node: NodeId(1) }), at(1_500, Command::Restart { node: NodeId(1) })];
    let mut run = Run::new(Arc::new(scenario.setup()), Arc::new(scenario.commands.clone()));
    // Since when the primary has what on disk.
    let mut commits = vec![(0, Micros::ZERO)];
    while run.now() < Micros(4_000 * MS) && run.step() {
        let world = run.world();
        let primary: Option<NodeView> = world.primary().and_then(|primary| world.view(primary));
        let reached = primary.as_ref().map_or(0, |view| view.flushed.0);
        if reached > commits[commits.len() - 1].0 {
            commits.push((reached, run.now()));
        }
        for node in world.members() {
            let view = world.view(node).filter(|_| Some(node) != world.primary());
            let both = primary.as_ref().zip(view.as_ref());
            let lag = |of: fn(&NodeView) -> u64| both.map(|(primary, view)| primary.flushed.0.saturating_sub(of(view)));
            let gauge = |gauge| run.measures().gauge(node, gauge, run.now());
            assert_eq!(gauge(Gauge::Applied), lag(|view| view.applied.0), "{node} at {}", run.now());
            assert_eq!(gauge(Gauge::Written), lag(|view| view.written.0), "{node} at {}", run.now());
            assert_eq!(gauge(Gauge::Flushed), lag(|view| view.flushed.0), "{node} at {}", run.now());
            let age = |of: fn(&NodeView) -> u64| {
                let (_, view) = both?;
                let missing = commits.iter().find(|(lsn, _)| *lsn > of(view));
                Some(missing.map_or(0, |(_, since)| run.now().saturating_sub(*since).0))
            };
            assert_eq!(gauge(Gauge::AgeWritten), age(|view| view.written.0), "{node} at {}", run.now());
            assert_eq!(gauge(Gauge::AgeFlushed), age(|view| view.flushed.0), "{node} at {}", run.now());
            assert_eq!(gauge(Gauge::AgeApplied), age(|view| view.applied.0), "{node} at {}", run.now());
        }
    }
}

/// A peer is behind by what the peers that run have between them and it has not: after every step, whatever crashes, is wiped, or comes
/// back under another name.
#[test]
fn peers_are_behind_by_what_others_have() {
    let wipe = |at_ms, node| at(at_ms, Command::Wipe { node });
    for (preset, commands) in [
        ("peers-offline", vec![at(900, Command::Crash { node: NodeId(1) }), at(1_500, Command::Restart { node: NodeId(1) })]),
        ("peers-broken-ring", vec![wipe(4_000, NodeId(2)), at(5_000, Command::Restart { node: NodeId(2) })]),
        ("peers-text", vec![wipe(2_000, NodeId(0)), at(2_500, Command::Restart { node: NodeId(0) })]),
    ] {
        let mut scenario = presets::get(preset).unwrap();
        scenario.commands.extend(commands);
        scenario.commands.sort_by_key(|command| command.at);
        let mut run = Run::new(Arc::new(scenario.setup()), Arc::new(scenario.commands.clone()));
        let mut most = 0;
        while run.now() < Micros(9_000 * MS) && run.step() {
            let views: Vec<_> = run.world().members().into_iter().map(|node| (node, run.world().view(node))).collect();
            let mut all = VersionVector::default();
            views.iter().filter_map(|(_, view)| view.as_ref()?.peer.as_ref()).for_each(|peer| all.merge(&peer.vector));
            let count = |vector: &VersionVector| vector.iter().map(|dot| u64::from(dot.counter)).sum::<u64>();
            for (node, view) in &views {
                let lacks = view.as_ref().map(|view| count(&all) - count(&view.peer.as_ref().expect("a peer").vector));
                let gauge = |gauge| run.measures().gauge(*node, gauge, run.now());
                assert_eq!(gauge(Gauge::Applied), lacks.filter(|_| !all.is_empty()), "{preset}: {node} at {}", run.now());
                assert_eq!((gauge(Gauge::Flushed), gauge(Gauge::AgeApplied)), (None, None), "there is no log");
                most = most.max(lacks.unwrap_or(0));
            }
        }
        assert!(most > 1, "{preset}: somebody is behind");
    }
}

/// How often primaries have put something on their disk for good.
fn commits(world: &crate::lab::LabWorld) -> usize {
    let committed = |event: &&crate::trace::Event| matches!(event.kind, Kind::Fact(Fact::Committed { .. }));
    world.trace().values().filter(committed).count()
}

/// How many operations and messages, of what a straight count says.
#[test]
fn a_long_run_is_covered_from_its_start_in_bounded_memory() {
    let mut run = Run::new(Arc::new(presets::get(FIRST).unwrap().setup()), Arc::default());
    for seconds in [1, 5, 6, 40, 300, 2_000] {
        run.run_until(Micros::from_secs(seconds), u64::MAX);
        let reading = run.reading();
        assert!(reading.len() <= Measures::BUCKETS_MAX);
        assert!(seconds < 5 || reading.len() > Measures::BUCKETS_MAX / 2);
        assert_eq!(reading.begin(reading.len() - 1).0 / reading.width.0, reading.len() as u64 - 1);
        let count = |count| reading.buckets().map(|bucket| bucket.count(1, count)).sum::<u64>();
        let load = run.world().host(NodeId(1)).unwrap().load;
        assert_eq!((count(Count::Messages), count(Count::Bytes)), (load.messages_out, load.bytes_out));
        assert_eq!((count(Count::Reads), count(Count::Writes)), (load.reads, load.writes));
        assert_eq!(sum(&reading, Total::Stale), run.judge().stale_reads().next());
        let served = [Total::Reads, Total::Writes].map(|total| sum(&reading, total)).iter().sum::<u64>();
        assert_eq!(served, reading.all.count(Ended::WELL));
    }
}

#[test]
fn every_measure_of_the_table_is_explained() {
    let text = include_str!("../bin/cli/README.md");
    for name in table::names() {
        assert!(text.contains(&format!("`{name}`")), "`{name}` is not explained");
    }
    let reading = run(vec![write(100, 1)], 200).reading();
    let csv = reading.to_csv();
    assert!(csv.starts_with("time_s,node,measure,unit,value,operation\n0.000000,,bucket_width,s,0.020000,\n"), "{csv}");
    assert!(csv.contains("\n0.120000,,writes_done,operations,1,\n"), "{csv}");
    assert!(csv.contains("\n0.120000,C,lag_applied,entries,1,\n"), "{csv}");
    assert!(csv.contains("\n0.120000,C,lag_time_written,ms,10.05,\n"), "{csv}");
    assert!(csv.contains("\n0.120000,,lag_time_written,ms,10.05,\n"), "{csv}");
}

/// Operations with names are counted once under their name and once with all.
#[test]
fn names_part_what_clients_do() {
    let scenario = Scenario { seed: 3, ..presets::get("web-application").unwrap() };
    // At 4 s the only node dies: who asked it gets no answer, who asks later is refused.
    let commands = Arc::new(vec![at(4_000, Command::Crash { node: NodeId(0) })]);
    let mut run = Run::new(Arc::new(scenario.setup()), commands);
    run.run_until(Micros(12_000 * MS), u64::MAX);
    let reading = run.reading();
    assert_eq!(*reading.names, ["sign-up", "post", "browse"]);
    let all: Vec<Latencies> = (0..3).map(|name| reading.named(name)).collect();
    let by_hand = |name: &str| {
        let rows = run.world().history().values().filter(|row| run.world().operation_name(row.operation) == Some(name));
        let ended = |good: fn(&Outcome) -> bool| rows.clone().filter(|row| row.outcome.as_ref().is_some_and(good)).count() as u64;
        (
            ended(|outcome| matches!(outcome, Outcome::Written | Outcome::Read(_))),
            ended(|outcome| matches!(outcome, Outcome::Refused(_))),
        )
    };
    for (name, named) in reading.names.iter().zip(&all) {
        assert_eq!((named.count(Ended::WELL), named.count(&[Ended::Refused])), by_hand(name), "{name}");
    }
    assert_eq!(all[2].count(Ended::WELL), sum(&reading, Total::Reads));
    assert_eq!(all[0].count(Ended::WELL) + all[1].count(Ended::WELL), sum(&reading, Total::Writes));
    assert_eq!(all.iter().map(|named| named.count(&[Ended::Refused])).sum::<u64>(), sum(&reading, Total::Refused));
    assert!(all[2].count(&[Ended::Refused]) > 0 && all[1].count(&[Ended::Write]) > 0);
    let csv = reading.to_csv();
    assert!(csv.lines().any(|line| line.contains(",,operation_refused,operations,") && line.ends_with(",browse")), "{csv}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Wide buckets are what narrow ones add up to: however often buckets were merged, what they hold is the same.
    #[test]
    fn merging_loses_nothing(seed in 0u64..1_000, until_ms in 100u64..30_000) {
        let name = if seed % 2 == 0 { FIRST } else { "web-application" };
        let scenario = Scenario { seed, ..presets::get(name).unwrap() };
        let mut world = crate::lab::LabWorld::new(Arc::new(scenario.setup()), Arc::default());
        let (mut judge, mut usual) = (Judge::default(), Measures::default());
        // Never full: what the buckets would be if there were no limit.
        let mut wide = Measures { width: Micros(u64::MAX / 4), open_until: Micros(u64::MAX / 4), ..Measures::default() };
        judge.look(&world);
        usual.look(&world, &judge);
        wide.look(&world, &judge);
        world.run_watched(Micros(until_ms * MS), u64::MAX, |world| {
            judge.look(world);
            usual.look(world, &judge);
            wide.look(world, &judge);
        });
        let (usual, wide) = (usual.read(world.now()), wide.read(world.now()));
        let mut all = Bucket::default();
        usual.buckets().for_each(|bucket| all.merge(bucket));
        prop_assert_eq!(wide.len(), 1);
        prop_assert_eq!(Some(&all), wide.buckets().next());
    }
}
