//! Small parts that every panel is made of. None of them is generic over its closures: a button is compiled once,
//! however many there are, and that keeps the page small.

use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Text that follows what it reads. One type for all, so that what shows it is compiled once.
pub type Text = Box<dyn Fn() -> String + Send + Sync>;

pub fn text(text: impl Fn() -> String + Send + Sync + 'static) -> Text {
    Box::new(text)
}

/// Text, still or moving.
pub enum Words {
    Still(&'static str),
    Owned(String),
    Moving(Box<dyn Fn() -> String + Send + Sync>),
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
    Words::Moving(Box::new(text))
}

impl Words {
    pub fn view(self) -> AnyView {
        match self {
            Words::Still(text) => text.into_any(),
            Words::Owned(text) => text.into_any(),
            Words::Moving(text) => (move || text()).into_any(),
        }
    }
}

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

pub fn button(inside: impl Into<Words>, deed: impl FnMut() + 'static) -> Button {
    button_of(inside.into().view(), Box::new(deed))
}

/// A button with a picture instead of words, so it needs a name.
pub fn picture_button(inside: AnyView, name: impl Into<Words>, deed: impl FnMut() + 'static) -> Button {
    let mut button = button_of(inside, Box::new(deed));
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
        let Button { class, id, inside, label, title, disabled, pressed, expanded, deed } = self;
        let deed = Rc::new(RefCell::new(deed));
        let some = |text: &'static str| (!text.is_empty()).then_some(text);
        let label = label.map(words_fn);
        let truth =
            |flag: Option<Flag>| flag.map(|flag| Box::new(move || flag().to_string()) as Box<dyn Fn() -> String + Send + Sync>);
        let (pressed, expanded) = (truth(pressed), truth(expanded));
        view! {
            <button type="button" class=class id=some(id) title=some(title)
                aria-label=move || label.as_ref().map(|label| label())
                aria-pressed=move || pressed.as_ref().map(|pressed| pressed())
                aria-expanded=move || expanded.as_ref().map(|expanded| expanded())
                disabled=move || disabled.as_ref().is_some_and(|disabled| disabled())
                on:click=move |_| (deed.borrow_mut())()>{inside}</button>
        }
        .into_any()
    }
}

type WordsFn = Box<dyn Fn() -> String + Send + Sync>;

fn words_fn(words: Words) -> WordsFn {
    match words {
        Words::Still(text) => Box::new(move || text.to_string()),
        Words::Owned(text) => Box::new(move || text.clone()),
        Words::Moving(text) => text,
    }
}

/// Name and value in two columns; the values follow what they show.
pub fn rows(rows: impl Fn() -> Vec<(&'static str, String)> + Send + Sync + 'static) -> AnyView {
    let rows: Box<dyn Fn() -> Vec<(&'static str, String)> + Send + Sync> = Box::new(rows);
    let list = move || rows().into_iter().map(|(name, value)| row(name.into_any(), value.into_any())).collect::<Vec<_>>();
    view! { <dl>{list}</dl> }.into_any()
}

fn row(name: AnyView, value: AnyView) -> AnyView {
    view! { <dt>{name}</dt><dd>{value}</dd> }.into_any()
}

/// How long a slider that is moved by keys must rest before it acts.
const REST: std::time::Duration = std::time::Duration::from_millis(400);

/// A slider over a few places. Shows while it is dragged, acts when it is let go; by keys, when it rests or is left.
pub struct Slider {
    pub id: &'static str,
    pub label: String,
    pub count: usize,
    pub name: fn(usize) -> String,
}

impl Slider {
    pub fn view(self, value: impl Fn() -> usize + Send + Sync + 'static, act: impl Fn(usize) + 'static) -> AnyView {
        self.of(Box::new(value), Box::new(act))
    }

    fn of(self, value: Box<dyn Fn() -> usize + Send + Sync>, act: Box<dyn Fn(usize)>) -> AnyView {
        let Slider { id, label, count, name } = self;
        let dragged = RwSignal::new(None::<usize>);
        // One memo, so that the parts of the slider never disagree.
        let shown = Memo::new(move |_| dragged.get().unwrap_or_else(&value).min(count - 1));
        let words = move || name(shown.get());
        let let_go = Rc::new(move || {
            if let Some(place) = dragged.try_update(Option::take).flatten() {
                act(place.min(count - 1));
            }
        });
        let (by_key, resting) = (Cell::new(false), Cell::new(None::<TimeoutHandle>));
        let (keyed, rested, left) = (Rc::new(by_key), let_go.clone(), let_go);
        let (pressed, grasped) = (keyed.clone(), keyed.clone());
        view! {
            <div class="slider">
                <label for=id>{label}</label>
                <output for=id>{words}</output>
                <input type="range" id=id min="0" max=(count - 1).to_string() step="1"
                    prop:value=move || shown.get().to_string()
                    aria-valuetext=words
                    on:input=move |event| dragged.set(Some(place(&event)))
                    on:keydown=move |_| pressed.set(true)
                    on:pointerdown=move |_| grasped.set(false)
                    on:blur=move |_| left()
                    on:change=move |event| {
                        dragged.set(Some(place(&event)));
                        resting.take().inspect(TimeoutHandle::clear);
                        let rested = rested.clone();
                        match keyed.get() {
                            true => resting.set(set_timeout_with_handle(move || rested(), REST).ok()),
                            false => rested(),
                        }
                    }/>
            </div>
        }
        .into_any()
    }
}

fn place(event: &web_sys::Event) -> usize {
    event_target_value(event).parse().unwrap_or(0)
}

/// A choice from a list: (value, words, whether it is the present one).
pub fn select(
    id: &'static str,
    options: impl Fn() -> Vec<(String, String, bool)> + Send + Sync + 'static,
    chosen: impl Fn(String) + 'static,
) -> AnyView {
    let options: Box<dyn Fn() -> Vec<(String, String, bool)> + Send + Sync> = Box::new(options);
    let chosen: Box<dyn Fn(String)> = Box::new(chosen);
    let list = move || {
        let option = |(value, words, present)| view! { <option value=value selected=present>{words}</option> }.into_any();
        options().into_iter().map(option).collect::<Vec<AnyView>>()
    };
    view! { <select id=id on:change=move |event| chosen(event_target_value(&event))>{list}</select> }.into_any()
}

/// A box to tick.
pub fn check(words: &'static str, ticked: impl Fn() -> bool + Send + Sync + 'static, toggle: impl Fn() + 'static) -> AnyView {
    let (ticked, toggle): (Flag, Box<dyn Fn()>) = (Box::new(ticked), Box::new(toggle));
    view! {
        <label class="check"><input type="checkbox" prop:checked=ticked on:change=move |_| toggle()/>{words}</label>
    }
    .into_any()
}

/// A part that is there only sometimes.
pub fn only_when(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    part: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    either(condition, part, || ().into_any())
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
    let condition = Memo::new(move |_| condition());
    (move || if condition.get() { yes() } else { no() }).into_any()
}
