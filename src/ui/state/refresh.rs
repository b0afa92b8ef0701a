//! Bringing what components listen to up to date with the lab: after every event, in turns, a few times a second.

use super::super::{choose, leptos::*, rules::Rules};
use super::{App, DONE, Now, SPEEDS, Selection};
use crate::{
    check::StaleRead,
    explain::{
        narrate::{self, Weight},
        plain,
    },
    lab::{Lab, LabWorld},
    lesson::Task,
    platform::storage,
    scenario::link::FIRST,
    scene::{stage::stage, timeline::timeline},
    sim::{chunked::Chunked, time::Micros},
};
use std::sync::Arc;

/// How long a headline stays although something smaller happened, in µs of the visitor's time.
const HEADLINE_HOLD_US: f64 = 1_800_000.0;
/// A busy page is brought up to date in so many turns.
pub const TURNS: usize = 6;

impl App {
    /// Brings everything up to date with the lab.
    pub fn refresh(&self) {
        self.refresh_stage(None);
        self.refresh_marks();
    }

    /// What must follow every event: stage, words, verdicts, open panels. The work does not grow with the run. In one of
    /// [`TURNS`] turns only a part of it, so that no frame takes long when more happens in each than anybody can follow.
    pub fn refresh_stage(&self, turn: Option<usize>) {
        self.dirty.set(false);
        let has_turn = |own: usize| turn.is_none_or(|turn| turn == own);
        let (width, height) = self.size.get_untracked();
        self.lab.with_value(|lab| {
            let mut shown = stage(lab.world(), width, height);
            if let Some(turn) = turn {
                shown = self.stage.with_untracked(|before| shown.in_turn(before, turn, TURNS));
            }
            self.stage.set(Arc::new(shown));
            if has_turn(1) {
                self.verdicts.set(Arc::new(lab.verdicts()));
                self.refresh_headline(lab.world(), lab.judge().stale_reads());
            }
        });
        if has_turn(1) || has_turn(4) {
            self.refresh_now();
        }
        if has_turn(3) {
            let rules = self.world(Rules::of);
            if self.rules.with_untracked(|known| *known != rules) {
                self.rules.set(rules);
            }
        }
        if has_turn(2) {
            choose::refresh(*self);
            self.revision.update(|revision| *revision += 1);
            self.drop_stale_selection();
        }
    }

    /// What looks at the whole run, and so only a few times a second: the timeline's marks and the tasks.
    pub fn refresh_marks(&self) {
        self.lab.with_value(|lab| {
            self.refresh_tasks(lab, lab.judge().stale_reads());
            // As far as the branch was ever run: stale reads beyond the cursor have their marks too.
            let before = self.timeline.get_untracked();
            self.timeline.set(Arc::new(timeline(lab, lab.furthest_run().judge().stale_reads(), Some(&before))));
        });
    }

    /// Only what changes while nothing happens: the time.
    pub fn refresh_now(&self) {
        let (seeking, slow) = (self.seeking.get_untracked(), self.slow.get_untracked());
        let now = self.lab(|lab| Now {
            position: lab.world().position(),
            known_steps: lab.furthest().steps(),
            horizon: lab.horizon(),
            seeking,
            slow,
        });
        self.now.set(now);
    }

    fn refresh_headline(&self, world: &LabWorld, stale: &Chunked<StaleRead>) {
        let found = narrate::headline(world, stale, self.news_since.get_untracked());
        let shown = self.headline.get_untracked();
        // While it plays, daily business does not push away what matters more within a moment.
        let hold = Micros::from_f64(HEADLINE_HOLD_US * SPEEDS[self.speed.get_untracked()].0);
        let keep = match (&shown, &found) {
            (Some(shown), Some(found)) => {
                let age = world.now().saturating_sub(shown.at);
                self.playing.get_untracked() && found.weight < shown.weight && shown.at <= world.now() && age < hold
            }
            _ => false,
        };
        // What is kept is told anew: what it says may have become true or false since.
        let found = match shown.as_ref().filter(|_| keep) {
            Some(shown) => narrate::retell(world, stale, shown),
            None => found,
        };
        if shown == found {
            return;
        }
        if let Some(headline) = found.as_ref().filter(|headline| headline.weight > Weight::Quiet && !keep) {
            self.spoken.set(plain(&headline.sentence));
        }
        self.headline.set(found);
    }

    fn refresh_tasks(&self, lab: &Lab, stale: &Chunked<StaleRead>) {
        // The tasks belong to the first look; other scenarios tick nothing.
        if !cfg!(feature = "primary-replica") || !lab.source().is(FIRST) {
            return;
        }
        let before = self.tasks.get_untracked();
        let mut done = before;
        for (index, task) in Task::ALL.into_iter().enumerate() {
            done[index] = before[index] || task.is_done(lab, stale);
        }
        if done != before {
            let kept: String = done.iter().map(|done| if *done { '1' } else { '0' }).collect();
            storage::set(DONE, &kept);
            self.tasks.set(done);
            for (index, task) in Task::ALL.into_iter().enumerate().filter(|(index, _)| done[*index] && !before[*index]) {
                self.spoken.set(format!("Task {} done: {}.", index + 1, task.words()));
            }
        }
    }

    /// What is gone cannot stay selected.
    fn drop_stale_selection(&self) {
        let gone = match self.selection.get_untracked() {
            Some(Selection::Message(message)) => self.world(|world| world.flight(message).is_none()),
            Some(Selection::Node(node)) => self.world(|world| world.host(node).is_none_or(|host| host.removed)),
            _ => false,
        };
        if gone {
            self.selection.set(None);
        }
    }
}
