//! Sliders and the like, shared by the panels.

use crate::{explain::words::duration, sim::time::Micros};
use leptos::prelude::*;

/// Delays that a slider offers: fine below, coarse above.
pub const DELAYS_MS: [u64; 24] =
    [0, 1, 2, 5, 10, 20, 30, 40, 60, 80, 90, 120, 160, 200, 300, 400, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000];
/// Losses in per cent.
pub const LOSSES: [u64; 11] = [0, 1, 2, 5, 10, 20, 30, 40, 60, 80, 100];

pub fn delay_name(index: usize) -> String {
    duration(Micros::from_millis(DELAYS_MS[index]))
}

/// The place of the slider nearest to a delay.
pub fn delay_index(delay: Micros) -> usize {
    let distance = |ms: &u64| Micros::from_millis(*ms).0.abs_diff(delay.0);
    (0..DELAYS_MS.len()).min_by_key(|index| distance(&DELAYS_MS[*index])).unwrap_or(0)
}

pub fn loss_index(loss: f64) -> usize {
    let distance = |percent: &u64| ((*percent as f64 - loss * 100.0).abs() * 1e3) as u64;
    (0..LOSSES.len()).min_by_key(|index| distance(&LOSSES[*index])).unwrap_or(0)
}

/// A labelled slider over `count` places. Shows while it is dragged, acts when it is let go.
#[component]
pub fn Slider(
    id: &'static str,
    #[prop(into)] label: Signal<String>,
    count: usize,
    #[prop(into)] value: Signal<usize>,
    name: fn(usize) -> String,
    act: impl Fn(usize) + 'static,
) -> impl IntoView {
    let dragged = RwSignal::new(None::<usize>);
    let shown = move || dragged.get().unwrap_or_else(|| value.get());
    let parse = |event: &web_sys::Event| event_target_value(event).parse::<usize>().unwrap_or(0);
    view! {
        <div class="slider">
            <label for=id>{move || label.get()}</label>
            <output for=id>{move || name(shown().min(count - 1))}</output>
            <input type="range" id=id min="0" max=(count - 1).to_string() step="1"
                prop:value=move || shown().to_string()
                aria-valuetext=move || name(shown().min(count - 1))
                on:input=move |event| dragged.set(Some(parse(&event)))
                on:change=move |event| {
                    dragged.set(None);
                    act(parse(&event).min(count - 1));
                }/>
        </div>
    }
}
