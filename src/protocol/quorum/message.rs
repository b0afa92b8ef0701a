//! What nodes of a leaderless group say to each other.

use super::merkle::Hash;
use crate::{
    protocol,
    sim::{
        id::{Key, NodeId, OperationId},
        network::MessageClass,
        operation::Write,
    },
    store::{log::Epoch, log::Lsn, object::Object},
    trace::Cargo,
};
use std::sync::Arc;

/// To which call of a coordinator something belongs. A coordinator that starts anew gives none of its old ones again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    pub boot: u32,
    pub number: u32,
}

/// Whose chance a message has: the operation, and the how manieth message of its kind between the two nodes.
pub type About = Option<(OperationId, u64)>;

/// Copies of some keys; none: the sender has nothing of it.
pub type Copies = Vec<(Key, Option<Arc<Object>>)>;

#[derive(Clone, Debug)]
pub enum Message {
    /// Merge this into your copy; or keep it for another, who cannot be reached.
    Store {
        ticket: Ticket,
        key: Key,
        object: Arc<Object>,
        hint_for: Option<NodeId>,
        about: About,
    },
    /// It is on disk.
    Stored {
        ticket: Ticket,
    },
    /// What do you have?
    Fetch {
        ticket: Ticket,
        key: Key,
        about: About,
    },
    Fetched {
        ticket: Ticket,
        object: Option<Arc<Object>>,
    },
    /// What a stand-in kept for the receiver, or what its sender keeps no longer. `digest`: of the object.
    HandOff {
        key: Key,
        object: Arc<Object>,
        digest: u64,
    },
    Taken {
        key: Key,
        digest: u64,
    },
    Ping,
    Pong,
    /// Hashes of the sender's tree over the keys that both keep; none: nothing differs. `compared`: how many have been so far.
    Compare {
        hashes: Vec<Hash>,
        compared: u32,
    },
    /// The sender's copies of the keys below leaves that differ; `back`: and the receiver's are wanted.
    Exchange {
        leaves: Vec<u32>,
        copies: Copies,
        back: bool,
        compared: u32,
    },
}

const HEADER_BYTES: u32 = 32;
/// Of one hash, with its place in the tree.
const HASH_BYTES: u32 = 12;

fn bytes(object: &Object) -> u32 {
    object.bytes() as u32
}

/// The writes that nobody overwrote, as far as the object knows.
pub(super) fn writes(object: &Object) -> Vec<Write> {
    match object {
        Object::Register(register) => register.siblings().values().map(|version| version.write).collect(),
        _ => Vec::new(),
    }
}

fn changes(object: &Object) -> Cargo {
    match (writes(object).as_slice(), writes(object).len()) {
        ([first, .., last], count) => Cargo::Changes { count: count as u32, first: *first, last: *last },
        ([one], _) => Cargo::Changes { count: 1, first: *one, last: *one },
        _ => Cargo::Copies { keys: 1 },
    }
}

impl protocol::Message for Message {
    fn class(&self) -> MessageClass {
        match self {
            Message::Store { .. } | Message::HandOff { .. } | Message::Exchange { .. } => MessageClass::Replicate,
            Message::Stored { .. } | Message::Taken { .. } => MessageClass::Acknowledge,
            Message::Fetch { .. } => MessageClass::Fetch,
            Message::Fetched { .. } => MessageClass::Fetched,
            Message::Ping | Message::Pong => MessageClass::Heartbeat,
            Message::Compare { .. } => MessageClass::Control,
        }
    }

    fn bytes(&self) -> u32 {
        HEADER_BYTES
            + match self {
                Message::Store { object, .. } | Message::HandOff { object, .. } => bytes(object),
                Message::Fetched { object, .. } => object.as_deref().map_or(0, bytes),
                Message::Compare { hashes, .. } => hashes.len() as u32 * HASH_BYTES,
                Message::Exchange { copies, .. } => copies.iter().filter_map(|(_, object)| object.as_deref()).map(bytes).sum(),
                Message::Stored { .. } | Message::Fetch { .. } | Message::Taken { .. } | Message::Ping | Message::Pong => 0,
            }
    }

    fn cargo(&self) -> Cargo {
        match self {
            Message::Store { object, hint_for: Some(of), .. } => match writes(object).last() {
                Some(write) => Cargo::Hint { of: *of, write: *write },
                None => Cargo::Copies { keys: 1 },
            },
            Message::Store { object, .. } | Message::HandOff { object, .. } => changes(object),
            Message::Stored { .. } | Message::Taken { .. } => Cargo::Stored,
            Message::Fetch { key, .. } => Cargo::Fetch { key: *key },
            Message::Fetched { object, .. } => {
                let writes = object.as_deref().map(writes).unwrap_or_default();
                Cargo::Fetched { count: writes.len() as u32, last: writes.last().copied() }
            }
            Message::Ping => Cargo::Heartbeat { epoch: Epoch(0) },
            Message::Pong => Cargo::Echo { epoch: Epoch(0), written: Lsn::ZERO },
            Message::Compare { hashes, .. } => Cargo::Hashes { count: hashes.len() as u32 },
            Message::Exchange { copies, .. } => Cargo::Copies { keys: copies.len() as u32 },
        }
    }
}
