//! The page: Leptos components that draw a scene and send commands. They look inside no protocol.

mod canvas;
mod card;
mod chip;
mod dialogs;
mod forms;
mod frame;
mod header;
mod icons;
mod inspector;
mod keys;
mod lesson;
mod parts;
mod settings;
mod stage;
mod state;
mod timeline;
mod transport;
mod verdicts;

use crate::platform;
use leptos::prelude::*;
use state::{App, Tab};

/// Mounts the page.
pub fn start() {
    platform::panic::show_panics();
    leptos::mount::mount_to_body(page);
}

const TABS: [(Tab, &str, &str); 4] = [
    (Tab::Lesson, "Lesson", "page tab-lesson"),
    (Tab::Controls, "Controls", "page tab-controls"),
    (Tab::Timeline, "Timeline", "page tab-timeline"),
    (Tab::Details, "Details", "page tab-details"),
];

fn page() -> AnyView {
    let app = App::open();
    keys::listen(app);
    let frames = StoredValue::new_local(Some(frame::start(app)));
    on_cleanup(move || drop(frames.try_update_value(Option::take)));
    let class = move || TABS.iter().find(|(tab, ..)| app.tab.get() == *tab).map(|(.., class)| *class);
    let tabs =
        TABS.map(|(own, name, _)| parts::button(name, move || app.tab.set(own)).pressed(move || app.tab.get() == own).view());
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        platform::dom::focus("stage");
    };
    view! {
        <div class=class>
            <a class="skip" href="#stage" on:click=skip>"Skip to the stage"</a>
            {header::header(app)}
            {lesson::lesson(app)}
            <main class="centre" id="stage" tabindex="-1" aria-label="Stage">
                {verdicts::headline(app)}
                {stage::stage(app)}
                {verdicts::verdicts(app)}
            </main>
            <aside class="side" aria-label="Details and settings">
                {inspector::inspector(app)}
                {settings::settings(app)}
            </aside>
            {transport::transport(app)}
            <nav class="tabs" aria-label="Panels">{Vec::from(tabs)}</nav>
            {dialogs::dialogs(app)}
            {verdicts::toast(app)}
            <div class="unseen" role="status" aria-live="polite">{move || app.spoken.get()}</div>
        </div>
    }
    .into_any()
}
