//! The timeline as a slider: marks of everything worth jumping to, the other futures below.

use super::{
    element::{Place, changing, drawn, element, moving},
    leptos::*,
    parts::button,
    state::App,
    watched::Watched,
};
use crate::{
    explain::words::moment,
    platform::dom::SizeWatch,
    scene::timeline::{Mark, MarkKind, OtherBranch, Timeline},
    sim::{
        decimal::{between, fixed, short},
        time::Micros,
    },
};
use wasm_bindgen::JsCast;
use web_sys::{Event, KeyboardEvent, PointerEvent};

/// Room left and right of the axis.
const EDGE: f64 = 10.0;
const AXIS_Y: f64 = 46.0;
/// Where words of marks stand: right above them, or where that is taken one row higher.
const LABEL_ROWS: [f64; 2] = [24.0, 12.0];

pub fn timeline(app: App) -> AnyView {
    let area = Place::new();
    let width = Watched::new(600.0);
    let watch = StoredValue::new_local(None::<SizeWatch>);
    area.on_load(move |element| {
        watch.set_value(SizeWatch::new(&element, move |wide, _| width.set_if_there(wide.max(60.0))));
    });
    let dragging = Watched::new(false);
    let seek_to_pointer = move |event: &PointerEvent| {
        let Some(element) = area.get_untracked() else { return };
        let rect = element.get_bounding_client_rect();
        let part = (event.client_x() as f64 - rect.left() - EDGE) / (rect.width() - 2.0 * EDGE).max(1.0);
        let span = app.timeline.with_untracked(|line| line.span);
        let wanted = Micros::from_f64(span.0 as f64 * between(part, 0.0, 1.0));
        // What was never run cannot be gone to by a drag; playing gets there.
        app.seek(wanted.min(app.lab(|lab| lab.horizon())));
    };
    let down = move |event: Event| {
        let event: PointerEvent = event.unchecked_into();
        dragging.set(true);
        app.playing.set(false);
        if let Some(element) = area.get_untracked() {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        seek_to_pointer(&event);
    };
    let drag = move |event: Event| {
        if dragging.get_untracked() {
            seek_to_pointer(event.unchecked_ref());
        }
    };
    let key = move |event: Event| {
        if press(app, event.unchecked_ref()) {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let scale = move || Scale { span: app.timeline.with(|line| line.span), width: width.get() };
    // Three drawings, from below: the marks change now and then, the rest all the time.
    let known = move || {
        let (scale, horizon) = (scale(), app.now.get().horizon);
        let lines = line_drawn("axis", scale.width - EDGE) + &line_drawn("known", scale.x(horizon));
        format!("<svg>{lines}</svg>")
    };
    let marks = move || app.timeline.with(|line| marks_drawn(line, &scale()));
    let cursor = move || cursor_drawn(scale().x(app.now.get().position.at));
    element("div")
        .class("timeline")
        .id("timeline")
        .place(area)
        .attribute("role", "slider")
        .attribute("tabindex", "0")
        .attribute("aria-label", "Time")
        .attribute("aria-valuemin", "0")
        .attribute("aria-valuemax", moving(move || app.now.get().horizon.0.to_string()))
        .attribute("aria-valuenow", moving(move || app.now.get().position.at.0.to_string()))
        .attribute("aria-valuetext", moving(move || moment(app.now.get().position.at)))
        .on("pointerdown", down)
        .on("pointermove", drag)
        .on("pointerup", move |_| dragging.set(false))
        .on("pointercancel", move |_| dragging.set(false))
        .on("keydown", key)
        .with(drawn(moving(known)))
        .with(drawn(moving(marks)))
        .with(drawn(moving(cursor)))
        .with(element("div").class("branches").with(changing(move || branches(app))))
        .view()
}

/// Buttons to the other futures.
fn branches(app: App) -> Vec<AnyView> {
    let others = app.timeline.with(|line| line.others.clone());
    let other = |other: OtherBranch| {
        let words = format!("to {} ({} to {})", other.label, moment(other.from), moment(other.to));
        let go = move || {
            app.with_lab(|lab| lab.switch(other.branch, u64::MAX));
            app.refresh();
        };
        let inside = button(words, go).view();
        // A press here is no drag of the cursor.
        element("span").on("pointerdown", |event| event.stop_propagation()).with(inside).view()
    };
    others.into_iter().map(other).collect()
}

/// Keys that move the cursor, as on any slider.
pub fn press(app: App, event: &KeyboardEvent) -> bool {
    let now = app.world(|world| world.now());
    let step = Micros::from_millis(if event.shift_key() { 10 } else { 100 });
    let horizon = app.lab(|lab| lab.horizon());
    match event.key().as_str() {
        "ArrowRight" | "ArrowUp" => app.seek((now + step).min(horizon.max(now))),
        "ArrowLeft" | "ArrowDown" => app.seek(now.saturating_sub(step)),
        "PageUp" => app.seek((now + Micros::from_secs(1)).min(horizon.max(now))),
        "PageDown" => app.seek(now.saturating_sub(Micros::from_secs(1))),
        "Home" => app.go_to_start(),
        "End" => app.go_to_end(),
        _ => return false,
    }
    app.playing.set(false);
    true
}

/// From moments to places.
struct Scale {
    span: Micros,
    width: f64,
}

impl Scale {
    fn x(&self, at: Micros) -> f64 {
        EDGE + (self.width - 2.0 * EDGE) * (at.0 as f64 / self.span.0.max(1) as f64).min(1.0)
    }
}

fn line_drawn(class: &str, to: f64) -> String {
    format!("<path class=\"{class}\" d=\"M{} {}H{}\"/>", short(EDGE), short(AXIS_Y), fixed(to, 1))
}

/// All that is on the line, as markup: nothing in it comes from outside.
fn marks_drawn(line: &Timeline, scale: &Scale) -> String {
    let mut drawn = String::new();
    for (row, other) in line.others.iter().enumerate() {
        drawn += &other_line(row, other, scale);
    }
    let labelled = labelled(&line.marks, scale);
    for (mark, label) in line.marks.iter().zip(labelled) {
        drawn += &mark_drawn(mark, label, scale);
    }
    for tick in 0..=5 {
        let at = Micros(line.span.0 / 5 * tick);
        let words = format!("{} s", short(at.as_secs_f64()));
        drawn += &words_at("tick", scale.x(at), AXIS_Y + 33.0, if tick == 5 { "end" } else { "middle" }, &words);
    }
    format!("<svg>{drawn}</svg>")
}

/// The moment that is shown.
fn cursor_drawn(x: f64) -> String {
    let [x, y, top, bottom] = [x, AXIS_Y, AXIS_Y - 20.0, AXIS_Y + 18.0].map(|place| fixed(place, 1));
    format!(
        "<svg><path class=\"cursor\" d=\"M{x} {top}V{bottom}\"/><circle class=\"knob\" r=\"7.5\" cx=\"{x}\" cy=\"{y}\"/></svg>"
    )
}

fn words_at(class: &str, x: f64, y: f64, anchor: &str, words: &str) -> String {
    let (x, y) = (fixed(x, 1), short(y));
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>")
}

/// How wide a word is about, half of it.
fn half_width(words: &str) -> f64 {
    words.len() as f64 * 3.2 + 4.0
}

/// Which marks have room for their words, and in which row: the weightiest first, none over another.
fn labelled(marks: &[Mark], scale: &Scale) -> Vec<Option<f64>> {
    let weighty = [MarkKind::Violation, MarkKind::Election, MarkKind::Fault, MarkKind::Action, MarkKind::Suspicion];
    // Of the same weight the later ones first.
    let of = |kind: MarkKind| (0..marks.len()).rev().filter(move |index| marks[*index].kind == kind);
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    let mut shown = vec![None; marks.len()];
    for index in weighty.into_iter().flat_map(of) {
        let (middle, half) = (inside(scale, marks[index].at, &marks[index].label), half_width(&marks[index].label));
        let (from, to) = (middle - half, middle + half);
        let free = |row: &f64| taken.iter().all(|(a, b, other)| to < *a || from > *b || row != other);
        if let Some(row) = LABEL_ROWS.into_iter().find(free) {
            taken.push((from, to, row));
            shown[index] = Some(row);
        }
    }
    shown
}

/// Where the middle of a mark's words is: near an edge they stay inside.
fn inside(scale: &Scale, at: Micros, words: &str) -> f64 {
    let half = half_width(words);
    scale.x(at).min(scale.width - half).max(half)
}

fn mark_drawn(mark: &Mark, label_y: Option<f64>, scale: &Scale) -> String {
    let (x, y) = (scale.x(mark.at), AXIS_Y);
    let (class, colour) = match mark.kind {
        MarkKind::Violation => ("warn", 0),
        MarkKind::Fault => ("bad", 0),
        _ => ("plain", mark.colour),
    };
    let label = match label_y {
        Some(y) => words_at(class, inside(scale, mark.at, &mark.label), y, "middle", &mark.label),
        None => String::new(),
    };
    let (class, shape) = match mark.kind {
        MarkKind::Write => ("write", "m-3.500-9h7v18h-7z"),
        MarkKind::Suspicion => ("suspicion", "m0-6.500l6.500 6.500l-6.500 6.500l-6.500-6.500Z"),
        MarkKind::Action => ("action", "m0-4.500a4.500 4.500 0 1 1-.01 0Z"),
        MarkKind::Election => ("election", "m-6-6h12v12h-12z"),
        MarkKind::Fault => ("fault", "m0-8.500a8.500 8.500 0 1 1-.01 0Zm-3.500 5l7 7m0-7l-7 7"),
        MarkKind::Violation => ("violation", "m0-10l9 16h-18Z"),
    };
    format!("<path class=\"{class} w{colour}\" d=\"M{} {}{shape}\"/>{label}", fixed(x, 1), short(y))
}

fn other_line(row: usize, other: &OtherBranch, scale: &Scale) -> String {
    let (from, to, y) = (scale.x(other.from), scale.x(other.to), AXIS_Y + 12.0 + 5.0 * row as f64);
    let bend = (from + 14.0).min(to.max(from + 2.0));
    let [start, steer, bend, end, y, axis] = [from, from + 8.0, bend, to.max(bend), y, AXIS_Y].map(|place| fixed(place, 1));
    let dot = |mark: &Mark| {
        let class = match mark.kind {
            MarkKind::Fault => "fault",
            MarkKind::Violation => "violation",
            MarkKind::Election => "election",
            _ => "action",
        };
        format!("<circle class=\"{class}\" r=\"3\" cx=\"{}\" cy=\"{y}\"/>", fixed(scale.x(mark.at).max(from + 14.0), 1))
    };
    let dots: String = other.marks.iter().map(dot).collect();
    format!("<path class=\"other\" d=\"M{start} {axis}C{steer} {axis} {start} {y} {bend} {y}H{end}\"/>{dots}")
}
