//! What nodes say to each other: the target of a replication asks, its source answers.

use super::disk::{Body, Checkpoint, Row, write_of};
use crate::{
    protocol,
    sim::{id::Key, network::MessageClass},
    store::{
        revisions::{Leaf, Path, Revision},
        version::Actor,
        words::bytes,
    },
    trace::Cargo,
};

/// Why a target asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// It has just started: whoever pulled from it has been forgotten there.
    Starts,
    /// It begins anew. The source compares with what it has written down itself, and answers also if nothing has changed.
    Begins,
    /// It has everything, and will be told when there is more.
    Waits,
}

#[derive(Clone, Debug)]
pub enum Message {
    /// What has changed since?
    Ask { since: Option<Checkpoint>, why: Asks },
    /// What has changed after `since` and up to `last`; each document once.
    Changes { source: Actor, since: u64, rows: Vec<Row>, last: u64 },
    /// Ends of branches that the target does not know. `last`: of which changes.
    Fetch { wanted: Vec<(Key, Vec<Revision>)>, last: u64 },
    /// Those with their lines, as far as they still are ends.
    Documents { source: Actor, paths: Vec<(Key, Path<Body>)>, last: u64 },
    /// The target has all up to here on disk.
    Checkpoint(Checkpoint),
}

const HEADER_BYTES: u32 = 32;
const NUMBER_BYTES: u32 = 8;
/// As text, as CouchDB sends it.
const REVISION_BYTES: u32 = 34;

fn named(revisions: usize) -> u32 {
    NUMBER_BYTES + revisions as u32 * REVISION_BYTES
}

impl protocol::Message for Message {
    fn class(&self) -> MessageClass {
        match self {
            Message::Ask { .. } | Message::Changes { .. } => MessageClass::Control,
            Message::Fetch { .. } => MessageClass::Fetch,
            Message::Documents { .. } => MessageClass::Replicate,
            Message::Checkpoint(_) => MessageClass::Acknowledge,
        }
    }

    fn bytes(&self) -> u32 {
        HEADER_BYTES
            + match self {
                Message::Ask { .. } | Message::Checkpoint(_) => NUMBER_BYTES,
                Message::Changes { rows, .. } => rows.iter().map(|row| NUMBER_BYTES + named(row.leaves.len())).sum(),
                Message::Fetch { wanted, .. } => wanted.iter().map(|(_, revisions)| named(revisions.len())).sum(),
                Message::Documents { paths, .. } => {
                    paths.iter().map(|(_, path)| named(path.ids.len()) + bytes(&path.body) as u32).sum()
                }
            }
    }

    fn cargo(&self) -> Cargo {
        match self {
            Message::Ask { since, .. } => Cargo::AskChanges { since: since.map_or(0, |since| since.sequence) },
            Message::Changes { rows, last, .. } => Cargo::Feed { documents: rows.len() as u32, last: *last },
            Message::Fetch { wanted, .. } => {
                Cargo::Wanted { revisions: wanted.iter().map(|(_, revisions)| revisions.len() as u32).sum() }
            }
            Message::Documents { paths, .. } => {
                let write = |(key, path): &(Key, Path<Body>)| {
                    let leaf = Leaf { revision: path.last()?, deleted: path.deleted, body: &path.body };
                    Some(write_of(*key, &leaf))
                };
                Cargo::Documents { count: paths.len() as u32, last: paths.last().and_then(write) }
            }
            Message::Checkpoint(checkpoint) => Cargo::Checkpoint { sequence: checkpoint.sequence },
        }
    }
}
