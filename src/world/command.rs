//! Everything a learner can do, as data. Scenario, seed and the list of commands reproduce a run exactly.

#[cfg(feature = "documents")]
use crate::protocol::documents::Terms;
#[cfg(feature = "quorum")]
use crate::protocol::quorum::Quorums;
use crate::{
    client::workload::Target,
    protocol::{commit::Commit, conflicts::Conflicts, failover::Failover, logs::Logs},
    sim::{
        clock::Clock,
        id::{Address, ClientId, MessageId, NodeId},
        network::LinkRule,
        operation::{Action, Concern},
        time::Micros,
    },
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Most commands in one run.
pub const COMMANDS_MAX: usize = 2_000;
/// How much slower (or, below 1, faster) a node can be made.
pub const SLOW_FACTOR: RangeInclusive<f64> = 0.01..=1_000.0;

/// A command and when it takes effect: before any event at that time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimedCommand {
    pub at: Micros,
    #[serde(rename = "do")]
    pub command: Command,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// The process dies; the machine stays up and what was written survives.
    Crash {
        node: NodeId,
    },
    /// The machine dies; only what was flushed survives.
    CrashMachine {
        node: NodeId,
    },
    /// The machine dies and its disk is empty.
    Wipe {
        node: NodeId,
    },
    Restart {
        node: NodeId,
    },
    /// Nothing runs on the node until it is resumed.
    Pause {
        node: NodeId,
    },
    Resume {
        node: NodeId,
    },
    /// Service times are multiplied by this.
    Slow {
        node: NodeId,
        factor: f64,
    },
    SetClock {
        node: NodeId,
        clock: Clock,
    },
    Promote {
        node: NodeId,
    },
    /// A new empty node joins the group.
    AddNode,
    /// The node leaves for good.
    RemoveNode {
        node: NodeId,
    },
    /// No message arrives from one end at the other.
    Cut {
        from: Address,
        to: Address,
        /// Nor the other way.
        both: bool,
    },
    Heal {
        from: Address,
        to: Address,
        both: bool,
    },
    /// Every link between two groups is cut. Who is in no group stays with everybody.
    Partition {
        groups: Vec<Vec<Address>>,
    },
    HealAll,
    SetLink(LinkRule),
    DropMessage {
        message: MessageId,
    },
    DelayMessage {
        message: MessageId,
        by: Micros,
    },
    DuplicateMessage {
        message: MessageId,
    },
    DeliverNow {
        message: MessageId,
    },
    /// A client does something by hand.
    Issue {
        client: ClientId,
        action: Action,
        /// At this node and no other; none: as the client's settings say.
        at: Option<NodeId>,
    },
    /// Starts or stops the client's workload.
    SetWorkload {
        client: ClientId,
        on: bool,
    },
    SetReadsFrom {
        client: ClientId,
        target: Target,
    },
    SetWritesTo {
        client: ClientId,
        target: Target,
    },
    /// Whether the client's reads wait for what it has seen.
    SetToken {
        client: ClientId,
        on: bool,
    },
    /// All nodes acknowledge writes by another rule from now on.
    SetCommit(Commit),
    /// From now on this decides who takes over.
    SetFailover(Failover),
    /// How sure the client’s reads must be from now on.
    SetConcern {
        client: ClientId,
        concern: Concern,
    },
    /// A replica whose log and the primary's have parted goes back to that point.
    Rewind {
        node: NodeId,
    },
    /// A replica copies everything from its primary.
    Reclone {
        node: NodeId,
    },
    /// From now on this becomes of logs.
    SetLogs(Logs),
    /// This one feeds a replica from now on; none: the primary.
    SetUpstream {
        node: NodeId,
        from: Option<NodeId>,
    },
    /// This replica’s readers see entries so much later than they could; none: at once.
    SetDelay {
        node: NodeId,
        by: Option<Micros>,
    },
    /// How long the client waits for an answer from now on.
    SetTimeout {
        client: ClientId,
        timeout: Micros,
    },
    /// From now on readers are shown this of values that were written without knowing of each other.
    SetConflicts(Conflicts),
    /// From now on each key has so many home nodes, and so many of them are asked.
    #[cfg(feature = "quorum")]
    SetQuorum(Quorums),
    /// From now on documents are written, and looked for at other nodes, so.
    #[cfg(feature = "documents")]
    SetDocuments(Terms),
}

impl Command {
    /// The node to which it is done.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Command::Crash { node }
            | Command::CrashMachine { node }
            | Command::Wipe { node }
            | Command::Restart { node }
            | Command::Pause { node }
            | Command::Resume { node }
            | Command::Slow { node, .. }
            | Command::SetClock { node, .. }
            | Command::Promote { node }
            | Command::Rewind { node }
            | Command::Reclone { node }
            | Command::SetUpstream { node, .. }
            | Command::SetDelay { node, .. }
            | Command::RemoveNode { node } => Some(*node),
            Command::Issue { at, .. } => *at,
            _ => None,
        }
    }
}
