//! The page for scenarios with a primary: mounts the user interface. Does nothing outside the browser. Which protocols are
//! on board is for index.html to say, by features.

fn main() {
    #[cfg(target_arch = "wasm32")]
    replicarium::ui::start();
}
