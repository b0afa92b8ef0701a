//! Finding things in the recent trace. The work is bounded: what is older is not found.

use crate::{
    lab::LabWorld,
    sim::{
        id::{NodeId, OperationId},
        operation::{Outcome, Write},
        time::Micros,
    },
    store::log::Lsn,
    trace::{Cargo, Event, Fact, Kind},
};

/// How many recent events are searched.
const RECENT_EVENTS: u64 = 5_000;
/// How many entries of a log.
const RECENT_ENTRIES: u64 = 2_000;

/// The last events, latest first.
pub fn recent(world: &LabWorld) -> impl Iterator<Item = &Event> {
    let trace = world.trace();
    trace.range(trace.next().saturating_sub(RECENT_EVENTS), trace.next()).rev().map(|(_, event)| event)
}

/// The place in the log that a write was committed at last, if that is among the recent events.
pub fn lsn_of(world: &LabWorld, id: OperationId) -> Option<Lsn> {
    recent(world).find_map(|event| match &event.kind {
        Kind::Fact(Fact::Committed { lsn, write: Some(write) }) if write.id == id => Some(*lsn),
        _ => None,
    })
}

/// Whether a message brings this write, as far as is seen from outside.
pub fn carries(cargo: &Cargo, write: &Write) -> bool {
    let ends = match cargo {
        Cargo::Entries { first_write, last_write, .. } => [*first_write, *last_write],
        Cargo::Changes { first, last, .. } => [Some(*first), Some(*last)],
        #[cfg(feature = "gossip")]
        Cargo::Rumours { writes, .. } => return writes.iter().any(|carried| carried.id == write.id),
        #[cfg(feature = "gossip")]
        Cargo::Missing { last, .. } => [None, *last],
        #[cfg(feature = "documents")]
        Cargo::Documents { last, .. } => [None, *last],
        _ => return false,
    };
    ends.into_iter().flatten().any(|carried| carried.id == write.id)
}

/// When a primary had this write on disk at this place, if that is among the recent events.
pub fn on_disk_at(world: &LabWorld, lsn: Lsn, id: OperationId) -> Option<Micros> {
    recent(world).find_map(|event| match &event.kind {
        Kind::Fact(Fact::Committed { lsn: own, write: Some(write) }) if (*own, write.id) == (lsn, id) => Some(event.at),
        _ => None,
    })
}

/// Whether the primary, another node, has this very write too, somewhere in the end of its log: a client that heard nothing asks
/// again, and then the write can be in two logs.
pub fn primary_has(world: &LabWorld, node: NodeId, id: OperationId) -> Option<NodeId> {
    let primary = world.primary().filter(|primary| *primary != node)?;
    let log = world.log(primary)?;
    let from = Lsn((log.last().0 + 1).saturating_sub(RECENT_ENTRIES));
    log.range(from, log.last()).any(|entry| entry.operation() == Some(id)).then_some(primary)
}

/// When this primary last committed the entry at `lsn`, if that is among the recent events.
pub fn committed_at(world: &LabWorld, primary: NodeId, lsn: Lsn) -> Option<Micros> {
    recent(world).find_map(|event| match &event.kind {
        Kind::Fact(Fact::Committed { lsn: own, .. }) if *own == lsn && event.node == Some(primary) => Some(event.at),
        _ => None,
    })
}

/// Whether the client of an operation was told that it is done.
pub fn acknowledged(world: &LabWorld, operation: OperationId) -> bool {
    let rows = world.history().iter().map(|(_, row)| row);
    rows.rev()
        .find(|row| row.operation == operation)
        .is_some_and(|row| matches!(row.outcome, Some(Outcome::Written | Outcome::Generated(_))))
}
