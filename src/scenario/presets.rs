//! The scenarios that come with the product: TOML files in `assets/scenarios`, which people write, and beside them
//! `presets.bin`, the same scenarios as the bytes of [`super::wire`]. Only these are on board: the page then needs no reader
//! of files to start, and they are smaller than links.

use super::{
    Scenario,
    wire::{Bytes, Wire},
};

/// Name and scenario, one after another. A test holds them to the files.
const PRESETS: &[u8] = include_bytes!("../../assets/scenarios/presets.bin");

fn all() -> impl Iterator<Item = (String, Scenario)> {
    let mut bytes = Bytes::new(PRESETS);
    std::iter::from_fn(move || Some((Wire::take(&mut bytes)?, Wire::take(&mut bytes)?)))
}

/// Names of all presets, in order.
pub fn names() -> impl Iterator<Item = String> {
    all().map(|(name, _)| name)
}

/// The preset of this name. A test sees to it that all of them can be read.
pub fn get(name: &str) -> Option<Scenario> {
    all().find(|(own, _)| own == name).map(|(_, scenario)| scenario)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::scenario::{link::FIRST, text};
    use std::{env, fs, path::Path};

    /// Name and scenario of every TOML file.
    fn files() -> Vec<(String, Scenario)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scenarios");
        let paths = fs::read_dir(folder).expect("the folder of scenarios").flatten().map(|file| file.path());
        let read = |path: std::path::PathBuf| {
            let name = path.file_stem()?.to_str()?.to_string();
            let text = path.extension().is_some_and(|ending| ending == "toml").then(|| fs::read_to_string(&path))?.ok()?;
            let scenario = text::from_toml(&text).unwrap_or_else(|refused| panic!("{name}: {refused}"));
            Some((name, scenario))
        };
        let mut files: Vec<_> = paths.filter_map(read).collect();
        files.sort_by(|one, other| one.0.cmp(&other.0));
        files
    }

    /// The committed bytes are those of the files. `UPDATE=1 cargo test --lib presets` writes them.
    #[test]
    fn the_bytes_are_up_to_date() {
        let mut bytes = Vec::new();
        for (name, scenario) in files() {
            assert_eq!(scenario.check(), [], "{name}");
            name.put(&mut bytes);
            scenario.put(&mut bytes);
        }
        if env::var_os("UPDATE").is_some() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scenarios/presets.bin");
            fs::write(path, bytes).expect("a writable file of presets");
            return;
        }
        assert!(bytes == PRESETS, "assets/scenarios/presets.bin is not what the files say; run with UPDATE=1");
    }

    #[test]
    fn every_preset_is_its_file() {
        assert!(names().any(|name| name == FIRST));
        for (name, scenario) in files() {
            assert_eq!(get(&name), Some(scenario), "{name}");
        }
    }

    /// A learner may add nodes to any scenario; its title stays above the stage and must stay true.
    #[test]
    fn no_title_counts_nodes() {
        let numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
        for scenario in names().filter_map(|name| get(&name)) {
            let title = scenario.title.to_lowercase();
            let words: Vec<&str> = title.split(|letter: char| !letter.is_alphanumeric()).collect();
            let counts = |pair: &[&str]| {
                let is_number = numbers.contains(&pair[0]) || pair[0].parse::<u32>().is_ok();
                is_number && ["node", "nodes", "replica", "replicas", "primary"].contains(&pair[1])
            };
            assert!(!words.windows(2).any(counts), "{}", scenario.title);
        }
    }
}
