//! What a node of a leaderless group puts on disk: its copies, and beside them what it keeps for others.

use crate::{
    protocol::Storage,
    sim::{
        id::{Key, NodeId},
        small::SmallMap,
    },
    store::object::Object,
};
use std::sync::Arc;

/// A copy kept for a home node that could not be reached; not shown to readers.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    pub object: Object,
    /// Since when, by the clock of the node that keeps it.
    pub since_us: i64,
}

/// What a node knows, in memory and on disk alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    pub objects: SmallMap<Key, Object>,
    pub hints: SmallMap<(NodeId, Key), Hint>,
}

impl Data {
    /// Of two types of one key the first stays: which type a key has is settled before a run, so that this cannot be.
    pub fn merge(&mut self, key: Key, object: &Object) {
        match self.objects.get_mut(&key) {
            Some(own) => drop(own.merge(object)),
            None => drop(self.objects.insert(key, object.clone())),
        }
    }

    /// A hint is as old as the first that is in it.
    pub fn keep(&mut self, of: NodeId, key: Key, object: &Object, since_us: i64) {
        match self.hints.get_mut(&(of, key)) {
            Some(hint) => drop(hint.object.merge(object)),
            None => drop(self.hints.insert((of, key), Hint { object: object.clone(), since_us })),
        }
    }

    pub fn apply(&mut self, change: &DiskChange) {
        match change {
            DiskChange::Born { .. } | DiskChange::Ready => {}
            DiskChange::Merge(key, object) => self.merge(*key, object),
            DiskChange::Keep { of, key, object, since_us } => self.keep(*of, *key, object, *since_us),
            DiskChange::Unkeep { of, key } => drop(self.hints.remove(&(*of, *key))),
            DiskChange::Forget(key) => drop(self.objects.remove(key)),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// False on a disk never used.
    pub born: bool,
    /// False on a newcomer until it has what others have.
    pub ready: bool,
    pub data: Data,
}

#[derive(Clone, Debug)]
pub enum DiskChange {
    Born {
        ready: bool,
    },
    Ready,
    Merge(Key, Arc<Object>),
    /// A hint.
    Keep {
        of: NodeId,
        key: Key,
        object: Arc<Object>,
        since_us: i64,
    },
    /// It is handed over, or too old.
    Unkeep {
        of: NodeId,
        key: Key,
    },
    /// A copy of a key whose home is elsewhere by now, and has it.
    Forget(Key),
}

impl Storage for Disk {
    type Change = DiskChange;

    fn apply(&mut self, change: &DiskChange) {
        match change {
            DiskChange::Born { ready } => (self.born, self.ready) = (true, *ready),
            DiskChange::Ready => self.ready = true,
            other => self.data.apply(other),
        }
    }
}
