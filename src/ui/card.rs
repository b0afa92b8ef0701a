//! A node as a card: name, role, values, the tail of its log, how far behind it is.

use super::leptos::AnyView;
use super::{
    chip::value_chip,
    element::{Inside, changing, element, moving, px, span},
    state::{App, Selection},
    watched::Derived,
};
use crate::{
    scene::{
        layout::CardSize,
        stage::{Copy, EntryState, LogCell, NodeCard, NodeState, Tone},
    },
    sim::id::NodeId,
};

pub fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
    }
}

pub fn card(app: App, node: NodeId) -> AnyView {
    let card = Derived::new(move || app.stage.with(|stage| stage.nodes.iter().find(|card| card.node == node).cloned()));
    let of = move |look: fn(&NodeCard) -> String| move || card.with(|card| card.as_ref().map(look).unwrap_or_default());
    let selected = move || app.selection.get() == Some(Selection::Node(node));
    let classes = of(classes);
    let inside = changing(move || card.get().map(inside));
    element("button")
        .attribute("type", "button")
        .class(moving(move || format!("{}{}", classes(), if selected() { " selected" } else { "" })))
        .attribute("data-node", node.to_string())
        .truth("aria-pressed", selected)
        .style(of(|card| {
            let place = card.place;
            format!("left:{};top:{};width:{};height:{}", px(place.x), px(place.y), px(place.width), px(place.height))
        }))
        .on("click", move |_| app.select(Some(Selection::Node(node))))
        .with(span("unseen", moving(of(|card| card.spoken.clone()))))
        .with(element("span").class("seen").attribute("aria-hidden", "true").with(inside))
        .view()
}

fn inside(card: NodeCard) -> AnyView {
    let NodeCard { node, role, badge, copies, more_keys, log, first_lsn, status, queue, .. } = card;
    let badge = badge.map(|(mood, text)| span(format!("badge {}", tone(mood)), text));
    let more = (more_keys > 0).then(|| span("more", format!("+{more_keys}")));
    let copies: Vec<AnyView> = copies.into_iter().map(copy).collect();
    let cells: Vec<AnyView> =
        log.into_iter().enumerate().map(|(offset, cell)| log_cell(first_lsn.0 + offset as u64, cell)).collect();
    let waiting = (queue > 1).then(|| span("queue", format!("{queue} waiting")));
    let head = vec![span("card-name", node.to_string()), span("card-role", role), badge.view()];
    vec![
        span("card-head", head),
        span("card-copies", vec![copies.view(), more.view()]),
        span("card-log", vec![span("log-word", "log"), cells.view()]),
        span(format!("card-status {}", tone(status.0)), vec![status.1.view(), waiting.view()]),
    ]
    .view()
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
        None => span("chip empty", "–"),
    };
    let key = span("key", copy.key.to_string());
    span(if copy.old { "copy old" } else { "copy" }, vec![key, value])
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
    span(class, vec![element("span").class("box").view(), span("lsn", number)])
}
