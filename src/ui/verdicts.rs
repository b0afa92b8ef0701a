//! Words around the stage: the headline above, the verdicts below, notices.

use super::leptos::*;
use super::{
    chip::said,
    element::{Inside, changing, element, span},
    icons::{CLOSE, CROSS, DOTS, QUESTION, TICK, picture},
    parts::{button, picture_button},
    state::App,
    watched::Derived,
};
use crate::{
    check::{Verdict, Verdicts},
    explain::{plain, why_lost, words::moment},
    sim::time::Micros,
};

/// The last thing that happened and is worth a sentence.
pub fn headline(app: App) -> AnyView {
    let words = move || match app.headline.get() {
        Some(headline) => said(app, headline.sentence),
        None if app.now.with(|now| now.position.at > Micros::ZERO) => "So far there is nothing to tell.".view(),
        None => "Nothing has happened yet. Press play.".view(),
    };
    element("p").class("headline").id("headline").with(changing(words)).view()
}

#[derive(Clone, PartialEq)]
struct Line {
    name: &'static str,
    about: &'static str,
    verdict: Verdict,
    words: String,
    /// Daily business of asynchronous replication, no alarm.
    passing: bool,
    holds: &'static str,
    /// Who broke which promise.
    why: String,
}

fn lines(verdicts: &Verdicts, members: usize) -> Vec<Line> {
    let count = |count: usize, one: &str, many: &str| match count {
        0 => String::new(),
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let first_lost = verdicts.lost.iter().min_by_key(|lost| lost.since);
    vec![
        Line {
            name: "Fresh reads",
            about: "No read returned a value that had been overwritten, and the overwriting acknowledged, before the read began.",
            verdict: verdicts.fresh.clone(),
            words: count(verdicts.stale_reads, "old", "old"),
            passing: false,
            holds: "holds so far",
            why: String::new(),
        },
        Line {
            name: "No acknowledged write lost",
            about: match cfg!(feature = "primary-replica") {
                true => "Every write a client was told is safe is at the primary, or was overwritten by a later one.",
                false => "Every write a client was told is safe is still kept by some node, or was overwritten by a later one.",
            },
            verdict: verdicts.durable.clone(),
            words: count(verdicts.lost.len(), "gone", "gone"),
            passing: false,
            holds: "holds so far",
            why: first_lost.map(|lost| plain(&why_lost(lost))).unwrap_or_default(),
        },
        Line {
            name: "Equal copies",
            about: "All running nodes hold the same values now.",
            verdict: verdicts.converged.clone(),
            words: count(verdicts.convergence.differing.len(), "copy differs", "copies differ"),
            passing: true,
            // Who is down has no say.
            holds: if verdicts.convergence.nodes < members { "where nodes run" } else { "right now" },
            why: String::new(),
        },
    ]
}

pub fn verdicts(app: App) -> AnyView {
    let all = Derived::new(move || app.verdicts.with(|verdicts| lines(verdicts, app.rules.with(|rules| rules.stores.len()))));
    let pills = move || all.get().into_iter().map(|line| pill(app, line)).collect::<Vec<AnyView>>();
    // Where they do not fit side by side they scroll, by keyboard too.
    element("ul").class("verdicts").attribute("aria-label", "Verdicts").attribute("tabindex", "0").with(changing(pills)).view()
}

fn pill(app: App, line: Line) -> AnyView {
    let Line { name, about, verdict, words, passing, holds, why } = line;
    let mut since_when = String::new();
    let (class, icon, small, spoken) = match &verdict {
        Verdict::Holds => ("verdict ok", TICK, holds.into(), ""),
        Verdict::Broken { .. } if passing => ("verdict", DOTS, words, "not at this moment"),
        Verdict::Broken { since, .. } => {
            since_when = format!("at {}", moment(*since));
            ("verdict bad", CROSS, format!("{words} · "), "broken; go to the first time")
        }
        Verdict::CannotTell { why } => ("verdict", QUESTION, "cannot tell".into(), *why),
    };
    let words = element("span").with(name).with(" ").with(element("small").with(small).with(span("since", since_when)));
    let body = vec![picture(icon), words.view(), span("unseen", spoken)];
    let pill = match verdict {
        Verdict::Broken { since, .. } => {
            let go = move || {
                app.playing.set(false);
                app.seek(since + Micros(1));
                if !why.is_empty() {
                    app.say_bad(&*why);
                }
            };
            button(body, go).class(class).title(about).view()
        }
        // Who cannot tell says why.
        _ => element("span").class(class).attribute("title", if spoken.is_empty() { about } else { spoken }).with(body).view(),
    };
    element("li").with(pill).view()
}

/// How long good news stays.
const NOTICE_S: u64 = 7;

/// A notice at the edge; good news goes away by itself.
pub fn toast(app: App) -> AnyView {
    Effect::new(move |_| {
        let Some(notice) = app.notice.get().filter(|notice| !notice.bad) else { return };
        let forget = move || {
            if app.notice.get_if_there().flatten().as_ref() == Some(&notice) {
                app.notice.set(None);
            }
        };
        set_timeout(forget, std::time::Duration::from_secs(NOTICE_S));
    });
    let inside = move || {
        let notice = app.notice.get()?;
        let close = picture_button(picture(CLOSE), "Close this notice", move || app.notice.set(None)).class("quiet").view();
        let class = if notice.bad { "toast bad" } else { "toast" };
        Some(element("div").class(class).with(element("span").with(notice.text)).with(close).view())
    };
    element("div").class("toasts").attribute("role", "alert").with(changing(inside)).view()
}
