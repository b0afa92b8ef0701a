//! Copying text.

use super::window;

/// Copies `text`; false if the browser does not allow it.
pub async fn copy(text: &str) -> bool {
    let promise = window().navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(promise).await.is_ok()
}
