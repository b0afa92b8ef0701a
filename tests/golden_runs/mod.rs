//! Runs whose traces are known: the same number natively and on wasm32, or the engine has changed.
//!
//! If a change of the engine is meant to change runs, raise `scenario::ENGINE_VERSION` and put in the numbers that the
//! failing test prints.

use replicarium::{
    protocol::primary_replica::PrimaryReplica,
    scenario::{Scenario, presets},
    sim::{
        distribution::{Distribution, Part},
        id::NodeId,
        time::Micros,
    },
    trace,
    world::{
        World,
        command::{Command, TimedCommand},
    },
};
use std::sync::Arc;

/// (name, hash of the trace after ten seconds).
const GOLDEN: [(&str, u64); 4] = [("first-look", 0xe10f_bc09_187a_97a1), ("faults", 0x585e_99f9_a357_371c), ("all-distributions", 0x06d7_5d6b_ebd9_8096), ("web-shop", 0x16f7_ac31_6227_77e0)];

fn scenario(name: &str) -> Scenario {
    let first = presets::get("first-look").expect("the first preset");
    let ms = Micros::from_millis;
    match name {
        "faults" => {
            let command = |at_ms, command| TimedCommand { at: ms(at_ms), command };
            let (a, b, c) = (NodeId(0), NodeId(1), NodeId(2));
            let commands = vec![
                command(1_000, Command::Pause { node: c }),
                command(1_800, Command::Resume { node: c }),
                command(2_300, Command::CrashMachine { node: a }),
                command(3_000, Command::Promote { node: b }),
                command(5_000, Command::Restart { node: a }),
                command(6_000, Command::Wipe { node: c }),
                command(7_000, Command::Restart { node: c }),
                command(8_000, Command::AddNode),
            ];
            Scenario { commands, ..first }
        }
        "all-distributions" => {
            let delay = |weight, delay| Part { weight, delay };
            let mixture = Distribution::Mixture(vec![
                delay(1.0, Distribution::Exponential { mean: ms(20) }),
                delay(2.0, Distribution::LogNormal { median: ms(15), sigma: 0.7 }),
                delay(0.5, Distribution::Pareto { scale: ms(5), shape: 1.7 }),
                delay(1.0, Distribution::Uniform { low: ms(1), high: ms(60) }),
                delay(1.0, Distribution::Constant(ms(10))),
            ]);
            let mut scenario = Scenario { links: vec![], ..first };
            scenario.network.latency = mixture;
            scenario.network.jitter = ms(3);
            scenario.network.loss = 0.1;
            scenario.network.duplicate = 0.1;
            scenario.network.in_order = false;
            scenario.network.bandwidth_bytes_per_s = 20_000;
            scenario
        }
        preset => presets::get(preset).expect("a preset"),
    }
}

/// Runs every golden scenario and names those whose number is another one.
pub fn differences() -> Vec<String> {
    let run = |(name, expected): (&str, u64)| {
        let scenario = scenario(name);
        let commands = Arc::new(scenario.commands.clone());
        let mut world: World<PrimaryReplica> = World::new(Arc::new(scenario.setup()), commands);
        world.run_until(Micros::from_secs(10), u64::MAX);
        assert_eq!(world.trace().first(), 0, "{name}: the whole trace is kept");
        assert!(world.trace().len() > 100, "{name}: something happens");
        let hash = trace::hash(world.trace().iter().map(|(_, event)| event));
        (hash != expected).then(|| format!("(\"{name}\", 0x{hash:016x})"))
    };
    GOLDEN.into_iter().filter_map(run).collect()
}
