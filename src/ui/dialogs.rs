//! Dialogs: share, scenarios, partition, help.

use super::{
    element::{Element, Place, Words, changing, element, moving},
    leptos::*,
    parts::{button, only_when},
    state::{App, Dialog},
    watched::Watched,
};
use crate::{
    platform::{address, clipboard, files},
    protocol::kind::Kind,
    scenario::{
        Scenario,
        link::{self, FIRST, Shared, Source},
        presets::{self, Listed},
        text::FILE_BYTES_MAX,
    },
    sim::id::Address,
    world::command::Command,
};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDialogElement};

/// Chat programs cut longer links.
const LINK_BYTES_SAFE: usize = 2_000;

pub fn dialogs(app: App) -> AnyView {
    changing(move || {
        app.dialog.get().map(|dialog| match dialog {
            Dialog::Share => modal(app, "Share this moment", share(app)),
            Dialog::Scenarios => modal(app, "Scenarios", scenarios(app)),
            Dialog::Partition => modal(app, "Partition the network", partition(app)),
            Dialog::Help => modal(app, "Help", help(app)),
        })
    })
}

/// A modal dialog: the browser keeps the focus inside and Esc closes it.
fn modal(app: App, title: &'static str, inside: AnyView) -> AnyView {
    let place = Place::new();
    place.on_load(|dialog| drop(dialog.unchecked_ref::<HtmlDialogElement>().show_modal()));
    let close = button("Close", move || app.dialog.set(None)).class("quiet").view();
    let heading = element("div").class("heading").with(element("h2").id("dialog-title").with(title)).with(close);
    // Browsers tell of it a moment later; another dialog may be open by then.
    let closed = move |event: Event| {
        let target = event.target().map(JsCast::unchecked_into);
        if target.is_some_and(|dialog: HtmlDialogElement| dialog.is_connected() && !dialog.open()) {
            app.dialog.set(None);
        }
    };
    element("dialog")
        .place(place)
        .attribute("aria-labelledby", "dialog-title")
        .on("close", closed)
        .with(heading)
        .with(inside)
        .view()
}

fn share(app: App) -> AnyView {
    app.playing.set(false);
    let link = app.lab(|lab| address::with_fragment(&lab.share().to_text()));
    let length = link.len();
    let long = (length > LINK_BYTES_SAFE)
        .then(|| format!("The link has {length} characters; some chat programs cut links after 2,000. A file is safer."));
    let long = long.unwrap_or_default();
    let copied = Watched::new("");
    let to_copy = link.clone();
    let copy = move || {
        let link = to_copy.clone();
        spawn_local(async move {
            copied.set(if clipboard::copy(&link).await {
                "Copied."
            } else {
                "The browser does not allow it: select the link and copy it."
            });
        });
    };
    let save = move || {
        let link = app.lab(|lab| lab.share().to_text());
        spawn_local(async move {
            match files::json_of_link(&link).await {
                Ok(json) if files::download("replicarium-scenario.json", "application/json", &json).is_ok() => {}
                Ok(_) => app.say_bad("The browser did not take the file."),
                Err(error) => app.say_bad(error),
            }
        });
    };
    let field = element("input")
        .id("share-link")
        .attribute("type", "text")
        .attribute("readonly", "")
        .attribute("aria-label", "Link")
        .property("value", move || link.clone());
    let said = element("span").attribute("role", "status").with(moving(move || copied.get().to_string()));
    let acts = row().with(button("Copy the link", copy).class("primary").view()).with(button("Save as a file", save).view());
    vec![
        paragraph("", "Whoever opens this link sees exactly this: the same scenario, all actions of this branch, the same moment, paused. Everything is in the link itself; nothing is sent anywhere."),
        field.view(),
        paragraph("warn", long),
        acts.with(said).view(),
        paragraph("small", "The file is a scenario with all actions so far; open it under Scenarios, or run it on the command line."),
    ]
    .into_any()
}

