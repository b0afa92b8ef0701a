//! Every call into the browser: frames, storage, clipboard, files, address bar, styles.
//!
//! Each may fail on somebody's machine (private mode, no permission), so each says so instead of breaking. Nothing
//! here knows what the product does.

pub mod address;
pub mod clipboard;
pub mod dom;
pub mod files;
pub mod frames;
pub mod panic;
pub mod storage;

pub(crate) fn window() -> web_sys::Window {
    // Only ever compiled for a page, which has a window.
    web_sys::window().expect("a page has a window")
}
