//! One experiment: a scenario, the tree of what was done to it, and a cursor in time.
//!
//! Every command makes a branch of its own: its parent is the run as it was without the command. So undo walks to the
//! parent and redo to the child, and acting in the past forks while both futures stay. A world is restored from the
//! nearest keyframe and replayed; nothing is ever computed backwards.

mod branch;
mod replay;
mod run;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

pub use branch::{Branch, BranchId};
pub use replay::Replay;
pub use run::Run;

use crate::{
    check::{Judge, Verdicts},
    measure::Measures,
    protocol::node::Node,
    scenario::{
        Scenario,
        link::{Shared, Source},
    },
    sim::time::Micros,
    world::{
        Position, Setup, Stop, World,
        command::{COMMANDS_MAX, Command, TimedCommand},
    },
};
use std::sync::Arc;

/// The world that a lab runs.
pub type LabWorld = World<Node>;

#[derive(Clone, Debug)]
pub struct Lab {
    source: Source,
    scenario: Scenario,
    setup: Arc<Setup<Node>>,
    branches: Vec<Branch>,
    current: BranchId,
    /// The run up to the cursor, on the current branch.
    run: Run,
}

/// Why a command was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    Branches,
    Commands,
}

impl std::fmt::Display for Full {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Full::Branches => {
                write!(out, "This experiment has {} actions, as many as one may have. Start it anew.", Lab::BRANCHES_MAX)
            }
            Full::Commands => write!(out, "This branch has {COMMANDS_MAX} commands, as many as one may have. Start it anew."),
        }
    }
}

impl Lab {
    /// Most branches, and so most actions, of one experiment.
    pub const BRANCHES_MAX: usize = 500;
    /// Most keyframes of all branches together; beyond, branches with many lose every other one.
    pub const KEYFRAMES_MAX: usize = 300;
    /// Most events that the ends of all branches keep together, beside the current one.
    pub const HEAD_EVENTS_MAX: u64 = 500_000;

    /// The start of a scenario, whose protocol must be on board.
    pub fn new(source: Source, scenario: Scenario) -> Lab {
        let commands = scenario.commands.clone();
        Lab::with_commands(source, scenario, commands)
    }

    fn with_commands(source: Source, scenario: Scenario, commands: Vec<TimedCommand>) -> Lab {
        let setup = Arc::new(scenario.setup());
        let commands = Arc::new(commands);
        let run = Run::new(setup.clone(), commands.clone());
        let branches = vec![Branch::root(commands, run.clone())];
        Lab { source, scenario, setup, branches, current: BranchId(0), run }
    }

    /// Opens what a link holds; the cursor is where the link says, once [`Lab::go_to`] has run that far.
    pub fn open(shared: &Shared) -> Result<Lab, String> {
        let scenario = shared.scenario()?;
        Ok(Lab::with_commands(shared.source.clone(), scenario, shared.commands.clone()))
    }

    /// Number of the future a branch belongs to, from 1, for people: branches that merely go on count as one.
    pub fn future_number(&self, branch: BranchId) -> usize {
        let ancestors = std::iter::successors(Some(branch), |id| self.branches[id.0].parent);
        let own = ancestors.into_iter().find(|id| self.branches[id.0].is_fork).unwrap_or(BranchId(0));
        1 + self.branches[..=own.0].iter().filter(|branch| branch.is_fork).count()
    }

