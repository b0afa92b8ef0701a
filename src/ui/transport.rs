//! Time as a toy: play, step, speed, and the timeline.

use super::leptos::AnyView;
use super::{
    element::{changing, element, moving, span},
    icons::{self, picture},
    parts::{button, only_when, picture_button, select},
    state::{App, SPEEDS},
    timeline::timeline,
};
use crate::explain::words::moment;

pub fn transport(app: App) -> AnyView {
    let small =
        |icon, name: &'static str, act: fn(&App)| picture_button(picture(icon), name, move || act(&app)).title(name).view();
    let play_icon = move || picture(if app.playing.get() { icons::PAUSE } else { icons::PLAY });
    let speeds = move || {
        let option = |(index, (_, name)): (usize, &(f64, &str))| (index.to_string(), name.to_string(), app.speed.get() == index);
        SPEEDS.iter().enumerate().map(option).collect()
    };
    let position = move || {
        let now = app.now.get();
        match now.seeking {
            Some(to) => format!("replaying to {} …", moment(to)),
            None => {
                let branch = app.timeline.with(|line| line.branch);
                format!("event {} of {} · branch {branch}", now.position.steps, now.known_steps)
            }
        }
    };
    let play_name = move || if app.playing.get() { "Pause" } else { "Play" }.to_string();
    let play = picture_button(changing(play_icon), moving(play_name), move || app.playing.update(|playing| *playing = !*playing));
    let choose = move |value: String| {
        if let Ok(speed) = value.parse() {
            app.speed.set(speed);
        }
    };
    let undo = picture_button(picture(icons::UNDO), "Undo the last action", move || app.undo()).class("quiet");
    let redo = picture_button(picture(icons::REDO), "Redo", move || app.redo()).class("quiet");
    let undo = vec![
        undo.disabled(move || !app.watch(|lab| lab.can_undo())).view(),
        redo.disabled(move || !app.watch(|lab| lab.can_redo())).view(),
    ];
    let buttons = vec![
        small(icons::START, "To the start", App::go_to_start),
        small(icons::BACK, "One event back", App::step_back),
        play.class("play").view(),
        small(icons::FORWARD, "One event forward", App::step),
        small(icons::END, "To the end of what was run", App::go_to_end),
        element("label").class("speed").with(span("unseen", "Speed")).with(select("speed", speeds, choose)).view(),
        span("undo", undo),
    ];
    let stop = move || button("Stop here", move || app.seeking.set(None)).view();
    let clock = vec![
        element("b").id("clock").with(moving(move || moment(app.now.get().position.at))).view(),
        element("span").id("position").with(moving(position)).view(),
        only_when(move || app.now.get().seeking.is_some(), stop),
        only_when(move || app.now.get().slow && app.playing.get(), || span("warn", "as fast as this machine can")),
    ];
    element("footer")
        .class("transport")
        .attribute("aria-label", "Time")
        .with(element("div").class("buttons").with(buttons))
        .with(timeline(app))
        .with(element("div").class("clock").with(clock))
        .view()
}
