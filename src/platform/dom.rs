//! Sizes, media queries, styles, focus.

use super::window;
use wasm_bindgen::{JsCast, closure::Closure};

/// Watches the size of an element; stops when dropped.
pub struct SizeWatch {
    observer: web_sys::ResizeObserver,
    _callback: Closure<dyn FnMut(js_sys::Array)>,
}

impl SizeWatch {
    /// Calls `changed` with (width, height) in CSS pixels, now and whenever they change.
    pub fn new(element: &web_sys::Element, changed: impl Fn(f64, f64) + 'static) -> Option<SizeWatch> {
        let rect = element.get_bounding_client_rect();
        changed(rect.width(), rect.height());
        let callback = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let entry = entries.get(0).dyn_into::<web_sys::ResizeObserverEntry>();
            if let Ok(rect) = entry.map(|entry| entry.content_rect()) {
                changed(rect.width(), rect.height());
            }
        });
        let observer = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(SizeWatch { observer, _callback: callback })
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

pub fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Calls `changed` whenever the answer to a media query is another one, for as long as the page lives.
pub fn on_change(query: &str, changed: impl FnMut() + 'static) {
    let Ok(Some(list)) = window().match_media(query) else { return };
    let callback = Closure::<dyn FnMut()>::new(changed);
    // The list must live as long as its listener.
    if list.add_event_listener_with_callback("change", callback.as_ref().unchecked_ref()).is_ok() {
        std::mem::forget(list);
        callback.forget();
    }
}

pub fn prefers_reduced_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

/// Pixels of the screen to one of the page.
pub fn pixel_ratio() -> f64 {
    window().device_pixel_ratio()
}

fn root() -> Option<web_sys::Element> {
    window().document()?.document_element()
}

/// Sets or removes an attribute of the page's root element.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    let Some(root) = root() else { return };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// The values of custom properties such as `--ink`, as they are in the present theme.
pub fn style_values<const N: usize>(names: [&str; N]) -> [String; N] {
    let style = root().and_then(|root| window().get_computed_style(&root).ok().flatten());
    names.map(|name| style.as_ref().and_then(|style| style.get_property_value(name).ok()).unwrap_or_default().trim().to_string())
}

/// Whether keys typed now go into a field or a dialog.
pub fn typing(event: &web_sys::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| {
        element.closest("input:not([type=range]), select, textarea, dialog[open]").ok().flatten().is_some()
    })
}

/// Scrolls what the selector finds back to its beginning.
pub fn to_top(selector: &str) {
    if let Some(element) = web_sys::window().and_then(|window| window.document()?.query_selector(selector).ok()?) {
        element.set_scroll_top(0);
    }
}

pub fn focus(id: &str) {
    let element = window().document().and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
