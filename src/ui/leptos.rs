//! Leptos by its parts: the renderer (tachys), the signals (reactive_graph), the browser's helpers (leptos_dom).
//!
//! Its umbrella crate `leptos` brings server functions along, whose streams export classes to JavaScript; what is
//! exported stays in the page, used or not. Without them a first visit is 7 KB lighter and the first build shorter.

pub use any_spawner::Executor;
pub use leptos_dom::helpers::{
    TimeoutHandle, document, event_target, event_target_value, set_timeout, set_timeout_with_handle, window_event_listener,
};
pub use reactive_graph::{
    computed::Memo,
    effect::Effect,
    owner::{LocalStorage, Owner, StoredValue, on_cleanup},
    signal::RwSignal,
    traits::{Get, GetUntracked, IsDisposed, Set, SetValue, UpdateValue, WithValue},
};
pub use tachys::{
    html::event as ev,
    reactive_graph::{OwnedView, node_ref::NodeRef},
    view::{
        Mountable, Render,
        any_view::{AnyView, IntoAny},
        keyed::keyed,
    },
};
pub use wasm_bindgen_futures::spawn_local;

/// Shows the view for as long as the page lives.
pub fn mount(view: impl FnOnce() -> AnyView) {
    // It fails only where one is running already.
    let _ = Executor::init_wasm_bindgen();
    let owner = Owner::new();
    let mut state = owner.with(|| view().build());
    state.mount(&tachys::dom::body(), None);
    std::mem::forget((owner, state));
}
