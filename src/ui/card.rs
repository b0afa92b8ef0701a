//! A node as a card: name, role, values, the tail of its log, how far behind it is.

use super::{
    chip::{dash, mark},
    element::{element, markup, moving, px, span as words},
    leptos::AnyView,
    state::{App, Selection},
    watched::Derived,
};
use crate::{
    explain::chip::Chip,
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
    // Once for all that is on it: of the cards only those that changed are drawn again.
    let own = Derived::new(move || app.stage.with(|stage| stage.nodes.iter().find(|card| card.node == node).cloned()));
    let of = move |look: fn(&NodeCard) -> String| move || own.with(|card| card.as_deref().map(look).unwrap_or_default());
    let selected = move || app.selection.get() == Some(Selection::Node(node));
    let classes = of(classes);
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
        .with(words("unseen", moving(of(|card| card.spoken.clone()))))
        .with(markup("seen", moving(of(inside))))
        .view()
}

/// What is on the card, as markup: nothing in it comes from outside.
fn inside(card: &NodeCard) -> String {
    let badge = card.badge.map(|(mood, text)| span(&format!("badge {}", tone(mood)), text)).unwrap_or_default();
    let head = span("card-name", &card.node.to_string()) + &span("card-role", &card.role) + &badge;
    let mut copies: String = card.copies.iter().map(copy).collect();
    if card.more_keys > 0 {
        copies += &span("more", &format!("+{}", card.more_keys));
    }
    let mut log = span("log-word", "log");
    for (offset, cell) in card.log.iter().enumerate() {
        // Long numbers stand below every third cell only.
        let numbered = card.first_lsn.0 < 990 || (card.log.len() - offset) % 3 == 1;
        log += &log_cell(card.first_lsn.0 + offset as u64, numbered && cell.is_some(), cell.as_ref());
    }
    let mut status = span("said", &card.status.1);
    if card.queue > 1 {
        status += &span("queue", &format!("{} waiting", card.queue));
    }
    let status_class = format!("card-status {}", tone(card.status.0));
    let letters: usize = card.copies.iter().map(Copy::letters).sum();
    let tight = if letters > 3 { "card-copies tight" } else { "card-copies" };
    let log = if card.vector.is_empty() { span("card-log", &log) } else { span("card-vector", &card.vector) };
    span("card-head", &head) + &span(tight, &copies) + &log + &span(&status_class, &status)
}

/// A piece of a line, with a class.
fn span(class: &str, inside: &str) -> String {
    format!("<span class=\"{class}\">{inside}</span>")
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

fn copy(copy: &Copy) -> String {
    let shown = |chip: &Chip| span(&format!("chip w{}", chip.colour), &(mark(chip) + &span("value", &chip.value().to_string())));
    let mut value = match &copy.chip {
        _ if let Some(contents) = &copy.contents => span("value", &in_markup(contents)),
        Some(chip) => shown(chip),
        None => span("chip empty", "–"),
    };
    for sibling in copy.siblings.iter().take(SIBLINGS_MAX) {
        value += &(span("beside", "‖") + &shown(sibling));
    }
    if copy.siblings.len() > SIBLINGS_MAX {
        value += &(span("beside", "‖") + &span("more", &format!("+{}", copy.siblings.len() - SIBLINGS_MAX)));
    }
    let is_conflict = !copy.siblings.is_empty();
    #[cfg(feature = "documents")]
    let is_conflict = is_conflict || copy.kept > 0;
    #[cfg(feature = "documents")]
    if copy.kept > 0 {
        value += &span("more", &format!("+{}", copy.kept));
    }
    let class = if copy.old { "copy old" } else { "copy" };
    let class = if !is_conflict { class.to_string() } else { format!("{class} conflict") };
    span(&class, &(span("key", &copy.key.to_string()) + &value))
}

/// Text that somebody may have typed, shortened to what a card has room for.
fn in_markup(text: &str) -> String {
    let mut safe = String::new();
    let all = text.chars().count();
    for character in text.chars().take(if all > CONTENTS_MAX { CONTENTS_MAX - 1 } else { all }) {
        match character {
            '<' => safe += "&lt;",
            '&' => safe += "&amp;",
            other => safe.push(other),
        }
    }
    if all > CONTENTS_MAX {
        safe.push('…');
    }
    safe
}

/// Most characters of what a set, a cart or a text holds that a card shows; the details show all.
const CONTENTS_MAX: usize = 14;

/// Most values beside the first that a card shows; the details show all.
const SIBLINGS_MAX: usize = 2;

fn log_cell(lsn: u64, numbered: bool, cell: Option<&LogCell>) -> String {
    let class = match cell {
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
            let colour = cell.chip.map_or_else(|| "noop".into(), |chip| format!("w{}", chip.colour));
            format!("cell {state} {colour}{volatile}{diverged}")
        }
    };
    let number = if numbered { lsn.to_string() } else { String::new() };
    let shape = cell.map(|cell| cell.chip.map_or_else(dash, |chip| mark(&chip))).unwrap_or_default();
    span(&class, &(span("box", &shape) + &span("lsn", &number)))
}
