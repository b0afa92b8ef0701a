//! The scenarios that come with the product: TOML files in `assets/scenarios`, turned into JSON at build time.

use super::{Scenario, text};

include!(concat!(env!("OUT_DIR"), "/presets.rs"));

/// Names of all presets, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// The preset of this name. A test sees to it that all of them can be read.
pub fn get(name: &str) -> Option<Scenario> {
    let (_, json) = PRESETS.iter().find(|(own, _)| *own == name)?;
    text::from_json(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_good() {
        assert!(names().any(|name| name == super::super::link::FIRST));
        for (name, json) in PRESETS {
            if let Err(refused) = text::from_json(json) {
                panic!("{name}: {refused}");
            }
        }
    }
}
