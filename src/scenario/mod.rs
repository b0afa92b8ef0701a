//! What can be set up and done: a scenario as data, its limits, and its forms as file and link.
//!
//! Nothing that comes from outside is trusted: it is parsed into this model, checked, and refused with what is wrong,
//! where, and what is allowed. It must not run anything.

mod check;
#[cfg(feature = "peers")]
mod check_peers;
#[cfg(feature = "primary-replica")]
mod check_primary;
pub mod fields;
pub mod link;
mod model;
pub mod presets;
pub mod text;
mod warn;
mod wire;

pub use check::{Problem, check_command};
pub use model::{NodesSettings, OneNode, ProtocolSettings, Scenario};

/// The engine whose runs a file or link describes; runs of another one may differ.
pub const ENGINE_VERSION: u32 = 6;
