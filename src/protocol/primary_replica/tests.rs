//! Primary–replica as a specification: what flows where, what survives what, and that nothing makes copies differ for good.
//!
//! Runs whole worlds, and so looks up to rooms that the protocol itself must not know.

#[cfg(test)]
mod cascade;
#[cfg(test)]
mod catch_up;
#[cfg(test)]
mod delayed;
#[cfg(test)]
mod elections;
#[cfg(test)]
mod failover;
#[cfg(test)]
mod flow;
#[cfg(test)]
mod hearsay;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod lost_words;
#[cfg(test)]
mod middle;
#[cfg(test)]
mod monitors;
#[cfg(test)]
mod parted;
#[cfg(test)]
mod read_laws;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod rejoin;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod timelines;

pub use crate::world::tests::play::*;
