//! Small parts that every panel is made of. None of them is generic over its closures: a button is compiled once,
//! however many there are, and that keeps the page small.

use super::leptos::*;
use super::{
    element::{Inside, Words, changing, element, moving},
    watched::{Derived, Watched},
};
use std::{cell::Cell, rc::Rc};
use web_sys::Event;

/// A condition that may change.
pub type Flag = Box<dyn Fn() -> bool + Send + Sync>;

/// What a button does.
type Deed = Box<dyn FnMut()>;

/// A button; build it up, then [`Button::view`].
pub struct Button {
    class: &'static str,
    id: &'static str,
    inside: AnyView,
    label: Option<Words>,
    title: &'static str,
    disabled: Option<Flag>,
    pressed: Option<Flag>,
    expanded: Option<Flag>,
    deed: Deed,
}

pub fn button(inside: impl Inside, deed: impl FnMut() + 'static) -> Button {
    button_of(inside.view(), Box::new(deed))
}

/// A button with a picture or a sign instead of words, so it needs a name.
pub fn picture_button(inside: impl Inside, name: impl Into<Words>, deed: impl FnMut() + 'static) -> Button {
    let mut button = button_of(inside.view(), Box::new(deed));
    button.label = Some(name.into());
    button
}

fn button_of(inside: AnyView, deed: Deed) -> Button {
    Button { class: "", id: "", inside, label: None, title: "", disabled: None, pressed: None, expanded: None, deed }
}

impl Button {
    pub fn class(mut self, class: &'static str) -> Button {
        self.class = class;
        self
    }

    pub fn id(mut self, id: &'static str) -> Button {
        self.id = id;
        self
    }

    pub fn title(mut self, title: &'static str) -> Button {
        self.title = title;
        self
    }

    pub fn disabled(mut self, disabled: impl Fn() -> bool + Send + Sync + 'static) -> Button {
        self.disabled = Some(Box::new(disabled));
        self
    }

    pub fn pressed(mut self, pressed: impl Fn() -> bool + Send + Sync + 'static) -> Button {
        self.pressed = Some(Box::new(pressed));
        self
    }

    pub fn expanded(mut self, expanded: impl Fn() -> bool + Send + Sync + 'static) -> Button {
        self.expanded = Some(Box::new(expanded));
        self
    }

    pub fn view(self) -> AnyView {
        let Button { class, id, inside, label, title, disabled, pressed, expanded, mut deed } = self;
        let mut built = element("button").attribute("type", "button").on("click", move |_| deed()).with(inside);
        for (name, text) in [("class", class), ("id", id), ("title", title)] {
            if !text.is_empty() {
                built = built.attribute(name, text);
            }
        }
        if let Some(label) = label {
            built = built.attribute("aria-label", label);
        }
        if let Some(pressed) = pressed {
            built = built.truth("aria-pressed", pressed);
        }
        if let Some(expanded) = expanded {
            built = built.truth("aria-expanded", expanded);
        }
        if let Some(disabled) = disabled {
            built = built.flag("disabled", disabled);
        }
        built.view()
    }
}

