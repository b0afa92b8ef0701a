//! Replicarium: watch, break and repair replication.

pub mod client;
pub mod lab;
pub mod protocol;
pub mod scenario;
pub mod sim;
pub mod store;
pub mod trace;
pub mod world;
