//! The timeline as a slider: marks of everything worth jumping to, the other futures below.

use super::{parts::button, state::App};
use crate::{
    explain::words::moment,
    platform::dom::SizeWatch,
    scene::timeline::{Mark, MarkKind, OtherBranch},
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
    let span = move || app.timeline.with(|line| line.span);
    let x = move |at: Micros| EDGE + (width.get() - 2.0 * EDGE) * (at.0 as f64 / span().0.max(1) as f64).min(1.0);
    let dragging = StoredValue::new(false);
    let seek_to_pointer = move |event: &PointerEvent| {
        let Some(element) = area.get_untracked() else { return };
        let rect = element.get_bounding_client_rect();
        let part = (event.client_x() as f64 - rect.left() - EDGE) / (rect.width() - 2.0 * EDGE).max(1.0);
        let wanted = Micros::from_f64(span().0 as f64 * part.clamp(0.0, 1.0));
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
            aria-valuemax=move || app.now.get().horizon.0.to_string()
            aria-valuenow=move || app.now.get().position.at.0.to_string()
            aria-valuetext=move || moment(app.now.get().position.at)
            on:pointerdown=down
            on:pointermove=move |event| if dragging.get_value() { seek_to_pointer(&event) }
            on:pointerup=up
            on:pointercancel=up
            on:keydown=move |event| if press(app, &event) { event.prevent_default(); event.stop_propagation() }>
            <svg width="100%" height="100%" aria-hidden="true">
                <line class="axis" x1=EDGE y1=AXIS_Y y2=AXIS_Y x2=move || width.get() - EDGE/>
                <line class="known" x1=EDGE y1=AXIS_Y y2=AXIS_Y x2=move || x(app.now.get().horizon)/>
                <g class="others">{move || {
                    let others = app.timeline.with(|line| line.others.clone());
                    others.into_iter().enumerate().map(|(row, other)| other_line(row, &other, &x)).collect::<Vec<AnyView>>()
                }}</g>
                <g>{move || {
                    let marks = app.timeline.with(|line| line.marks.clone());
                    let labelled = labelled(&marks, &x);
                    marks.into_iter().zip(labelled).map(|(mark, label)| mark_view(mark, label, &x)).collect::<Vec<AnyView>>()
                }}</g>
                <g class="ticks">{move || ticks(span()).into_iter().map(|at| tick(x(at), at)).collect::<Vec<AnyView>>()}</g>
                <line class="cursor" y1=14 y2=AXIS_Y + 18.0 x1=move || x(app.now.get().position.at) x2=move || x(app.now.get().position.at)/>
                <circle class="knob" r=7.5 cy=AXIS_Y cx=move || x(app.now.get().position.at)/>
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

fn tick(x: f64, at: Micros) -> AnyView {
    view! { <text x=x y=AXIS_Y + 33.0 text-anchor="middle">{format!("{} s", at.as_secs_f64())}</text> }.into_any()
}

fn ticks(span: Micros) -> Vec<Micros> {
    (0..=5).map(|tick| Micros(span.0 / 5 * tick)).collect()
}

/// Which marks have room for their words: the weightiest first, none over another.
fn labelled(marks: &[Mark], x: &impl Fn(Micros) -> f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..marks.len()).filter(|index| marks[*index].kind != MarkKind::Write).collect();
    order.sort_by_key(|index| std::cmp::Reverse((marks[*index].kind, marks[*index].at)));
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut shown = vec![false; marks.len()];
    for index in order {
        let (middle, half) = (x(marks[index].at), marks[index].label.len() as f64 * 3.2 + 4.0);
        let (from, to) = (middle - half, middle + half);
        if taken.iter().all(|(a, b)| to < *a || from > *b) {
            taken.push((from, to));
            shown[index] = true;
        }
    }
    shown
}

fn mark_view(mark: Mark, with_label: bool, x: &impl Fn(Micros) -> f64) -> AnyView {
    let at = x(mark.at);
    let label = with_label.then(|| {
        let class = match mark.kind {
            MarkKind::Violation => "warn",
            MarkKind::Fault => "bad",
            _ => "plain",
        };
        let text = mark.label.clone();
        // Near an edge the words stay inside.
        let anchor = if at < 70.0 { "start" } else { "middle" };
        view! { <text class=class x=at y=16 text-anchor=anchor>{text}</text> }
    });
    let y = AXIS_Y;
    let (class, path) = match mark.kind {
        MarkKind::Write => (format!("write w{}", mark.colour), format!("M{} {}h7v18h-7z", at - 3.5, y - 9.0)),
        MarkKind::Action => ("action".into(), format!("M{at} {}a4.500 4.500 0 1 1-.01 0Z", y - 4.5)),
        MarkKind::Election => ("election".into(), format!("M{} {}h12v12h-12z", at - 6.0, y - 6.0)),
        MarkKind::Fault => {
            let cross = format!("M{} {}l7 7m0-7l-7 7", at - 3.5, y - 3.5);
            ("fault".into(), format!("M{at} {}a8.500 8.500 0 1 1-.01 0Z{cross}", y - 8.5))
        }
        MarkKind::Violation => ("violation".into(), format!("M{at} {}l9 16h-18Z", y - 10.0)),
    };
    let shape = view! { <path class=class d=path/> }.into_any();
    view! { <g>{shape}{label}</g> }.into_any()
}

fn other_line(row: usize, other: &OtherBranch, x: &impl Fn(Micros) -> f64) -> AnyView {
    let (from, to, y) = (x(other.from), x(other.to), AXIS_Y + 9.0 + 5.0 * row as f64);
    let bend = (from + 14.0).min(to.max(from + 2.0));
    let path = format!("M{from} {AXIS_Y}C{} {AXIS_Y} {from} {y} {bend} {y}H{}", from + 8.0, to.max(bend));
    view! { <path class="other" d=path/> }.into_any()
}
