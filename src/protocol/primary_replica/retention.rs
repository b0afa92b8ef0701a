//! How much of the log is kept, and what happens when that is too little or too much.
//!
//! A log kept for so many entries leaves behind a replica that was away for longer: it must copy everything anew. A slot
//! keeps the log for each replica for as long as that needs it (PostgreSQL: replication slots, `max_slot_wal_keep_size`);
//! then the log grows, and a full disk takes no write.

use super::{Change, Ctx, Part, PrimaryReplica};
use crate::{
    sim::{
        id::NodeId,
        operation::{Answer, Refusal, Request},
    },
    store::log::Lsn,
    trace::Fact,
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// What of the log is kept besides the last entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// What a replica has not got yet is kept for it, however far behind it is.
    pub slots: bool,
    /// But not more than so many entries; none: without limit.
    pub slot_limit_entries: Option<u64>,
    /// So many entries fit on a node's disk; a primary whose disk is full refuses writes. None: without limit.
    pub disk_entries: Option<u64>,
}

impl Retention {
    pub const ENTRIES: RangeInclusive<u64> = 2..=1_000_000;

    /// What contradicts itself: the field and why. `kept`: entries that are kept in any case.
    pub fn problem(&self, kept: u64) -> Option<(&'static str, String)> {
        // The log is cut a quarter of what is kept at a time.
        let most = kept + kept / 4 + 1;
        for (field, value) in [("slot_limit_entries", self.slot_limit_entries), ("disk_entries", self.disk_entries)] {
            if let Some(value) = value.filter(|value| !Self::ENTRIES.contains(value)) {
                let (least, most) = (Self::ENTRIES.start(), Self::ENTRIES.end());
                return Some((field, format!("{value} is out of range; allowed is {least} to {most}")));
            }
        }
        match (self.slot_limit_entries, self.disk_entries) {
            (Some(limit), _) if limit < kept => {
                Some(("slot_limit_entries", format!("{kept} entries are kept anyway, so a limit of {limit} limits nothing")))
            }
            (_, Some(disk)) if disk < most => {
                Some(("disk_entries", format!("the log takes up to {most} entries, so {disk} are too few")))
            }
            _ => None,
        }
    }

    /// What can happen with settings that are allowed.
    pub fn warning(&self) -> Option<&'static str> {
        match (self.slots, self.slot_limit_entries, self.disk_entries) {
            (true, None, None) => Some("For a replica that is gone for good the log grows without end."),
            (true, None, Some(_)) => {
                Some("For a replica that is gone the log grows until the disk is full; then nobody can write.")
            }
            _ => None,
        }
    }
}

impl PrimaryReplica {
    fn log_length(&self) -> u64 {
        self.log.last().next().0 - self.log.first().0
    }

    /// What each replica has on disk, as far as this node knows that feeds them; none: it has not heard from it since it does.
    fn slots(&self, ctx: &Ctx) -> Vec<(NodeId, Option<Lsn>)> {
        // By the settings, whoever leads at the moment, or nobody.
        let leads = matches!(self.part, Part::Primary(_));
        let by_settings = |node: &NodeId| match self.config.upstream(*node) {
            Some(from) => from == ctx.me(),
            None => leads && *node != ctx.me(),
        };
        let fed = self.stores(ctx).into_iter().filter(by_settings);
        fed.map(|node| (node, self.followers.get(&node).map(|follower| follower.flushed))).collect()
    }

    /// Drops old entries, a quarter of the retention at a time, as real logs go by segments.
    pub(super) fn truncate_log(&mut self, ctx: &mut Ctx) {
        let Retention { slots, slot_limit_entries, .. } = self.config.retention;
        let retention = self.config.log_retention_entries;
        let (length, last) = (self.log_length(), self.log.last());
        if length <= retention + retention / 4 {
            return;
        }
        let needs = if slots { self.slots(ctx) } else { Vec::new() };
        let needed = |(_, has): &(NodeId, Option<Lsn>)| has.map_or(length, |has| last.0.saturating_sub(has.0));
        let for_slots = needs.iter().map(needed).max().unwrap_or(0).min(slot_limit_entries.unwrap_or(u64::MAX));
        let unapplied = last.0 - self.applied.0;
        let keep = retention.max(for_slots).max(unapplied);
        // With slots a little at a time would be cut again and again.
        if length <= keep + retention / 4 {
            return;
        }
        let before = self.log.first();
        self.log.range(before, Lsn(last.0 - keep)).for_each(|entry| self.base.replay(entry.write));
        let Some(first) = self.log.keep_last(keep) else { return };
        ctx.write(Change::KeepFrom(first), None);
        ctx.note(Fact::LogTruncated { first });
        for (replica, has) in needs {
            let next = has.map_or(before, Lsn::next);
            if (before..first).contains(&next) {
                ctx.note(Fact::SlotLost { replica, needed: next, first });
            }
        }
    }

    pub(super) fn has_no_room(&self) -> bool {
        self.config.retention.disk_entries.is_some_and(|room| self.log_length() >= room)
    }

    /// Whether the disk is full, so that no write can be taken.
    pub(super) fn disk_is_full(&mut self, request: Request, ctx: &mut Ctx) -> bool {
        let full = self.has_no_room();
        if full {
            let entries = self.log_length();
            ctx.note_about(request.operation, Fact::DiskFull { entries });
            ctx.reply(request, Answer::Refused(Refusal::DiskFull));
        }
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_contradicts_itself_is_said() {
        let none = Retention::default();
        let cases = [
            (none, None),
            (Retention { slots: true, ..none }, None),
            (Retention { slot_limit_entries: Some(0), ..none }, Some("slot_limit_entries")),
            (Retention { slot_limit_entries: Some(99), ..none }, Some("slot_limit_entries")),
            (Retention { slot_limit_entries: Some(100), ..none }, None),
            (Retention { disk_entries: Some(125), ..none }, Some("disk_entries")),
            (Retention { disk_entries: Some(126), ..none }, None),
            (Retention { disk_entries: Some(2_000_000), ..none }, Some("disk_entries")),
        ];
        for (retention, field) in cases {
            assert_eq!(retention.problem(100).map(|(field, _)| field), field, "{retention:?}");
        }
    }
}
