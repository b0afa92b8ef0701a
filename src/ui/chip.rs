//! The chip of a write, and sentences with chips in them.

use super::leptos::AnyView;
use super::{
    element::{Inside, drawn, element},
    parts::button,
    state::{App, Selection},
};
use crate::{
    explain::{Span, chip::Chip, words::moment},
    sim::id::Address,
};

/// Colour, shape and words of a write.
pub fn chip(chip: Chip) -> AnyView {
    chip_with(chip, chip.text())
}

/// The same where the key stands beside it already.
pub fn value_chip(chip: Chip) -> AnyView {
    chip_with(chip, chip.short())
}

fn chip_with(chip: Chip, text: String) -> AnyView {
    element("span")
        .class(format!("chip w{}", chip.colour))
        .attribute("data-shape", chip.shape.word())
        .with(drawn(mark(&chip)))
        .with(text)
        .view()
}

/// The shape of a write, as markup.
pub fn mark(chip: &Chip) -> String {
    shape(chip.shape.path())
}

/// Where there could be a write, and is none.
pub fn dash() -> String {
    shape("M1 4.2H9V5.8H1Z")
}

fn shape(path: &str) -> String {
    format!("<svg class=\"mark\" viewBox=\"0 0 10 10\" width=\"10\" height=\"10\"><path d=\"{path}\"/></svg>")
}

/// A sentence; who and when in it can be gone to.
pub fn said(app: App, sentence: Vec<Span>) -> AnyView {
    sentence.into_iter().map(|span| piece(app, span)).collect::<Vec<AnyView>>().view()
}

fn piece(app: App, span: Span) -> AnyView {
    match span {
        Span::Text(text) => text.view(),
        Span::Strong(text) => element("b").with(text).view(),
        Span::Write(write) => chip(write),
        Span::Who(address) => {
            let selection = match address {
                Address::Node(node) => Selection::Node(node),
                Address::Client(client) => Selection::Client(client),
            };
            button(address.to_string(), move || app.select(Some(selection))).class("word").view()
        }
        Span::When(at) => button(moment(at), move || app.seek(at)).class("word").view(),
    }
}
