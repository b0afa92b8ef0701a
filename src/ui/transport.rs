//! Time as a toy: play, step, speed, and the timeline.

use super::{
    icons::{self, picture},
    parts::{button, only_when, picture_button, select},
    state::{App, SPEEDS},
    timeline::timeline,
};
use crate::explain::words::moment;
use leptos::prelude::*;

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
    view! {
        <footer class="transport" aria-label="Time">
            <div class="buttons">
                {small(icons::START, "To the start", App::go_to_start)}
                {small(icons::BACK, "One event back", App::step_back)}
                {picture_button(play_icon.into_any(), super::parts::moving(move || if app.playing.get() { "Pause" } else { "Play" }.into()),
                    move || app.playing.update(|playing| *playing = !*playing)).class("play").view()}
                {small(icons::FORWARD, "One event forward", App::step)}
                {small(icons::END, "To the end of what was run", App::go_to_end)}
                <label class="speed">
                    <span class="unseen">"Speed"</span>
                    {select("speed", speeds, move |value| if let Ok(speed) = value.parse() { app.speed.set(speed) })}
                </label>
                <span class="undo">
                    {picture_button(picture(icons::UNDO), "Undo the last action", move || app.undo())
                        .class("quiet").disabled(move || !app.watch(|lab| lab.can_undo())).view()}
                    {picture_button(picture(icons::REDO), "Redo", move || app.redo())
                        .class("quiet").disabled(move || !app.watch(|lab| lab.can_redo())).view()}
                </span>
            </div>
            {timeline(app)}
            <div class="clock">
                <b id="clock">{move || moment(app.now.get().position.at)}</b>
                <span id="position">{position}</span>
                {only_when(move || app.now.get().seeking.is_some(), move || button("Stop here", move || app.seeking.set(None)).view())}
                {only_when(move || app.now.get().slow && app.playing.get(),
                    || view! { <span class="warn">"as fast as this machine can"</span> }.into_any())}
            </div>
        </footer>
    }
    .into_any()
}
