//! The scenarios that come with the product: TOML files in `assets/scenarios`, which people write, and beside them
//! `presets.bin`, the same scenarios as the bytes of [`super::wire`]. Only these are on board: the page then needs no reader
//! of files to start, and they are smaller than links.

use super::{
    Scenario,
    link::FIRST,
    wire::{Bytes, Wire},
};

/// Name and scenario, one after another. A test holds them to the files.
const PRESETS: &[u8] = include_bytes!("../../assets/scenarios/presets.bin");

/// All presets in order, whether or not this program can run them. A test sees to it that all of them can be read.
pub fn all() -> Vec<(String, Scenario)> {
    let mut bytes = Bytes::new(PRESETS);
    let mut all = Vec::new();
    while let (Some(name), Some(scenario)) = (Wire::take(&mut bytes), Wire::take(&mut bytes)) {
        all.push((name, scenario));
    }
    all
}

/// Names of all presets, in order.
pub fn names() -> impl Iterator<Item = String> {
    all().into_iter().map(|(name, _)| name)
}

/// The preset of this name.
pub fn get(name: &str) -> Option<Scenario> {
    all().into_iter().find(|(own, _)| own == name).map(|(_, scenario)| scenario)
}

/// What is shown when nothing else is asked for: the first look, or what else this program can run.
pub fn first() -> (String, Scenario) {
    let mut first = None;
    for preset in all() {
        if preset.1.protocol.is_on_board() && (first.is_none() || preset.0 == FIRST) {
            first = Some(preset);
        }
    }
    first.unwrap_or_default()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::scenario::text;
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
        assert_eq!(first().0, FIRST);
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
