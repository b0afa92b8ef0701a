//! A branch: one more command than its parent, the keyframes from there on, and how far it was run.

use super::Run;
use crate::{
    sim::time::Micros,
    world::{Position, command::TimedCommand},
};
use std::sync::Arc;

/// Index into [`super::Lab::branches`]; a parent's is smaller than its children's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchId(pub usize);

#[derive(Clone, Debug)]
pub struct Branch {
    pub parent: Option<BranchId>,
    /// The moment just before the command that made this branch.
    pub forked_at: Position,
    /// Whether the parent had been run beyond that moment: then this is another future, else the same one going on.
    pub is_fork: bool,
    /// Everything that is done on this branch, the parent's share included.
    pub commands: Arc<Vec<TimedCommand>>,
    /// The run as far as this branch was run when the cursor last left its end.
    pub head: Run,
    pub(super) last_child: Option<BranchId>,
    keyframes: Vec<Run>,
    every: u64,
}

impl Branch {
    /// Steps between two keyframes at first; doubled whenever there are too many.
    pub const KEYFRAME_EVERY: u64 = 256;
    /// Most keyframes of a branch. A seek replays at most 2 / 64 of the branch's steps, or 256, unless there are so many
    /// branches that their keyframes were thinned.
    pub const KEYFRAMES_MAX: usize = 64;
    /// Events of the trace that a keyframe keeps by itself, for what was on the way then.
    pub const KEYFRAME_EVENTS: u64 = 1_000;

    pub(super) fn root(commands: Arc<Vec<TimedCommand>>, run: Run) -> Branch {
        Branch {
            parent: None,
            forked_at: Position { at: Micros::ZERO, steps: 0 },
            is_fork: false,
            commands,
            head: run.clone(),
            last_child: None,
            keyframes: vec![run.keyframe(Self::KEYFRAME_EVENTS)],
            every: Self::KEYFRAME_EVERY,
        }
    }

    pub(super) fn child(parent: BranchId, is_fork: bool, commands: Arc<Vec<TimedCommand>>, run: Run) -> Branch {
        Branch { parent: Some(parent), forked_at: run.position(), is_fork, ..Branch::root(commands, run) }
    }

    pub(super) fn keyframes(&self) -> std::slice::Iter<'_, Run> {
        self.keyframes.iter()
    }

    /// Keeps a keyframe of `run` if it is time for one. Returns how many there are more.
    pub(super) fn keep(&mut self, run: &Run) -> usize {
        let (last, before) = (self.keyframes.last().map_or(0, |last| last.steps()), self.keyframes.len());
        if run.steps() < last + self.every {
            return 0;
        }
        self.keyframes.push(run.keyframe(Self::KEYFRAME_EVENTS));
        if self.keyframes.len() > Self::KEYFRAMES_MAX {
            self.thin();
        }
        self.keyframes.len().saturating_sub(before)
    }

    /// Forgets every other keyframe, never the first.
    pub(super) fn thin(&mut self) {
        let mut index = 0;
        self.keyframes.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        self.every *= 2;
    }
}
