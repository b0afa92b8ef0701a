//! The page: mounts the user interface. Does nothing outside the browser.
fn main() {
    #[cfg(target_arch = "wasm32")]
    leptos::mount::mount_to_body(|| leptos::prelude::view! { <main><h1>"Replicarium"</h1></main> });
}
