//! What the screen should show, as plain data: shapes, places, words. A function of the lab at its cursor.
//!
//! Everything drawn comes from the world and its trace; nothing here is scripted, and nothing knows of a framework.

pub mod charts;
mod copy;
#[cfg(feature = "documents")]
pub mod documents;
#[cfg(feature = "gossip")]
pub mod field;
pub mod flights;
pub mod geometry;
mod labels;
pub mod layout;
pub mod links;
pub mod look;
#[cfg(feature = "quorum")]
pub mod merkle;
pub mod parting;
mod parts;
pub mod peers;
pub mod plot;
#[cfg(feature = "quorum")]
pub mod quorum;
#[cfg(feature = "quorum")]
mod ring;
pub mod room;
mod route;
pub mod stage;
pub mod status;
pub mod timeline;
pub mod versions;
mod walls;
