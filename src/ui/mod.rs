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
    leptos::mount::mount_to_body(Page);
}

#[component]
fn Page() -> impl IntoView {
    let app = App::open();
    provide_context(app);
    keys::listen(app);
    let frames = StoredValue::new_local(Some(frame::start(app)));
    on_cleanup(move || drop(frames.try_update_value(Option::take)));
    let tab = move || match app.tab.get() {
        Tab::Lesson => "tab-lesson",
        Tab::Controls => "tab-controls",
        Tab::Timeline => "tab-timeline",
        Tab::Details => "tab-details",
    };
    view! {
        <div class=move || format!("page {}", tab())>
            <a class="skip" href="#stage" on:click=move |event| {
                event.prevent_default();
                platform::dom::focus("stage");
            }>"Skip to the stage"</a>
            <header::Header/>
            <lesson::Lesson/>
            <main class="centre" id="stage" tabindex="-1" aria-label="Stage">
                <verdicts::Headline/>
                <stage::StageView/>
                <verdicts::Verdicts/>
            </main>
            <aside class="side" aria-label="Details and settings">
                <inspector::Inspector/>
                <settings::Settings/>
            </aside>
            <transport::Transport/>
            <nav class="tabs" aria-label="Panels">
                {[(Tab::Lesson, "Lesson"), (Tab::Controls, "Controls"), (Tab::Timeline, "Timeline"), (Tab::Details, "Details")]
                    .map(|(own, name)| view! {
                        <button type="button" aria-pressed=move || (app.tab.get() == own).to_string()
                            on:click=move |_| app.tab.set(own)>{name}</button>
                    })}
            </nav>
            <dialogs::Dialogs/>
            <verdicts::Toast/>
            <div class="unseen" role="status" aria-live="polite">{move || app.spoken.get()}</div>
        </div>
    }
}
