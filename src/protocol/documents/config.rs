//! How databases of documents are set up: who pulls from whom, what a write has to name, how much of a line is remembered.

use crate::{
    protocol::topology::{Pair, Topology, Ways},
    sim::{id::NodeId, time::Micros},
};
use serde::{Deserialize, Serialize};

/// Which revision a client's write is meant to replace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edits {
    /// The one that the client was shown last.
    #[default]
    Shown,
    /// The current one: the application fetches it from the same node right before it writes.
    Latest,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Changes go along these ways; whoever they lead to pulls them.
    pub topology: Topology,
    /// Of a custom topology.
    pub links: Vec<Pair>,
    pub edits: Edits,
    /// How many revisions of each branch are remembered by name.
    pub revs_limit: u32,
    /// How often a node asks for changes again, of which it should have been told at once.
    pub poll_every: Micros,
    /// After how long without the answer that must come it begins anew.
    pub retry_after: Micros,
    /// Most documents in one answer.
    pub batch_documents: u32,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            topology: Topology::AllToAll,
            links: Vec::new(),
            edits: Edits::Shown,
            revs_limit: 1_000,
            poll_every: Micros::from_secs(5),
            retry_after: Micros::from_secs(1),
            batch_documents: 100,
        }
    }
}

/// What of it may change while a group runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    pub edits: Edits,
    pub poll_every: Micros,
}

impl Default for Terms {
    fn default() -> Self {
        Config::default().terms()
    }
}

impl Config {
    fn ways(&self) -> Ways<'_> {
        Ways { topology: self.topology, links: &self.links }
    }

    /// Those from whom a node pulls.
    pub fn sources(&self, me: NodeId, members: &[NodeId]) -> Vec<NodeId> {
        self.ways().sources(me, members)
    }

    /// Why documents would not get from everybody to everybody, in words.
    pub fn problem(&self, members: &[NodeId]) -> Option<String> {
        self.ways().problem(members)
    }

    pub fn terms(&self) -> Terms {
        Terms { edits: self.edits, poll_every: self.poll_every }
    }

    pub(super) fn with(&self, Terms { edits, poll_every }: Terms) -> Config {
        Config { edits, poll_every, ..self.clone() }
    }
}
