//! The page: mounts the user interface. Does nothing outside the browser.

/// Smaller than the standard one, and quick whatever is asked for.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

fn main() {
    #[cfg(target_arch = "wasm32")]
    replicarium::ui::start();
}
