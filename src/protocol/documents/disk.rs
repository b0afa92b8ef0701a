//! What a node puts on disk: its documents with the sequence of their changes, and how far it has pulled from whom.

use crate::{
    protocol::Storage,
    sim::{
        id::{Key, NodeId, OperationId, Value},
        operation::Write,
        small::{SmallMap, sorted_by_key},
    },
    store::{
        revisions::{Leaf, Revision, Revisions},
        version::Actor,
        words::Words,
    },
};
use std::sync::Arc;

/// What a revision says. Who wrote it is kept beside and is no part of its name: the same edit at two nodes is one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Body {
    pub value: Value,
    pub id: OperationId,
}

impl Words for Body {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.value.words(out);
    }
}

/// All that is known of a document.
pub type Tree = Revisions<Body>;

/// The end of a branch, as a write of its document.
pub fn write_of(key: Key, leaf: &Leaf<Body>) -> Write {
    Write { id: leaf.body.id, key, value: leaf.body.value }
}

#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Shared by memory, disk and keyframes.
    pub tree: Arc<Tree>,
    /// The last of this node's changes that changed it: where it stands in the feed.
    pub sequence: u64,
}

/// One document that was changed, as the feed says it: where it stands, and the ends of all its branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub sequence: u64,
    pub key: Key,
    pub leaves: Vec<Revision>,
}

/// The documents of a node, in memory and on disk alike.
#[derive(Clone, Debug, Default)]
pub struct Data {
    pub documents: SmallMap<Key, Document>,
    /// How many changes there were.
    pub sequence: u64,
}

impl Data {
    pub fn put(&mut self, key: Key, document: Document) {
        self.sequence = self.sequence.max(document.sequence);
        self.documents.insert(key, document);
    }

    /// What has changed since, each document once, at most so many; and up to where that is all.
    pub fn changes(&self, since: u64, most: usize) -> (Vec<Row>, u64) {
        let changed = self.documents.iter().filter(|(_, document)| document.sequence > since);
        let mut changed = sorted_by_key(changed.collect::<Vec<_>>(), |(_, document)| document.sequence);
        let is_all = changed.len() <= most;
        changed.truncate(most);
        let row = |(key, document): (&Key, &Document)| Row {
            sequence: document.sequence,
            key: *key,
            leaves: document.tree.leaves().iter().map(|leaf| leaf.revision).collect(),
        };
        let rows: Vec<Row> = changed.into_iter().map(row).collect();
        let last = if is_all { self.sequence } else { rows.last().map_or(since, |row| row.sequence) };
        (rows, last)
    }
}

/// How far a node has pulled: so many changes of this life of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub source: Actor,
    pub sequence: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// None on a disk never used. A disk that was wiped counts anew, under another name.
    pub actor: Option<Actor>,
    pub data: Data,
    /// Of those from whom it pulls.
    pub pulled: SmallMap<NodeId, Checkpoint>,
    /// What those who pull from it have said.
    pub given: SmallMap<NodeId, Checkpoint>,
}

#[derive(Clone, Debug)]
pub enum DiskChange {
    Born(Actor),
    Put(Key, Document),
    Pulled(NodeId, Checkpoint),
    Given(NodeId, Checkpoint),
}

impl Storage for Disk {
    type Change = DiskChange;

    fn apply(&mut self, change: &DiskChange) {
        match change {
            DiskChange::Born(actor) => self.actor = Some(*actor),
            DiskChange::Put(key, document) => self.data.put(*key, document.clone()),
            DiskChange::Pulled(source, checkpoint) => drop(self.pulled.insert(*source, *checkpoint)),
            DiskChange::Given(target, checkpoint) => drop(self.given.insert(*target, *checkpoint)),
        }
    }
}
