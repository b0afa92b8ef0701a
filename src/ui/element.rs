//! Elements built up by calls, each of one and the same type whatever its tag, attributes and children.
//!
//! Leptos' `view!` gives every combination of tag and attributes a type of its own, and the code for it: with `view!` the
//! page was a third larger. Here the same renderer gets one kind of element, and five kinds of attributes.

use super::leptos::*;
use crate::sim::decimal::fixed;
use std::{hash::Hash, sync::Arc};
use tachys::{
    html::{
        attribute::{
            any_attribute::{AnyAttribute, IntoAnyAttribute},
            custom::custom_attribute,
        },
        element::{Custom, ElementChild, custom},
        event,
        node_ref::node_ref,
        property::prop,
    },
    view::add_attr::AddAnyAttr,
};
use wasm_bindgen::JsValue;
use web_sys::Event;

/// Text, still or moving.
pub enum Words {
    Still(&'static str),
    Owned(String),
    Moving(Arc<dyn Fn() -> String + Send + Sync>),
}

impl From<&'static str> for Words {
    fn from(text: &'static str) -> Words {
        Words::Still(text)
    }
}

impl From<String> for Words {
    fn from(text: String) -> Words {
        Words::Owned(text)
    }
}

/// Text that is read again whenever what it depends on changes.
pub fn moving(text: impl Fn() -> String + Send + Sync + 'static) -> Words {
    Words::Moving(Arc::new(text))
}

/// What can stand inside an element.
pub trait Inside {
    fn view(self) -> AnyView;
}

impl Inside for AnyView {
    fn view(self) -> AnyView {
        self
    }
}

impl Inside for &'static str {
    fn view(self) -> AnyView {
        self.to_string().into_any()
    }
}

impl Inside for String {
    fn view(self) -> AnyView {
        self.into_any()
    }
}

impl Inside for Words {
    fn view(self) -> AnyView {
        match self {
            Words::Still(text) => text.view(),
            Words::Owned(text) => text.view(),
            Words::Moving(text) => text.into_any(),
        }
    }
}

impl Inside for Vec<AnyView> {
    fn view(self) -> AnyView {
        self.into_any()
    }
}

impl Inside for Option<AnyView> {
    fn view(self) -> AnyView {
        self.unwrap_or_else(|| Vec::<AnyView>::new().into_any())
    }
}

impl Inside for Element {
    fn view(self) -> AnyView {
        Element::view(self)
    }
}

/// A part that is built anew whenever what it depends on changes; what stays the same in it stays on the page.
pub fn changing<T: Inside>(part: impl Fn() -> T + Send + Sync + 'static) -> AnyView {
    changing_of(Box::new(move || part().view()))
}

fn changing_of(part: Box<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
    (move || part()).into_any()
}

/// A part for every item; the part of an item that stays, stays, with the focus in it.
pub fn each<T: Clone + Eq + Hash + Send + Sync + 'static>(
    items: impl Fn() -> Vec<T> + Send + 'static,
    part: impl Fn(T) -> AnyView + Clone + Send + 'static,
) -> AnyView {
    let owner = Owner::current().unwrap_or_default();
    let owned = move |_: usize, item: T| {
        let owner = owner.with(Owner::new);
        let view = owner.with(|| part(item));
        (drop::<usize>, OwnedView::new_with_owner(view, owner))
    };
    (move || keyed(items(), T::clone, owned.clone())).into_any()
}

/// Finds an element once it is on the page.
pub type Place = NodeRef<Custom<String>>;

/// An element that is being built up.
pub struct Element {
    tag: &'static str,
    attributes: Vec<AnyAttribute>,
    inside: Vec<AnyView>,
}

pub fn element(tag: &'static str) -> Element {
    Element { tag, attributes: Vec::new(), inside: Vec::new() }
}

/// `<span class=…>`
pub fn span(class: impl Into<Words>, inside: impl Inside) -> AnyView {
    element("span").class(class).with(inside).view()
}

impl Element {
    /// Adds a child after those that are there.
    pub fn with(mut self, inside: impl Inside) -> Element {
        self.inside.push(inside.view());
        self
    }