    /// The current branch up to the cursor, as a link.
    pub fn share(&self) -> Shared {
        let commands: Vec<TimedCommand> = self.branch().commands.to_vec();
        Shared::new(self.source.clone(), self.scenario.seed, commands, self.run.position())
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The world at the cursor.
    pub fn world(&self) -> &LabWorld {
        self.run.world()
    }

    /// What is known about the run up to the cursor.
    pub fn judge(&self) -> &Judge {
        self.run.judge()
    }

    /// What was measured of the run up to the cursor.
    pub fn measures(&self) -> &Measures {
        self.run.measures()
    }

    /// Verdicts on the run up to the cursor; the same wherever the cursor came from.
    pub fn verdicts(&self) -> Verdicts {
        self.run.verdicts()
    }

    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    pub fn current(&self) -> BranchId {
        self.current
    }

    pub fn branch(&self) -> &Branch {
        &self.branches[self.current.0]
    }

    /// The world as far as the current branch was ever run: what the timeline shows beyond the cursor.
    pub fn furthest(&self) -> &LabWorld {
        self.furthest_run().world()
    }

    /// The same, with what is known about it.
    pub fn furthest_run(&self) -> &Run {
        let head = &self.branch().head;
        if head.position() > self.run.position() { head } else { &self.run }
    }

    pub fn horizon(&self) -> Micros {
        self.furthest().now()
    }

    /// The current branch and its ancestors, youngest first.
    pub fn lineage(&self) -> impl Iterator<Item = BranchId> {
        std::iter::successors(Some(self.current), |id| self.branches[id.0].parent)
    }

    /// Runs on, at most `budget` steps.
    pub fn run_until(&mut self, until: Micros, budget: u64) -> Stop {
        let mut left = budget;
        loop {
            let before = self.run.steps();
            let stop = self.run.run_until(until, left.min(Branch::KEYFRAME_EVERY));
            left -= (self.run.steps() - before).min(left);
            self.keep_keyframe();
            if stop != Stop::Budget || left == 0 {
                return stop;
            }
        }
    }

    /// Handles one command or event. False if nothing is due.
    pub fn step(&mut self) -> bool {
        let stepped = self.run.step();
        self.keep_keyframe();
        stepped
    }

    fn keep_keyframe(&mut self) {
        if self.branches[self.current.0].keep(&self.run) == 0 {
            return;
        }
        let count = |branch: &Branch| branch.keyframes().len();
        if self.branches.iter().map(count).sum::<usize>() > Self::KEYFRAMES_MAX
            && let Some(richest) = self.branches.iter_mut().max_by_key(|branch| count(branch))
        {
            richest.thin();
        }
    }

    /// The ends of branches left behind remember less, the more branches there are.
    fn trim_heads(&mut self) {
        let (current, events) = (self.current.0, Self::HEAD_EVENTS_MAX / self.branches.len() as u64);
        for (_, branch) in self.branches.iter_mut().enumerate().filter(|(index, _)| *index != current) {
            branch.head.forget(events);
        }
    }

    /// Goes to the moment before any event at `to`. At most `budget` steps are replayed; if they do not suffice, call
    /// [`Lab::run_until`] with the same time to go on.
    pub fn seek(&mut self, to: Micros, budget: u64) -> Stop {
        self.remember();
        if to < self.run.now() || (to == self.run.now() && self.world().command_time() != to) {
            self.restore(|run| run.now() < to || run.steps() == 0);
        } else if let Some(nearer) = self.keyframe(|run| run.now() < to).filter(|nearer| nearer.steps() > self.run.steps()) {
            self.run = nearer;
        }
        self.run_until(to, budget)
    }

    /// Goes to exactly this moment, between two steps of the same time if need be. At most `budget` steps are replayed.
    pub fn go_to(&mut self, position: Position, budget: u64) -> Stop {
        let stop = self.seek(position.at, budget);
        if stop == Stop::Time {
            while self.run.steps() < position.steps && self.world().next_at() == Some(position.at) && self.step() {}
        }
        stop
    }

    /// To the state before the last command or event.
    pub fn step_back(&mut self) -> bool {
        let Some(steps) = self.run.steps().checked_sub(1) else { return false };
        self.remember();
        self.restore(|run| run.steps() <= steps);
        while self.run.steps() < steps && self.step() {}
        true
    }

    /// Keeps how far the branch was run before the cursor leaves its end.
    fn remember(&mut self) {
        let furthest = self.furthest_run().clone();
        self.branches[self.current.0].head = furthest;
    }

    fn restore(&mut self, fits: impl Fn(&Run) -> bool) {
        if let Some(run) = self.keyframe(fits) {
            self.run = run;
        }
    }

    /// The latest keyframe that fits, on the current branch or, before the fork, on an ancestor.
    fn keyframe(&self, fits: impl Fn(&Run) -> bool) -> Option<Run> {
        let mut limit = u64::MAX;
        for id in self.lineage() {
            let branch = &self.branches[id.0];
            if let Some(run) = branch.keyframes().rev().find(|run| run.steps() <= limit && fits(run)) {
                let mut run = run.clone();
                run.recall(&self.branch().head);
                run.set_commands(self.branch().commands.clone());
                return Some(run);
            }
            limit = limit.min(branch.forked_at.steps);
        }
        None
    }

    /// Does something now. If there was a future already, it stays on its own branch.
    pub fn act(&mut self, command: Command) -> Result<BranchId, Full> {
        if self.branches.len() >= Self::BRANCHES_MAX {
            return Err(Full::Branches);
        }
        let at = self.world().command_time();
        self.run_until(at, u64::MAX);
        let (done, planned) = self.branch().commands.split_at(self.world().commands_done());
        if done.len() + planned.len() >= COMMANDS_MAX {
            return Err(Full::Commands);
        }
        // What the scenario has planned still comes; what the learner did later belongs to the other future.
        let scripted = planned.iter().filter(|timed| self.scenario.commands.contains(timed)).cloned();
        let mut commands = done.to_vec();
        commands.push(TimedCommand { at, command });
        commands.extend(scripted);
        self.remember();
        let parent = self.current;
        let has_future = self.branches[parent.0].head.steps() > self.run.steps();
        let commands = Arc::new(commands);
        self.run.set_commands(commands.clone());
        self.current = BranchId(self.branches.len());
        self.branches[parent.0].last_child = Some(self.current);
        self.branches.push(Branch::child(parent, has_future, commands, self.run.clone()));
        self.trim_heads();
        self.step();
        Ok(self.current)
    }

    /// To the run without the last command, at the moment it was given.
    pub fn undo(&mut self) -> bool {
        let Some(parent) = self.branch().parent else { return false };
        let fork = self.branch().forked_at;
        self.remember();
        self.branches[parent.0].last_child = Some(self.current);
        self.enter(parent);
        self.go_to(fork, u64::MAX);
        true
    }

    /// The command undone last is done again.
    pub fn redo(&mut self) -> bool {
        let Some(child) = self.branch().last_child else { return false };
        self.remember();
        self.enter(child);
        self.go_to(self.branch().forked_at, u64::MAX);
        self.step();
        true
    }

    pub fn can_undo(&self) -> bool {
        self.branch().parent.is_some()
    }

    pub fn can_redo(&self) -> bool {
        self.branch().last_child.is_some()
    }

    /// To another branch, at the same moment, or as far as that branch was run.
    pub fn switch(&mut self, to: BranchId, budget: u64) {
        if to.0 < self.branches.len() && to != self.current {
            let now = self.run.now();
            self.remember();
            self.enter(to);
            self.seek(now.min(self.branch().head.now()), budget);
        }
    }

    /// Makes a branch the current one, with the world at its beginning.
    fn enter(&mut self, branch: BranchId) {
        self.current = branch;
        self.restore(|run| run.steps() == 0);
    }

    /// The seed's and set-up's world at its beginning.
    pub fn setup(&self) -> &Setup<Node> {
        &self.setup
    }
}
