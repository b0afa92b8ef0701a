//! One callback a frame, for as long as its handle lives.

use super::window;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};

type Callback = Closure<dyn FnMut(f64)>;

/// Stops the frames when dropped.
pub struct Frames {
    alive: Rc<RefCell<Option<Callback>>>,
}

impl Frames {
    /// Calls `each` with the time in ms before every repaint.
    pub fn start(mut each: impl FnMut(f64) + 'static) -> Frames {
        let alive: Rc<RefCell<Option<Callback>>> = Rc::default();
        let again = Rc::downgrade(&alive);
        *alive.borrow_mut() = Some(Closure::new(move |now: f64| {
            each(now);
            if let Some(again) = again.upgrade() {
                request(&again);
            }
        }));
        request(&alive);
        Frames { alive }
    }
}

fn request(callback: &Rc<RefCell<Option<Callback>>>) {
    if let Some(callback) = callback.borrow().as_ref() {
        let _ = window().request_animation_frame(callback.as_ref().unchecked_ref());
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        // A frame asked for before comes to nothing: the closure is invalidated, not freed under its feet.
        if let Ok(mut callback) = self.alive.try_borrow_mut() {
            callback.take();
        }
    }
}
