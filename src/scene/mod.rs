//! What the screen should show, as plain data: shapes, places, words. A function of the lab at its cursor.
//!
//! Everything drawn comes from the world and its trace; nothing here is scripted, and nothing knows of a framework.

pub mod charts;
pub mod flights;
pub mod geometry;
mod labels;
pub mod layout;
pub mod links;
pub mod look;
pub mod parting;
pub mod peers;
pub mod plot;
pub mod room;
mod route;
pub mod stage;
pub mod status;
pub mod timeline;
mod walls;
