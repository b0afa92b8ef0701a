//! The page for scenarios of databases of documents that sync: the same as src/main.rs, built with other features, and loaded in its place by
//! assets/boot.js. Does nothing outside the browser.

fn main() {
    #[cfg(target_arch = "wasm32")]
    replicarium::ui::start();
}