/// Opens the JSON form of a scenario; on an error nothing changes.
async fn open_json(app: App, json: &str) -> Result<(), String> {
    let link = files::link_of_json(json).await?;
    if link::parts(&link).is_some_and(|(kind, _)| kind.is_on_board()) {
        // A file may be longer than a link.
        let scenario = Shared::from_long_text(&link)?.scenario()?;
        app.open_scenario(Source::Inline(Box::new(scenario.clone())), scenario);
    } else {
        app.open_link(&link, true).await?;
    }
    app.dialog.set(None);
    Ok(())
}

/// Opens a link, or only its fragment; on an error nothing changes.
async fn open_link(app: App, text: &str) -> Result<(), String> {
    let fragment = text.split_once('#').map_or(text, |(_, fragment)| fragment);
    if link::parts(fragment).is_none() {
        return Err("This is neither a link, which has “#r1.”, “#p1.” or “#q1.” in it, nor a scenario in JSON, which begins with “{”. Scenarios in TOML are for the command line.".into());
    }
    app.open_link(fragment, false).await?;
    app.dialog.set(None);
    Ok(())
}

fn scenarios(app: App) -> AnyView {
    // Empty: none.
    let error = Watched::new(String::new());
    let pasted = Watched::new(String::new());
    let open_file = move |event: Event| {
        spawn_local(async move {
            let opened = match files::chosen_text(&event_target(&event), FILE_BYTES_MAX).await {
                Some(Ok(json)) => open_json(app, &json).await,
                Some(Err(error)) => Err(error),
                None => return,
            };
            error.set_if_there(opened.err().unwrap_or_default());
        });
    };
    let open_pasted = move || {
        let text = pasted.get_untracked();
        spawn_local(async move {
            let text = text.trim();
            let opened = if text.starts_with('{') { open_json(app, text).await } else { open_link(app, text).await };
            error.set_if_there(opened.err().unwrap_or_default());
        });
    };
    let alert = Place::new();
    Effect::new(move |_| {
        let Some(alert) = alert.get().filter(|_| error.with(|error| !error.is_empty())) else { return };
        // What went wrong must be seen; a moment later it is there.
        set_timeout(move || alert.scroll_into_view_with_bool(false), std::time::Duration::ZERO);
    });
    let said = move || {
        let what = element("b").with("That could not be opened; what was on screen stays.");
        element("div").class("error").with(what).with(element("pre").with(error.get())).view()
    };
    let file = element("input").attribute("type", "file").attribute("accept", ".json,application/json").on("change", open_file);
    let paste = element("textarea")
        .id("paste")
        .attribute("rows", "3")
        .property("value", move || pasted.get())
        .on("input", move |event| pasted.set(event_target_value(&event)));
    let open = button("Open", open_pasted).disabled(move || pasted.with(|text| text.trim().is_empty()));
    vec![
        kinds(app),
        subtitle("Your own"),
        row().with(element("label").class("file").with("Open a scenario file (JSON)").with(file)).view(),
        element("label").class("block").attribute("for", "paste").with("Or paste a link or a scenario").view(),
        paste.view(),
        row().with(open.view()).view(),
        element("div")
            .attribute("role", "alert")
            .place(alert)
            .with(only_when(move || error.with(|error| !error.is_empty()), said))
            .view(),
    ]
    .into_any()
}

/// The product's own scenarios, those first that this program can run, which are there at once; the others are listed in a file.
fn kinds(app: App) -> AnyView {
    let own = presets::all().into_iter().map(|(name, scenario)| {
        let Scenario { title, about, protocol, .. } = scenario;
        Listed { kind: protocol.kind(), name, title, about }
    });
    let list = Watched::new(Ok(String::new()));
    spawn_local(async move { list.set_if_there(files::list().await) });
    let others = move || match list.get() {
        Ok(list) => groups(app, false, &presets::listed(&list)),
        Err(what) => paragraph("bad", format!("Scenarios of other kinds are not listed: {what}")),
    };
    let others = element("div").attribute("role", "status").with(changing(others)).view();
    vec![groups(app, true, &own.collect::<Vec<_>>()), others].into_any()
}

/// Those of kinds that this program can run, or of the others.
fn groups(app: App, on_board: bool, all: &[Listed]) -> AnyView {
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.is_on_board() == on_board);
    kinds.filter_map(|kind| group(app, kind, all)).collect::<Vec<_>>().into_any()
}

