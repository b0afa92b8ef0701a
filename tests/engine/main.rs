//! The engine from outside, as the page and the command line use it: laws of chance, of clients, of time and forks.

#![cfg(not(target_arch = "wasm32"))]

mod anything;
mod clients;
mod counterfactual;
mod determinism;
mod elections;
mod load;
#[path = "../../src/world/tests/play.rs"]
#[expect(dead_code, reason = "shared with the tests inside the library, which use more of it")]
mod play;
mod staleness;
mod typed_presets;
mod types;
mod web_application;
