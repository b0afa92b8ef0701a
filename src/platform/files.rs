//! Handing files to the visitor and reading theirs.

use super::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Offers `text` for download under `name`.
pub fn download(name: &str, text: &str) -> Result<(), JsValue> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("application/json");
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    let document = window().document().ok_or(JsValue::NULL)?;
    let anchor: web_sys::HtmlAnchorElement = document.create_element("a")?.dyn_into()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    web_sys::Url::revoke_object_url(&url)
}

/// The text of the file chosen in `input`. None if none was chosen; an error in words if it is too large or no text.
pub async fn chosen_text(input: &web_sys::HtmlInputElement, bytes_max: usize) -> Option<Result<String, String>> {
    let file = input.files()?.get(0)?;
    let name = file.name();
    // The same file can be chosen again after it was mended.
    input.set_value("");
    if file.size() > bytes_max as f64 {
        return Some(Err(format!("{name} has {} bytes; at most {bytes_max} are read.", file.size())));
    }
    let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
    Some(text.ok_or(format!("{name} could not be read as text.")))
}
