//! What must be the same on wasm32 as natively, in a real browser.

#![cfg(target_arch = "wasm32")]

mod golden_runs;

use replicarium::{
    lab::Lab,
    scenario::link::{FIRST, Shared, Source},
    scenario::presets,
    sim::time::Micros,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn golden_runs_are_those_of_the_native_engine() {
    let differences = golden_runs::differences();
    assert!(differences.is_empty(), "wasm32 runs otherwise:\n{}", differences.join("\n"));
}

#[wasm_bindgen_test]
fn a_link_survives_the_way_through_text() {
    let mut lab = Lab::new(Source::Preset(FIRST.into()), presets::get(FIRST).expect("the first preset"));
    lab.run_until(Micros::from_secs(3), u64::MAX);
    let shared = lab.share();
    assert_eq!(Shared::from_text(&shared.to_text()), Ok(shared));
}

#[wasm_bindgen_test]
fn seeking_back_restores_the_world() {
    let mut lab = Lab::new(Source::Preset(FIRST.into()), presets::get(FIRST).expect("the first preset"));
    lab.run_until(Micros::from_secs(5), u64::MAX);
    let then = format!("{:?}", lab.world().members().into_iter().map(|node| lab.world().view(node)).collect::<Vec<_>>());
    lab.run_until(Micros::from_secs(9), u64::MAX);
    lab.seek(Micros::from_secs(5), u64::MAX);
    let now = format!("{:?}", lab.world().members().into_iter().map(|node| lab.world().view(node)).collect::<Vec<_>>());
    assert_eq!(then, now);
}
