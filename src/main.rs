//! The page: mounts the user interface. Does nothing outside the browser.

fn main() {
    #[cfg(target_arch = "wasm32")]
    replicarium::ui::start();
}
