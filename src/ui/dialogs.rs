//! Dialogs: share, scenarios, partition, help.

use super::{
    keys::KEYS,
    parts::{button, rows},
    state::{App, Dialog},
};
use crate::{
    lab::Lab,
    platform::{address, clipboard, files},
    scenario::{
        Scenario,
        link::{FIRST, Shared, Source},
        presets,
        text::FILE_BYTES_MAX,
    },
    sim::id::Address,
    world::command::Command,
};
use leptos::{html, prelude::*, task::spawn_local};

/// Chat programs cut longer links.
const LINK_BYTES_SAFE: usize = 2_000;

pub fn dialogs(app: App) -> AnyView {
    let inside = move || {
        app.dialog.get().map(|dialog| match dialog {
            Dialog::Share => modal(app, "Share this moment", share(app)),
            Dialog::Scenarios => modal(app, "Scenarios", scenarios(app)),
            Dialog::Partition => modal(app, "Partition the network", partition(app)),
            Dialog::Help => modal(app, "Help", help()),
        })
    };
    inside.into_any()
}

/// A modal dialog: the browser keeps the focus inside and Esc closes it.
fn modal(app: App, title: &'static str, inside: AnyView) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    node.on_load(|dialog| drop(dialog.show_modal()));
    let close = button("Close", move || app.dialog.set(None)).class("quiet").view();
    view! {
        <dialog node_ref=node aria-labelledby="dialog-title" on:close=move |_| app.dialog.set(None)>
            <div class="heading"><h2 id="dialog-title">{title}</h2>{close}</div>
            {inside}
        </dialog>
    }
    .into_any()
}

fn share(app: App) -> AnyView {
    app.playing.set(false);
    let link = app.lab(|lab| address::with_fragment(&lab.share().to_text()));
    let length = link.len();
    let long = (length > LINK_BYTES_SAFE)
        .then(|| format!("The link has {length} characters; some chat programs cut links after 2,000. A file is safer."));
    let copied = RwSignal::new("");
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
                Ok(json) if files::download("replicarium-scenario.json", &json).is_ok() => {}
                Ok(_) => app.say_bad("The browser did not take the file."),
                Err(error) => app.say_bad(error),
            }
        });
    };
    view! {
        <p>"Whoever opens this link sees exactly this: the same scenario, the same actions, the same moment, paused. Everything is in the link itself; nothing is sent anywhere."</p>
        <input id="share-link" type="text" readonly aria-label="Link" prop:value=link/>
        <p class="warn">{long}</p>
        <p class="row">
            {button("Copy the link", copy).class("primary").view()}
            {button("Save as a file", save).view()}
            <span role="status">{move || copied.get()}</span>
        </p>
        <p class="small">"The file is a scenario with all actions so far; open it under Scenarios, or run it on the command line."</p>
    }
    .into_any()
}

/// Opens the JSON form of a scenario; on an error nothing changes.
async fn open_json(app: App, json: &str) -> Result<(), String> {
    let scenario = Shared::from_long_text(&files::link_of_json(json).await?)?.scenario()?;
    app.dialog.set(None);
    app.open_scenario(Source::Inline(Box::new(scenario.clone())), scenario);
    Ok(())
}

/// Opens a link, or only its fragment; on an error nothing changes.
fn open_link(app: App, text: &str) -> Result<(), String> {
    let fragment = text.split_once('#').map_or(text, |(_, fragment)| fragment);
    let shared = Shared::from_text(fragment)?;
    let lab = Lab::open(&shared)?;
    app.dialog.set(None);
    app.open_at(lab, shared.cursor);
    Ok(())
}

fn scenarios(app: App) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let error = RwSignal::new(None::<String>);
    let pasted = RwSignal::new(String::new());
    let open_file = move |_| {
        let Some(element) = input.get_untracked() else { return };
        spawn_local(async move {
            let opened = match files::chosen_text(&element, FILE_BYTES_MAX).await {
                Some(Ok(json)) => open_json(app, &json).await,
                Some(Err(error)) => Err(error),
                None => return,
            };
            error.set(opened.err());
        });
    };
    let open_pasted = move || {
        let text = pasted.get_untracked();
        spawn_local(async move {
            let text = text.trim();
            let opened = if text.starts_with('{') { open_json(app, text).await } else { open_link(app, text) };
            error.set(opened.err());
        });
    };
    // The first look stays first.
    let names = std::iter::once(FIRST).chain(presets::names().filter(|name| *name != FIRST));
    let list: Vec<AnyView> = names.filter_map(|name| Some(preset(app, name, presets::get(name)?))).collect();
    let said = move || {
        error.get().map(|error| {
            view! { <div class="error"><b>"That could not be opened; what was on screen stays."</b><pre>{error}</pre></div> }
                .into_any()
        })
    };
    view! {
        <ul class="presets">{list}</ul>
        <h3>"Your own"</h3>
        <p class="row">
            <label class="file">"Open a scenario file (JSON)"<input type="file" accept=".json,application/json" node_ref=input on:change=open_file/></label>
        </p>
        <label class="block" for="paste">"Or paste a link or a scenario"</label>
        <textarea id="paste" rows="3" prop:value=move || pasted.get() on:input=move |event| pasted.set(event_target_value(&event))></textarea>
        <p class="row">{button("Open", open_pasted).disabled(move || pasted.with(|text| text.trim().is_empty())).view()}</p>
        <div role="alert">{said}</div>
    }
    .into_any()
}

