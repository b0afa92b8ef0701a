//! The field of a large group: its nodes and what flies between them, drawn on the stage's canvas, and the one control by which the
//! keyboard gets to each node.

use super::{
    canvas::Ink,
    element::{changing, element, moving, px, span},
    leptos::*,
    state::{App, Selection},
};
use crate::{
    platform::dom,
    scene::{
        field::{Cell, Field, Spot, counts},
        geometry::Point,
    },
    sim::{decimal::between, id::NodeId},
    trace::MemberState,
};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Event, KeyboardEvent};

fn shown<T>(app: App, look: impl FnOnce(&Field) -> T) -> Option<T> {
    app.stage.with(|stage| stage.field.as_deref().map(look))
}

/// The node of the field that a point is on.
pub fn node_at(app: App, point: Point) -> Option<Selection> {
    app.stage.with_untracked(|stage| stage.field.as_deref().and_then(|field| field.at(point)).map(Selection::Node))
}

/// What stands around the field: the control, the words and the key. Nothing where there is no field.
pub fn around(app: App) -> AnyView {
    let is_there = super::watched::Derived::new(move || app.stage.with(|stage| stage.field.is_some()));
    changing(move || if is_there.get() { vec![beside(app), handle(app)] } else { Vec::new() })
}

fn chosen(app: App) -> NodeId {
    match app.selection.get() {
        Some(Selection::Node(node)) => node,
        _ => NodeId(0),
    }
}

/// A slider over the nodes: arrows go from one to the next, row by row.
fn handle(app: App) -> AnyView {
    let at = move || {
        let node = chosen(app);
        let spot = shown(app, |field| field.spot(node).map(|spot| (spot.at, field.pitch))).flatten();
        let (at, pitch) = spot.unwrap_or_default();
        let size = px(pitch.max(24.0));
        format!("left:{};top:{};width:{size};height:{size}", px(at.x), px(at.y))
    };
    let spoken = move || shown(app, |field| field.spoken(chosen(app))).unwrap_or_default();
    let last = move || shown(app, |field| field.spots.len()).unwrap_or(1).saturating_sub(1).to_string();
    let press = move |event: Event| {
        let event: KeyboardEvent = event.unchecked_into();
        let row = app.stage.with_untracked(|stage| stage.field.as_ref().map_or(1, |field| field.columns)) as isize;
        let by = match event.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            "ArrowUp" => -row,
            "ArrowDown" => row,
            "Enter" | " " => 0,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let to = app.stage.with_untracked(|stage| stage.field.as_deref().and_then(|field| field.moved(chosen(app), by)));
        if let Some(node) = to {
            app.select(Some(Selection::Node(node)));
        }
    };
    element("div")
        .class("field-handle")
        .attribute("role", "slider")
        .attribute("tabindex", "0")
        .attribute("aria-label", "Nodes, arrows choose one")
        .attribute("aria-valuemin", "0")
        .attribute("aria-valuemax", moving(last))
        .attribute("aria-valuenow", moving(move || chosen(app).0.to_string()))
        .attribute("aria-valuetext", moving(spoken))
        .style(at)
        .on("keydown", press)
        .view()
}

/// Words and key, beside the clients.
fn beside(app: App) -> AnyView {
    let words = move || {
        shown(app, |field| if field.words.is_empty() { "Nobody has written anything yet.".into() } else { field.words.clone() })
    };
    let names = move || shown(app, |field| field.names.clone()).unwrap_or_default();
    let key = move || {
        let entry = |cell: Cell| {
            let count = shown(app, |field| field.count(cell)).unwrap_or(0);
            (cell_class(cell), format!("{count} {}", cell.words()))
        };
        let mut entries: Vec<(&'static str, String)> = Cell::ALL.into_iter().map(entry).collect();
        for (state, class, words) in
            [(MemberState::Suspect, "suspect", "suspected"), (MemberState::Dead, "dead", "declared dead")]
        {
            let count = shown(app, |field| field.doubted(state)).unwrap_or(0);
            if count > 0 {
                entries.push((class, format!("{count} {words}")));
            }
        }
        let one = |(class, words): (&'static str, String)| {
            let sign = element("i").class(format!("sign {class}")).attribute("aria-hidden", "true").view();
            element("li").with(vec![sign, words.into_any()]).view()
        };
        entries.into_iter().map(one).collect::<Vec<AnyView>>()
    };
    let sampled = move || match shown(app, |field| field.one_of).unwrap_or(1) {
        1 => String::new(),
        many => format!("One of {many} messages is drawn."),
    };
    element("div")
        .class("field-words-room")
        .style(move || format!("left:{}", px(app.stage.with(|stage| stage.layout.words_at))))
        .with(
            element("p")
                .class("field-words")
                .attribute("data-residue", "")
                .with(moving(move || words().unwrap_or_default()))
                .with(span(
                    "names",
                    moving(move || {
                        let names = names();
                        if names.is_empty() { names } else { format!(" {names}") }
                    }),
                )),
        )
        .with(element("ul").class("field-key").with(changing(key)))
        .with(element("p").class("small").with(moving(sampled)))
        .with(span("unseen", moving(move || shown(app, counts).unwrap_or_default())))
        .view()
}

fn cell_class(cell: Cell) -> &'static str {
    match cell {
        Cell::Unheard => "unheard",
        Cell::Spreading => "spreading",
        Cell::Knows => "knows",
        Cell::Down => "down",
    }
}

