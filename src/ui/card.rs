//! A node as a card: name, role, values, the tail of its log, how far behind it is.

use super::{
    chip::value_chip,
    element::px,
    parts::{Text, text},
    state::{App, Selection},
};
use crate::{
    scene::{
        layout::CardSize,
        stage::{Copy, EntryState, LogCell, NodeCard, NodeState, Tone},
    },
    sim::id::NodeId,
};
use leptos::prelude::*;

pub fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
    }
}

pub fn card(app: App, node: NodeId) -> AnyView {
    let card = Memo::new(move |_| app.stage.with(|stage| stage.nodes.iter().find(|card| card.node == node).cloned()));
    let of = move |look: fn(&NodeCard) -> String| -> Text {
        text(move || card.with(|card| card.as_ref().map(look).unwrap_or_default()))
    };
    let selected = move || app.selection.get() == Some(Selection::Node(node));
    let classes = of(classes);
    let class = text(move || format!("{}{}", classes(), if selected() { " selected" } else { "" }));
    let inside = move || card.get().map(inside);
    view! {
        <button type="button" class=class
            data-node=node.to_string()
            aria-pressed=text(move || selected().to_string())
            style:left=of(|card| px(card.place.x))
            style:top=of(|card| px(card.place.y))
            style:width=of(|card| px(card.place.width))
            style:height=of(|card| px(card.place.height))
            on:click=move |_| app.select(Some(Selection::Node(node)))>
            <span class="unseen">{of(|card| card.spoken.clone())}</span>
            <span class="seen" aria-hidden="true">{inside}</span>
        </button>
    }
    .into_any()
}

fn inside(card: NodeCard) -> AnyView {
    let NodeCard { node, role, badge, copies, more_keys, log, first_lsn, status, queue, .. } = card;
    let badge = badge.map(|(mood, text)| span(format!("badge {}", tone(mood)), text.into_any()));
    let more = (more_keys > 0).then(|| span("more".into(), format!("+{more_keys}").into_any()));
    let copies: Vec<AnyView> = copies.into_iter().map(copy).collect();
    let cells: Vec<AnyView> =
        log.into_iter().enumerate().map(|(offset, cell)| log_cell(first_lsn.0 + offset as u64, cell)).collect();
    let waiting = (queue > 1).then(|| span("queue".into(), format!("{queue} waiting").into_any()));
    view! {
        <span class="card-head">
            <span class="card-name">{node.to_string()}</span>
            <span class="card-role">{role}</span>
            {badge}
        </span>
        <span class="card-copies">{copies}{more}</span>
        <span class="card-log"><span class="log-word">"log"</span>{cells}</span>
        <span class=format!("card-status {}", tone(status.0))>{status.1}{waiting}</span>
    }
    .into_any()
}

/// A piece of a line, with a class.
fn span(class: String, inside: AnyView) -> AnyView {
    view! { <span class=class>{inside}</span> }.into_any()
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
        CardSize::Strip => "small strip",
    };
    format!("card {state} {size}{}", if card.is_primary { " lead" } else { "" })
}

fn copy(copy: Copy) -> AnyView {
    let value = match copy.chip {
        Some(chip) => value_chip(chip),
        None => span("chip empty".into(), "–".into_any()),
    };
    let key = span("key".into(), copy.key.to_string().into_any());
    span(if copy.old { "copy old" } else { "copy" }.into(), vec![key, value].into_any())
}

fn log_cell(lsn: u64, cell: Option<LogCell>) -> AnyView {
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
    span(class, vec![span("box".into(), ().into_any()), span("lsn".into(), number.into_any())].into_any())
}
