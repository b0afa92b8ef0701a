//! The fragment of the address: what is behind `#`. No server sees it.

use super::window;
use wasm_bindgen::JsValue;

/// The fragment without `#`; empty if there is none.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_string()
}

/// The page's address with this fragment; without any if it is empty.
pub fn with_fragment(fragment: &str) -> String {
    let href = window().location().href().unwrap_or_default();
    let base = href.split('#').next().unwrap_or_default();
    [base, if fragment.is_empty() { "" } else { "#" }, fragment].concat()
}

/// Puts this fragment in the place of the present one, without a new entry in the history: what a reload asks for.
pub fn set_fragment(fragment: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&with_fragment(fragment)));
    }
}

/// Loads the page anew at this fragment, which may be the present one. With a `mark`, [`is_marked`] is true then.
pub fn load(fragment: &str, mark: bool) {
    if let Ok(history) = window().history() {
        let _ = match fragment == self::fragment() {
            true => Ok(()),
            false => history.push_state_with_url(&JsValue::from_bool(mark), "", Some(&with_fragment(fragment))),
        };
    }
    let _ = window().location().reload();
}

/// Whether the page was loaded by [`load`] with a mark.
pub fn is_marked() -> bool {
    window().history().and_then(|history| history.state()).is_ok_and(|state| state.is_truthy())
}
