//! Gossip as a specification: how rumours go, how they end, what they leave out, and what finds it.
//!
//! Runs whole worlds, and so looks up to rooms that the protocol itself must not know.

#[cfg(test)]
mod epidemics;
#[cfg(test)]
mod membership;
#[cfg(test)]
mod residue;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod ways;

pub use crate::world::tests::play::*;

use super::{Config, Interest, Lose, Mode};
use crate::{
    client::workload::{ClientSettings, Target},
    lab::Run,
    measure::spread::Rumour,
    scenario::{ProtocolSettings, Scenario},
    sim::operation::Action,
    sim::{id::NodeId, time::Micros},
    world::command::{Command, TimedCommand},
};
use std::sync::Arc;

/// A round.
const ROUND: Micros = ms(100);

/// So many nodes with one client, Ana at A; messages take 5 ms, rounds 100 ms.
fn gossips(count: u16, change: impl Fn(&mut Config)) -> Scenario {
    let mut config = Config { interval: ROUND, ..Config::default() };
    change(&mut config);
    let client = ClientSettings {
        writes_to: Target::Node(NodeId(0)),
        reads_from: Target::Node(NodeId(0)),
        timeout: ms(60_000),
        ..ClientSettings::default()
    };
    let mut scenario = Scenario { protocol: ProtocolSettings::Gossip(config), clients: vec![client], ..Scenario::default() };
    scenario.nodes.count = count;
    scenario.network.latency = constant(5);
    scenario
}

/// One rumour in such a group, from the beginning of a round on, as long as it is told and at most so many rounds.
fn epidemic(mut scenario: Scenario, seed: u64, rounds: u64) -> Run {
    scenario.seed = seed;
    let write = Command::Issue { client: ANA, action: Action::Write { key: X, value: 1 }, at: None };
    let commands = vec![TimedCommand { at: ms(50), command: write }];
    assert_eq!(scenario.check(), []);
    let mut run = Run::new(Arc::new(scenario.setup()), Arc::new(commands));
    for round in 1..=rounds {
        run.run_until(Micros(ROUND.0 * round + ROUND.0 / 2 + 20_000), u64::MAX);
        let world = run.world();
        let spreads = world.members().iter().any(|node| {
            world.host(*node).and_then(|host| host.process()).is_some_and(|one| crate::protocol::Protocol::spreads(one, X))
        });
        if round > 1 && !spreads {
            break;
        }
    }
    run
}

fn rumour(run: &Run) -> &Rumour {
    run.measures().spread().latest(X).expect("a rumour")
}

/// In which cycle something happened; the write is injected in cycle 0.
fn cycle(at: Micros) -> u64 {
    at.0 / ROUND.0
}
