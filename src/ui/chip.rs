//! The chip of a write, and sentences with chips in them.

use super::state::{App, Selection};
use crate::{
    explain::{Sentence, Span, chip::Chip as ChipData, words::moment},
    sim::id::Address,
};
use leptos::prelude::*;

/// Colour, shape and words of a write. `value_only`: the key stands beside it already.
#[component]
pub fn Chip(chip: ChipData, #[prop(optional)] value_only: bool) -> impl IntoView {
    let text = if value_only { chip.value().to_string() } else { chip.text() };
    let path = chip.shape.path();
    view! {
        <span class=format!("chip w{}", chip.colour) data-shape=chip.shape.word()>
            <Mark path/>
            {text}
        </span>
    }
}

/// A shape as a picture.
#[component]
pub fn Mark(path: &'static str) -> impl IntoView {
    view! { <svg class="mark" viewBox="0 0 10 10" width=10 height=10 aria-hidden="true"><path d=move || path/></svg> }
}

/// A sentence; who and when in it can be gone to.
#[component]
pub fn Said(#[prop(into)] sentence: Signal<Sentence>) -> impl IntoView {
    let app = expect_context::<App>();
    move || sentence.get().into_iter().map(|span| piece(app, span)).collect_view()
}

fn piece(app: App, span: Span) -> AnyView {
    match span {
        Span::Text(text) => text.into_any(),
        Span::Strong(text) => view! { <b>{text}</b> }.into_any(),
        Span::Write(chip) => view! { <Chip chip/> }.into_any(),
        Span::Who(address) => {
            let selection = match address {
                Address::Node(node) => Selection::Node(node),
                Address::Client(client) => Selection::Client(client),
            };
            view! {
                <button type="button" class="word" on:click=move |_| app.select(Some(selection))>{address.to_string()}</button>
            }
            .into_any()
        }
        Span::When(at) => view! {
            <button type="button" class="word" on:click=move |_| app.seek(at)>{moment(at)}</button>
        }
        .into_any(),
    }
}
