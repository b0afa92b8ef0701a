//! Peers as a specification: who gets what by which way, what becomes of writes that meet, and that all are equal in the end.
//!
//! Runs whole worlds, and so looks up to rooms that the protocol itself must not know.

#[cfg(test)]
mod collect;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod contexts;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod types;
#[cfg(test)]
mod ways;

pub use crate::world::tests::play::*;

use super::{Config, Delivery, Topology};
use crate::{
    client::workload::{ClientSettings, Target},
    protocol::{conflicts::Conflicts, types::TypedKey},
    scenario::{ProtocolSettings, Scenario},
    sim::{
        id::{ClientId, Key, NodeId},
        operation::{KeyType, Outcome, Write},
    },
    store::object::{register::Strategy, set::SetKind},
    trace::Fact,
};

const D: NodeId = NodeId(3);

/// Peers A, B, C …, each with a client of its own: Ana at A, Ben at B …; 10 ms from anyone to anyone.
fn peers(count: u16, change: impl Fn(&mut Config)) -> Scenario {
    let mut config = Config::default();
    change(&mut config);
    let client = |node| ClientSettings {
        writes_to: Target::Node(NodeId(node)),
        reads_from: Target::Node(NodeId(node)),
        timeout: ms(60_000),
        ..ClientSettings::default()
    };
    let mut scenario = Scenario {
        protocol: ProtocolSettings::MultiPrimary(config),
        clients: (0..count).map(client).collect(),
        ..Scenario::default()
    };
    scenario.nodes.count = count;
    scenario.network.latency = constant(10);
    scenario
}

fn with_strategy(strategy: Strategy) -> impl Fn(&mut Config) {
    move |config| config.conflicts.register = strategy
}

const COUNTER: Key = Key(0);
const SET: Key = Key(1);
const CART: Key = Key(2);
const TEXT: Key = Key(3);
const PLAIN: Key = Key(4);

/// Keys of all types.
fn typed(config: &mut Config) {
    let all = [(COUNTER, KeyType::Counter), (SET, KeyType::Set), (CART, KeyType::Cart), (TEXT, KeyType::Text)];
    config.types = all.into_iter().map(|(key, holds)| TypedKey { key, holds }).collect();
}

fn topology(topology: Topology) -> impl Fn(&mut Config) {
    move |config| config.topology = topology
}

/// The values that a peer shows for a key.
fn values(play: &Play, node: NodeId, key: Key) -> Vec<i64> {
    play.view(node).copies.iter().filter(|write| write.key == key).map(|write| write.value).collect()
}

/// The values that a peer says it hides.
fn dropped(play: &Play, node: NodeId) -> Vec<i64> {
    let lists = play.facts(node).filter_map(|(_, fact)| match fact {
        Fact::Dropped { writes, .. } => Some(writes),
        _ => None,
    });
    lists.flatten().map(|write: &Write| write.value).collect()
}

/// All running peers have all changes and show the same.
fn assert_equal(play: &Play) {
    let nodes = play.world.members();
    let first = play.view(nodes[0]);
    for node in nodes {
        let view = play.view(node);
        let peer = |view: &crate::protocol::NodeView| view.peer.clone().map(|peer| (peer.vector, peer.keys, peer.held));
        assert_eq!(peer(&view), peer(&first), "{node} and the first");
        assert_eq!(view.copies, first.copies, "{node} and the first");
    }
}

const OK: Option<Outcome> = Some(Outcome::Written);