/// Name and value in two columns; the values follow what they show.
pub fn rows(rows: impl Fn() -> Vec<(&'static str, String)> + Send + Sync + 'static) -> AnyView {
    let row = |(name, value): (&'static str, String)| [element("dt").with(name).view(), element("dd").with(value).view()];
    element("dl").with(changing(move || rows().into_iter().flat_map(row).collect::<Vec<_>>())).view()
}

/// How long a slider that is moved by keys must rest before it acts.
const REST: std::time::Duration = std::time::Duration::from_millis(400);

/// A slider over a few places. Shows while it is dragged, acts when it is let go; by keys, when it rests or is left.
pub struct Slider {
    pub id: &'static str,
    pub label: String,
    pub count: usize,
    pub name: fn(usize) -> String,
    /// What is so now, where that may lie between the places; else the name of the place.
    pub exact: Option<Box<dyn Fn() -> String + Send + Sync>>,
}

impl Slider {
    pub fn view(self, value: impl Fn() -> usize + Send + Sync + 'static, act: impl Fn(usize) + 'static) -> AnyView {
        self.of(Box::new(value), Box::new(act))
    }

    fn of(self, value: Box<dyn Fn() -> usize + Send + Sync>, act: Box<dyn Fn(usize)>) -> AnyView {
        let Slider { id, label, count, name, exact } = self;
        let dragged = Watched::new(None::<usize>);
        // One value, so that the parts of the slider never disagree.
        let shown = Derived::new(move || dragged.get().unwrap_or_else(&value).min(count - 1));
        let words = Derived::new(move || match (&exact, dragged.get()) {
            (Some(exact), None) => exact(),
            _ => name(shown.get()),
        });
        let words = move || words.get();
        let let_go = Rc::new(move || {
            if let Some(place) = dragged.get_if_there().flatten() {
                dragged.set(None);
                act(place.min(count - 1));
            }
        });
        let (by_key, resting) = (Rc::new(Cell::new(false)), Cell::new(None::<TimeoutHandle>));
        let (pressed, grasped, rested) = (by_key.clone(), by_key.clone(), let_go.clone());
        let input = element("input")
            .attribute("type", "range")
            .id(id)
            .attribute("min", "0")
            .attribute("max", (count - 1).to_string())
            .attribute("step", "1")
            .property("value", move || shown.get().to_string())
            .attribute("aria-valuetext", moving(words))
            .on("input", move |event| dragged.set(Some(place(&event))))
            .on("keydown", move |_| pressed.set(true))
            .on("pointerdown", move |_| grasped.set(false))
            .on("blur", move |_| let_go())
            .on("change", move |event| {
                dragged.set(Some(place(&event)));
                resting.take().inspect(TimeoutHandle::clear);
                let rested = rested.clone();
                match by_key.get() {
                    true => resting.set(set_timeout_with_handle(move || rested(), REST).ok()),
                    false => rested(),
                }
            });
        element("div")
            .class("slider")
            .with(element("label").attribute("for", id).with(label))
            .with(element("output").attribute("for", id).with(moving(words)))
            .with(input)
            .view()
    }
}

fn place(event: &Event) -> usize {
    event_target_value(event).parse().unwrap_or(0)
}

/// A choice from a list: (value, words, whether it is the present one).
pub fn select(
    id: &'static str,
    options: impl Fn() -> Vec<(String, String, bool)> + Send + Sync + 'static,
    chosen: impl Fn(String) + 'static,
) -> AnyView {
    let option = |(value, words, present): (String, String, bool)| {
        element("option").attribute("value", value).property("selected", move || present).with(words).view()
    };
    element("select")
        .id(id)
        .on("change", move |event| chosen(event_target_value(&event)))
        .with(changing(move || options().into_iter().map(option).collect::<Vec<AnyView>>()))
        .view()
}

/// A field goes back to what is so.
pub fn put_back(id: &str, value: usize) {
    if let Some(field) = document().get_element_by_id(id) {
        let _ = js_sys::Reflect::set(&field, &"value".into(), &value.to_string().into());
    }
}

/// A box to tick.
pub fn check(words: &'static str, ticked: impl Fn() -> bool + Send + Sync + 'static, toggle: impl Fn() + 'static) -> AnyView {
    let input = element("input").attribute("type", "checkbox").property("checked", ticked).on("change", move |_| toggle());
    element("label").class("check").with(input).with(words).view()
}

/// A part that is there only sometimes.
pub fn only_when(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    part: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    either(condition, part, || None.view())
}

/// One of two parts; each is built anew when it comes.
pub fn either(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    yes: impl Fn() -> AnyView + Send + Sync + 'static,
    no: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    switch(Box::new(condition), Box::new(yes), Box::new(no))
}

type Part = Box<dyn Fn() -> AnyView + Send + Sync>;

fn switch(condition: Flag, yes: Part, no: Part) -> AnyView {
    let condition = Derived::new(condition);
    changing(move || if condition.get() { yes() } else { no() })
}
