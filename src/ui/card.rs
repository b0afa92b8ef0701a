//! A node as a card: name, role, values, the tail of its log, how far behind it is.

use super::{
    chip::Chip,
    state::{App, Selection},
};
use crate::scene::{
    layout::CardSize,
    stage::{Copy, EntryState, LogCell, NodeCard, NodeState, Tone},
};
use crate::sim::id::NodeId;
use leptos::prelude::*;

pub fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
    }
}

#[component]
pub fn Card(node: NodeId) -> impl IntoView {
    let app = expect_context::<App>();
    let card = Memo::new(move |_| app.stage.with(|stage| stage.nodes.iter().find(|card| card.node == node).cloned()));
    let get = move |look: fn(&NodeCard) -> String| move || card.with(|card| card.as_ref().map(look).unwrap_or_default());
    let selected = move || app.selection.get() == Some(Selection::Node(node));
    let copies = Memo::new(move |_| card.with(|card| card.as_ref().map(|card| (card.copies.clone(), card.more_keys)).unwrap_or_default()));
    let log = Memo::new(move |_| card.with(|card| card.as_ref().map(|card| (card.first_lsn.0, card.log.clone())).unwrap_or_default()));
    view! {
        <button type="button" class=get(classes) class:selected=selected
            data-node=node.to_string()
            aria-label=get(|card| card.spoken.clone())
            aria-pressed=move || selected().to_string()
            style:left=get(|card| format!("{:.1}px", card.place.x))
            style:top=get(|card| format!("{:.1}px", card.place.y))
            style:width=get(|card| format!("{:.1}px", card.place.width))
            style:height=get(|card| format!("{:.1}px", card.place.height))
            on:click=move |_| app.select(Some(Selection::Node(node)))>
            <span class="card-head">
                <span class="card-name">{node.to_string()}</span>
                <span class="card-role">{get(|card| card.role.to_string())}</span>
                {move || card.with(|card| card.as_ref().and_then(|card| card.badge)).map(|(mood, text)| view! {
                    <span class=format!("badge {}", tone(mood))>{text}</span>
                })}
            </span>
            <span class="card-copies">
                {move || {
                    let (copies, more) = copies.get();
                    view! {
                        {copies.into_iter().map(copy).collect_view()}
                        {(more > 0).then(|| view! { <span class="more">{format!("+{more}")}</span> })}
                    }
                }}
            </span>
            <span class="card-log">
                <span class="log-word">"log"</span>
                {move || {
                    let (first, cells) = log.get();
                    cells.into_iter().enumerate().map(|(offset, cell)| log_cell(first + offset as u64, cell)).collect_view()
                }}
            </span>
            <span class=move || card.with(|card| card.as_ref().map(|card| format!("card-status {}", tone(card.status.0))))>
                {get(|card| card.status.1.clone())}
                {move || card.with(|card| card.as_ref().map(|card| card.queue)).filter(|queue| *queue > 1)
                    .map(|queue| view! { <span class="queue">{format!("{queue} waiting")}</span> })}
            </span>
        </button>
    }
}

fn classes(card: &NodeCard) -> String {
    let state = match card.state {
        NodeState::Up => "up",
        NodeState::Paused => "paused",
        NodeState::Down => "down",
    };
    let size = match card.size {
        CardSize::Large => "large",
        CardSize::Medium => "medium",
        CardSize::Small => "small",
    };
    format!("card {state} {size}{}", if card.is_primary { " lead" } else { "" })
}

fn copy(copy: Copy) -> impl IntoView {
    let value = match copy.chip {
        Some(chip) => view! { <Chip chip value_only=true/> }.into_any(),
        None => view! { <span class="chip empty">"–"</span> }.into_any(),
    };
    view! { <span class="copy" class:old=copy.old><span class="key">{copy.key.to_string()}</span>{value}</span> }
}

fn log_cell(lsn: u64, cell: Option<LogCell>) -> impl IntoView {
    let class = match &cell {
        None => "cell none".to_string(),
        Some(cell) => {
            let state = match cell.state {
                EntryState::Applied => "applied",
                EntryState::Logged => "logged",
                EntryState::Waiting => "waiting",
                EntryState::Missing => "missing",
            };
            let volatile = if cell.volatile && cell.state != EntryState::Missing { " volatile" } else { "" };
            let diverged = if cell.diverged { " diverged" } else { "" };
            format!("cell {state} w{}{volatile}{diverged}", cell.chip.colour)
        }
    };
    let number = if cell.is_some() { lsn.to_string() } else { String::new() };
    view! { <span class=class><span class="box"></span><span class="lsn">{number}</span></span> }
}
