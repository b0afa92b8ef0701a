//! The page: Leptos components that draw a scene and send commands. They look inside no protocol.

mod canvas;
mod card;
mod chip;
mod choose;
mod client;
mod commit;
mod concern;
mod dialogs;
#[cfg(feature = "documents")]
mod documents;
mod element;
mod failover;
#[cfg(feature = "gossip")]
mod field;
mod forms;
mod frame;
mod header;
mod icons;
mod inspector;
mod keys;
mod leptos;
mod lesson;
mod logs;
mod measures;
mod node;
mod parting;
mod parts;
mod peer;
#[cfg(feature = "quorum")]
mod quorum;
mod replica;
mod rules;
mod settings;
mod stage;
mod state;
mod timeline;
mod transport;
mod typed;
mod verdicts;
mod versions;
mod watched;

use crate::platform;
use element::{element, moving};
use leptos::*;
use state::{App, Tab};

/// Mounts the page.
pub fn start() {
    platform::panic::show_panics();
    leptos::mount(page);
}

const TABS: [(Tab, &str, &str); 5] = [
    (Tab::Lesson, "Lesson", "page tab-lesson"),
    (Tab::Controls, "Controls", "page tab-controls"),
    (Tab::Timeline, "Timeline", "page tab-timeline"),
    (Tab::Details, "Details", "page tab-details"),
    (Tab::Measures, "Measures", "page tab-measures"),
];

fn page() -> AnyView {
    let app = App::open();
    keys::listen(app);
    let frames = StoredValue::new_local(Some(frame::start(app)));
    on_cleanup(move || drop(frames.try_update_value(Option::take)));
    let class = move || TABS.iter().find(|(tab, ..)| app.tab.get() == *tab).map_or("page", |(.., class)| class).to_string();
    let tabs =
        TABS.map(|(own, name, _)| parts::button(name, move || app.tab.set(own)).pressed(move || app.tab.get() == own).view());
    let skip = move |event: web_sys::Event| {
        event.prevent_default();
        platform::dom::focus("stage");
    };
    let centre = element("main")
        .class("centre")
        .id("stage")
        .attribute("tabindex", "-1")
        .attribute("aria-label", "Stage")
        .with(vec![verdicts::headline(app), stage::stage(app), verdicts::verdicts(app)]);
    let middle = element("div").class("middle").with(centre).with(measures::measures(app));
    let side = element("aside")
        .class("side")
        .attribute("aria-label", "Details and settings")
        .with(vec![inspector::inspector(app), settings::settings(app)]);
    let spoken = element("div")
        .class("unseen")
        .attribute("role", "status")
        .attribute("aria-live", "polite")
        .with(moving(move || app.spoken.get()));
    element("div")
        .class(moving(class))
        .with(element("a").class("skip").attribute("href", "#stage").on("click", skip).with("Skip to the stage"))
        .with(vec![header::header(app), lesson::lesson(app)])
        .with(middle)
        .with(side)
        .with(transport::transport(app))
        .with(element("nav").class("tabs").attribute("aria-label", "Panels").with(Vec::from(tabs)))
        .with(vec![dialogs::dialogs(app), verdicts::toast(app)])
        .with(spoken)
        .view()
}
