//! The laws of the simulated world: time, chance, the wire, clocks, and the names of things.
//!
//! Nothing here knows how nodes replicate or what a browser is. Given the same inputs every function
//! returns the same bits on every target.

pub mod chunked;
pub mod clock;
pub mod decimal;
pub mod distribution;
pub mod draw;
pub mod id;
pub mod network;
pub mod operation;
#[cfg(any(feature = "documents", test))]
pub mod revision;
pub mod small;
pub mod time;
