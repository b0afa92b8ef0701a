//! The left panel: one sentence, one mission, and what to try next.

use super::leptos::AnyView;
use super::{
    element::{Inside, Words, element, moving, span},
    icons::{TICK, picture},
    parts::{button, either, only_when},
    state::App,
    watched::Watched,
};
use crate::{
    lesson::Task,
    scenario::link::FIRST,
    sim::id::{ClientId, Key, NodeId},
};

pub fn lesson(app: App) -> AnyView {
    // The first look is at a primary.
    let inside = match cfg!(feature = "primary-replica") {
        true => either(move || app.watch(|lab| lab.source().is(FIRST)), move || mission(app), move || about(app)),
        false => about(app),
    };
    element("section").class("lesson").attribute("aria-label", "Lesson").with(inside).view()
}

/// A scenario without a lesson speaks for itself.
fn about(app: App) -> AnyView {
    let how = "Everything can be touched: nodes, clients, links, messages. Go back in time whenever you like.";
    vec![
        paragraph("crumb", "Scenario"),
        element("h1").with(moving(move || app.watch(|lab| lab.scenario().title.clone()))).view(),
        element("p").with(moving(move || app.watch(|lab| lab.scenario().about.clone()))).view(),
        paragraph("small", how),
    ]
    .view()
}

fn paragraph(class: &'static str, words: &'static str) -> AnyView {
    element("p").class(class).with(words).view()
}

fn mission(app: App) -> AnyView {
    let done = move |index: usize| app.tasks.get()[index];
    let (ben, x, c) = (ClientId(1), Key(0), NodeId(2));
    let hints = Watched::new(false);
    let task = |(index, task): (usize, Task)| {
        let hint = move || element("small").with(task.hint()).view();
        let words = element("span").with(task.words()).with(only_when(move || hints.get() && !done(index), hint));
        element("li").class(done_class("", app, index)).with(tick(app, index)).with(words).view()
    };
    let tasks: Vec<AnyView> = Task::ALL.into_iter().enumerate().skip(1).map(task).collect();
    let outcome = either(
        move || done(0),
        || paragraph("small good", "Done. The primary had said OK, and Ben still read the past: that is replication lag."),
        || paragraph("small", Task::ALL[0].hint()),
    );
    let strong = |words: &'static str| element("b").with(words).view();
    let story = element("p")
        .with("Ana’s writes go to the ")
        .with(strong("primary"))
        .with(", at first A. From there each one travels on to the ")
        .with(strong("replicas"))
        .with(". Sooner or later they have it too.");
    let gone = move || app.watch(|lab| lab.world().host(c).is_none_or(|host| host.removed));
    let ask = button("Ben reads x at C", move || app.read(ben, x, Some(c))).class("primary").id("ben-reads");
    let mission = element("div")
        .class(done_class("mission", app, 0))
        .with(element("h2").with("Your mission"))
        .with(element("p").class("task").with(tick(app, 0)).with(Task::ALL[0].words()))
        .with(ask.disabled(gone).view())
        .with(only_when(gone, || {
            paragraph("small", "C has left the group. Undo, or open “A primary and its replicas” under Scenarios.")
        }))
        .with(outcome);
    let hint_words = moving(move || if hints.get() { "Hide hints" } else { "Show hints" }.into());
    let show_hints = button(hint_words, move || hints.update(|on| *on = !*on)).class("quiet").expanded(move || hints.get());
    let untick = move || button("Untick all", move || app.forget_tasks()).class("quiet").view();
    let acts = element("p").class("row").with(show_hints.view()).with(only_when(move || app.tasks.get().contains(&true), untick));
    vec![
        paragraph("crumb", "First look"),
        element("h1").with("One writes, the others follow").view(),
        story.view(),
        mission.view(),
        element("h2").class("next-title").with("Then try").view(),
        element("ul").class("tasks").with(tasks).view(),
        acts.view(),
    ]
    .view()
}

/// The class of what belongs to a task, which may be done.
fn done_class(class: &'static str, app: App, index: usize) -> Words {
    moving(move || format!("{class}{}", if app.tasks.get()[index] { " done" } else { "" }))
}

fn tick(app: App, index: usize) -> AnyView {
    let done = move || app.tasks.get()[index];
    let spoken = moving(move || if done() { "done: " } else { "to do: " }.into());
    element("span")
        .class(done_class("tick", app, index))
        .with(only_when(done, || picture(TICK)))
        .with(span("unseen", spoken))
        .view()
}
