//! What clients ask and what they are told. The vocabulary between clients, nodes, history and trace.

#[cfg(feature = "documents")]
use super::revision::Revision;
use super::{
    id::{Key, NodeId, OperationId, Value},
    time::Micros,
};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// What an operation does to one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    Read {
        key: Key,
    },
    Write {
        key: Key,
        value: Value,
    },
    /// Writes what the node makes of it.
    Generate {
        key: Key,
        function: Function,
    },
    /// Adds to a counter; less than 0 takes away.
    Add {
        key: Key,
        amount: Value,
    },
    /// Puts an element into a set or a cart.
    AddElement {
        key: Key,
        element: Value,
    },
    RemoveElement {
        key: Key,
        element: Value,
    },
    /// Types a character into a text, so many visible ones before it; at the end if there are fewer.
    Insert {
        key: Key,
        place: u16,
        character: char,
    },
    /// Erases the visible character that has so many before it.
    Erase {
        key: Key,
        place: u16,
    },
    /// Deletes a register: leaves a tombstone.
    Delete {
        key: Key,
    },
    /// Ends one branch of a document, whichever readers are shown.
    #[cfg(feature = "documents")]
    DeleteRevision {
        key: Key,
        revision: Revision,
    },
}

impl Action {
    pub fn key(self) -> Key {
        match self {
            Action::Read { key }
            | Action::Write { key, .. }
            | Action::Generate { key, .. }
            | Action::Add { key, .. }
            | Action::AddElement { key, .. }
            | Action::RemoveElement { key, .. }
            | Action::Insert { key, .. }
            | Action::Erase { key, .. }
            | Action::Delete { key } => key,
            #[cfg(feature = "documents")]
            Action::DeleteRevision { key, .. } => key,
        }
    }

    /// Whether it writes a value, whatever the key held: all that a group with a primary can do.
    pub fn writes_value(self) -> bool {
        matches!(self, Action::Write { .. } | Action::Generate { .. })
    }

    /// Whether nothing may be left of a value after it.
    pub fn deletes(self) -> bool {
        #[cfg(feature = "documents")]
        if matches!(self, Action::DeleteRevision { .. }) {
            return true;
        }
        matches!(self, Action::Delete { .. })
    }

    /// Whether it takes away what is there, and puts nothing in its place.
    pub fn takes_away(self) -> bool {
        self.deletes() || matches!(self, Action::RemoveElement { .. } | Action::Erase { .. })
    }

    /// Whether only a key that is no register can do it.
    pub fn is_typed(self) -> bool {
        !self.writes_value() && !self.deletes() && !matches!(self, Action::Read { .. })
    }

    /// Whether it changes what is stored.
    pub fn is_write(self) -> bool {
        !matches!(self, Action::Read { .. })
    }
}

/// What a key holds, which is settled before a run. Peers know all of them; where there is a primary, all keys are registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyType {
    /// One value.
    #[default]
    Register,
    /// A number that many count at once.
    Counter,
    /// Elements; what a removal means is a matter of its kind.
    Set,
    /// Elements in a cart that is written as a whole.
    Cart,
    /// Characters that many type at once.
    Text,
}

impl fmt::Display for KeyType {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(match self {
            KeyType::Register => "register",
            KeyType::Counter => "counter",
            KeyType::Set => "set",
            KeyType::Cart => "cart",
            KeyType::Text => "text",
        })
    }
}

/// What a node makes a value of, when a client leaves that to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// One more than the key's latest value, 1 if it has none (SQL: auto-increment).
    Next,
    /// The clock of the node that evaluates it, in ms (SQL: `SYSDATE()`).
    Clock,
    /// A random number (SQL: `RAND()`, `UUID()`).
    Random,
}

impl Function {
    /// Random numbers are below this, so that they can be read.
    pub const RANDOM_BELOW: u64 = 1_000_000;
}

impl fmt::Display for Function {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(match self {
            Function::Next => "next",
            Function::Clock => "clock",
            Function::Random => "random",
        })
    }
}

/// A value together with the write that made it: what travels, is stored and is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Write {
    pub id: OperationId,
    pub key: Key,
    pub value: Value,
}

/// Why a node, or the machine it ran on, said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The node takes no writes; it names the primary it follows, if any.
    NotPrimary { primary: Option<NodeId> },
    /// The process is gone but the machine answers: connection refused.
    NoProcess,
    /// The node is running but has no data to serve yet.
    NotReady,
    /// Fewer replicas are in touch with the primary than it must have to take writes.
    TooFewReplicas,
    /// The primary has not heard from a majority for so long that another may lead by now.
    NoMajority,
    /// The node watches the others and holds no data.
    Monitor,
    /// The node may be further behind than the reader allows.
    TooStale,
    /// The primary’s disk is full.
    DiskFull,
    /// So few of the nodes that have copies can be reached, and more are needed.
    #[cfg(feature = "quorum")]
    TooFewCopies { have: u8, need: u8 },
    /// The key is of another type than the operation is for.
    WrongType { holds: KeyType },
    /// The set or the counter only grows.
    GrowsOnly,
    /// A two-phase set takes nothing back that was removed.
    Gone,
    /// There is nothing to be removed, erased or deleted.
    Absent,
    /// The key keeps as many elements or characters as it may.
    Full,
    /// The write names a revision of the document that is not a current one, or none where there is one.
    #[cfg(feature = "documents")]
    OldRevision,
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Written,
    /// Written here, but replicas did not confirm it in time. It stays.
    Unconfirmed,
    /// The write the value came from; none if the key was never written.
    Read(Option<Write>),
    /// All that the key holds, of one that can hold several: siblings, the elements of a set.
    Several(Arc<[Write]>),
    Refused(Refusal),
    /// Written, with the value that the node made.
    Generated(Write),
}

/// What the client saw in the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Written,
    Read(Option<Write>),
    /// Did not happen: every node asked said no; the last reason.
    Refused(Refusal),
    /// No answer in time. A write may have happened, or may still happen.
    TimedOut,
    /// A node has the write, but those who should confirm it did not in time: it may survive or not.
    Unconfirmed,
    /// Written, with the value that the node made.
    Generated(Write),
    /// All that the key holds, of one that can hold several: siblings, the elements of a set.
    Several(Arc<[Write]>),
}

impl Outcome {
    /// Whether the client was told that its write is done.
    pub fn is_written(&self) -> bool {
        matches!(self, Outcome::Written | Outcome::Generated(_))
    }
}

/// One try of an operation at one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub operation: OperationId,
    /// 0 for the first try.
    pub attempt: u32,
    pub action: Action,
    /// A read must show the log at least up to this position: the session's token. 0: whatever there is.
    pub after: u64,
    /// Of a read.
    pub concern: Concern,
}

/// How sure a read must be of what it shows (MongoDB: read concern).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// Whatever the node has.
    #[default]
    Local,
    /// Nothing older than this, as far as the node can know; else it refuses.
    Bounded(Micros),
    /// What a majority of the nodes has on disk.
    Majority,
    /// The latest: the primary makes sure first that it still leads.
    Linearizable,
}
