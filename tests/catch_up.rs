//! Replicas catch up: on runs made up by chance, and on those that once went wrong.

#![cfg(not(target_arch = "wasm32"))]

use replicarium::{
    check::{Verdict, Verdicts},
    client::workload::{ClientSettings, Pace, Target, Workload},
    lab::{LabWorld, Run},
    scenario::{ProtocolSettings, Scenario, text},
    sim::{
        clock::Clock,
        distribution::Distribution,
        draw::{Chance, Draw, Lineage, Purpose},
        id::{Address, NodeId},
        time::Micros,
    },
    world::command::{Command, TimedCommand},
};
use std::sync::Arc;

fn run(scenario: &Scenario) -> (LabWorld, Verdicts) {
    assert_eq!(scenario.check(), []);
    let mut run = Run::new(Arc::new(scenario.setup()), Arc::new(scenario.commands.clone()));
    run.run_until(scenario.until, u64::MAX);
    (run.world().clone(), run.verdicts())
}

fn from_toml(text: &str) -> Scenario {
    text::from_toml(text).unwrap_or_else(|refused| panic!("{refused}"))
}

/// After a long silence a replica is sent everything it missed at once, not a batch per time-out.
#[test]
fn a_long_outage_is_caught_up_with_quickly() {
    let scenario = from_toml(
        r#"
        until = "28s"
        nodes = { count = 2 }
        clients = [{ workload = { pace = { regular = { every = "50ms" } }, read_share = 0.0, stop = "24s" } }]
        commands = [
            { at = "5s", do = { cut = { from = "A", to = "B", both = true } } },
            { at = "25s", do = "heal_all" },
        ]
        "#,
    );
    let (world, verdicts) = run(&scenario);
    assert_eq!(verdicts.converged, Verdict::Holds);
    assert_eq!(world.view(NodeId(1)).map(|view| view.written.0), Some(480));
}

/// B was far ahead of C when C was promoted, and no longer keeps its log back to where the two part. C's next entry comes
/// before the snapshot that B needs; B must not take it for one it has, and tell C that it is up to date.
#[test]
fn an_entry_that_overtakes_the_snapshot_is_not_taken_for_an_old_one() {
    let scenario = from_toml(
        r#"
        until = "9s"
        protocol = { primary_replica = { log_retention_entries = 3 } }
        network = { in_order = false }
        links = [{ from = "C", to = "B", class = "snapshot", set = { latency = "200ms" } }]
        clients = [
            { workload = { pace = { regular = { every = "20ms" } }, read_share = 0.0, stop = "2s" } },
            { writes_to = { node = "C" }, workload = { pace = { regular = { every = "5ms" } }, read_share = 0.0, start = "2100ms", stop = "2300ms" } },
        ]
        commands = [
            { at = "500ms", do = { cut = { from = "A", to = "C", both = true } } },
            { at = "2s", do = { crash_machine = { node = "A" } } },
            { at = "2100ms", do = { promote = { node = "C" } } },
        ]
        "#,
    );
    let (world, verdicts) = run(&scenario);
    let written = |node| world.view(NodeId(node)).map(|view| view.written);
    assert_eq!(verdicts.converged, Verdict::Holds);
    assert_eq!(written(1), written(2));
}

/// Faults by chance, and at the end everything is healed and left alone. `promotions`: how often another node is promoted.
fn made_up(seed: u64, promotions: u64) -> Scenario {
    let mut draw: Draw = Chance::new(seed).draw(Purpose::Action, Lineage::root(&[promotions]));
    let ms = Micros::from_millis;
    let nodes = 2 + draw.below(3) as u16;
    let (mut at, mut left, mut commands) = (0, promotions, Vec::new());
    for _ in 0..4 + draw.below(10) {
        at += draw.below(700);
        let node = NodeId(draw.below(nodes as u64) as u16);
        let other = Address::Node(NodeId(draw.below(nodes as u64) as u16));
        let command = match draw.below(11) {
            0 => Command::Crash { node },
            1 => Command::CrashMachine { node },
            2..=4 => Command::Restart { node },
            5 => Command::Pause { node },
            6 => Command::Resume { node },
            7 => Command::Cut { from: node.into(), to: other, both: draw.chance(0.5) },
            8 => Command::HealAll,
            9 => Command::Slow { node, factor: 1.0 + draw.below(200) as f64 },
            _ => Command::SetClock { node, clock: Clock { skew_us: -500_000, drift_ppm: draw.below(50_000) as i32 } },
        };
        commands.push(TimedCommand { at: ms(at), command });
        if left > 0 && draw.chance(0.3) {
            left -= 1;
            commands.push(TimedCommand { at: ms(at), command: Command::Promote { node } });
        }
    }
    let quiet = ms(at + 2_000);
    let everywhere = (0..nodes)
        .map(NodeId)
        .flat_map(|node| [Command::Resume { node }, Command::Restart { node }, Command::Slow { node, factor: 1.0 }]);
    commands.extend(everywhere.chain([Command::HealAll]).map(|command| TimedCommand { at: quiet, command }));
    let latency = match draw.below(3) {
        0 => Distribution::Constant(ms(5)),
        1 => Distribution::Exponential { mean: ms(20) },
        _ => Distribution::Uniform { low: ms(1), high: ms(90) },
    };
    let workload =
        Workload { pace: Pace::Poisson { per_s: 5.0 + draw.below(40) as f64 }, stop: Some(quiet), ..Default::default() };
    let client =
        ClientSettings { count: 3, reads_from: Target::Any, timeout: ms(200), workload: Some(workload), ..Default::default() };
    let mut scenario = Scenario { seed, until: quiet + ms(60_000), commands, clients: vec![client], ..Default::default() };
    scenario.nodes.count = nodes;
    scenario.network.latency = latency;
    scenario.network.loss = [0.0, 0.05, 0.3][draw.below(3) as usize];
    scenario.network.in_order = draw.chance(0.5);
    let ProtocolSettings::PrimaryReplica(config) = &mut scenario.protocol else { unreachable!("as it is by default") };
    config.log_retention_entries = 1 + draw.below(40);
    config.batch_entries = 1 + draw.below(8) as u32;
    scenario
}

/// Process and machine crashes, pauses, cuts, loss: as long as the primary's disk lives and nobody else is promoted,
/// what was acknowledged is there, and in the end everywhere.
#[test]
fn without_promotion_nothing_is_lost_and_all_catch_up() {
    for seed in 0..200 {
        let scenario = made_up(seed, 0);
        let (_, verdicts) = run(&scenario);
        let good = verdicts.durable == Verdict::Holds && verdicts.converged == Verdict::Holds;
        assert!(good, "seed {seed}: {verdicts:?}\n{}", text::to_json(&scenario));
    }
}

/// One promotion may lose writes; but whatever the old primary and its followers had, all are equal in the end.
#[test]
fn after_a_promotion_all_catch_up_with_the_new_primary() {
    let mut losses = 0;
    for seed in 0..200 {
        let scenario = made_up(seed, 1);
        let (_, verdicts) = run(&scenario);
        losses += verdicts.durable.is_broken() as u32;
        assert_eq!(verdicts.converged, Verdict::Holds, "seed {seed}\n{}", text::to_json(&scenario));
    }
    assert!(losses > 20, "{losses} of the runs lost something; the test would not notice much");
}
