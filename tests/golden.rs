//! The golden runs, natively. `tests/wasm.rs` has them in the browser.

#![cfg(not(target_arch = "wasm32"))]

mod golden_runs;

#[test]
fn golden_runs_are_what_they_were() {
    let differences = golden_runs::differences();
    assert!(differences.is_empty(), "the engine's runs have changed:\n{}", differences.join("\n"));
}
