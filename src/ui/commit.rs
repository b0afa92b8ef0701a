//! When a write is done: the rule by which writes are acknowledged, as choices, who counts, and a warning.

use super::leptos::*;
use super::{
    element::{Inside, Words, each, element, moving},
    parts::{button, check, only_when, select},
    rules::Rules,
    state::App,
    watched::Derived,
};
use crate::{
    explain::words::duration,
    protocol::commit::{Commit, Level, OnTimeout, Which},
    sim::{id::NodeId, time::Micros},
    world::command::Command,
};

/// In words, and what is the same in real systems: at most 89 characters, of which those that belong together stay so.
const LEVELS: [(Level, &str, &str); 5] = [
    (
        Level::Async,
        "taken by the primary (async)",
        "PostgreSQL: synchronous_commit = off. Redis. MongoDB: w:\u{a0}1, j:\u{a0}false.",
    ),
    (
        Level::LocalFlush,
        "on the primary’s disk (local)",
        "PostgreSQL: synchronous_commit = local. MySQL: asynchronous. MongoDB: w:\u{a0}1, j:\u{a0}true.",
    ),
    (Level::RemoteWrite, "received there (remote write)", "PostgreSQL: synchronous_commit = remote_write. Near it: Redis’ WAIT."),
    (
        Level::RemoteFlush,
        "on disk there (remote flush)",
        "PostgreSQL: synchronous_commit = on. MySQL: semi-sync. Majority: MongoDB w:\u{a0}\"majority\".",
    ),
    (Level::RemoteApply, "visible there (remote apply)", "PostgreSQL: synchronous_commit = remote_apply."),
];

/// How long replicas are waited for, and what then.
const PATIENCE: [(Option<Micros>, OnTimeout, &str); 4] = [
    (None, OnTimeout::FallBack, "wait on (as PostgreSQL)"),
    (Some(Micros::from_secs(10)), OnTimeout::FallBack, "10 s, then go on alone (MySQL)"),
    (Some(Micros::from_secs(2)), OnTimeout::FallBack, "2 s, then go on alone"),
    (Some(Micros::from_secs(2)), OnTimeout::Warn, "2 s, then warn (MongoDB)"),
];

fn rule(app: App) -> Commit {
    app.rules.with(|rules| rules.config.commit.clone())
}

fn replicas(app: App) -> Vec<NodeId> {
    app.rules.with(Rules::replicas)
}

/// Those of the replicas that count, the most wanted first.
fn counting(rule: &Commit, replicas: &[NodeId]) -> Vec<NodeId> {
    let there = |node: &NodeId| replicas.contains(node);
    if rule.among.is_empty() { replicas.to_vec() } else { rule.among.iter().copied().filter(there).collect() }
}

/// The rule with this replica counting if it did not, and the other way round; none if nobody would be left.
fn toggled(rule: &Commit, replicas: &[NodeId], node: NodeId) -> Option<Commit> {
    let mut among = counting(rule, replicas);
    match among.iter().position(|own| *own == node) {
        Some(place) => drop(among.remove(place)),
        None => among.push(node),
    }
    let count = rule.count.min(among.len() as u8);
    // Nobody is named where everybody counts.
    let among = if among.len() == replicas.len() { Vec::new() } else { among };
    (count > 0).then(|| Commit { count, among, ..rule.clone() })
}

/// For how many to wait, where so many count.
fn whom(counting: usize) -> Vec<(Which, u8, String)> {
    let most = (counting as u8).min(*Commit::COUNT.end());
    let mut all = Vec::new();
    all.extend((1..=most).map(|count| {
        let words = if count == 1 { "the first that is in touch".into() } else { format!("the first {count}") };
        (Which::First, count, words)
    }));
    all.extend((1..=most).map(|count| (Which::Any, count, format!("any {count}"))));
    all.push((Which::Majority, 1, "a majority of all nodes".into()));
    all
}

fn option(index: usize, words: &str, chosen: bool) -> (String, String, bool) {
    (index.to_string(), words.to_string(), chosen)
}

fn number(text: String) -> usize {
    text.parse().unwrap_or_default()
}

/// The rule as it is, with one thing changed.
fn change(app: App, change: impl FnOnce(&mut Commit)) {
    let mut new = app.world(|world| Rules::of(world).config.commit);
    change(&mut new);
    app.act(Command::SetCommit(new));
}

fn labelled(name: &'static str, id: &'static str, inside: AnyView) -> AnyView {
    element("div").class("pick stacked").with(element("label").attribute("for", id).with(name)).with(inside).view()
}

fn hint(words: Words) -> AnyView {
    element("p").class("hint").with(words).view()
}

/// What a copy of a write must have become, and what is the same in real systems.
fn level(app: App) -> AnyView {
    let field = select(
        "commit-level",
        move || {
            let now = rule(app).level;
            LEVELS.iter().enumerate().map(|(index, (level, words, _))| option(index, words, *level == now)).collect()
        },
        move |text| {
            if let Some((level, ..)) = LEVELS.get(number(text)) {
                change(app, |rule| rule.level = *level);
            }
        },
    );
    let systems = move || {
        let now = rule(app).level;
        LEVELS.iter().find(|(level, ..)| *level == now).map_or("", |(.., systems)| systems).to_string()
    };
    labelled("A write is done when it is", "commit-level", vec![field, hint(moving(systems))].view())
}

