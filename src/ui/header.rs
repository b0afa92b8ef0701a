//! The header: name, scenario, share, theme, help.

use super::leptos::AnyView;
use super::{
    element::{drawn, element, moving},
    icons::{THEME, picture},
    measures,
    parts::{button, picture_button},
    state::{App, Dialog},
    watched::Watched,
};
use crate::platform::{dom, storage};

const THEME_KEY: &str = "replicarium.theme";
/// Themes in the order in which the button goes through them; the first follows the system.
const THEMES: [(&str, &str); 4] = [("", "as the system"), ("light", "light"), ("dark", "dark"), ("contrast", "high contrast")];

pub fn header(app: App) -> AnyView {
    let stored = storage::get(THEME_KEY).unwrap_or_default();
    let theme = Watched::new(THEMES.iter().position(|(value, _)| *value == stored).unwrap_or(0));
    let next_theme = move || {
        theme.update(|theme| *theme = (*theme + 1) % THEMES.len());
        let (value, name) = THEMES[theme.get_untracked()];
        if value.is_empty() {
            storage::remove(THEME_KEY);
        } else {
            storage::set(THEME_KEY, value);
        }
        dom::set_root_attribute("data-theme", (!value.is_empty()).then_some(value));
        app.theme_changes.update(|changes| *changes += 1);
        app.say(format!("Colours: {name}."));
    };
    dom::on_change("(prefers-color-scheme: dark)", move || {
        app.theme_changes.update(|changes| *changes += 1);
    });
    let open = move |dialog: Dialog| move || app.dialog.set(Some(dialog.clone()));
    let colours = move || format!("Colours: {}", THEMES[theme.get()].1);
    let actions = vec![
        button("Scenarios", open(Dialog::Scenarios)).class("quiet").view(),
        button("Measures", move || measures::toggle(app))
            .class("quiet wide-only")
            .expanded(move || measures::is_open(app))
            .view(),
        button("Share", open(Dialog::Share)).view(),
        picture_button(picture(THEME), moving(colours), next_theme).class("quiet").view(),
        picture_button("?", "Help", open(Dialog::Help)).class("quiet").view(),
    ];
    let title = moving(move || app.watch(|lab| lab.scenario().title.clone()));
    element("header")
        .class("top")
        .with(element("h1").class("brand").with(drawn(LOGO)).with(element("span").with("Replicarium")))
        .with(element("span").class("scenario-title").with(title))
        .with(element("span").class("actions").with(actions))
        .view()
}

const LOGO: &str = "<svg viewBox=\"0 0 22 22\" width=\"22\" height=\"22\" class=\"logo\"><path d=\"M9 1.500h4a2 2 0 0 1 2 2v3a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2v-3a2 2 0 0 1 2-2zM3 13.500h4a2 2 0 0 1 2 2v3a2 2 0 0 1-2 2H3a2 2 0 0 1-2-2v-3a2 2 0 0 1 2-2zM10 8.500 6 13.500M12 8.500l4 5\"/>\
    <path class=\"dashed\" d=\"M15 13.500h4a2 2 0 0 1 2 2v3a2 2 0 0 1-2 2h-4a2 2 0 0 1-2-2v-3a2 2 0 0 1 2-2z\"/></svg>";
