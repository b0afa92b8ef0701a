//! The heartbeat: once a frame time goes on, the picture is drawn, and what changed is said.

use super::{
    canvas, measures,
    state::{App, SPEEDS, STEPS_PER_FRAME, TURNS},
    versions,
};
use crate::{
    platform::frames::Frames,
    sim::{decimal::between, time::Micros},
    world::Stop,
};

/// Longest time one frame stands for: after a hidden tab comes back the run does not leap.
const FRAME_MS_MAX: f64 = 100.0;
/// The timeline and the tasks follow this often while it plays.
const REFRESH_MS: f64 = 250.0;
/// Ages and lags on the stage grow while nothing happens; they follow this often.
const AGES_MS: f64 = 100.0;
/// With more steps than these in one frame nobody follows single ones. Then the page follows in turns, a part of it in each
/// frame, and all of it within a tenth of a second.
const BUSY_STEPS: u64 = 60;
/// Open charts are drawn anew at most this often.
const CHARTS_MS: f64 = 100.0;

pub fn start(app: App) -> Frames {
    let mut last_ms = None;
    let mut last_refresh_ms = 0.0;
    let mut last_stage_ms = 0.0;
    let mut marks_due = true;
    let (mut last_charts_ms, mut charts_of, mut replayed) = (0.0, 0, false);
    // Less than a microsecond of simulated time that is still owed.
    let mut owed_us = 0.0;
    let mut painter = canvas::Painter::default();
    // The turn that comes next, while the page follows in turns.
    let mut turn = None;
    Frames::start(move |now_ms| {
        let passed_ms = now_ms - last_ms.replace(now_ms).unwrap_or(now_ms);
        let passed_ms = between(passed_ms, 0.0, FRAME_MS_MAX);
        let steps_before = app.world(|world| world.steps());
        if let Some(target) = app.seeking.get_untracked() {
            seek_on(app, target);
        } else if app.playing.get_untracked() {
            owed_us += passed_ms * 1_000.0 * SPEEDS[app.speed.get_untracked()].0;
            let whole = owed_us as u64;
            owed_us -= whole as f64;
            play_on(app, Micros(whole));
        }
        let steps = app.world(|world| world.steps()).abs_diff(steps_before);
        let busy = steps > BUSY_STEPS && app.playing.get_untracked() && !app.dirty.get_untracked();
        // What had not had its turn yet when it ended is still to come.
        let happened = steps > 0 || turn.is_some() && !busy;
        let aged = app.playing.get_untracked() && now_ms - last_stage_ms > AGES_MS;
        let mut marks = now_ms - last_refresh_ms > REFRESH_MS;
        if busy {
            let now = turn.unwrap_or(0);
            // The marks have a frame of their own, before the first turn.
            marks &= now == 0 && marks_due;
            marks_due = true;
            if !marks {
                app.refresh_stage(Some(now));
            }
            turn = Some(if marks { 0 } else { (now + 1) % TURNS });
        } else if happened || aged || app.dirty.get_untracked() {
            turn = None;
            last_stage_ms = now_ms;
            app.refresh_stage(None);
            marks_due = true;
        } else {
            app.refresh_now();
        }
        if marks && marks_due {
            last_refresh_ms = now_ms;
            marks_due = false;
            app.refresh_marks();
        }
        replayed |= versions::run_on(app);
        let revision = app.revision.get_untracked();
        if (charts_of != revision || replayed) && now_ms - last_charts_ms > CHARTS_MS {
            (charts_of, replayed) = (revision, false);
            if measures::refresh(app) | versions::refresh(app) {
                last_charts_ms = now_ms;
            }
        }
        painter.draw(app);
    })
}

fn play_on(app: App, by: Micros) {
    if by == Micros::ZERO {
        return;
    }
    let stop = app.with_lab(|lab| {
        let until = lab.world().now() + by;
        lab.run_until(until, STEPS_PER_FRAME)
    });
    app.dirty.set(false);
    app.slow.set(stop == Stop::Budget);
    if stop == Stop::Limit {
        app.playing.set(false);
        app.say_bad("The run has as many steps as a run may have, and stops here. Go back, or start anew.");
    }
}

fn seek_on(app: App, target: Micros) {
    let stop = app.with_lab(|lab| lab.run_until(target, STEPS_PER_FRAME * 4));
    if stop != Stop::Budget {
        app.seeking.set(None);
    }
}
