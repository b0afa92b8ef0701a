//! A world and those who watch it, a judge and the measures: one moment of a run, kept, restored and replayed as a whole.

use super::LabWorld;
use crate::{
    check::{Judge, Verdicts},
    measure::{Measures, Reading},
    protocol::node::Node,
    sim::time::Micros,
    world::{Position, Setup, Stop, command::TimedCommand},
};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Run {
    world: LabWorld,
    judge: Judge,
    measures: Measures,
}

impl Run {
    /// A run at time 0.
    pub fn new(setup: Arc<Setup<Node>>, commands: Arc<Vec<TimedCommand>>) -> Run {
        let world = LabWorld::new(setup, commands);
        let (judge, measures) = (Judge::default(), Measures::default());
        let mut run = Run { world, judge, measures };
        run.look();
        run
    }

    pub fn world(&self) -> &LabWorld {
        &self.world
    }

    /// What is known about the run up to now.
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// All that was measured up to now.
    pub fn reading(&self) -> Reading {
        self.measures.read(self.now())
    }

    pub fn verdicts(&self) -> Verdicts {
        self.judge.verdicts(&self.world)
    }

    pub fn now(&self) -> Micros {
        self.world.now()
    }

    pub fn steps(&self) -> u64 {
        self.world.steps()
    }

    pub fn position(&self) -> Position {
        self.world.position()
    }

    /// Handles one command or event, as [`LabWorld::step`].
    pub fn step(&mut self) -> bool {
        let stepped = self.world.step();
        self.look();
        stepped
    }

    fn look(&mut self) {
        self.judge.look(&self.world);
        self.measures.look(&self.world, &self.judge);
    }

    /// Runs on, as [`LabWorld::run_until`].
    pub fn run_until(&mut self, until: Micros, budget: u64) -> Stop {
        let Run { world, judge, measures } = self;
        world.run_watched(until, budget, |world| {
            judge.look(world);
            measures.look(world, judge);
        })
    }

    /// Replaces the list of commands, as [`LabWorld::set_commands`].
    pub(super) fn set_commands(&mut self, commands: Arc<Vec<TimedCommand>>) {
        self.world.set_commands(commands);
    }

    /// A copy that keeps little of its trace, as [`LabWorld::keyframe`]. What those who watch know stays.
    pub(super) fn keyframe(&self, events: u64) -> Run {
        Run { world: self.world.keyframe(events), judge: self.judge.clone(), measures: self.measures.clone() }
    }

    pub(super) fn forget(&mut self, events: u64) {
        self.world.forget(events);
    }

    pub(super) fn recall(&mut self, later: &Run) {
        self.world.recall(&later.world);
    }
}
