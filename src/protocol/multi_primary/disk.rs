//! What a peer puts on disk: who it is, its changes and those of others, and the state that they add up to.

use super::message::{Change, State, total};
use crate::{
    protocol::Storage,
    sim::{chunked::Chunked, id::Key, small::SmallMap},
    store::{
        log::Lsn,
        object::Object,
        version::{Actor, Dot, VersionVector},
    },
};
use std::sync::Arc;

/// What a peer knows, in memory and on disk alike.
#[derive(Clone, Debug, Default)]
pub struct Data {
    pub objects: SmallMap<Key, Object>,
    /// How many changes of each origin are in the objects: all up to this one.
    pub vector: VersionVector,
    /// The last of them, for neighbours.
    pub logs: SmallMap<Actor, Chunked<Arc<Change>>>,
    /// Of registers that were forgotten with their tombstones: how many of its writes this peer had counted.
    pub forgotten: SmallMap<Key, u32>,
}

impl Data {
    /// Takes in the next change of its origin.
    pub fn take(&mut self, change: &Arc<Change>, keep: u32) {
        self.merge(change.write.key, &change.delta);
        self.vector.raise(Dot { actor: change.origin, counter: change.number });
        let log = match self.logs.get_mut(&change.origin) {
            Some(log) => log,
            None => {
                self.logs.insert(change.origin, Chunked::starting_at(change.number as u64));
                self.logs.or_default(change.origin)
            }
        };
        log.push(change.clone());
        log.keep_last(keep as u64);
    }

    /// Takes in everything that another has.
    pub fn install(&mut self, state: &State) {
        state.objects.iter().for_each(|(key, object)| self.merge(*key, object));
        for dot in state.vector.iter() {
            if !self.vector.includes(dot) {
                // What came in between is in the objects and nowhere else.
                self.logs.insert(dot.actor, Chunked::starting_at(dot.counter as u64 + 1));
            }
        }
        self.vector.merge(&state.vector);
    }

    /// Of two types of one key the first stays: which type a key has is settled before a run, so that this cannot be.
    fn merge(&mut self, key: Key, delta: &Object) {
        match self.objects.get_mut(&key) {
            Some(own) => drop(own.merge(delta)),
            None => drop(self.objects.insert(key, delta.clone())),
        }
    }

    /// Forgets a register, and all changes of it, so that nobody can be sent them any more. `own`: who this peer is.
    pub fn forget(&mut self, key: Key, own: Actor) {
        let Some(Object::Register(register)) = self.objects.remove(&key) else { return };
        let counted = self.forgotten.or_default(key);
        *counted = (register.seen().next(own).counter - 1).max(*counted);
        for log in self.logs.values_mut() {
            let last = log.iter().rev().find(|(_, change)| change.write.key == key).map(|(number, _)| number);
            last.into_iter().for_each(|last| log.drop_before(last + 1));
        }
    }

    /// A number that differs if the objects do.
    pub fn digest(&self) -> u64 {
        let one = |(key, object): (&Key, &Object)| object.digest().rotate_left(key.0 as u32 % 64).wrapping_add(key.0 as u64);
        self.objects.iter().map(one).fold(0, u64::wrapping_add)
    }

    /// Whether another's objects would change these.
    pub fn lacks(&self, state: &State) -> bool {
        state.objects.iter().any(|(key, object)| match self.objects.get(key) {
            None => true,
            Some(own) => {
                let mut merged = own.clone();
                merged.merge(object).is_ok() && merged != *own
            }
        })
    }

    pub fn state(&self) -> State {
        let objects = self.objects.iter().map(|(key, object)| (*key, object.clone())).collect();
        State { objects, vector: self.vector.clone() }
    }

    /// How many changes it has, as a position.
    pub fn position(&self) -> Lsn {
        Lsn(total(&self.vector))
    }
}

#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// None on a disk never used.
    pub actor: Option<Actor>,
    /// False on a newcomer until it has heard from somebody.
    pub ready: bool,
    pub data: Data,
}

#[derive(Clone, Debug)]
pub enum DiskChange {
    /// Who it is.
    Born {
        actor: Actor,
        ready: bool,
    },
    Ready,
    /// A change, and how many of its origin are kept.
    Take(Arc<Change>, u32),
    Install(Arc<State>),
    /// A deleted register is forgotten, by this peer.
    Forget(Key, Actor),
}

impl Storage for Disk {
    type Change = DiskChange;

    fn apply(&mut self, change: &DiskChange) {
        match change {
            DiskChange::Born { actor, ready } => (self.actor, self.ready) = (Some(*actor), *ready),
            DiskChange::Ready => self.ready = true,
            DiskChange::Take(change, keep) => self.data.take(change, *keep),
            DiskChange::Install(state) => self.data.install(state),
            DiskChange::Forget(key, own) => self.data.forget(*key, *own),
        }
    }
}
