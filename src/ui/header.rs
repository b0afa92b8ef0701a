//! The header: name, scenario, share, theme, help.

use super::{
    icons::{Icon, Picture},
    state::{App, Dialog},
};
use crate::platform::{dom, storage};
use leptos::prelude::*;

const THEME: &str = "replicarium.theme";
/// Themes in the order in which the button goes through them; the first follows the system.
const THEMES: [(&str, &str); 4] =
    [("", "as the system"), ("light", "light"), ("dark", "dark"), ("contrast", "high contrast")];

#[component]
pub fn Header() -> impl IntoView {
    let app = expect_context::<App>();
    let stored = storage::get(THEME).unwrap_or_default();
    let theme = RwSignal::new(THEMES.iter().position(|(value, _)| *value == stored).unwrap_or(0));
    let next_theme = move |_| {
        theme.update(|theme| *theme = (*theme + 1) % THEMES.len());
        let (value, name) = THEMES[theme.get_untracked()];
        if value.is_empty() {
            storage::remove(THEME);
        } else {
            storage::set(THEME, value);
        }
        dom::set_root_attribute("data-theme", (!value.is_empty()).then_some(value));
        app.theme_changes.update(|changes| *changes += 1);
        app.say(format!("Colours: {name}."));
    };
    let title = move || app.watch(|lab| lab.scenario().title.clone());
    view! {
        <header class="top">
            <span class="brand">
                <svg viewBox="0 0 22 22" width=22 height=22 aria-hidden="true" class="logo">
                    <rect x=7 y=1.5 width=8 height=7 rx=1.8/>
                    <rect x=1 y=13.5 width=8 height=7 rx=1.8/>
                    <rect x=13 y=13.5 width=8 height=7 rx=1.8 class="dashed"/>
                    <path d=move || "M10 8.500 6 13.500M12 8.500l4 5"/>
                </svg>
                "Replicarium"
            </span>
            <span class="scenario-title">{title}</span>
            <span class="actions">
                <button type="button" class="quiet" on:click=move |_| app.dialog.set(Some(Dialog::Scenarios))>"Scenarios"</button>
                <button type="button" on:click=move |_| app.dialog.set(Some(Dialog::Share))>"Share"</button>
                <button type="button" class="quiet" aria-label=move || format!("Colours: {}", THEMES[theme.get()].1) on:click=next_theme>
                    <Picture icon=Icon::Theme/>
                </button>
                <button type="button" class="quiet" aria-label="Help" on:click=move |_| app.dialog.set(Some(Dialog::Help))>"?"</button>
            </span>
        </header>
    }
}
