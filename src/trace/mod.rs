//! What happened: one typed event per thing, with its causes.
//!
//! The trace is the meeting place of the engine and everything that looks at it: pictures, sentences,
//! judges. Events hold facts as data; prose is made in `explain`. Written legend: `src/trace/README.md`.

#[cfg(feature = "documents")]
mod documents;
mod export;
mod fact;
#[cfg(test)]
mod legend;

#[cfg(feature = "documents")]
pub use documents::{Branch, DocumentFact, Shows};
pub use export::{hash, to_json};
#[cfg(feature = "quorum")]
pub use fact::Compared;
pub use fact::{Fact, NoVote};

use crate::{
    sim::{
        id::{Address, ClientId, EventId, MessageId, NodeId, OperationId},
        network::MessageClass,
        operation::{Action, Function, Outcome, Write},
        time::Micros,
    },
    store::log::{Epoch, Lsn},
};
use serde::Serialize;
#[cfg(feature = "gossip")]
use std::sync::Arc;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub at: Micros,
    /// The node it happened at, if at one.
    pub node: Option<NodeId>,
    /// The client operation it belongs to, if to one.
    pub operation: Option<OperationId>,
    /// The events without which it would not have happened.
    pub causes: Causes,
    pub kind: Kind,
}

/// Up to three causes, most direct first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Causes([Option<EventId>; 3]);

impl Causes {
    pub const NONE: Causes = Causes([None; 3]);

    pub fn one(event: EventId) -> Causes {
        Causes([Some(event), None, None])
    }

    /// Adds a cause unless it is there already. A fourth is not kept: the three most direct ones explain.
    pub fn and(mut self, event: Option<EventId>) -> Causes {
        if event.is_some()
            && !self.0.contains(&event)
            && let Some(free) = self.0.iter_mut().find(|cause| cause.is_none())
        {
            *free = event;
        }
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = EventId> {
        self.0.iter().flatten().copied()
    }
}

/// What a message carries, for pictures and sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cargo {
    /// A client asks.
    Ask {
        action: Action,
        operation: OperationId,
    },
    /// A node answers.
    Answer {
        outcome: Outcome,
    },
    /// `count` log entries (never 0); the first and the last write among them, none if all are no-ops.
    Entries {
        first: Lsn,
        count: u32,
        first_write: Option<Write>,
        last_write: Option<Write>,
        /// If that is a statement: what its receiver will evaluate.
        #[serde(skip_serializing_if = "Option::is_none")]
        last_function: Option<Function>,
    },
    /// No entry, only word of how far the log goes.
    Probe {
        last: Lsn,
    },
    /// A copy's positions.
    Position {
        written: Lsn,
        flushed: Lsn,
        applied: Lsn,
    },
    /// All data as of `lsn`.
    Snapshot {
        lsn: Lsn,
        keys: u32,
    },
    /// A replica asks to be sent what follows `from`.
    Follow {
        from: Lsn,
    },
    /// Word of who is primary.
    Announce {
        epoch: Epoch,
    },
    /// A sign of life, from a primary or a monitor.
    Heartbeat {
        epoch: Epoch,
    },
    /// Its answer.
    Echo {
        epoch: Epoch,
        written: Lsn,
    },
    /// A node, whose log ends at `last`, asks for a vote; `trial`: only if it would get one.
    AskVote {
        epoch: Epoch,
        last: Lsn,
        trial: bool,
    },
    Vote {
        epoch: Epoch,
        granted: bool,
        trial: bool,
    },
    /// A monitor suspects the primary of the epoch.
    Accuse {
        primary: NodeId,
        epoch: Epoch,
    },
    /// A monitor makes the receiver primary.
    Appoint {
        epoch: Epoch,
    },
    /// Changes of peers (never none); the first and the last write among them.
    Changes {
        count: u32,
        first: Write,
        last: Write,
    },
    /// A peer says how many changes it has; `asks`: and wants what it lacks.
    Have {
        changes: u64,
        asks: bool,
    },
    /// All that a peer has: the sum of so many changes.
    State {
        changes: u64,
        keys: u32,
    },
    /// A primary says that the receiver's log is no part of its own, which ends there.
    Parted {
        last: Lsn,
    },
    /// A coordinator asks what a home node has.
    #[cfg(feature = "quorum")]
    Fetch {
        key: crate::sim::id::Key,
    },
    /// Its answer: so many values; the last of them.
    #[cfg(feature = "quorum")]
    Fetched {
        count: u32,
        last: Option<Write>,
    },
    /// A copy is on the sender’s disk.
    #[cfg(feature = "quorum")]
    Stored,
    /// A copy to be kept for another.
    #[cfg(feature = "quorum")]
    Hint {
        of: NodeId,
        write: Write,
    },
    /// Hashes of what the sender has, to be compared; none: nothing differs.
    #[cfg(feature = "quorum")]
    Hashes {
        count: u32,
    },
    /// The sender’s copies of so many keys in which two nodes differ.
    #[cfg(feature = "quorum")]
    Copies {
        keys: u32,
    },
    /// Rumours; `asks`: and is told what its receiver spreads.
    #[cfg(feature = "gossip")]
    Rumours {
        writes: Arc<[Write]>,
        asks: bool,
    },
    /// Of rumours that were told: so many were news, and so many known.
    #[cfg(feature = "gossip")]
    Feedback {
        news: u32,
        known: u32,
    },
    /// The timestamps of what the sender has, to be compared.
    #[cfg(feature = "gossip")]
    Digest {
        keys: u32,
    },
    /// So many writes that the receiver lacks, the last of them; so many keys are wanted in return.
    #[cfg(feature = "gossip")]
    Missing {
        count: u32,
        last: Option<Write>,
        wanted: u32,
    },
    /// Is the receiver there, or the one that it is asked about?
    #[cfg(feature = "gossip")]
    Ping {
        about: Option<NodeId>,
    },
    /// The member is there.
    #[cfg(feature = "gossip")]
    Ack {
        member: NodeId,
    },
    /// What has changed after so many changes of the receiver?
    #[cfg(feature = "documents")]
    AskChanges {
        since: u64,
    },
    /// So many documents have changed; up to there that is all.
    #[cfg(feature = "documents")]
    Feed {
        documents: u32,
        last: u64,
    },
    /// So many ends of branches are missing and wanted.
    #[cfg(feature = "documents")]
    Wanted {
        revisions: u32,
    },
    /// Revisions with their lines; the last of them.
    #[cfg(feature = "documents")]
    Documents {
        count: u32,
        last: Option<Write>,
    },
    /// The sender has on disk all that the receiver changed up to there.
    #[cfg(feature = "documents")]
    Checkpoint {
        sequence: u64,
    },
}

