//! Dialogs: share, scenarios, partition, help.

use super::{
    keys::KEYS,
    state::{App, Dialog},
};
use crate::{
    lab::Lab,
    platform::{address, clipboard, files},
    scenario::{
        Scenario,
        link::{Shared, Source},
        presets,
        text::{self, FILE_BYTES_MAX},
    },
    sim::id::Address,
    world::command::Command,
};
use leptos::{html, prelude::*, task::spawn_local};

/// Chat programs cut longer links.
const LINK_BYTES_SAFE: usize = 2_000;

#[component]
pub fn Dialogs() -> impl IntoView {
    let app = expect_context::<App>();
    move || {
        app.dialog.get().map(|dialog| match dialog {
            Dialog::Share => view! { <Share/> }.into_any(),
            Dialog::Scenarios => view! { <Scenarios/> }.into_any(),
            Dialog::Partition => view! { <Partition/> }.into_any(),
            Dialog::Help => view! { <Help/> }.into_any(),
        })
    }
}

/// A modal dialog: the browser keeps the focus inside and Esc closes it.
#[component]
fn Modal(title: &'static str, children: Children) -> impl IntoView {
    let app = expect_context::<App>();
    let node = NodeRef::<html::Dialog>::new();
    node.on_load(|dialog| drop(dialog.show_modal()));
    view! {
        <dialog node_ref=node aria-labelledby="dialog-title" on:close=move |_| app.dialog.set(None)>
            <div class="heading">
                <h2 id="dialog-title">{title}</h2>
                <button type="button" class="quiet" on:click=move |_| app.dialog.set(None)>"Close"</button>
            </div>
            {children()}
        </dialog>
    }
}

#[component]
fn Share() -> impl IntoView {
    let app = expect_context::<App>();
    app.playing.set(false);
    let link = app.lab(|lab| address::with_fragment(&lab.share().to_text()));
    let long = link.len() > LINK_BYTES_SAFE;
    let copied = RwSignal::new("");
    let to_copy = link.clone();
    let copy = move |_| {
        let link = to_copy.clone();
        spawn_local(async move {
            copied.set(if clipboard::copy(&link).await { "Copied." } else { "The browser does not allow it: select the link and copy it." });
        });
    };
    let save = move |_| {
        let json = app.lab(|lab| {
            let commands = lab.branch().commands.to_vec();
            text::to_json(&Scenario { commands, ..lab.scenario().clone() })
        });
        if files::download("replicarium-scenario.json", &json).is_err() {
            app.say_bad("The browser did not take the file.");
        }
    };
    view! {
        <Modal title="Share this moment">
            <p>"Whoever opens this link sees exactly this: the same scenario, the same actions, the same moment, paused. "
                "Everything is in the link itself; nothing is sent anywhere."</p>
            <input id="share-link" type="text" readonly aria-label="Link" prop:value=link.clone()/>
            {long.then(|| view! { <p class="warn">{format!("The link has {} characters; some chat programs cut links after 2,000. A file is safer.", link.len())}</p> })}
            <p class="row">
                <button type="button" class="primary" on:click=copy>"Copy the link"</button>
                <button type="button" on:click=save>"Save as a file"</button>
                <span role="status">{move || copied.get()}</span>
            </p>
            <p class="small">"The file is a scenario with all actions so far; open it under Scenarios, or run it on the command line."</p>
        </Modal>
    }
}

#[component]
fn Scenarios() -> impl IntoView {
    let app = expect_context::<App>();
    let input = NodeRef::<html::Input>::new();
    let error = RwSignal::new(None::<String>);
    let pasted = RwSignal::new(String::new());
    let open_text = move |json: String| match text::from_json(&json) {
        Ok(scenario) => {
            app.dialog.set(None);
            app.open_scenario(Source::Inline(Box::new(scenario.clone())), scenario);
        }
        Err(refused) => error.set(Some(refused.to_string())),
    };
    let open_file = move |_| {
        let Some(element) = input.get_untracked() else { return };
        spawn_local(async move {
            match files::chosen_text(&element, FILE_BYTES_MAX).await {
                Some(Ok(json)) => open_text(json),
                Some(Err(what)) => error.set(Some(what)),
                None => {}
            }
        });
    };
    let open_pasted = move |_| {
        let text = pasted.get_untracked();
        let text = text.trim();
        if text.starts_with('{') {
            return open_text(text.to_string());
        }
        let fragment = text.split_once('#').map_or(text, |(_, fragment)| fragment);
        match Shared::from_text(fragment).and_then(|shared| Ok((Lab::open(&shared)?, shared.cursor))) {
            Ok((lab, cursor)) => {
                app.dialog.set(None);
                app.playing.set(false);
                app.replace(lab);
                app.with_lab(|lab| lab.go_to(cursor, u64::MAX));
                app.refresh();
            }
            Err(what) => error.set(Some(what)),
        }
    };
    view! {
        <Modal title="Scenarios">
            <ul class="presets">
                {presets::names().filter_map(|name| Some((name, presets::get(name)?))).map(|(name, scenario)| {
                    let (title, about) = (scenario.title.clone(), scenario.about.clone());
                    view! {
                        <li><button type="button" on:click=move |_| {
                            app.dialog.set(None);
                            app.open_scenario(Source::Preset(name.into()), scenario.clone());
                        }><b>{title}</b><span>{about}</span></button></li>
                    }
                }).collect_view()}
            </ul>
            <h3>"Your own"</h3>
            <p class="row">
                <label class="file">"Open a scenario file (JSON)"<input type="file" accept=".json,application/json" node_ref=input on:change=open_file/></label>
            </p>
            <label class="block" for="paste">"Or paste a link or a scenario"</label>
            <textarea id="paste" rows="3" prop:value=move || pasted.get() on:input=move |event| pasted.set(event_target_value(&event))></textarea>
            <p class="row"><button type="button" disabled=move || pasted.with(|text| text.trim().is_empty()) on:click=open_pasted>"Open"</button></p>
            <div role="alert">{move || error.get().map(|error| view! {
                <div class="error"><b>"That could not be opened; what was on screen stays."</b><pre>{error}</pre></div>
            })}</div>
        </Modal>
    }
}

