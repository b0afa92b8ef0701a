//! The panel of a client: what it is doing, where and how it reads, and what it can be told to ask.

use super::leptos::*;
use super::{
    concern::{concerns, set_concern},
    element::{Inside, element},
    inspector::{heading, key_picker, label, pick},
    parts::{button, check, rows, select},
    state::App,
    typed::{Asking, acts},
    watched::Watched,
};
use crate::{
    client::workload::Target,
    explain::words::{duration, moment},
    scene::stage::what,
    sim::{
        id::{ClientId, Key, NodeId},
        operation::{Action, Function},
        time::Micros,
    },
    world::command::Command,
};

/// Whether groups with a primary are on board; only their reads can be asked to be more than local.
const HAS_PRIMARY: bool = cfg!(feature = "primary-replica");

/// What can be asked of the database instead of a value.
const MADE: [Function; 3] = [Function::Next, Function::Clock, Function::Random];

fn client_rows(app: App, client: ClientId) -> Vec<(&'static str, String)> {
    app.watch(|lab| {
        let Some(session) = lab.world().session(client) else { return Vec::new() };
        let doing = match &session.open {
            Some(open) => {
                let name = lab.world().operation_name(open.intent.operation);
                format!("{}, at {} since {}", what(open.intent.action, name), open.node, moment(open.invoked_at))
            }
            None => "nothing".into(),
        };
        vec![("doing", doing), ("waiting after that", session.waiting.len().to_string())]
            .into_iter()
            .chain(HAS_PRIMARY.then(|| ("believes primary is", session.believed_primary().to_string())))
            .collect()
    })
}

/// Where a client usually reads: value of the option, words, whether it is so now.
fn read_targets(app: App, client: ClientId) -> Vec<(String, String, bool)> {
    app.watch(|lab| {
        let now = lab.world().session(client).map(|session| session.settings.reads_from);
        let of_primary = [("primary", "the primary", Target::Primary), ("replica", "a random replica", Target::Replica)];
        let fixed = [
            ("any", "any node", Target::Any),
            ("nearest", "the nearest", Target::Nearest),
            ("sticky", "one it sticks to", Target::Sticky),
        ];
        let fixed = of_primary.into_iter().filter(|_| HAS_PRIMARY).chain(fixed);
        let fixed = fixed.map(|(value, words, target)| (value.to_string(), words.to_string(), now == Some(target)));
        let node = |node: NodeId| (node.to_string(), format!("node {node}"), now == Some(Target::Node(node)));
        fixed.chain(lab.world().stores().iter().copied().map(node)).collect()
    })
}

fn target_of(value: &str) -> Option<Target> {
    match value {
        "primary" => Some(Target::Primary),
        "replica" => Some(Target::Replica),
        "any" => Some(Target::Any),
        "nearest" => Some(Target::Nearest),
        "sticky" => Some(Target::Sticky),
        node => node.parse().ok().map(Target::Node),
    }
}

/// How long a client may wait for an answer.
const TIMEOUTS: [Micros; 6] = [
    Micros::from_millis(500),
    Micros::from_secs(1),
    Micros::from_secs(2),
    Micros::from_secs(5),
    Micros::from_secs(15),
    Micros::from_secs(60),
];

fn timeouts(app: App, client: ClientId) -> Vec<(String, String, bool)> {
    let now = app.watch(|lab| lab.world().session(client).map(|session| session.settings.timeout));
    let other = now.filter(|timeout| !TIMEOUTS.contains(timeout));
    let all = TIMEOUTS.into_iter().chain(other);
    all.map(|timeout| (timeout.0.to_string(), duration(timeout), now == Some(timeout))).collect()
}

pub fn client_panel(app: App, client: ClientId) -> AnyView {
    let key = Watched::new(Key(0));
    let value = Watched::new(app.fresh_value().to_string());
    let target = Watched::new(None::<NodeId>);
    let nodes = move || {
        let node = |node: NodeId| (node.to_string(), node.to_string(), target.get() == Some(node));
        let usual = (String::new(), "as usual".to_string(), target.get().is_none());
        std::iter::once(usual).chain(app.watch(|lab| lab.world().stores().to_vec()).into_iter().map(node)).collect()
    };
    // What the database makes is asked for by name.
    let made = |text: &str| MADE.into_iter().find(|one| one.to_string() == text);
    let write = move || {
        let (text, key) = (value.get_untracked(), key.get_untracked());
        let action = match (made(text.trim()), text.trim().parse()) {
            (Some(function), _) => Action::Generate { key, function },
            (None, Ok(value)) => Action::Write { key, value },
            _ => return app.say_bad(format!("“{text}” is no whole number; write something like 7, or next, clock or random.")),
        };
        app.act(Command::Issue { client, action, at: target.get_untracked() });
        if made(text.trim()).is_none() {
            value.set(app.fresh_value().to_string());
        }
    };
    let on = move || app.watch(|lab| lab.world().session(client).is_some_and(|session| session.workload_on));
    let has_workload = app.world(|world| world.session(client).is_some_and(|session| session.settings.workload.is_some()));
    let toggle = move || {
        app.act(Command::SetWorkload {
            client,
            on: !app.world(|world| world.session(client).is_some_and(|session| session.workload_on)),
        })
    };
    let field = element("input")
        .id("value")
        .attribute("type", "text")
        .attribute("size", "6")
        .attribute("list", "made")
        .attribute("title", "A whole number; or what the database makes: next, clock, random")
        .property("value", move || value.get())
        .on("input", move |event| value.set(event_target_value(&event)));
    let reads_from = move |value: String| {
        if let Some(target) = target_of(&value) {
            app.act(Command::SetReadsFrom { client, target });
        }
    };
    let give_up = move |text: String| {
        if let Ok(timeout) = text.parse() {
            app.act(Command::SetTimeout { client, timeout: Micros(timeout) });
        }
    };
    let read = move || app.read(client, key.get_untracked(), target.get_untracked());
    let asking = Asking { client, key, value, at: target };
    let acts = element("div").class("acts").with(button("Read", read).view()).with(acts(app, asking, write));
    vec![
        heading(app, format!("Client {client}")),
        key_picker(app, key),
        pick(label("ask-node", "At"), select("ask-node", nodes, move |value| target.set(value.parse().ok()))),
        pick(label("value", "Value"), field.view()),
        element("datalist")
            .id("made")
            .with(Vec::from(MADE.map(|one| element("option").attribute("value", one.to_string()).view())))
            .view(),
        acts.view(),
        pick(label("reads-from", "Usually reads at"), select("reads-from", move || read_targets(app, client), reads_from)),
        HAS_PRIMARY
            .then(|| {
                let concern = select("concern", move || concerns(app, client), move |value| set_concern(app, client, &value));
                pick(label("concern", "And must be"), concern)
            })
            .view(),
        pick(label("gives-up", "Gives up after"), select("gives-up", move || timeouts(app, client), give_up)),
        HAS_PRIMARY.then(|| token(app, client)).view(),
        has_workload.then(|| check("acts on its own", on, toggle)).view(),
        rows(move || client_rows(app, client)),
    ]
    .into_any()
}

fn token(app: App, client: ClientId) -> AnyView {
    check(
        "reads wait for what it has seen",
        move || app.watch(|lab| lab.world().session(client).is_some_and(|session| session.settings.token)),
        move || {
            let on = app.world(|world| world.session(client).is_some_and(|session| session.settings.token));
            app.act(Command::SetToken { client, on: !on });
        },
    )
}
