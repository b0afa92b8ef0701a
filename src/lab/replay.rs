//! The same run under another rule for conflicts: same scenario, seed and commands, but from the start and to the end another
//! strategy wins. It really runs, step by step, beside the lab's own world.

use super::{Lab, LabWorld};
use crate::{
    protocol::{Protocol, Rule, node::Node},
    sim::time::Micros,
    store::object::register::Strategy,
    world::{
        Stop,
        command::{Command, TimedCommand},
    },
};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Replay {
    strategy: Strategy,
    /// The lab's commands that it replays.
    of: Arc<Vec<TimedCommand>>,
    world: LabWorld,
}

impl Replay {
    /// Of the lab's current branch, at time 0.
    pub fn new(lab: &Lab, strategy: Strategy) -> Replay {
        let mut setup = lab.setup().clone();
        let mut conflicts = setup.config.conflicts().cloned().unwrap_or_default();
        conflicts.register = strategy;
        setup.config = Node::with_rule(&setup.config, &Rule::Conflicts(conflicts));
        let of = lab.branch().commands.clone();
        Replay { strategy, world: LabWorld::new(Arc::new(setup), without_rules(&of)), of }
    }

    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    pub fn world(&self) -> &LabWorld {
        &self.world
    }

    /// Whether it replays what the lab's current branch is, as far as it got; takes over what has been added since.
    pub fn follows(&mut self, lab: &Lab) -> bool {
        let now = &lab.branch().commands;
        if Arc::ptr_eq(&self.of, now) {
            return true;
        }
        let commands = without_rules(now);
        let done = self.world.commands_done();
        let is_same = commands.get(..done) == self.world.commands().get(..done);
        let is_late = commands.get(done).is_some_and(|next| next.at < self.world.command_time());
        if !is_same || is_late {
            return false;
        }
        self.world.set_commands(commands);
        self.of = now.clone();
        true
    }

    /// Runs on, at most `budget` steps. Whether it is there.
    pub fn run_until(&mut self, until: Micros, budget: u64) -> bool {
        self.world.run_until(until, budget) != Stop::Budget
    }
}

fn without_rules(commands: &[TimedCommand]) -> Arc<Vec<TimedCommand>> {
    let is_other = |timed: &&TimedCommand| !matches!(timed.command, Command::SetConflicts(_));
    Arc::new(commands.iter().filter(is_other).cloned().collect())
}
