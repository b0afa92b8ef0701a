//! How a leaderless group is set up: how many copies, how many of them are asked, what becomes of copies that fell behind.

use super::ring::Ring;
use crate::{
    protocol::{conflicts::Conflicts, contexts::Contexts},
    sim::{id::NodeId, time::Micros},
};
use serde::{Deserialize, Serialize};

/// Whether a coordinator that sees copies behind sends them what they lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadRepair {
    Off,
    /// Beside the answer, also of those who answered too late to count.
    #[default]
    Asynchronous,
    /// Those whose answers count are brought to the same state first, and then the reader is answered (Cassandra: blocking read
    /// repair). No later read goes back behind this one then, if any two read quorums overlap.
    BeforeAnswer,
}

/// What stand-ins do with copies of nodes that could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hints {
    /// How long they are kept.
    pub window: Micros,
    /// How often it is tried to hand them over.
    pub every: Micros,
}

impl Default for Hints {
    fn default() -> Self {
        Hints { window: Micros::from_secs(600), every: Micros::from_millis(1_000) }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many home nodes a key has.
    pub n: u8,
    /// So many of them have to answer a read.
    pub r: u8,
    /// So many copies have to be on disk before a write is acknowledged.
    pub w: u8,
    /// Whether other nodes stand in for home nodes that cannot be reached, and count for writes.
    pub sloppy: bool,
    pub hints: Hints,
    pub read_repair: ReadRepair,
    /// How often home nodes compare what they have; none: never.
    pub anti_entropy_every: Option<Micros>,
    pub conflicts: Conflicts,
    /// At how many places of the ring each node stands.
    pub virtual_nodes: u16,
    /// How long a coordinator waits for an answer, before it takes a node for unreachable.
    pub timeout: Micros,
    /// Whether a coordinator that is a home node itself uses its own copy without a message.
    pub local_shortcut: bool,
    /// Over what a coordinator makes a client's write.
    pub contexts: Contexts,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            n: 3,
            r: 2,
            w: 2,
            sloppy: false,
            hints: Hints::default(),
            read_repair: ReadRepair::default(),
            anti_entropy_every: None,
            conflicts: Conflicts::default(),
            virtual_nodes: 8,
            timeout: Micros::from_millis(1_000),
            local_shortcut: true,
            contexts: Contexts::default(),
        }
    }
}

impl Config {
    /// Where the nodes stand.
    pub fn ring(&self, members: &[NodeId]) -> Ring {
        Ring::new(members, self.virtual_nodes)
    }
}
