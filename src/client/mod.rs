//! Clients: sessions that ask, workloads that decide what to ask, and the history of what they saw.
//!
//! A session is a state machine without input or output, like a node; the world carries its requests.

pub mod history;
pub mod session;
pub mod workload;
