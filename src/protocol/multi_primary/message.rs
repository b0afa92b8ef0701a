//! What peers say to each other.

use crate::{
    protocol,
    sim::{id::Key, network::MessageClass, operation::Write},
    store::{
        object::Object,
        version::{Actor, VersionVector},
    },
    trace::Cargo,
};
use std::sync::Arc;

/// One write, as the peer that accepted it made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub origin: Actor,
    /// 1, 2, 3 … per origin.
    pub number: u32,
    pub write: Write,
    /// What it adds to the state of its key; or that whole state, if so it is delivered.
    pub delta: Object,
    /// What its peer showed when it accepted it: so many changes of each origin.
    pub needs: VersionVector,
}

/// All that a peer has.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub objects: Vec<(Key, Object)>,
    pub vector: VersionVector,
}

/// Why a peer says what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// To confirm what it was sent.
    Confirm,
    /// To be sent what it lacks.
    Ask,
    /// It has just started: whoever gets changes from it and lacks some can ask.
    Tell,
}

#[derive(Clone, Debug)]
pub enum Message {
    /// Never none.
    Changes(Vec<Arc<Change>>),
    /// What the sender has on disk, and why it says so.
    /// `digest`: of all objects, where peers can know the same changes and hold different things.
    Have { vector: VersionVector, why: Why, digest: Option<u64> },
    /// Everything, for one that lacks what is no longer kept as changes.
    State(Arc<State>),
}

const HEADER_BYTES: u32 = 32;
const DIGEST_BYTES: u32 = 8;
/// Of one entry of a vector.
const COUNT_BYTES: u32 = 8;

fn vector_bytes(vector: &VersionVector) -> u32 {
    vector.iter().count() as u32 * COUNT_BYTES
}

impl protocol::Message for Message {
    fn class(&self) -> MessageClass {
        match self {
            Message::Changes(_) => MessageClass::Replicate,
            Message::Have { why: Why::Confirm, .. } => MessageClass::Acknowledge,
            Message::Have { .. } => MessageClass::Control,
            Message::State(_) => MessageClass::Snapshot,
        }
    }

    fn bytes(&self) -> u32 {
        HEADER_BYTES
            + match self {
                Message::Changes(changes) => {
                    changes.iter().map(|change| change.delta.bytes() as u32 + vector_bytes(&change.needs)).sum()
                }
                Message::Have { vector, digest, .. } => vector_bytes(vector) + digest.map_or(0, |_| DIGEST_BYTES),
                Message::State(state) => {
                    vector_bytes(&state.vector) + state.objects.iter().map(|(_, object)| object.bytes() as u32).sum::<u32>()
                }
            }
    }

    fn cargo(&self) -> Cargo {
        match self {
            Message::Changes(changes) => match (changes.first(), changes.last()) {
                (Some(first), Some(last)) => Cargo::Changes { count: changes.len() as u32, first: first.write, last: last.write },
                _ => Cargo::Have { changes: 0, asks: false },
            },
            Message::Have { vector, why, .. } => Cargo::Have { changes: total(vector), asks: *why == Why::Ask },
            Message::State(state) => Cargo::State { changes: total(&state.vector), keys: state.objects.len() as u32 },
        }
    }
}

/// How many changes it includes.
pub fn total(vector: &VersionVector) -> u64 {
    vector.iter().map(|dot| dot.counter as u64).sum()
}
