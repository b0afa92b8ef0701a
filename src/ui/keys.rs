//! The keyboard: everything that the transport can do, and a few more. What each key does stands in assets/help.html.

use super::leptos::*;
use super::measures;
use super::state::{App, Dialog, Selection};
use crate::{platform::dom, sim::time::Micros, world::command::Command};

pub fn listen(app: App) {
    let handle = window_event_listener(ev::keydown, move |event| {
        if dom::typing(&event) || event.alt_key() {
            return;
        }
        let control = event.ctrl_key() || event.meta_key();
        if press(app, &event.key(), control, event.shift_key()) {
            event.prevent_default();
        }
    });
    // A link put into the address of the open page.
    let address = window_event_listener(ev::hashchange, move |_| app.open_address());
    on_cleanup(move || {
        handle.remove();
        address.remove();
    });
}

/// Whether the key meant something. Keys that a focused control needs itself are left to it.
fn press(app: App, key: &str, control: bool, shift: bool) -> bool {
    let key = key.to_ascii_lowercase();
    if control {
        match (key.as_str(), shift) {
            ("z", false) => app.undo(),
            ("z", true) | ("y", _) => app.redo(),
            _ => return false,
        }
        return true;
    }
    let held = Micros::from_millis(100);
    let now = app.world(|world| world.now());
    let on_button = focused("button, a, summary, [role=slider]");
    match (key.as_str(), shift) {
        (" ", _) if on_button => return false,
        (" ", _) => app.playing.update(|playing| *playing = !*playing),
        ("arrowright" | "arrowleft" | "home" | "end", _) if focused("input, [role=slider]") => return false,
        ("arrowright", false) => app.step(),
        ("arrowleft", false) => app.step_back(),
        ("arrowright", true) => app.seek(now + held),
        ("arrowleft", true) => app.seek(now.saturating_sub(held)),
        ("]", _) => app.go_to_mark(true),
        ("[", _) => app.go_to_mark(false),
        ("home", _) => app.go_to_start(),
        ("end", _) => app.go_to_end(),
        ("+" | "=", _) => app.change_speed(true),
        ("-" | "−", _) => app.change_speed(false),
        ("escape", _) => {
            app.select(None);
            app.notice.set(None);
        }
        ("?", _) => app.dialog.set(Some(Dialog::Help)),
        ("m", _) => measures::toggle(app),
        ("v", _) if cfg!(feature = "siblings") => measures::toggle_versions(app, None),
        ("s", _) => app.dialog.set(Some(Dialog::Share)),
        ("w" | "r" | "c" | "p", _) => return press_on_node(app, &key),
        _ => return false,
    }
    true
}

fn press_on_node(app: App, key: &str) -> bool {
    let key_x = crate::sim::id::Key(0);
    let node = match app.selection.get_untracked() {
        Some(Selection::Node(node)) => Some(node),
        _ => None,
    };
    match (key, node) {
        ("w", node) => app.write(app.writer(), key_x, app.fresh_value(), node),
        ("r", node) => app.read(app.reader(), key_x, node),
        ("c", Some(node)) if app.world(|world| world.host(node).is_some_and(|host| host.is_up())) => {
            app.act(Command::Crash { node })
        }
        ("c", Some(node)) => app.act(Command::Restart { node }),
        ("p", Some(node)) => app.act(Command::Promote { node }),
        _ => return false,
    }
    true
}

fn focused(selector: &str) -> bool {
    let active = document().active_element();
    active.is_some_and(|element| element.matches(selector).unwrap_or(false))
}
