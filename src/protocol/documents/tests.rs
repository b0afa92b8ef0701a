//! Databases of documents as a specification: what edits are refused, what branches come of, what nodes copy from each other and
//! what not, and that all are equal in the end.
//!
//! Runs whole worlds, and so looks up to rooms that the protocol itself must not know.

#[cfg(test)]
mod edits;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod ways;

pub use crate::world::tests::play::*;

use super::{Config, Edits, Terms};
use crate::{
    client::workload::{ClientSettings, Target},
    scenario::{ProtocolSettings, Scenario},
    sim::{
        id::{ClientId, Key, NodeId},
        operation::{Action, KeyType, Outcome, Refusal},
    },
    trace::{DocumentFact, Fact, Shows},
};

/// Nodes A, B, C …, each with a client of its own: Ana at A, Ben at B …; 10 ms from anyone to anyone.
fn nodes(count: u16, change: impl Fn(&mut Config)) -> Scenario {
    let mut config = Config::default();
    change(&mut config);
    let client = |node| ClientSettings {
        writes_to: Target::Node(NodeId(node)),
        reads_from: Target::Node(NodeId(node)),
        timeout: ms(60_000),
        ..ClientSettings::default()
    };
    let mut scenario = Scenario {
        protocol: ProtocolSettings::Documents(config),
        clients: (0..count).map(client).collect(),
        ..Scenario::default()
    };
    scenario.nodes.count = count;
    scenario.network.latency = constant(10);
    scenario
}

/// What a node shows, and keeps beside: values, the one that is shown first.
fn kept(play: &Play, node: NodeId, key: Key) -> Vec<i64> {
    let peer = play.view(node).peer.expect("a peer");
    peer.documents.expect("documents").kept(key).iter().map(|write| write.value).collect()
}

/// All running nodes have the same branches and show the same.
fn assert_equal(play: &Play) {
    let nodes = play.world.members();
    let documents = |node: NodeId| {
        let view = play.view(node).peer.and_then(|peer| peer.documents).expect("documents");
        let all = view.documents.iter().map(|(key, _, tree)| (*key, tree.leaves().iter().map(|leaf| leaf.revision).collect()));
        all.collect::<Vec<(Key, Vec<_>)>>()
    };
    for node in &nodes {
        assert_eq!(documents(*node), documents(nodes[0]), "{node} and the first");
    }
}

const CLEO: ClientId = ClientId(2);
const OK: Option<Outcome> = Some(Outcome::Written);
const CONFLICT: Option<Outcome> = Some(Outcome::Refused(Refusal::OldRevision));
