//! The timeline as a slider: marks of everything worth jumping to, the other futures below.

use super::{
    parts::{button, text},
    state::App,
};
use crate::{
    explain::words::moment,
    platform::dom::SizeWatch,
    scene::timeline::{Mark, MarkKind, OtherBranch, Timeline},
    sim::time::Micros,
};
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    html,
    prelude::*,
};

/// Room left and right of the axis.
const EDGE: f64 = 10.0;
const AXIS_Y: f64 = 40.0;

pub fn timeline(app: App) -> AnyView {
    let area = NodeRef::<html::Div>::new();
    let width = RwSignal::new(600.0);
    let watch = StoredValue::new_local(None::<SizeWatch>);
    area.on_load(move |element| {
        watch.set_value(SizeWatch::new(&element, move |wide, _| {
            let _ = width.try_set(wide.max(60.0));
        }))
    });
    let scale = move || Scale { span: app.timeline.with(|line| line.span), width: width.get() };
    let dragging = StoredValue::new(false);
    let seek_to_pointer = move |event: &PointerEvent| {
        let Some(element) = area.get_untracked() else { return };
        let rect = element.get_bounding_client_rect();
        let part = (event.client_x() as f64 - rect.left() - EDGE) / (rect.width() - 2.0 * EDGE).max(1.0);
        let span = app.timeline.with_untracked(|line| line.span);
        let wanted = Micros::from_f64(span.0 as f64 * part.clamp(0.0, 1.0));
        // What was never run cannot be gone to by a drag; playing gets there.
        app.seek(wanted.min(app.lab(|lab| lab.horizon())));
    };
    let down = move |event: PointerEvent| {
        dragging.set_value(true);
        app.playing.set(false);
        if let Some(element) = area.get_untracked() {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        seek_to_pointer(&event);
    };
    let up = move |_| dragging.set_value(false);
    view! {
        <div class="timeline" id="timeline" node_ref=area role="slider" tabindex="0" aria-label="Time"
            aria-valuemin="0"
            aria-valuemax=text(move || app.now.get().horizon.0.to_string())
            aria-valuenow=text(move || app.now.get().position.at.0.to_string())
            aria-valuetext=text(move || moment(app.now.get().position.at))
            on:pointerdown=down
            on:pointermove=move |event| if dragging.get_value() { seek_to_pointer(&event) }
            on:pointerup=up
            on:pointercancel=up
            on:keydown=move |event| if press(app, &event) { event.prevent_default(); event.stop_propagation() }>
            // What moves with time is drawn apart from the marks, which seldom change.
            <svg width="100%" height="100%" aria-hidden="true">
                <g inner_html=text(move || known(&scale(), app.now.get().horizon))></g>
                <g inner_html=text(move || app.timeline.with(|line| marks(line, &scale())))></g>
                <g inner_html=text(move || cursor(&scale(), app.now.get().position.at))></g>
            </svg>
            <div class="branches">{move || branches(app)}</div>
        </div>
    }
    .into_any()
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
        view! { <span on:pointerdown=|event: PointerEvent| event.stop_propagation()>{inside}</span> }.into_any()
    };
    others.into_iter().map(other).collect()
}

fn press(app: App, event: &KeyboardEvent) -> bool {
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

/// The axis, and how much of it was run. Markup, as all that follows: nothing in it comes from outside.
fn known(scale: &Scale, horizon: Micros) -> String {
    let line = |class: &str, to: f64| format!("<path class=\"{class}\" d=\"M{EDGE} {AXIS_Y}H{to:.1}\"/>");
    line("axis", scale.width - EDGE) + &line("known", scale.x(horizon))
}

/// Everything worth jumping to, the other futures, and the seconds.
fn marks(line: &Timeline, scale: &Scale) -> String {
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
        let words = format!("{} s", at.as_secs_f64());
        drawn += &words_at("tick", scale.x(at), AXIS_Y + 33.0, if tick == 5 { "end" } else { "middle" }, &words);
    }
    drawn
}

fn cursor(scale: &Scale, now: Micros) -> String {
    let (x, top, bottom) = (scale.x(now), AXIS_Y - 20.0, AXIS_Y + 18.0);
    format!(
        "<path class=\"cursor\" d=\"M{x:.1} {top}V{bottom}\"/><circle class=\"knob\" r=\"7.5\" cx=\"{x:.1}\" cy=\"{AXIS_Y}\"/>"
    )
}

fn words_at(class: &str, x: f64, y: f64, anchor: &str, words: &str) -> String {
    format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>")
}

/// How wide a word is about, half of it.
fn half_width(words: &str) -> f64 {
    words.len() as f64 * 3.2 + 4.0
}

/// Which marks have room for their words: the weightiest first, none over another.
fn labelled(marks: &[Mark], scale: &Scale) -> Vec<bool> {
    let mut order: Vec<usize> = (0..marks.len()).filter(|index| marks[*index].kind != MarkKind::Write).collect();
    order.sort_by_key(|index| std::cmp::Reverse((marks[*index].kind, marks[*index].at)));
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut shown = vec![false; marks.len()];
    for index in order {
        let (middle, half) = (inside(scale, marks[index].at, &marks[index].label), half_width(&marks[index].label));
        let (from, to) = (middle - half, middle + half);
        if taken.iter().all(|(a, b)| to < *a || from > *b) {
            taken.push((from, to));
            shown[index] = true;
        }
    }
    shown
}

/// Where the middle of a mark's words is: near an edge they stay inside.
fn inside(scale: &Scale, at: Micros, words: &str) -> f64 {
    let half = half_width(words);
    scale.x(at).min(scale.width - half).max(half)
}

fn mark_drawn(mark: &Mark, with_label: bool, scale: &Scale) -> String {
    let (x, y) = (scale.x(mark.at), AXIS_Y);
    let (class, colour) = match mark.kind {
        MarkKind::Violation => ("warn", 0),
        MarkKind::Fault => ("bad", 0),
        _ => ("plain", mark.colour),
    };
    let label = match with_label {
        true => words_at(class, inside(scale, mark.at, &mark.label), 16.0, "middle", &mark.label),
        false => String::new(),
    };
    let (class, shape) = match mark.kind {
        MarkKind::Write => ("write", "m-3.500-9h7v18h-7z"),
        MarkKind::Action => ("action", "m0-4.500a4.500 4.500 0 1 1-.01 0Z"),
        MarkKind::Election => ("election", "m-6-6h12v12h-12z"),
        MarkKind::Fault => ("fault", "m0-8.500a8.500 8.500 0 1 1-.01 0Zm-3.500 5l7 7m0-7l-7 7"),
        MarkKind::Violation => ("violation", "m0-10l9 16h-18Z"),
    };
    format!("<path class=\"{class} w{colour}\" d=\"M{x:.1} {y}{shape}\"/>{label}")
}

fn other_line(row: usize, other: &OtherBranch, scale: &Scale) -> String {
    let (from, to, y) = (scale.x(other.from), scale.x(other.to), AXIS_Y + 9.0 + 5.0 * row as f64);
    let bend = (from + 14.0).min(to.max(from + 2.0));
    format!(
        "<path class=\"other\" d=\"M{from:.1} {AXIS_Y}C{:.1} {AXIS_Y} {from:.1} {y} {bend:.1} {y}H{:.1}\"/>",
        from + 8.0,
        to.max(bend)
    )
}
