//! Missions: tasks phrased as situations, ticked by what happened in the run and by nothing else.

use crate::{
    check::StaleRead,
    lab::Lab,
    sim::{
        chunked::Chunked,
        operation::{Action, Outcome, Refusal},
    },
    trace::{Fact, Kind, Role},
};

/// A situation to bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A reader gets a value older than one acknowledged before it asked.
    StaleRead,
    /// A client's write is refused because nobody is primary.
    RefusedWrite,
    /// A write is acknowledged by a node that was promoted during the run.
    WriteAfterPromotion,
    /// A node throws away writes that its clients were told are safe.
    Discarded,
    /// There are two futures of one past.
    SecondFuture,
}

impl Task {
    /// In the order in which they are offered; the first is the mission.
    pub const ALL: [Task; 5] =
        [Task::StaleRead, Task::RefusedWrite, Task::WriteAfterPromotion, Task::Discarded, Task::SecondFuture];

    pub fn words(self) -> &'static str {
        match self {
            Task::StaleRead => "Make a reader see old data",
            Task::RefusedWrite => "Crash the primary and see a write refused",
            Task::WriteAfterPromotion => "Promote a replica, and writing goes on",
            Task::Discarded => "Make an acknowledged write disappear for good",
            Task::SecondFuture => "Go back in time and do something else",
        }
    }

    pub fn hint(self) -> &'static str {
        match self {
            Task::StaleRead => {
                "C is far away. Let Ben read there right after Ana’s write was acknowledged; more lag makes it easier."
            }
            Task::RefusedWrite => "Select A, press Crash, and let Ana’s next write come.",
            Task::WriteAfterPromotion => "With A down, select B and press Promote. Ana finds the new primary by herself.",
            Task::Discarded => {
                "Crash A right after a write was acknowledged and before it arrived anywhere. Promote B, then restart A."
            }
            Task::SecondFuture => "Drag the timeline back, then do anything.",
        }
    }

    /// Whether the run up to the cursor brought it about.
    pub fn is_done(self, lab: &Lab, stale: &Chunked<StaleRead>) -> bool {
        let world = lab.world();
        let mut events = world.trace().iter().map(|(_, event)| event);
        match self {
            Task::StaleRead => stale.values().any(|read| read.at <= world.now()),
            Task::RefusedWrite => {
                let refused = |row: &crate::client::history::Row| {
                    matches!(row.action, Action::Write { .. })
                        && matches!(row.outcome, Some(Outcome::Refused(Refusal::NotPrimary { .. } | Refusal::NoProcess)))
                };
                let crashed = events.any(|event| matches!(event.kind, Kind::Crash { .. }));
                crashed && world.history().iter().any(|(_, row)| refused(row))
            }
            Task::WriteAfterPromotion => {
                let promoted: Vec<_> = events
                    .filter(|event| matches!(event.kind, Kind::Fact(Fact::RoleChanged { role: Role::Primary, .. })))
                    .filter_map(|event| Some((event.node?, event.at)))
                    .collect();
                let acknowledged = |row: &crate::client::history::Row| {
                    row.outcome == Some(Outcome::Written)
                        && promoted.iter().any(|(node, at)| row.node == Some(*node) && row.at > *at)
                };
                world.history().iter().any(|(_, row)| acknowledged(row))
            }
            Task::Discarded => {
                let gone: Vec<_> = events
                    .filter_map(|event| match &event.kind {
                        Kind::Fact(Fact::Discarded { writes, .. }) => Some(writes),
                        _ => None,
                    })
                    .flatten()
                    .map(|(_, write)| write.id)
                    .collect();
                let told_ok =
                    |row: &crate::client::history::Row| row.outcome == Some(Outcome::Written) && gone.contains(&row.operation);
                world.history().iter().any(|(_, row)| told_ok(row))
            }
            Task::SecondFuture => lab.branches().iter().any(|branch| branch.is_fork),
        }
    }
}