/// Where nodes stand this far apart there is room for their names.
const NAMED_FROM: f64 = 36.0;

/// Draws nodes of one kind at once: a thousand of them are four paths.
pub fn draw(context: &CanvasRenderingContext2d, ink: &Ink, field: &Field, selected: Option<NodeId>) {
    let radius = (field.pitch * 0.32).min(9.0);
    context.set_line_width(1.5);
    let scale = between(field.pitch / 30.0, 0.6, 1.2);
    for dot in &field.dots {
        let size = if dot.brings { 5.0 * scale } else { 3.0 * scale };
        context.set_fill_style_str(if dot.brings { &ink.accent } else { &ink.quiet });
        context.fill_rect(dot.at.x - size / 2.0, dot.at.y - size / 2.0, size, size);
    }
    for cell in Cell::ALL {
        context.begin_path();
        field.spots.iter().filter(|spot| spot.cell == cell).for_each(|spot| trace(context, cell, spot.at, radius));
        match cell {
            Cell::Unheard => {
                context.set_stroke_style_str(&ink.quiet);
                context.stroke();
            }
            Cell::Down => {
                context.set_stroke_style_str(&ink.bad);
                context.stroke();
            }
            Cell::Spreading | Cell::Knows => {
                context.set_fill_style_str(if cell == Cell::Spreading { &ink.accent } else { &ink.good });
                context.fill();
            }
        }
    }
    for (state, colour) in [(MemberState::Suspect, &ink.warn), (MemberState::Dead, &ink.bad)] {
        context.begin_path();
        for spot in field.spots.iter().filter(|spot| spot.doubted == Some(state)) {
            let side = radius + 2.5;
            context.rect(spot.at.x - side, spot.at.y - side, 2.0 * side, 2.0 * side);
        }
        context.set_stroke_style_str(colour);
        context.stroke();
    }
    if field.pitch >= NAMED_FROM {
        context.set_font("10px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif");
        context.set_text_align("center");
        context.set_fill_style_str(&ink.quiet);
        for spot in &field.spots {
            let _ = context.fill_text(&spot.node.to_string(), spot.at.x, spot.at.y + radius + 9.0);
        }
    }
    if let Some(spot) = selected.and_then(|node| field.spot(node)) {
        draw_selected(context, ink, spot, radius);
    }
}

fn draw_selected(context: &CanvasRenderingContext2d, ink: &Ink, spot: &Spot, radius: f64) {
    context.begin_path();
    let _ = context.arc(spot.at.x, spot.at.y, radius + 4.0, 0.0, std::f64::consts::TAU);
    context.set_stroke_style_str(&ink.ink);
    context.set_line_width(2.5);
    context.stroke();
}

/// A ring, a diamond, a disc, a cross.
fn trace(context: &CanvasRenderingContext2d, cell: Cell, Point { x, y }: Point, radius: f64) {
    match cell {
        Cell::Unheard | Cell::Knows => {
            let radius = if cell == Cell::Unheard { radius * 0.8 } else { radius };
            context.move_to(x + radius, y);
            let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        }
        Cell::Spreading => {
            let radius = radius * 1.3;
            context.move_to(x, y - radius);
            context.line_to(x + radius, y);
            context.line_to(x, y + radius);
            context.line_to(x - radius, y);
            context.close_path();
        }
        Cell::Down => {
            let radius = radius * 0.8;
            context.move_to(x - radius, y - radius);
            context.line_to(x + radius, y + radius);
            context.move_to(x + radius, y - radius);
            context.line_to(x - radius, y + radius);
        }
    }
}

/// The field as it is shown now, and who is chosen in it.
pub type Picture = (Arc<Field>, Option<NodeId>);

pub fn picture(app: App) -> Option<Picture> {
    let selected = match app.selection.get_untracked() {
        Some(Selection::Node(node)) => Some(node),
        _ => None,
    };
    // Between two events messages go on; while nothing moves on request, they stay where they are.
    let still = dom::prefers_reduced_motion();
    app.stage.with_untracked(|stage| {
        let shown = stage.field.as_ref()?;
        let now = match still {
            true => shown.clone(),
            false => Arc::new(app.world(|world| crate::scene::field::field(world, &stage.layout, stage.layout.height))),
        };
        Some((now, selected))
    })
}
