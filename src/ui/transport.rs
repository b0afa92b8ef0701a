//! Time as a toy: play, step, speed, and the timeline.

use super::{
    icons::{Icon, Picture},
    state::{App, SPEEDS},
    timeline::TimelineView,
};
use crate::explain::words::moment;
use leptos::prelude::*;

#[component]
pub fn Transport() -> impl IntoView {
    let app = expect_context::<App>();
    let playing = move || app.playing.get();
    let play_icon = Signal::derive(move || if playing() { Icon::Pause } else { Icon::Play });
    let undo = move || app.watch(|lab| lab.can_undo());
    let redo = move || app.watch(|lab| lab.can_redo());
    view! {
        <footer class="transport" aria-label="Time">
            <div class="buttons">
                <Small icon=Icon::Start name="To the start" act=App::to_start/>
                <Small icon=Icon::Back name="One event back" act=App::step_back/>
                <button type="button" class="play" aria-label=move || if playing() { "Pause" } else { "Play" }
                    on:click=move |_| app.playing.update(|playing| *playing = !*playing)>
                    <Picture icon=play_icon/>
                </button>
                <Small icon=Icon::Forward name="One event forward" act=App::step/>
                <Small icon=Icon::End name="To the end of what was run" act=App::to_end/>
                <label class="speed">
                    <span class="unseen">"Speed"</span>
                    <select id="speed" on:change=move |event| {
                        if let Ok(speed) = event_target_value(&event).parse() {
                            app.speed.set(speed);
                        }
                    } prop:value=move || app.speed.get().to_string()>
                        {SPEEDS.iter().enumerate().map(|(index, (_, name))| view! {
                            <option value=index.to_string() selected=move || app.speed.get() == index>{*name}</option>
                        }).collect_view()}
                    </select>
                </label>
                <span class="undo">
                    <button type="button" class="quiet" aria-label="Undo the last action" disabled=move || !undo() on:click=move |_| app.undo()>
                        <Picture icon=Icon::Undo/>
                    </button>
                    <button type="button" class="quiet" aria-label="Redo" disabled=move || !redo() on:click=move |_| app.redo()>
                        <Picture icon=Icon::Redo/>
                    </button>
                </span>
            </div>
            <TimelineView/>
            <div class="clock">
                <b id="clock">{move || moment(app.now.get().position.at)}</b>
                <span id="position">{move || {
                    let now = app.now.get();
                    match now.seeking {
                        Some(to) => format!("replaying to {} …", moment(to)),
                        None => format!("event {} of {} · branch {}", now.position.steps, now.known_steps, app.timeline.with(|line| line.branch)),
                    }
                }}</span>
                <Show when=move || app.now.get().seeking.is_some()>
                    <button type="button" on:click=move |_| app.seeking.set_value(None)>"Stop here"</button>
                </Show>
                <Show when=move || app.now.get().slow && playing()>
                    <span class="warn">"as fast as this machine can"</span>
                </Show>
            </div>
        </footer>
    }
}

#[component]
fn Small(icon: Icon, name: &'static str, act: fn(&App)) -> impl IntoView {
    let app = expect_context::<App>();
    view! { <button type="button" aria-label=name title=name on:click=move |_| act(&app)><Picture icon/></button> }
}