fn preset(app: App, name: &'static str, scenario: Scenario) -> AnyView {
    let (title, about) = (scenario.title.clone(), scenario.about.clone());
    let open = move |_| {
        app.dialog.set(None);
        app.open_scenario(Source::Preset(name.into()), scenario.clone());
    };
    view! { <li><button type="button" on:click=open><b>{title}</b><span>{about}</span></button></li> }.into_any()
}

/// Groups that can be told apart; 0 means "in no group".
const GROUPS: [(u8, &str); 4] = [(1, "group 1"), (2, "group 2"), (3, "group 3"), (0, "no group")];

fn partition(app: App) -> AnyView {
    let all = app.world(|world| world.addresses());
    // At first the first node is alone.
    let groups = RwSignal::new((0..all.len()).map(|index| if index == 0 { 1 } else { 2 }).collect::<Vec<u8>>());
    let refused = RwSignal::new("");
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
    let names = ["Who", "Group 1", "Group 2", "Group 3", "None"].map(|name| view! { <th scope="col">{name}</th> }.into_any());
    view! {
        <p>"Nothing passes between two groups. Who is in no group still reaches everybody."</p>
        <table class="groups"><thead><tr>{Vec::from(names)}</tr></thead><tbody>{lines}</tbody></table>
        <p class="row">{button("Cut the network", cut).class("primary").view()}<span role="alert" class="bad">{move || refused.get()}</span></p>
    }
    .into_any()
}

fn group_line(groups: RwSignal<Vec<u8>>, index: usize, address: Address) -> AnyView {
    let cells = GROUPS.map(|(own, name)| {
        view! {
            <td><input type="radio" name=format!("group-{index}") aria-label=format!("{address} in {name}")
                prop:checked=move || groups.with(|groups| groups[index] == own)
                on:change=move |_| groups.update(|groups| groups[index] = own)/></td>
        }
        .into_any()
    });
    view! { <tr><th scope="row">{address.to_string()}</th>{Vec::from(cells)}</tr> }.into_any()
}

const WORDS: [(&str, &str); 12] = [
    ("primary", "the one node that takes writes and decides their order"),
    ("replica", "a node that keeps a copy and applies the primary’s writes in the same order"),
    ("write-ahead log", "the list of all changes in order, written before the data itself is changed"),
    ("LSN", "log sequence number: the position of an entry in the log"),
    ("replication lag", "how far a replica is behind the primary, in time or in writes"),
    ("asynchronous", "a write is acknowledged before any replica has it"),
    ("acknowledged", "the client was told that its write is done"),
    ("stale read", "a read that returns a value although a newer one had been acknowledged before"),
    ("failover, promotion", "a replica becomes primary because the old one is gone"),
    ("epoch", "the number of a primary’s reign; each promotion starts a new one (also: term, timeline)"),
    ("snapshot", "all data at once, for a replica that can no longer catch up from the log"),
    ("partition", "the network falls into groups that cannot reach each other"),
];

/// What the marks on the stage and on the timeline mean.
const MARKS: [&str; 3] = [
    "A log cell is filled when readers see the entry, pale when it is in the log only, dashed when it is missing here, and its number is underlined when a loss of power would take it.",
    "A small filled dot is an acknowledgement between nodes, an empty one a word about who follows whom; ? is a question, ✓ an OK, × a no.",
    "On the timeline: bars are writes, crossed circles faults, squares promotions, triangles broken promises.",
];

const LIMITS: [&str; 4] = [
    "Asynchronous log shipping as in PostgreSQL streaming replication: LSNs, catch-up from the log, a snapshot when the log was truncated, promotion by hand.",
    "Messages are datagrams: lost ones are sent again when no acknowledgement comes. A message on the wire when its sender crashes still arrives.",
    "A crashed process leaves its machine running: connections are refused, and what was written survives. A machine without power answers nothing and keeps only what was flushed.",
    "Not yet: synchronous commit, automatic failover, fencing, peers that all take writes.",
];

fn help() -> AnyView {
    let words = |list: &'static [(&'static str, &'static str)]| {
        rows(move || list.iter().map(|(name, about)| (*name, about.to_string())).collect())
    };
    let list = |lines: &'static [&'static str]| -> Vec<AnyView> {
        lines.iter().map(|line| view! { <li>{*line}</li> }.into_any()).collect()
    };
    view! {
        <p>"A real replication engine runs in this page. Clients write at the primary, and each write, a chip with its own colour and shape, travels to the replicas. Break things, go back in time, look closer."</p>
        <h3>"Keys"</h3>
        <div class="wide keys">{words(&KEYS)}</div>
        <h3>"Marks"</h3>
        <ul class="small">{list(&MARKS)}</ul>
        <h3>"Words"</h3>
        <div class="wide">{words(&WORDS)}</div>
        <h3>"What this models, and what it does not"</h3>
        <ul class="small">{list(&LIMITS)}</ul>
    }
    .into_any()
}
