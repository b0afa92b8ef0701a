//! Scenario files for the page, as a program of its own: reading and writing JSON costs more than a first visit should,
//! so boot.js fetches this only when a file is opened or saved. It also has all protocols on board, so it can check what is for another
//! program of the page than the one that asks. What goes in and out beside the JSON is a link. Does
//! nothing outside the browser.

#[cfg(target_arch = "wasm32")]
mod exports {
    use replicarium::scenario::text;
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    pub fn link_of_json(json: &str) -> Result<String, String> {
        text::link_of_json(json)
    }

    #[wasm_bindgen]
    pub fn check_link(link: &str) -> Result<String, String> {
        text::check_link(link)
    }

    #[wasm_bindgen]
    pub fn json_of_link(link: &str) -> Result<String, String> {
        text::json_of_link(link)
    }
}

fn main() {}