/// Scenarios of one kind; nothing if there are none.
fn group(app: App, kind: Kind, all: &[Listed]) -> Option<AnyView> {
    let mut list = Vec::new();
    for listed in all.iter().filter(|listed| listed.kind == kind) {
        // The first look stays first.
        let place = if listed.name == FIRST { 0 } else { list.len() };
        list.insert(place, preset(app, listed.clone()));
    }
    (!list.is_empty()).then(|| vec![subtitle(kind.name()), element("ul").class("presets").with(list).view()].into_any())
}

fn preset(app: App, listed: Listed) -> AnyView {
    let Listed { kind, name, title, about } = listed;
    let open = move || {
        app.dialog.set(None);
        app.open_preset(&name, kind);
    };
    let words = vec![element("b").with(title).view(), element("span").with(about).view()];
    element("li").with(button(words, open).view()).view()
}

/// Groups that can be told apart; 0 means "in no group".
const GROUPS: [(u8, &str); 4] = [(1, "group 1"), (2, "group 2"), (3, "group 3"), (0, "no group")];

fn partition(app: App) -> AnyView {
    let all = app.world(|world| world.addresses());
    // At first the first node is alone.
    let groups = Watched::new((0..all.len()).map(|index| if index == 0 { 1 } else { 2 }).collect::<Vec<u8>>());
    let refused = Watched::new("");
    let members = all.clone();
    let cut = move || {
        let chosen = groups.get_untracked();
        let group = |own: u8| -> Vec<Address> {
            members.iter().copied().zip(&chosen).filter(|(_, group)| **group == own).map(|(address, _)| address).collect()
        };
        let groups: Vec<Vec<Address>> = (1..=3).map(group).filter(|group| !group.is_empty()).collect();
        // Said here: outside of a modal dialog nobody hears it.
        if groups.len() < 2 {
            return refused.set("A partition needs at least two groups with somebody in them.");
        }
        app.dialog.set(None);
        app.act(Command::Partition { groups });
    };
    let lines: Vec<AnyView> = all.into_iter().enumerate().map(|(index, address)| group_line(groups, index, address)).collect();
    let names =
        ["Who", "Group 1", "Group 2", "Group 3", "None"].map(|name| element("th").attribute("scope", "col").with(name).view());
    let head = element("thead").with(element("tr").with(Vec::from(names)));
    let refusal = element("span").attribute("role", "alert").class("bad").with(moving(move || refused.get().to_string()));
    vec![
        paragraph("", "Nothing passes between two groups. Who is in no group still reaches everybody."),
        element("table").class("groups").with(head).with(element("tbody").with(lines)).view(),
        row().with(button("Cut the network", cut).class("primary").view()).with(refusal).view(),
    ]
    .into_any()
}

fn group_line(groups: Watched<Vec<u8>>, index: usize, address: Address) -> AnyView {
    let cells = GROUPS.map(|(own, name)| {
        let input = element("input")
            .attribute("type", "radio")
            .attribute("name", format!("group-{index}"))
            .attribute("aria-label", format!("{address} in {name}"))
            .property("checked", move || groups.with(|groups| groups[index] == own))
            .on("change", move |_| groups.update(|groups| groups[index] = own));
        element("td").with(input).view()
    });
    let who = element("th").attribute("scope", "row").with(address.to_string());
    element("tr").with(who).with(Vec::from(cells)).view()
}

/// What can be read in assets/help.html, which is fetched when it is first asked for.
fn help(app: App) -> AnyView {
    let text = Watched::new(String::new());
    spawn_local(async move {
        match files::help().await {
            Ok(help) => text.set_if_there(help),
            Err(error) => app.say_bad(error),
        }
    });
    // A tag that nothing else has: what is built anew in its place must not be given its markup.
    element("article").property("innerHTML", move || text.get()).view()
}

fn paragraph(class: &'static str, words: impl Into<Words>) -> AnyView {
    element("p").class(class).with(words.into()).view()
}

fn subtitle(words: &'static str) -> AnyView {
    element("h3").with(words).view()
}

/// Buttons and words side by side.
fn row() -> Element {
    element("p").class("row")
}
