//! Handing files to the visitor and reading theirs.

use super::window;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

/// Offers `text` for download under `name`; `kind` is its media type.
pub fn download(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    offer(name, &url)?;
    web_sys::Url::revoke_object_url(&url)
}

fn offer(name: &str, url: &str) -> Result<(), JsValue> {
    let document = window().document().ok_or(JsValue::NULL)?;
    let anchor: web_sys::HtmlAnchorElement = document.create_element("a")?.dyn_into()?;
    anchor.set_href(url);
    anchor.set_download(name);
    anchor.click();
    Ok(())
}

/// Offers a drawing of this size, given as SVG, for download under `name` as PNG, with twice as many pixels each way.
pub async fn download_png(name: &str, svg: &str, (width, height): (f64, f64)) -> Result<(), JsValue> {
    let image = web_sys::HtmlImageElement::new()?;
    // The page's policy allows pictures from such addresses, and none made up by the page.
    image.set_src(&["data:image/svg+xml,", &String::from(js_sys::encode_uri_component(svg))].concat());
    JsFuture::from(image.decode()).await?;
    let document = window().document().ok_or(JsValue::NULL)?;
    let canvas: web_sys::HtmlCanvasElement = document.create_element("canvas")?.dyn_into()?;
    canvas.set_width(2 * width as u32);
    canvas.set_height(2 * height as u32);
    let context: web_sys::CanvasRenderingContext2d = canvas.get_context("2d")?.ok_or(JsValue::NULL)?.dyn_into()?;
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, 2.0 * width, 2.0 * height)?;
    offer(name, &canvas.to_data_url()?)
}

/// The text of the file chosen in `input`. None if none was chosen; an error in words if it is too large or no text.
pub async fn chosen_text(input: &web_sys::HtmlInputElement, bytes_max: usize) -> Option<Result<String, String>> {
    let file = input.files()?.get(0)?;
    let name = file.name();
    // The same file can be chosen again after it was mended.
    input.set_value("");
    if file.size() > bytes_max as f64 {
        return Some(Err(format!("{name} has {} bytes; at most {bytes_max} are read.", file.size() as u64)));
    }
    let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
    Some(text.ok_or(format!("{name} could not be read as text.")))
}

#[wasm_bindgen]
extern "C" {
    /// In boot.js: does `task` in the part of the page that knows scenario files, or gets a text; either is fetched if need be.
    #[wasm_bindgen(catch, js_name = replicariumFiles)]
    async fn ask(task: &str, text: &str) -> Result<JsValue, JsValue>;
}

/// The link that says the same as a scenario file; an error in words.
pub async fn link_of_json(json: &str) -> Result<String, String> {
    answer(ask("link_of_json", json).await)
}

/// Whether a link for another program of the page can be opened there; why not, in words.
pub async fn check_link(link: &str) -> Result<(), String> {
    answer(ask("check_link", link).await).map(|_| ())
}

/// The scenario file that says the same as a link; an error in words.
pub async fn json_of_link(link: &str) -> Result<String, String> {
    answer(ask("json_of_link", link).await)
}

/// What scenarios come with the page, whichever of its programs can run them.
pub async fn list() -> Result<String, String> {
    answer(ask("list", "").await)
}

/// The help, as markup.
pub async fn help() -> Result<String, String> {
    answer(ask("help", "").await)
}

/// A refusal comes as a text; anything else means that the part could not be loaded.
fn answer(answer: Result<JsValue, JsValue>) -> Result<String, String> {
    let said = answer
        .as_ref()
        .unwrap_or_else(|error| error)
        .as_string()
        .ok_or_else(|| "This part of the page could not be loaded. Check the connection and try again.".to_string())?;
    answer.map(|_| said.clone()).map_err(|_| said)
}
