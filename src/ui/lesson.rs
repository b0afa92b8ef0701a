//! The left panel: one sentence, one mission, and what to try next.

use super::{
    icons::{TICK, picture},
    parts::{button, either, moving, only_when},
    state::App,
};
use crate::{
    lesson::Task,
    scenario::link::{FIRST, Source},
    sim::id::{ClientId, Key, NodeId},
};
use leptos::prelude::*;

pub fn lesson(app: App) -> AnyView {
    let is_first = move || app.watch(|lab| *lab.source() == Source::Preset(FIRST.into()));
    let inside = either(is_first, move || mission(app), move || about(app));
    view! { <section class="lesson" aria-label="Lesson">{inside}</section> }.into_any()
}

/// A scenario without a lesson speaks for itself.
fn about(app: App) -> AnyView {
    view! {
        <p class="crumb">"Scenario"</p>
        <h1>{move || app.watch(|lab| lab.scenario().title.clone())}</h1>
        <p>{move || app.watch(|lab| lab.scenario().about.clone())}</p>
        <p class="small">"Everything can be touched: nodes, clients, links, messages. Go back in time whenever you like."</p>
    }
    .into_any()
}

fn mission(app: App) -> AnyView {
    let done = move |index: usize| app.tasks.get()[index];
    let (ben, x, c) = (ClientId(1), Key(0), NodeId(2));
    let hints = RwSignal::new(false);
    let tasks: Vec<AnyView> = Task::ALL
        .into_iter()
        .enumerate()
        .skip(1)
        .map(|(index, task)| {
            let hint = only_when(move || hints.get() && !done(index), move || view! { <small>{task.hint()}</small> }.into_any());
            view! { <li class:done=move || done(index)>{tick(app, index)}<span>{task.words()}{hint}</span></li> }.into_any()
        })
        .collect();
    let outcome = either(
        move || done(0),
        || {
            view! { <p class="small good">"Done. The primary had said OK, and Ben still read the past: that is replication lag."</p> }.into_any()
        },
        || view! { <p class="small">{Task::ALL[0].hint()}</p> }.into_any(),
    );
    view! {
        <p class="crumb">"First look"</p>
        <h1>"One writes, the others follow"</h1>
        <p>"Ana’s writes go to the "<b>"primary"</b>", A. From there each one travels on to the "<b>"replicas"</b>
            ", B and C. Sooner or later they have it too."</p>
        <div class="mission" class:done=move || done(0)>
            <h2>"Your mission"</h2>
            <p class="task">{tick(app, 0)}{Task::ALL[0].words()}</p>
            {button("Ben reads x at C", move || app.read(ben, x, Some(c))).class("primary").id("ben-reads").view()}
            {outcome}
        </div>
        <h2 class="next-title">"Then try"</h2>
        <ul class="tasks">{tasks}</ul>
        <p class="row">
            {button(moving(move || if hints.get() { "Hide hints" } else { "Show hints" }.into()), move || hints.update(|on| *on = !*on))
                .class("quiet").expanded(move || hints.get()).view()}
            {only_when(move || app.tasks.get().contains(&true), move || button("Untick all", move || app.forget_tasks()).class("quiet").view())}
        </p>
    }
    .into_any()
}

fn tick(app: App, index: usize) -> AnyView {
    let done = move || app.tasks.get()[index];
    let mark = only_when(done, || picture(TICK));
    let spoken = move || if done() { "done: " } else { "to do: " };
    view! { <span class="tick" class:done=done>{mark}<span class="unseen">{spoken}</span></span> }.into_any()
}
