//! Words around the stage: the headline above, the verdicts below, notices.

use super::{
    chip::Said,
    icons::{Icon, Picture},
    state::App,
};
use crate::{check::Verdict, explain::words::moment, sim::time::Micros};
use leptos::prelude::*;

/// The last thing that happened and is worth a sentence.
#[component]
pub fn Headline() -> impl IntoView {
    let app = expect_context::<App>();
    let sentence = Signal::derive(move || app.headline.get().map(|headline| headline.sentence).unwrap_or_default());
    let nothing = move || sentence.with(Vec::is_empty);
    view! {
        <p class="headline" id="headline">
            <Show when=move || !nothing() fallback=|| "Nothing has happened yet. Press play.">
                <Said sentence/>
            </Show>
        </p>
    }
}

#[derive(Clone, PartialEq)]
struct Line {
    name: &'static str,
    about: &'static str,
    verdict: Verdict,
    words: String,
}

#[component]
pub fn Verdicts() -> impl IntoView {
    let app = expect_context::<App>();
    let lines = Memo::new(move |_| {
        app.verdicts.with(|verdicts| {
            let count = |count: usize, one: &str, many: &str| match count {
                0 => String::new(),
                1 => format!("1 {one}"),
                count => format!("{count} {many}"),
            };
            [
                Line {
                    name: "Reads are fresh",
                    about: "No read returned a value that had been overwritten, and the overwriting acknowledged, before the read began.",
                    verdict: verdicts.fresh.clone(),
                    words: count(verdicts.stale_reads, "old value", "old values"),
                },
                Line {
                    name: "No acknowledged write lost",
                    about: "Every write a client was told is safe is at the primary, or was overwritten by a later one.",
                    verdict: verdicts.durable.clone(),
                    words: count(verdicts.lost.len(), "write gone", "writes gone"),
                },
                Line {
                    name: "Copies are equal",
                    about: "All running nodes hold the same values now.",
                    verdict: verdicts.converged.clone(),
                    words: count(verdicts.convergence.differing.len(), "copy differs", "copies differ"),
                },
            ]
        })
    });
    view! {
        <ul class="verdicts" aria-label="Verdicts">
            {move || lines.get().map(|line| view! { <VerdictPill line/> })}
        </ul>
    }
}

#[component]
fn VerdictPill(line: Line) -> impl IntoView {
    let app = expect_context::<App>();
    let Line { name, about, verdict, words } = line;
    // Unequal copies are the daily state of asynchronous replication, not an alarm.
    let passing = name == "Copies are equal";
    let (class, icon) = match &verdict {
        Verdict::Holds => ("verdict ok", Some(Icon::Tick)),
        Verdict::Broken { .. } if passing => ("verdict", Some(Icon::Dots)),
        Verdict::Broken { .. } => ("verdict bad", Some(Icon::Cross)),
        Verdict::CannotTell { .. } => ("verdict", None),
    };
    let inner = match &verdict {
        Verdict::Holds => view! { {name} }.into_any(),
        Verdict::Broken { since, .. } => {
            let moment = moment(*since);
            view! { {name}<small>{if passing { words } else { format!("{words} · {moment}") }}</small> }.into_any()
        }
        Verdict::CannotTell { why } => view! { {name}<small>{format!("cannot tell: {why}")}</small> }.into_any(),
    };
    let spoken = match &verdict {
        Verdict::Holds => "holds so far",
        Verdict::Broken { .. } if passing => "not at this moment",
        Verdict::Broken { .. } => "broken; go to the first time",
        Verdict::CannotTell { .. } => "cannot tell",
    };
    let picture = icon.map(|icon| view! { <Picture icon/> });
    let body = view! { {picture}<span>{inner}</span><span class="unseen">{spoken}</span> };
    view! {
        <li>
            {match verdict {
                Verdict::Broken { since, .. } => view! {
                    <button type="button" class=class title=about on:click=move |_| {
                        app.playing.set(false);
                        app.seek(since + Micros(1));
                    }>{body}</button>
                }.into_any(),
                _ => view! { <span class=class title=about>{body}</span> }.into_any(),
            }}
        </li>
    }
}

/// A notice at the edge; good news goes away by itself.
#[component]
pub fn Toast() -> impl IntoView {
    let app = expect_context::<App>();
    Effect::new(move |_| {
        let Some(notice) = app.notice.get().filter(|notice| !notice.bad) else { return };
        set_timeout(
            move || {
                if app.notice.try_get_untracked().flatten().as_ref() == Some(&notice) {
                    app.notice.set(None);
                }
            },
            std::time::Duration::from_secs(7),
        );
    });
    view! {
        <div class="toasts" role="alert">
            {move || app.notice.get().map(|notice| view! {
                <div class="toast" class:bad=notice.bad>
                    <span>{notice.text}</span>
                    <button type="button" class="quiet" aria-label="Close this notice" on:click=move |_| app.notice.set(None)>
                        <Picture icon=Icon::Close/>
                    </button>
                </div>
            })}
        </div>
    }
}