/// For which of those that count, and for how many of them.
fn who(app: App) -> AnyView {
    select(
        "commit-who",
        move || {
            let rule = rule(app);
            let all = whom(counting(&rule, &replicas(app)).len());
            let is = |(which, count, _): &(Which, u8, String)| {
                *which == rule.which && (*count == rule.count || *which == Which::Majority)
            };
            let now = all.iter().position(is).unwrap_or(usize::MAX);
            let mut all: Vec<_> = all.iter().enumerate().map(|(index, (.., words))| option(index, words, index == now)).collect();
            if now == usize::MAX {
                all.push(option(now, &rule.words(), true));
            }
            all
        },
        move |text| {
            let all = whom(app.world(|world| counting(&Rules::of(world).config.commit, &Rules::of(world).replicas())).len());
            if let Some((which, count, _)) = all.into_iter().nth(number(text)) {
                change(app, |rule| {
                    (rule.which, rule.count) = (which, count);
                    if which == Which::Majority {
                        // Of all nodes, so nobody is named.
                        rule.among.clear();
                    }
                });
            }
        },
    )
}

fn patience(app: App) -> AnyView {
    select(
        "commit-patience",
        move || {
            let now = rule(app);
            let is = |timeout: &Option<Micros>, then: &OnTimeout| {
                *timeout == now.timeout && (timeout.is_none() || *then == now.on_timeout)
            };
            let all = PATIENCE.iter().enumerate();
            let mut all: Vec<_> = all.map(|(index, (timeout, then, words))| option(index, words, is(timeout, then))).collect();
            if all.iter().all(|(.., chosen)| !chosen) {
                let words = format!("after {}", now.timeout.unwrap_or_default());
                all.push(option(usize::MAX, &words, true));
            }
            all
        },
        move |text| {
            if let Some((timeout, then, _)) = PATIENCE.get(number(text)) {
                change(app, |rule| (rule.timeout, rule.on_timeout) = (*timeout, *then));
            }
        },
    )
}

/// Who counts at all, node by node.
fn among(app: App) -> AnyView {
    let toggle = move |node: NodeId| {
        let new = app.world(|world| toggled(&Rules::of(world).config.commit, &Rules::of(world).replicas(), node));
        match new {
            Some(new) => app.act(Command::SetCommit(new)),
            None => app.say_bad(format!("One replica has to count. Press another before you take {node} off.")),
        }
    };
    let one = move |node: NodeId| {
        let counts = move || counting(&rule(app), &replicas(app)).contains(&node);
        button(node.to_string(), move || toggle(node)).pressed(counts).view()
    };
    let named = move || {
        let rule = rule(app);
        if rule.among.is_empty() { String::new() } else { format!("OK {}.", rule.words()) }
    };
    let segments = element("div").class("segments").attribute("role", "group").attribute("aria-label", "Who counts");
    element("div")
        .class("pick stacked")
        .with(element("span").with("Who counts"))
        .with(segments.with(each(move || replicas(app), one)))
        .with(hint(moving(named)))
        .view()
}

/// What is asked of replicas, where it is.
fn replicas_asked(app: App) -> AnyView {
    let has_choice = move || {
        let (rule, replicas) = (rule(app), replicas(app));
        rule.which != Which::Majority && (replicas.len() > 1 || counting(&rule, &replicas) != replicas)
    };
    let early = move || {
        check(
            "Readers at the primary see it before",
            move || rule(app).visible_early,
            move || change(app, |rule| rule.visible_early = !rule.visible_early),
        )
    };
    vec![
        labelled("There: at these replicas", "commit-who", who(app)),
        only_when(has_choice, move || among(app)),
        labelled("If they do not come", "commit-patience", patience(app)),
        early(),
    ]
    .view()
}

fn fewest(app: App) -> AnyView {
    let field = select(
        "commit-min-replicas",
        move || {
            let (now, most) = (rule(app).min_replicas as usize, replicas(app).len());
            let words = |count: usize| if count == 0 { "0 (never refused)".into() } else { count.to_string() };
            let all = (0..=most).chain(Some(now).filter(|now| *now > most));
            all.map(|count| option(count, &words(count), count == now)).collect()
        },
        move |text| {
            let count = number(text).min(*Commit::COUNT.end() as usize) as u8;
            change(app, |rule| rule.min_replicas = count);
        },
    );
    let touch = move || {
        let rule = rule(app);
        let words =
            || format!("In touch is who was heard within {}. Redis: min-replicas-to-write.", duration(rule.replica_timeout));
        if rule.min_replicas == 0 { String::new() } else { words() }
    };
    let name = "Refuse writes with fewer replicas in touch than";
    labelled(name, "commit-min-replicas", vec![field, hint(moving(touch))].view())
}

/// What can come of the rule as it is.
fn warning(app: App) -> String {
    app.rules.with(|Rules { config, stores, primary, patience, .. }| {
        let impatient = config.commit.timeout.filter(|timeout| patience.is_some_and(|patience| patience <= *timeout));
        match (config.commit.warning(&config.group(stores, *primary)), impatient, patience) {
            (None, Some(_), Some(patience)) if config.commit.level.is_remote() => {
                format!("Clients give up sooner, after {}; that can be set at each.", duration(*patience))
            }
            (warning, ..) => warning.unwrap_or_default().to_string(),
        }
    })
}

/// Nothing where no protocol with a primary is on board; so in all panels that only groups with a primary have.
pub fn commit(app: App) -> AnyView {
    if !cfg!(feature = "primary-replica") {
        return None.view();
    }
    let remote = Derived::new(move || rule(app).level.is_remote());
    element("div")
        .class("commit")
        .attribute("role", "group")
        .attribute("aria-label", "When a write is done")
        .with(level(app))
        .with(only_when(move || remote.get(), move || replicas_asked(app)))
        .with(fewest(app))
        .with(element("p").class("caution").attribute("role", "status").with(moving(move || warning(app))))
        .view()
}
