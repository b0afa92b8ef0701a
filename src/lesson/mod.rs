//! Missions: tasks phrased as situations, ticked by what happened in the run and by nothing else.

use crate::{
    check::{Lost, StaleRead},
    lab::Lab,
    sim::{
        chunked::Chunked,
        operation::{Outcome, Refusal},
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
    /// A write that its client was told is safe is lost, and no node has it any more.
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
                "Crash A right after a write was acknowledged and before it arrived anywhere, and promote B. A’s disk still has the write, until you restart A."
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
                    row.action.is_write()
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
                    row.outcome.as_ref().is_some_and(Outcome::is_written)
                        && promoted.iter().any(|(node, at)| row.node == Some(*node) && row.at > *at)
                };
                world.history().iter().any(|(_, row)| acknowledged(row))
            }
            // As long as somebody has it, be it on the disk of a dead node, it may come back.
            Task::Discarded if lab.judge().lost() == 0 => false,
            Task::Discarded => {
                let left: Vec<_> = world.members().into_iter().filter_map(|node| world.remains(node)).collect();
                let is_left = |lost: &Lost| {
                    left.iter().any(|view| {
                        let in_log = view.tail.iter().any(|entry| entry.operation() == Some(lost.write.id));
                        in_log || view.copies.contains(&lost.write)
                    })
                };
                lab.verdicts().lost.iter().any(|lost| !is_left(lost))
            }
            Task::SecondFuture => lab.branches().iter().any(|branch| branch.is_fork),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::{
        scenario::{
            link::{FIRST, Source},
            presets,
        },
        sim::{id::NodeId, time::Micros},
        world::command::Command,
    };

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);

    /// Whether the task is done soon after each of these commands, before the copies of the last acknowledged write arrive, and
    /// how many writes are lost then.
    fn done_after(commands: &[Command]) -> Vec<(bool, usize)> {
        let mut lab = Lab::new(Source::Preset(FIRST.into()), presets::get(FIRST).expect("a preset"));
        lab.run_until(Micros::from_millis(500), u64::MAX);
        let written = |lab: &Lab| lab.world().history().iter().filter(|(_, row)| row.outcome == Some(Outcome::Written)).count();
        let before = written(&lab);
        while written(&lab) == before && lab.step() {}
        let mut found = Vec::new();
        for command in commands {
            let wait_ms = if matches!(command, Command::Restart { .. }) { 1_000 } else { 20 };
            lab.act(command.clone()).expect("room for a command");
            lab.run_until(lab.world().now() + Micros::from_millis(wait_ms), u64::MAX);
            found.push((Task::Discarded.is_done(&lab, lab.judge().stale_reads()), lab.judge().lost()));
        }
        found
    }

    /// A write that the disk of a dead node still has may come back. Thrown away, wiped or carried off it cannot.
    #[test]
    fn a_write_has_disappeared_for_good_when_nobody_can_bring_it_back() {
        for last in [Command::Restart { node: A }, Command::Wipe { node: A }, Command::RemoveNode { node: A }] {
            let commands = [Command::Crash { node: A }, Command::Promote { node: B }, last];
            assert_eq!(done_after(&commands), [(false, 0), (false, 1), (true, 1)], "{commands:?}");
        }
    }
}
