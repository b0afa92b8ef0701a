//! Icons, drawn with strokes in the colour of the text.

use leptos::prelude::*;

/// An icon of the transport or the header.
#[derive(Clone, Copy, PartialEq)]
pub enum Icon {
    Start,
    Back,
    Play,
    Pause,
    Forward,
    End,
    Theme,
    Undo,
    Redo,
    Tick,
    Cross,
    Dots,
    Close,
}

impl Icon {
    /// Filled and stroked outlines in a box of 18 × 18.
    fn paths(self) -> (&'static str, &'static str) {
        match self {
            Icon::Start => ("M15 3v12L6.5 9zM3 3.6h2.4v10.8H3z", ""),
            Icon::Back => ("M13 3v12L4.5 9z", ""),
            Icon::Play => ("M5 2.5v13L15.500 9z", ""),
            Icon::Pause => ("M4.500 3h3.200v12H4.500zM10.300 3h3.200v12h-3.200z", ""),
            Icon::Forward => ("M5 3v12l8.500-6z", ""),
            Icon::End => ("M3 3v12l8.500-6zM12.600 3.600H15v10.800h-2.400z", ""),
            Icon::Theme => ("M9 2.500a6.500 6.500 0 0 1 0 13z", "M9 2.500a6.500 6.500 0 1 0 .01 0Z"),
            Icon::Undo => ("", "M6.500 3.500 3 7l3.500 3.500M3.500 7H10a4 4 0 0 1 0 8H7.500"),
            Icon::Redo => ("", "M11.500 3.500 15 7l-3.500 3.500M14.500 7H8a4 4 0 0 0 0 8h2.500"),
            Icon::Tick => ("", "M3.500 9.500 7.300 13.500 14.500 5"),
            Icon::Cross => ("", "M4.500 4.500l9 9M13.500 4.500l-9 9"),
            Icon::Dots => ("M3 8h2.400v2.400H3zM7.800 8h2.400v2.400H7.800zM12.600 8H15v2.400h-2.400z", ""),
            Icon::Close => ("", "M5 5l8 8M13 5l-8 8"),
        }
    }
}

#[component]
pub fn Picture(#[prop(into)] icon: Signal<Icon>) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 18 18" width=18 height=18 aria-hidden="true">
            <path class="fill" d=move || icon.get().paths().0/>
            <path class="stroke" d=move || icon.get().paths().1/>
        </svg>
    }
}
