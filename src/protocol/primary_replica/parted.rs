//! A replica whose log and the primary's have parted, as an old primary's that comes back: what is done about it.
//!
//! Its entries after the point where they part are on no timeline any more. It can be cloned anew; it can go back to that
//! point and follow from there (PostgreSQL's `pg_rewind`), as far as its log still reaches back; or it can refuse to go on
//! until a person decides, as most systems do by default. Cloning is in `replica`.

use super::{
    Change, Ctx, Part, PrimaryReplica, Timer,
    timeline::{History, fork},
};
use crate::{store::log::Lsn, trace::Fact};
use serde::{Deserialize, Serialize};

/// What a replica does when its log and the primary's have parted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejoin {
    /// It gets all data anew.
    #[default]
    Clone,
    /// It takes back what the primary has not got, and follows from there; if its log does not reach back so far, it waits
    /// for a person.
    Rewind,
    /// It stops, and waits for a person.
    Refuse,
}

/// A log, as its node says to one whose log is another: a primary, or a replica in line with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    pub log_id: u64,
    pub history: History,
    pub last: Lsn,
}

impl PrimaryReplica {
    /// Whoever feeds this node says that this log is not a part of its own.
    pub(super) fn on_parted(&mut self, other: Other, ctx: &mut Ctx) {
        let after = self.parts_after(&other);
        if self.config.rejoin == Rejoin::Rewind && self.reaches_back(after) {
            return self.rewind(after, ctx);
        }
        let entries = self.log.last().0.saturating_sub(after.0);
        ctx.cancel_timer(Timer::Follow);
        if let Some(following) = self.following()
            && following.stopped.replace(other).is_none()
        {
            ctx.note(Fact::Parted { after, entries });
        }
    }

    /// The last position up to which both logs are the same.
    fn parts_after(&self, other: &Other) -> Lsn {
        match other.log_id == self.log_id {
            true => fork(&self.history, &other.history).min(other.last).min(self.log.last()),
            false => Lsn::ZERO,
        }
    }

    fn reaches_back(&self, lsn: Lsn) -> bool {
        lsn >= self.log.first().previous()
    }

    /// Takes back everything after `lsn`, and asks to follow from there.
    fn rewind(&mut self, lsn: Lsn, ctx: &mut Ctx) {
        let gone = self.log.range(lsn.next(), self.log.last());
        let writes = gone.filter_map(|entry| Some((entry.lsn, entry.write?))).collect();
        ctx.note(Fact::Discarded { writes, unlisted: 0, epoch: self.epoch });
        ctx.note(Fact::Rewound { to: lsn });
        self.log.drop_after(lsn);
        self.history.retain(|(_, first)| *first <= lsn);
        self.flushing.iter_mut().for_each(|(_, up_to)| *up_to = lsn.min(*up_to));
        self.flushed = self.flushed.min(lsn);
        self.applied = self.applied.min(lsn);
        self.committed = self.committed.filter(|committed| *committed <= lsn);
        self.registers = self.base.clone();
        self.log.range(self.log.first(), self.applied).for_each(|entry| self.registers.replay(entry.write));
        self.held_back.iter_mut().for_each(|(up_to, _)| *up_to = lsn.min(*up_to));
        self.drop_followers(ctx);
        let number = ctx.write(Change::Rewind(lsn), None);
        self.flushing.push_back((number, lsn));
        self.save_identity(ctx);
        self.connect(ctx);
    }

    /// A person has it go back to where the logs part.
    pub(super) fn rewind_by_hand(&mut self, ctx: &mut Ctx) -> Result<(), &'static str> {
        let Some(other) = self.following().and_then(|following| following.stopped.clone()) else { return Err(NOT_STOPPED) };
        let after = self.parts_after(&other);
        if !self.reaches_back(after) {
            return Err("its log does not reach back to where they part; it must be cloned anew");
        }
        self.rewind(after, ctx);
        Ok(())
    }

    /// A person has it copy everything from its primary.
    pub(super) fn clone_by_hand(&mut self, ctx: &mut Ctx) -> Result<(), &'static str> {
        match &self.part {
            Part::Replica(following) if following.primary().is_none() => Err("it knows of no primary to copy from"),
            Part::Replica(_) => {
                self.connect_anew(ctx);
                Ok(())
            }
            Part::Primary(_) => Err("it is primary, as far as it knows"),
            Part::Monitor(_) => Err("it holds no data"),
        }
    }
}

const NOT_STOPPED: &str = "it has not stopped for a log of its own";
