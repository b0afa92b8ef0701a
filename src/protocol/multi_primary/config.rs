//! How peers are set up: who sends to whom, in which order changes may be shown, who wins a conflict.

use crate::{
    protocol::{
        conflicts::Conflicts,
        contexts::Contexts,
        topology::{Pair, Topology, Ways},
        types::{TypedKey, type_of},
    },
    sim::{
        id::{Key, NodeId},
        operation::KeyType,
        time::Micros,
    },
};
use serde::{Deserialize, Serialize};

/// What is sent of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// What it changes.
    #[default]
    Operations,
    /// The whole key, as it is after it.
    States,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub topology: Topology,
    /// Of a custom topology.
    pub links: Vec<Pair>,
    /// A change is shown only after everything that its writer could have seen.
    pub causal: bool,
    pub conflicts: Conflicts,
    /// Most changes in one message.
    pub batch_changes: u32,
    /// What a neighbour has not confirmed after this long is sent again.
    pub resend_after: Micros,
    /// How often neighbours compare what they have; none: only after a start.
    pub compare_every: Option<Micros>,
    /// Most changes of each writer that a peer keeps for neighbours; who lacks older ones is sent all data.
    pub log_changes_max: u32,
    /// Keys that are no registers.
    pub types: Vec<TypedKey>,
    pub delivery: Delivery,
    /// A deleted register is forgotten after this long, tombstone and all; none: never.
    pub collect_tombstones_after: Option<Micros>,
    pub contexts: Contexts,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            topology: Topology::AllToAll,
            links: Vec::new(),
            causal: true,
            conflicts: Conflicts::default(),
            batch_changes: 16,
            resend_after: Micros::from_millis(1_000),
            compare_every: None,
            log_changes_max: 1_000,
            types: Vec::new(),
            delivery: Delivery::Operations,
            collect_tombstones_after: None,
            contexts: Contexts::Everything,
        }
    }
}

impl Config {
    fn ways(&self) -> Ways<'_> {
        Ways { topology: self.topology, links: &self.links }
    }

    /// Those to whom a peer sends changes.
    pub fn targets(&self, me: NodeId, members: &[NodeId]) -> Vec<NodeId> {
        self.ways().targets(me, members)
    }

    /// Those from whom it gets them.
    pub fn sources(&self, me: NodeId, members: &[NodeId]) -> Vec<NodeId> {
        self.ways().sources(me, members)
    }

    /// What a key holds.
    pub fn type_of(&self, key: Key) -> KeyType {
        type_of(&self.types, key)
    }

    /// Whether peers pass on what others wrote.
    pub fn relays(&self) -> bool {
        self.topology != Topology::AllToAll
    }

    /// Why changes would not get from everybody to everybody, in words.
    pub fn problem(&self, members: &[NodeId]) -> Option<String> {
        self.ways().problem(members)
    }
}
