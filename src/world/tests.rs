//! The world as a table of what happens to messages, data, time and work.

mod by_hand;
mod clocks;
mod crashes;
mod links;
pub mod play;
mod queue;
