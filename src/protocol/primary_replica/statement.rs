//! Writes whose value the database makes: who evaluates what, and when.
//!
//! The primary evaluates the client's function when it puts the write in its log. Into the log goes the value (rows), or the
//! function (statements), which every replica then evaluates itself when it appends the entry, as with MySQL's
//! `binlog_format`. What depends on the data alone comes out the same everywhere, for all append the same entries in the same
//! order; what depends on the node does not, and nothing tells the nodes that they differ. What a node made is its own: its
//! disk, its snapshots and, once it leads, its group have that.

use super::{Ctx, PrimaryReplica, Shipping};
use crate::{
    sim::{
        id::{Key, OperationId, Value},
        operation::{Action, Function, Request, Write},
    },
    store::log::Entry,
};

impl PrimaryReplica {
    /// What a request writes, and the function that goes into the log with it; none if it writes nothing.
    pub(super) fn evaluate_request(&self, request: Request, ctx: &Ctx) -> Option<(Write, Option<Function>)> {
        let id = request.operation;
        match request.action {
            Action::Read { .. }
            | Action::Add { .. }
            | Action::AddElement { .. }
            | Action::RemoveElement { .. }
            | Action::Insert { .. }
            | Action::Erase { .. }
            | Action::Delete { .. } => None,
            #[cfg(feature = "documents")]
            Action::DeleteRevision { .. } => None,
            Action::Write { key, value } => Some((Write { id, key, value }, None)),
            Action::Generate { key, function } => {
                let write = Write { id, key, value: self.evaluate(function, key, id, ctx) };
                Some((write, (self.config.shipping == Shipping::Statement).then_some(function)))
            }
        }
    }

    /// An entry of another node's log as it goes into the own one.
    pub(super) fn evaluate_entry(&self, entry: Entry, ctx: &Ctx) -> Entry {
        let (Some(function), Some(Write { id, key, .. })) = (entry.function, entry.write) else { return entry };
        Entry { write: Some(Write { id, key, value: self.evaluate(function, key, id, ctx) }), ..entry }
    }

    fn evaluate(&self, function: Function, key: Key, operation: OperationId, ctx: &Ctx) -> Value {
        match function {
            Function::Next => self.latest(key).map_or(1, |write| write.value.saturating_add(1)),
            Function::Clock => ctx.local_us().div_euclid(1_000),
            Function::Random => ctx.random_value(Function::RANDOM_BELOW, operation) as Value,
        }
    }

    /// What a key holds at the end of the log, seen by readers already or not.
    fn latest(&self, key: Key) -> Option<Write> {
        let unseen = self.log.range(self.applied.next(), self.log.last());
        unseen.rev().filter_map(|entry| entry.write).find(|write| write.key == key).or(self.registers.get(key))
    }
}
