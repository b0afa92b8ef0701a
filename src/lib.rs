//! Replicarium: watch, break and repair replication.
//!
//! The rooms of the house, lowest first; each may use only those above it in this list. See ARCHITECTURE.md.
//!
//! * [`sim`]: the laws of the simulated world: time, chance, the wire, clocks, names
//! * [`store`]: what a node keeps
//! * [`trace`]: what happened, as data
//! * [`protocol`]: how nodes replicate
//! * [`client`]: who asks what, when, of whom
//! * [`world`]: nodes, clients and the wire, driven by one queue of events
//! * [`scenario`]: what can be set up, as file and link
//! * [`check`]: judges of a run
//! * [`measure`]: figures of a run over time: lag, throughput, latencies
//! * [`lab`]: one experiment: branches of commands, a cursor in time
//! * [`explain`]: what happened, as sentences
//! * [`lesson`]: missions that tick themselves
//! * [`scene`]: what the screen should show, as plain data
//! * `ui` and `platform` (wasm only): components, and every call into the browser

// Tests inside and outside the library share helpers, which call it by its name.
#[cfg(test)]
extern crate self as replicarium;

pub mod check;
pub mod client;
pub mod explain;
pub mod lab;
pub mod lesson;
pub mod measure;
pub mod protocol;
pub mod scenario;
pub mod scene;
pub mod sim;
pub mod store;
pub mod trace;
pub mod world;

#[cfg(target_arch = "wasm32")]
pub mod platform;
#[cfg(target_arch = "wasm32")]
pub mod ui;

/// Smaller than the standard one, and quick whatever is asked for. All programs of the page have it.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
