//! What a node keeps. Plain data; who may write it is the protocol's business.
//!
//! Nodes that follow one order keep a log and the copies made from it. Peers, who accept writes without asking each other, keep
//! objects: states that can be merged in any order and as often as one likes, and are equal as soon as the same writes went
//! into them. How a conflict is resolved is only a view of such a state, so it can change at any time without touching data.

pub mod log;
pub mod merged_vector;
pub mod object;
pub mod register;
#[cfg(any(feature = "documents", test))]
pub mod revisions;
pub mod siblings;
pub mod stamp;
pub mod version;
pub mod words;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
