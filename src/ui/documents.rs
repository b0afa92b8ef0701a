//! What only documents that sync have: a document as its branches, how a conflict is resolved by hand, and what a write has to name.

use super::leptos::*;
use super::{
    chip::value_chip,
    element::{changing, element},
    parts::{button, select},
    state::App,
    watched::{Derived, Watched},
};
use crate::{
    explain::words::duration,
    protocol::documents::{Edits, Terms},
    scene::documents::{Branch, Document, State, document},
    sim::{
        id::{Key, NodeId},
        operation::Action,
        revision::Revision,
        time::Micros,
    },
    world::command::Command,
};

/// The chosen document of a node, branch by branch; while several could be shown, each can be kept alone.
pub fn branches(app: App, node: NodeId, key: Watched<Key>) -> AnyView {
    let own = Derived::new(move || app.watch(|lab| document(&lab.world().remains(node)?, key.get())));
    changing(move || own.with(|own| own.clone().map(|own| list(app, node, own))))
}

fn list(app: App, node: NodeId, own: Document) -> AnyView {
    let is_up = app.world(|world| world.host(node).is_some_and(|host| host.is_up()));
    let (key, live, count) = (own.key, own.live(), own.branches.len());
    let others = |kept: Revision| -> Vec<Revision> {
        let ends = own.branches.iter().filter(|branch| branch.state != State::Deleted).map(|branch| branch.end);
        ends.filter(|end| *end != kept).collect()
    };
    let row = |branch: &Branch| {
        let Branch { line, names, chip, end, state } = branch.clone();
        let value = chip.value();
        let losers = others(end);
        let keep = (live > 1 && is_up && state != State::Deleted).then(|| {
            button(format!("Keep {value}"), move || resolve(app, node, key, &losers))
                .title("Deletes the other branches, at this node")
                .view()
        });
        let said = match state {
            State::Shown => "shown",
            State::Conflict => "conflict",
            State::Deleted => "deleted",
        };
        let head = element("div")
            .class("version-head")
            .with((state != State::Deleted).then(|| value_chip(chip)))
            .with(element("span").class("dot").with(said))
            .with(keep);
        element("li")
            .class(if state == State::Shown { "" } else { "hidden-one" })
            .with(head)
            .with(element("span").class("small").attribute("title", names).with(line))
            .view()
    };
    let title = match (live, count) {
        (_, 0) => format!("{key}: never written here"),
        (0, _) => format!("{key} is deleted at {node}"),
        (1, 1) => format!("The revisions of {key} at {node}"),
        (1, count) => format!("{key}: {count} branches, one of them alive"),
        (live, _) => format!("{key}: {live} branches that did not know of each other"),
    };
    let rows: Vec<AnyView> = own.branches.iter().map(row).collect();
    element("section")
        .class(if live > 1 { "parting versions" } else { "parting versions calm" })
        .attribute("aria-label", "Branches")
        .with(element("b").with(title))
        .with(element("ol").with(rows))
        .view()
}

/// A client of this node deletes all branches but the one that is kept.
fn resolve(app: App, node: NodeId, key: Key, losers: &[Revision]) {
    let client = app.writer_at(node);
    for revision in losers {
        let action = Action::DeleteRevision { key, revision: *revision };
        app.act(Command::Issue { client, action, at: Some(node) });
    }
}

/// How often nodes may ask again.
const POLLS_MS: [u64; 4] = [500, 1_000, 5_000, 30_000];

const EDITS: [(Edits, &str); 2] =
    [(Edits::Shown, "the revision that its client was shown"), (Edits::Latest, "the latest revision, fetched right before")];

fn terms(app: App) -> Terms {
    app.rules.with(|rules| rules.documents.unwrap_or_default())
}

fn labelled(id: &'static str, name: &'static str, inside: AnyView) -> AnyView {
    element("div").class("pick stacked").with(element("label").attribute("for", id).with(name)).with(inside).view()
}

/// What may change while a group runs.
pub fn rule(app: App) -> AnyView {
    let now = move || app.rules.with_untracked(|rules| rules.documents.unwrap_or_default());
    let edits = move || {
        let own = terms(app).edits;
        EDITS.iter().enumerate().map(|(place, (one, words))| (place.to_string(), words.to_string(), *one == own)).collect()
    };
    let edits = select("edits", edits, move |text| {
        if let Some((edits, _)) = text.parse().ok().and_then(|place: usize| EDITS.get(place)) {
            app.act(Command::SetDocuments(Terms { edits: *edits, ..now() }));
        }
    });
    let polls = move || {
        let own = terms(app).poll_every;
        let usual = POLLS_MS.into_iter().map(Micros::from_millis);
        let other = (!usual.clone().any(|one| one == own)).then_some(own);
        usual.chain(other).map(|every| (every.0.to_string(), duration(every), every == own)).collect()
    };
    let polls = select("poll", polls, move |text| {
        if let Ok(every) = text.parse() {
            app.act(Command::SetDocuments(Terms { poll_every: Micros(every), ..now() }));
        }
    });
    let warning = move || match terms(app).edits {
        Edits::Shown => "",
        Edits::Latest => "Nobody is refused any more: who writes may write over what they never saw.",
    };
    element("div")
        .class("failover")
        .attribute("role", "group")
        .attribute("aria-label", "Documents")
        .with(element("h3").with("Documents"))
        .with(labelled("edits", "A write replaces", edits))
        .with(labelled("poll", "Nodes ask each other again every", polls))
        .with(
            element("p").class("caution").attribute("role", "status").with(super::element::moving(move || warning().to_string())),
        )
        .view()
}
