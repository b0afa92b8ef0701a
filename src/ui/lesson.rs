//! The left panel: one sentence, one mission, and what to try next.

use super::{
    icons::{Icon, Picture},
    state::App,
};
use crate::{
    lesson::Task,
    scenario::link::{FIRST, Source},
    sim::id::{ClientId, Key, NodeId},
};
use leptos::prelude::*;

#[component]
pub fn Lesson() -> impl IntoView {
    let app = expect_context::<App>();
    let is_first = Memo::new(move |_| app.watch(|lab| *lab.source() == Source::Preset(FIRST.into())));
    view! {
        <section class="lesson" aria-label="Lesson">
            <Show when=move || is_first.get() fallback=|| view! { <About/> }>
                <Mission/>
            </Show>
        </section>
    }
}

/// A scenario without a lesson speaks for itself.
#[component]
fn About() -> impl IntoView {
    let app = expect_context::<App>();
    view! {
        <p class="crumb">"Scenario"</p>
        <h1>{move || app.watch(|lab| lab.scenario().title.clone())}</h1>
        <p>{move || app.watch(|lab| lab.scenario().about.clone())}</p>
        <p class="small">"Everything can be touched: nodes, clients, links, messages. Go back in time whenever you like."</p>
    }
}

#[component]
fn Mission() -> impl IntoView {
    let app = expect_context::<App>();
    let done = move |index: usize| app.tasks.get()[index];
    let (ben, x, c) = (ClientId(1), Key(0), NodeId(2));
    let hints = RwSignal::new(false);
    view! {
        <p class="crumb">"First look"</p>
        <h1>"One writes, the others follow"</h1>
        <p>"Ana’s writes go to the "<b>"primary"</b>", A. From there each one travels on to the "<b>"replicas"</b>
            ", B and C. Sooner or later they have it too."</p>
        <div class="mission" class:done=move || done(0)>
            <h2>"Your mission"</h2>
            <p class="task"><Tick done=Signal::derive(move || done(0))/>{Task::ALL[0].words()}</p>
            <button type="button" class="primary" id="ben-reads" on:click=move |_| app.read(ben, x, Some(c))>"Ben reads x at C"</button>
            <Show when=move || done(0) fallback=move || view! { <p class="small">{Task::ALL[0].hint()}</p> }>
                <p class="small good">"Done. The primary had said OK, and Ben still read the past: that is replication lag."</p>
            </Show>
        </div>
        <h2 class="next-title">"Then try"</h2>
        <ul class="tasks">
            {Task::ALL.into_iter().enumerate().skip(1).map(|(index, task)| view! {
                <li class:done=move || done(index)>
                    <Tick done=Signal::derive(move || done(index))/>
                    <span>{task.words()}
                        <Show when=move || hints.get() && !done(index)><small>{task.hint()}</small></Show>
                    </span>
                </li>
            }).collect_view()}
        </ul>
        <p class="row">
            <button type="button" class="quiet" aria-expanded=move || hints.get().to_string() on:click=move |_| hints.update(|on| *on = !*on)>
                {move || if hints.get() { "Hide hints" } else { "Show hints" }}
            </button>
            <Show when=move || app.tasks.get().contains(&true)>
                <button type="button" class="quiet" on:click=move |_| app.forget_tasks()>"Untick all"</button>
            </Show>
        </p>
    }
}

#[component]
fn Tick(done: Signal<bool>) -> impl IntoView {
    view! {
        <span class="tick" class:done=move || done.get()>
            <Show when=move || done.get()><Picture icon=Icon::Tick/></Show>
            <span class="unseen">{move || if done.get() { "done: " } else { "to do: " }}</span>
        </span>
    }
}
