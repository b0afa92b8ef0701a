//! What only peers have: the versions of a key and how a conflict is resolved by hand, and the rule that says who wins.

use super::leptos::*;
use super::{
    chip::value_chip,
    element::{Inside, changing, element},
    measures,
    parts::{button, select},
    state::App,
    typed::kinds,
    watched::{Derived, Watched},
};
use crate::{
    explain::peers::strategy_words,
    protocol::{conflicts::Conflicts, contexts::Contexts},
    scene::peers::{VersionRow, Versions, versions},
    sim::id::{Key, NodeId, Value},
    store::object::register::Strategy,
    world::command::Command,
};

/// The versions that a peer keeps of the chosen key; while there are several, each can be kept, or another value written instead.
pub fn version_list(app: App, node: NodeId, key: Watched<Key>) -> AnyView {
    // A page that has no peers on board needs nothing of all this.
    if !cfg!(feature = "peers") {
        return None.view();
    }
    #[cfg(feature = "documents")]
    if app.rules.with_untracked(|rules| rules.documents.is_some()) {
        return super::documents::branches(app, node, key);
    }
    let own = Derived::new(move || app.watch(|lab| versions(&lab.world().remains(node)?, key.get())));
    changing(move || own.with(|own| own.clone().map(|own| list(app, node, own))))
}

/// Of a key that holds more than a value.
fn made_of(node: NodeId, key: Key, contents: String, parts: Vec<(String, String)>) -> AnyView {
    let part = |(name, what): (String, String)| vec![element("dt").with(name).view(), element("dd").with(what).view()].into_any();
    element("section")
        .class("parting versions calm")
        .attribute("aria-label", "What it is made of")
        .with(element("b").with(format!("{key} at {node} is {}", if contents.is_empty() { "empty" } else { &contents })))
        .with(element("dl").with(parts.into_iter().map(part).collect::<Vec<AnyView>>()))
        .view()
}

fn list(app: App, node: NodeId, Versions { key, seen, rows, is_conflict, made_of: other }: Versions) -> AnyView {
    if let Some((contents, parts)) = other {
        return made_of(node, key, contents, parts);
    }
    let is_up = app.world(|world| world.host(node).is_some_and(|host| host.is_up()));
    // Else a client writes over what it was shown, and not over what this peer has.
    let is_carried = app.world(|world| world.setup().config.contexts() != Contexts::Everything);
    let keep = is_conflict && is_up && !is_carried;
    let ask = (is_conflict && is_carried).then(|| {
        let words = "A client writes over what it was shown: read at this peer, and choose at the client.";
        element("p").class("small").with(words).view()
    });
    let row = |row: VersionRow| {
        let VersionRow { chip, dot, said, shown } = row;
        let value = chip.value();
        let keep = (keep && shown).then(|| {
            button(format!("Keep {value}"), move || resolve(app, node, key, value))
                .title("Writes this value over all of them, at this peer")
                .view()
        });
        let line = element("div")
            .class("version-head")
            .with(value_chip(chip))
            .with(element("span").class("dot").with(dot.unwrap_or_else(|| "–".into())))
            .with(keep);
        element("li")
            .class(if shown { "" } else { "hidden-one" })
            .with(line)
            .with(element("span").class("small").with(said))
            .view()
    };
    let title = match (is_conflict, rows.len()) {
        (true, count) => format!("{key}: {count} values, none written over another"),
        (false, 0) => format!("{key}: never written here"),
        (false, _) => format!("What {node} keeps of {key}"),
    };
    let by_hand = keep.then(|| {
        let other = move || resolve(app, node, key, app.fresh_value());
        button("Write another value", other).title("Writes a new value over all of them, at this peer").view()
    });
    element("section")
        .class(if is_conflict { "parting versions" } else { "parting versions calm" })
        .attribute("aria-label", "Versions")
        .with(element("b").with(title))
        .with(element("ol").with(rows.into_iter().map(row).collect::<Vec<AnyView>>()))
        .with(by_hand)
        .with(ask)
        .with(
            cfg!(feature = "siblings")
                .then(|| button("How it came to this", move || measures::toggle_versions(app, Some(key))).class("quiet").view()),
        )
        .with(element("p").class("small").with(format!("has seen {seen}")))
        .view()
}

/// A client of this peer writes one value over everything that the peer shows.
fn resolve(app: App, node: NodeId, key: Key, value: Value) {
    app.write(app.writer_at(node), key, value, Some(node));
}

/// Who wins where writes did not know of each other.
pub fn conflict_rule(app: App) -> AnyView {
    if !cfg!(feature = "peers") {
        return None.view();
    }
    let options = move || {
        let now = app.rules.with(|rules| rules.conflicts.clone()).map(|rule| rule.register);
        let option =
            |strategy: Strategy| (place(strategy).to_string(), strategy_words(strategy).to_string(), now == Some(strategy));
        Strategy::ALL.into_iter().map(option).collect()
    };
    let field = select("conflicts", options, move |text| {
        if let Some(register) = text.parse().ok().and_then(|place: usize| Strategy::ALL.get(place).copied()) {
            let now = app.rules.with_untracked(|rules| rules.conflicts.clone()).unwrap_or_default();
            app.act(Command::SetConflicts(Conflicts { register, ..now }));
        }
    });
    let label = element("label").attribute("for", "conflicts").with("Of writes that did not know of each other");
    let warning = move || match app.rules.with(|rules| rules.conflicts.clone()).map(|rule| rule.register) {
        Some(Strategy::LastWriteWins) => "A clock that is behind makes writes vanish at once, though their clients are told OK.",
        Some(Strategy::KeepSiblings) | None => "",
        Some(_) => "All but one vanish, though their clients were told OK.",
    };
    element("div")
        .class("failover")
        .attribute("role", "group")
        .attribute("aria-label", "Conflicts")
        .with(element("h3").with("Conflicts"))
        .with(element("div").class("pick stacked").with(label).with(field))
        .with(
            element("p").class("caution").attribute("role", "status").with(super::element::moving(move || warning().to_string())),
        )
        .with(kinds(app))
        .view()
}

fn place(strategy: Strategy) -> usize {
    Strategy::ALL.iter().position(|one| *one == strategy).unwrap_or_default()
}
