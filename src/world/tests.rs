//! The world as a table of what happens to messages, data, time and work.
//!
//! Sets worlds up from scenarios, and so looks up to rooms that the world itself must not know.

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod links;
#[cfg(test)]
pub mod play;
#[cfg(test)]
mod queue;