/// Why a message went no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// Lost on the wire by chance.
    Loss,
    /// The link was cut when it would have arrived.
    Cut,
    /// Nothing was running at the receiver.
    NodeDown,
    /// The learner took it off the wire.
    ByHand,
    /// Too much was waiting on the link already.
    LinkFull,
    /// Too much was waiting at the node already.
    QueueFull,
    /// The receiver crashed with it still waiting to be handled.
    CrashedWaiting,
}

/// Timers, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerName {
    /// Send again what was not acknowledged.
    Resend,
    /// Ask the primary again to be sent the log.
    Follow,
    /// Tell the others again who is primary.
    Announce,
    /// Wait no longer for replicas to confirm.
    Confirm,
    /// Look again who is in touch.
    Touch,
    /// Show what has been held back for long enough.
    ApplyDelayed,
    /// Send the next heartbeats.
    Heartbeat,
    /// Now the silence is long enough to be suspicious.
    Suspect,
    /// Stand for election, or stand again.
    Campaign,
    /// Compare with neighbours what both have.
    Compare,
    /// Try to hand over what is kept for others.
    HandOff,
    /// Forget what was deleted long enough ago.
    Collect,
    /// Tell others, or ask them, once more.
    #[cfg(feature = "gossip")]
    Round,
}

/// What a node was doing when it was not waiting for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    Read,
    Write,
    Message,
    Apply,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CrashKind {
    /// The process dies; what it had written to the operating system survives.
    Process,
    /// The machine dies; only what was flushed to disk survives.
    Machine,
    /// As a machine crash, and the disk is empty afterwards.
    Wipe,
}

/// A node's part in the group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Primary,
    #[default]
    Replica,
    /// A replica that stands for election.
    Candidate,
    /// It holds no data; it watches the others.
    Monitor,
    /// One of equals: it takes reads and writes.
    Peer,
}

/// What a node believes of another. In this order: the worse the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    Alive,
    /// It answered nobody who asked, and may still deny that it is gone.
    Suspect,
    Dead,
}

/// What a replica is to its primary's writes, in the words of PostgreSQL's `pg_stat_replication.sync_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Writes wait for it.
    Sync,
    /// It would be the next to be waited for.
    Potential,
    /// One of those of whom any will do.
    Quorum,
    /// Nobody waits for it.
    Async,
}

/// Kinds of events.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A learner's command took effect; its number in the list of commands.
    Command {
        number: u32,
    },
    /// A command came when it could have no effect, and why.
    CommandIdle {
        number: u32,
        why: &'static str,
    },
    /// A client begins an operation.
    Invoke {
        client: ClientId,
        action: Action,
    },
    /// A client's operation ends.
    Outcome {
        client: ClientId,
        outcome: Outcome,
    },
    /// A client has too much waiting; an operation its workload called for is not issued.
    Skipped {
        client: ClientId,
    },
    Send {
        message: MessageId,
        from: Address,
        to: Address,
        class: MessageClass,
        cargo: Cargo,
    },
    Deliver {
        message: MessageId,
        from: Address,
        to: Address,
        class: MessageClass,
    },
    Drop {
        message: MessageId,
        from: Address,
        to: Address,
        class: MessageClass,
        cargo: Cargo,
        reason: DropReason,
    },
    Duplicate {
        message: MessageId,
        copy: MessageId,
    },
    /// A node took something from its queue and worked on it.
    Worked {
        work: Work,
        waited: Micros,
        took: Micros,
    },
    TimerSet {
        timer: TimerName,
        after: Micros,
    },
    TimerFired {
        timer: TimerName,
    },
    TimerCancelled {
        timer: TimerName,
    },
    /// Written to the operating system's cache; the number of the write on this node.
    Stored {
        sequence: u64,
    },
    FlushStarted {
        up_to: u64,
    },
    Flushed {
        up_to: u64,
    },
    Crash {
        how: CrashKind,
    },
    Restart,
    Pause,
    Resume,
    Added,
    Removed,
    Fact(Fact),
}
