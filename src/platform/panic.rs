//! When the program breaks after all: say so on the page, with what is needed to see it again.
//!
//! After a panic the module is dead, so this must not use anything but the browser.

use super::window;

/// Shows a card with the message instead of leaving a page that no longer answers.
pub fn show_panics() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let _ = show(&info.to_string());
    }));
}

fn show(message: &str) -> Option<()> {
    let document = window().document()?;
    let body = document.body()?;
    let card = document.create_element("div").ok()?;
    card.set_class_name("boot-card");
    card.set_attribute("role", "alert").ok()?;
    card.set_attribute("data-crash", "").ok()?;
    for (tag, text) in [
        ("h1", "Something broke inside Replicarium"),
        ("p", "This is our fault, not yours. Load the page again to go on. If you report it, these lines help:"),
        ("pre", &format!("{message}\n{}", super::address::with_fragment(&super::address::fragment()))),
    ] {
        let element = document.create_element(tag).ok()?;
        element.set_text_content(Some(text));
        card.append_child(&element).ok()?;
    }
    body.prepend_with_node_1(&card).ok()
}