#[component]
fn Partition() -> impl IntoView {
    let app = expect_context::<App>();
    let all = app.world(|world| world.addresses());
    let count = all.len();
    // 0: stays with everybody; else the number of the group. At first the first node and the first client are alone.
    let groups = RwSignal::new((0..count).map(|index| if index == 0 { 1 } else { 2 }).collect::<Vec<u8>>());
    let members = all.clone();
    let cut = move |_| {
        let chosen = groups.get_untracked();
        let group = |own: u8| -> Vec<Address> {
            members.iter().copied().zip(&chosen).filter(|(_, group)| **group == own).map(|(address, _)| address).collect()
        };
        let groups: Vec<Vec<Address>> = (1..=3).map(group).filter(|group| !group.is_empty()).collect();
        if groups.len() < 2 {
            return app.say_bad("A partition needs at least two groups with somebody in them.");
        }
        app.dialog.set(None);
        app.act(Command::Partition { groups });
    };
    view! {
        <Modal title="Partition the network">
            <p>"Nothing passes between two groups. Who is in no group still reaches everybody."</p>
            <table class="groups">
                <thead><tr><th scope="col">"Who"</th><th scope="col">"Group 1"</th><th scope="col">"Group 2"</th><th scope="col">"Group 3"</th><th scope="col">"None"</th></tr></thead>
                <tbody>
                    {all.into_iter().enumerate().map(|(index, address)| view! {
                        <tr>
                            <th scope="row">{address.to_string()}</th>
                            {[(1, "group 1"), (2, "group 2"), (3, "group 3"), (0, "no group")].map(|(own, name)| view! {
                                <td><input type="radio" name=format!("group-{index}") aria-label=format!("{address} in {name}")
                                    prop:checked=move || groups.with(|groups| groups[index] == own)
                                    on:change=move |_| groups.update(|groups| groups[index] = own)/></td>
                            })}
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
            <p class="row"><button type="button" class="primary" on:click=cut>"Cut the network"</button></p>
        </Modal>
    }
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

#[component]
fn Help() -> impl IntoView {
    let rows = |rows: &[(&'static str, &'static str)]| rows.iter().map(|(name, about)| view! { <dt>{*name}</dt><dd>{*about}</dd> }).collect_view();
    view! {
        <Modal title="Help">
            <p>"A real replication engine runs in this page. Clients write at the primary, and each write, a chip with its own colour and shape, "
                "travels to the replicas. Break things, go back in time, look closer."</p>
            <h3>"Keys"</h3>
            <dl class="wide keys">{rows(&KEYS)}</dl>
            <h3>"Marks"</h3>
            <ul class="small">
                <li>"A log cell is filled when readers see the entry, pale when it is in the log only, dashed when it is missing here, and underlined when a loss of power would take it."</li>
                <li>"A small filled dot is an acknowledgement between nodes, an empty one a word about who follows whom; ? is a question, ✓ an OK, × a no."</li>
                <li>"On the timeline: bars are writes, crossed circles faults, squares promotions, triangles broken promises."</li>
            </ul>
            <h3>"Words"</h3>
            <dl class="wide">{rows(&WORDS)}</dl>
            <h3>"What this models, and what it does not"</h3>
            <ul class="small">
                <li>"Asynchronous log shipping as in PostgreSQL streaming replication: LSNs, catch-up from the log, a snapshot when the log was truncated, promotion by hand."</li>
                <li>"Messages are datagrams: lost ones are sent again when no acknowledgement comes. A message on the wire when its sender crashes still arrives."</li>
                <li>"A crashed process leaves its machine running: connections are refused, and what was written survives. A machine without power answers nothing and keeps only what was flushed."</li>
                <li>"Not yet: synchronous commit, automatic failover, fencing, peers that all take writes."</li>
            </ul>
        </Modal>
    }
}
