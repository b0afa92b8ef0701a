//! Replicated types against their laws, against a model that knows the whole history, and against another implementation.

mod clocks;
mod laws;
mod oracles;
mod worlds;

use super::{
    object::{Mark, register::Version},
    stamp::Stamp,
    version::{Actor, Dot},
};
use crate::sim::{
    id::{ClientId, Key, NodeId, OperationId, Origin},
    operation::Write,
};

/// Everything here has three peers.
const PEERS: usize = 3;

fn actor(peer: usize) -> Actor {
    NodeId(peer as u16).into()
}

fn dot(peer: usize, counter: u32) -> Dot {
    Dot { actor: actor(peer), counter }
}

/// What the wall clocks show: B's is ahead, C's behind, by more than the time between two writes.
fn wall(peer: usize, time: i64) -> Stamp {
    Stamp::wall(time * 10 + [0, 25, -25][peer], actor(peer))
}

/// When something was done at a peer by its wall clock, and by which operation.
fn mark(peer: usize, time: i64) -> Mark {
    Mark { stamp: wall(peer, time), id: OperationId { client: ClientId(peer as u16), origin: Origin::Hand, number: time as u32 } }
}

/// The write of `value` at a peer, at a time that grows with causality.
fn version(peer: usize, value: i64, deleted: bool, time: i64) -> Version {
    let id = OperationId { client: ClientId(0), origin: Origin::Workload, number: value as u32 };
    let write = Write { id, key: Key(0), value };
    Version { write, deleted, stamp: wall(peer, time), hybrid: Stamp::wall(time, actor(peer)), lamport: time as u32 }
}

/// All pairs of different peers: who takes in whose state.
fn meetings() -> impl Iterator<Item = (usize, usize)> {
    (0..PEERS).flat_map(|to| (0..PEERS).map(move |from| (to, from))).filter(|(to, from)| to != from)
}
