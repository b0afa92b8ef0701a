//! A log beside the primary's: where the two part, what stands only here, and what stands there instead.

use crate::{
    explain::search::acknowledged,
    lab::LabWorld,
    sim::{
        id::{NodeId, OperationId},
        operation::Write,
    },
    store::log::{Entry, Log, Lsn},
};

/// Two logs that are the same up to a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Parting {
    pub primary: NodeId,
    /// The last position that both have.
    pub after: Lsn,
    pub own: Branch,
    pub new: Branch,
}

/// The entries after that point, the first ones of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    pub lines: Vec<Line>,
    /// How many more there are.
    pub more: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub lsn: Lsn,
    /// None: a no-op.
    pub write: Option<Write>,
    /// Its client was told that it is done.
    pub acknowledged: bool,
}

/// How many entries are listed.
const LINES: u64 = 12;

/// Where a node's log and the primary's part; none if its log is a part of the primary's.
pub fn parting(world: &LabWorld, node: NodeId) -> Option<Parting> {
    if !cfg!(feature = "primary-replica") {
        return None;
    }
    let primary = world.primary().filter(|primary| *primary != node)?;
    let (own, new) = (world.log(node)?, world.log(primary)?);
    let same = |lsn: &Lsn| match (own.get(*lsn), new.get(*lsn)) {
        (Some(one), Some(other)) => (one.epoch, one.operation()) == (other.epoch, other.operation()),
        // Before one of them begins nothing can be compared.
        _ => *lsn < own.first().max(new.first()),
    };
    let mut after = own.last().min(new.last());
    while !same(&after) {
        after = after.previous();
    }
    // A write that the primary has too, since its client asked twice, is not lost with this entry of it.
    let elsewhere =
        |operation: OperationId| new.range(after.next(), new.last()).any(|entry| entry.operation() == Some(operation));
    let told = |operation: OperationId| acknowledged(world, operation);
    (own.last() > after).then(|| Parting {
        primary,
        after,
        own: branch(own, after, |operation| told(operation) && !elsewhere(operation)),
        new: branch(new, after, told),
    })
}

/// The first entries after that point; `promised`: whether somebody was told OK, and counts on it.
fn branch(log: &Log, after: Lsn, promised: impl Fn(OperationId) -> bool) -> Branch {
    let shown = Lsn(log.last().0.min(after.0 + LINES));
    let line =
        |entry: &Entry| Line { lsn: entry.lsn, write: entry.write, acknowledged: entry.operation().is_some_and(&promised) };
    Branch { lines: log.range(after.next(), shown).map(line).collect(), more: log.last().0 - shown.0 }
}
