//! Primary–replica as a specification: what flows where, what survives what, and that nothing makes copies differ for good.

mod catch_up;
mod failover;
mod flow;
mod laws;
mod lost_words;
mod schedules;

pub use crate::world::tests::play::*;