    pub fn class(self, class: impl Into<Words>) -> Element {
        self.attribute("class", class)
    }

    pub fn id(self, id: &'static str) -> Element {
        self.attribute("id", id)
    }

    pub fn attribute(self, name: &'static str, value: impl Into<Words>) -> Element {
        match value.into() {
            Words::Still(text) => self.fixed(name, text.to_string()),
            Words::Owned(text) => self.fixed(name, text),
            Words::Moving(text) => self.maybe(name, move || Some(text())),
        }
    }

    fn fixed(mut self, name: &'static str, value: String) -> Element {
        self.attributes.push(custom_attribute(name, value).into_any_attr());
        self
    }

    /// An attribute that is there only while it has a value.
    pub fn maybe(self, name: &'static str, value: impl Fn() -> Option<String> + Send + Sync + 'static) -> Element {
        self.maybe_of(name, Arc::new(value))
    }

    fn maybe_of(mut self, name: &'static str, value: Arc<dyn Fn() -> Option<String> + Send + Sync>) -> Element {
        self.attributes.push(custom_attribute(name, value).into_any_attr());
        self
    }

    /// An attribute without a value, such as `disabled`.
    pub fn flag(self, name: &'static str, on: impl Fn() -> bool + Send + Sync + 'static) -> Element {
        self.maybe(name, move || on().then(String::new))
    }

    /// `true` or `false`, as the `aria-` attributes want it.
    pub fn truth(self, name: &'static str, on: impl Fn() -> bool + Send + Sync + 'static) -> Element {
        self.maybe(name, move || Some(if on() { "true" } else { "false" }.to_string()))
    }

    /// A property of the element's object; unlike an attribute it is what a field holds now.
    pub fn property<T: Into<JsValue>>(self, name: &'static str, value: impl Fn() -> T + Send + Sync + 'static) -> Element {
        self.property_of(name, Arc::new(move || value().into()))
    }

    fn property_of(mut self, name: &'static str, value: Arc<dyn Fn() -> JsValue + Send + Sync>) -> Element {
        self.attributes.push(prop(name, move || value()).into_any_attr());
        self
    }

    /// Styles; the page's policy forbids them as an attribute.
    pub fn style(self, style: impl Fn() -> String + Send + Sync + 'static) -> Element {
        self.property("style", style)
    }

    pub fn on(self, name: &'static str, act: impl FnMut(Event) + 'static) -> Element {
        self.on_of(name, Box::new(act))
    }

    fn on_of(mut self, name: &'static str, act: Box<dyn FnMut(Event)>) -> Element {
        self.attributes.push(event::on(event::Custom::<Event>::new(name), act).into_any_attr());
        self
    }

    pub fn place(mut self, place: Place) -> Element {
        self.attributes.push(node_ref(place).into_any_attr());
        self
    }

    pub fn view(self) -> AnyView {
        let Element { tag, attributes, inside } = self;
        // The renderer compares the tag with the one in the document, which is written in capitals.
        custom(tag.to_ascii_uppercase()).add_any_attr(attributes).child(inside).into_any()
    }
}

/// A drawing from its SVG, which must hold nothing that comes from outside.
pub fn drawn(svg: impl Into<Words>) -> AnyView {
    markup("drawn", svg)
}

/// What is built from markup, which must hold nothing that comes from outside; for the eyes only.
pub fn markup(class: &'static str, markup: impl Into<Words>) -> AnyView {
    let markup: Arc<dyn Fn() -> String + Send + Sync> = match markup.into() {
        Words::Still(text) => Arc::new(move || text.into()),
        Words::Owned(text) => Arc::new(move || text.clone()),
        Words::Moving(text) => text,
    };
    // A tag that nothing else has: what is built anew in its place must not be given its markup.
    element("i").class(class).attribute("aria-hidden", "true").property("innerHTML", move || markup()).view()
}

/// A length as style sheets want it.
pub fn px(length: f64) -> String {
    format!("{}px", fixed(length, 1))
}
