//! Icons, drawn with strokes in the colour of the text.

use super::element::drawn;
use super::leptos::AnyView;

/// Filled and stroked outlines in a box of 18 × 18.
#[derive(Clone, Copy)]
pub struct Icon(&'static str, &'static str);

pub const START: Icon = Icon("M15 3v12L6.500 9zM3 3.600h2.400v10.800H3z", "");
pub const BACK: Icon = Icon("M13 3v12L4.500 9z", "");
pub const PLAY: Icon = Icon("M5 2.500v13L15.500 9z", "");
pub const PAUSE: Icon = Icon("M4.500 3h3.200v12H4.500zM10.300 3h3.200v12h-3.200z", "");
pub const FORWARD: Icon = Icon("M5 3v12l8.500-6z", "");
pub const END: Icon = Icon("M3 3v12l8.500-6zM12.600 3.600H15v10.800h-2.400z", "");
pub const THEME: Icon = Icon("M9 2.500a6.500 6.500 0 0 1 0 13z", "M9 2.500a6.500 6.500 0 1 0 .01 0Z");
pub const UNDO: Icon = Icon("", "M6.500 3.500 3 7l3.500 3.500M3.500 7H10a4 4 0 0 1 0 8H7.500");
pub const REDO: Icon = Icon("", "M11.500 3.500 15 7l-3.500 3.500M14.500 7H8a4 4 0 0 0 0 8h2.500");
pub const TICK: Icon = Icon("", "M3.500 9.500 7.300 13.500 14.500 5");
pub const CROSS: Icon = Icon("", "M4.500 4.500l9 9M13.500 4.500l-9 9");
pub const DOTS: Icon = Icon("M3 8h2.400v2.400H3zM7.800 8h2.400v2.400H7.800zM12.600 8H15v2.400h-2.400z", "");
pub const QUESTION: Icon = Icon("M8 13.200h2v2H8z", "M5.500 6.500a3.500 3.500 0 1 1 5.600 2.800Q9 10.500 9 11.800");
pub const CLOSE: Icon = Icon("", "M5 5l8 8M13 5l-8 8");

pub fn picture(Icon(filled, stroked): Icon) -> AnyView {
    drawn(format!(
        "<svg class=\"icon\" viewBox=\"0 0 18 18\" width=\"18\" height=\"18\">\
         <path class=\"fill\" d=\"{filled}\"/><path class=\"stroke\" d=\"{stroked}\"/></svg>"
    ))
}
