//! Leaderless groups as a specification: what quorums promise, what they do not, and by which ways copies become equal again.
//!
//! Runs whole worlds, and so looks up to rooms that the protocol itself must not know.

#[cfg(test)]
mod anti_entropy;
#[cfg(test)]
mod contexts;
#[cfg(test)]
mod hints;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod repair;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod staleness;

pub use crate::world::tests::play::*;

use super::{Config, Quorums, ReadRepair};
use crate::{
    client::workload::{ClientSettings, Target},
    protocol::conflicts::Conflicts,
    scenario::{ProtocolSettings, Scenario},
    sim::{
        id::{ClientId, Key, NodeId, OperationId},
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::{Action, Outcome, Refusal, Write},
        time::Micros,
    },
    store::object::register::Strategy,
    trace::Fact,
    world::command::Command,
};

/// So many nodes, each with a client of its own; 10 ms from anyone to anyone; `[n, r, w]`.
fn quorums(nodes: u16, [n, r, w]: [u8; 3], change: impl Fn(&mut Config)) -> Scenario {
    let mut config = Config { n, r, w, timeout: ms(200), ..Config::default() };
    config.hints.every = ms(100);
    change(&mut config);
    let client = |node| ClientSettings {
        writes_to: Target::Node(NodeId(node)),
        reads_from: Target::Node(NodeId(node)),
        timeout: ms(60_000),
        ..ClientSettings::default()
    };
    let mut scenario = Scenario {
        protocol: ProtocolSettings::Quorum(config),
        clients: (0..nodes).map(client).collect(),
        keys: 64,
        ..Scenario::default()
    };
    scenario.nodes.count = nodes;
    scenario.network.latency = constant(10);
    scenario
}

fn off(config: &mut Config) {
    config.read_repair = ReadRepair::Off;
}

impl Play {
    /// The client of a node writes there.
    fn put(&mut self, node: NodeId, key: Key, value: i64) -> OperationId {
        self.issue(ClientId(node.0), Action::Write { key, value }, Some(node))
    }

    /// What a read there says after so long.
    fn get(&mut self, node: NodeId, key: Key, millis: u64) -> Option<i64> {
        let read = self.read(ClientId(node.0), key, node);
        self.run(millis);
        self.value(read)
    }

    /// The home nodes of a key, then the others in the order in which they stand in.
    fn preference(&self, key: Key) -> Vec<NodeId> {
        self.config().ring(&self.world.members()).preference(key)
    }

    fn config(&self) -> &Config {
        self.world.setup().config.quorum().expect("a group without a leader")
    }

    /// The values that a node shows for a key.
    fn values(&self, node: NodeId, key: Key) -> Vec<i64> {
        self.view(node).copies.iter().filter(|write| write.key == key).map(|write| write.value).collect()
    }

    fn hints(&self, node: NodeId) -> Vec<(NodeId, i64)> {
        let hints = self.view(node).peer.expect("a peer").hints;
        hints.into_iter().map(|(of, write): (NodeId, Write)| (of, write.value)).collect()
    }

    fn count(&self, node: NodeId, like: impl Fn(&Fact) -> bool) -> usize {
        self.facts(node).filter(|(_, fact)| like(fact)).count()
    }

    fn both_ways(&mut self, groups: &[&[NodeId]]) {
        let group = |nodes: &&[NodeId]| {
            nodes.iter().flat_map(|node| [(*node).into(), ClientId(node.0).into()]).collect::<Vec<crate::sim::id::Address>>()
        };
        self.act(Command::Partition { groups: groups.iter().map(group).collect() });
    }
}

/// Messages of one class from one node to another take so long.
fn slow(from: NodeId, to: NodeId, class: MessageClass, millis: u64) -> Command {
    let set = LinkChange { latency: Some(constant(millis)), in_order: Some(false), ..Default::default() };
    Command::SetLink(LinkRule { from: End::One(from.into()), to: End::One(to.into()), both: false, class: Some(class), set })
}

const OK: Option<Outcome> = Some(Outcome::Written);
