//! The fragment of the address: what is behind `#`. No server sees it.

use super::window;

/// The fragment without `#`; empty if there is none.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_string()
}

/// The page's address with this fragment.
pub fn with_fragment(fragment: &str) -> String {
    let href = window().location().href().unwrap_or_default();
    let base = href.split('#').next().unwrap_or_default();
    format!("{base}#{fragment}")
}

/// Drops the fragment, without a new entry in the history, so that a reload starts afresh.
pub fn clear_fragment() {
    let href = window().location().href().unwrap_or_default();
    if let (Some((base, _)), Ok(history)) = (href.split_once('#'), window().history()) {
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(base));
    }
}
