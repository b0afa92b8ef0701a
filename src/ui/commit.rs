//! When a write is done: the rule by which writes are acknowledged, as three choices and a warning.

use super::leptos::*;
use super::{
    element::{Inside, element, moving},
    parts::{check, only_when, select},
    state::App,
    watched::Derived,
};
use crate::{
    explain::words::duration,
    protocol::commit::{Commit, Level, OnTimeout, Which},
    sim::{id::NodeId, time::Micros},
    world::command::Command,
};

/// By what operators know them.
const LEVELS: [(Level, &str); 5] = [
    (Level::Async, "taken by the primary (async)"),
    (Level::LocalFlush, "on the primary’s disk (local)"),
    (Level::RemoteWrite, "received there (remote write)"),
    (Level::RemoteFlush, "on disk there (remote flush)"),
    (Level::RemoteApply, "visible there (remote apply)"),
];

/// How long replicas are waited for, and what then.
const PATIENCE: [(Option<Micros>, OnTimeout, &str); 4] = [
    (None, OnTimeout::FallBack, "wait on (as PostgreSQL)"),
    (Some(Micros::from_secs(10)), OnTimeout::FallBack, "10 s, then go on alone (MySQL)"),
    (Some(Micros::from_secs(2)), OnTimeout::FallBack, "2 s, then go on alone"),
    (Some(Micros::from_secs(2)), OnTimeout::Warn, "2 s, then warn (MongoDB)"),
];

fn rule(app: App) -> Commit {
    app.watch(|lab| lab.world().setup().config.commit.clone())
}

fn group(app: App) -> (Vec<NodeId>, Option<NodeId>) {
    app.watch(|lab| (lab.world().stores().to_vec(), lab.world().primary()))
}

/// Whom to wait for, in a group of these nodes.
fn whom(members: &[NodeId], primary: Option<NodeId>) -> Vec<(Which, u8, Vec<NodeId>, String)> {
    let replicas: Vec<NodeId> = members.iter().copied().filter(|node| Some(*node) != primary).collect();
    let mut all = vec![(Which::First, 1, vec![], "the first that is in touch".to_string())];
    let most = replicas.len().min(3);
    all.extend((2..=most).map(|count| (Which::First, count as u8, vec![], format!("the first {count}"))));
    all.extend((1..=most).map(|count| (Which::Any, count as u8, vec![], format!("any {count}"))));
    all.push((Which::Majority, 1, vec![], "a majority of all nodes".into()));
    all.extend(replicas.into_iter().map(|node| (Which::First, 1, vec![node], format!("{node} and nobody else"))));
    all
}

fn place_of(app: App) -> usize {
    let (rule, (members, primary)) = (rule(app), group(app));
    let is = |(which, count, among, _): &(Which, u8, Vec<NodeId>, String)| {
        *which == rule.which && *among == rule.among && (*count == rule.count || *which == Which::Majority)
    };
    whom(&members, primary).iter().position(is).unwrap_or(usize::MAX)
}

pub fn commit(app: App) -> AnyView {
    let change = move |change: &dyn Fn(&mut Commit)| {
        let mut new = app.world(|world| world.setup().config.commit.clone());
        change(&mut new);
        app.act(Command::SetCommit(new));
    };
    let option = |index: usize, words: &str, chosen: bool| (index.to_string(), words.to_string(), chosen);
    let number = |text: String| text.parse::<usize>().unwrap_or_default();
    let level = select(
        "commit-level",
        move || {
            let now = rule(app).level;
            LEVELS.iter().enumerate().map(|(index, (level, words))| option(index, words, *level == now)).collect()
        },
        move |text| {
            if let Some((level, _)) = LEVELS.get(number(text)) {
                change(&|rule| rule.level = *level);
            }
        },
    );
    let who = move || {
        select(
            "commit-who",
            move || {
                let (members, primary) = group(app);
                let now = place_of(app);
                let all = whom(&members, primary).into_iter().enumerate();
                let mut all: Vec<_> = all.map(|(index, (.., words))| option(index, &words, index == now)).collect();
                if now == usize::MAX {
                    all.push(option(now, &rule(app).words(), true));
                }
                all
            },
            move |text| {
                let (members, primary) = app.world(|world| (world.stores().to_vec(), world.primary()));
                if let Some((which, count, among, _)) = whom(&members, primary).into_iter().nth(number(text)) {
                    change(&|rule| (rule.which, rule.count, rule.among) = (which, count, among.clone()));
                }
            },
        )
    };
    let patience = move || {
        select(
            "commit-patience",
            move || {
                let now = rule(app);
                let is = |timeout: &Option<Micros>, then: &OnTimeout| {
                    *timeout == now.timeout && (timeout.is_none() || *then == now.on_timeout)
                };
                let all = PATIENCE.iter().enumerate();
                let mut all: Vec<_> =
                    all.map(|(index, (timeout, then, words))| option(index, words, is(timeout, then))).collect();
                if all.iter().all(|(.., chosen)| !chosen) {
                    let words = format!("after {}", now.timeout.unwrap_or_default());
                    all.push(option(usize::MAX, &words, true));
                }
                all
            },
            move |text| {
                if let Some((timeout, then, _)) = PATIENCE.get(number(text)) {
                    change(&|rule| (rule.timeout, rule.on_timeout) = (*timeout, *then));
                }
            },
        )
    };
    let early = move || {
        check(
            "Readers at the primary see it before",
            move || rule(app).visible_early,
            move || change(&|rule| rule.visible_early = !rule.visible_early),
        )
    };
    let labelled = |name: &'static str, id: &'static str, inside: AnyView| {
        element("div").class("pick stacked").with(element("label").attribute("for", id).with(name)).with(inside).view()
    };
    let remote = Derived::new(move || rule(app).level.is_remote());
    let more = only_when(
        move || remote.get(),
        move || {
            vec![
                labelled("There: at these replicas", "commit-who", who()),
                labelled("If they do not come", "commit-patience", patience()),
                early(),
            ]
            .view()
        },
    );
    let warning = move || {
        let (members, primary) = group(app);
        app.watch(|lab| {
            let config = &lab.world().setup().config;
            let of = lab.world().sessions().iter().filter(|session| session.workload_on || session.open.is_some());
            let patience = of.map(|session| session.settings.timeout).min();
            let impatient = config.commit.timeout.filter(|timeout| patience.is_some_and(|patience| patience <= *timeout));
            match (config.commit.warning(&config.group(&members, primary)), impatient, patience) {
                (None, Some(_), Some(patience)) if config.commit.level.is_remote() => {
                    format!("Clients give up sooner, after {}; that can be set at each.", duration(patience))
                }
                (warning, ..) => warning.unwrap_or_default().to_string(),
            }
        })
    };
    element("div")
        .class("commit")
        .attribute("role", "group")
        .attribute("aria-label", "When a write is done")
        .with(labelled("A write is done when it is", "commit-level", level))
        .with(more)
        .with(element("p").class("caution").attribute("role", "status").with(moving(warning)))
        .view()
}
