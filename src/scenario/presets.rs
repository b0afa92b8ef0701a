//! The scenarios that come with the product: TOML files in `assets/scenarios`, which people write, and beside them `links.txt`,
//! the same scenarios as links. Only the links are on board: the page then needs no reader of files to start.

use super::{Scenario, link::Shared};

/// A line each: name, space, link. A test holds them to the files.
const LINKS: &str = include_str!("../../assets/scenarios/links.txt");

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    LINKS.lines().filter_map(|line| line.split_once(' '))
}

/// Names of all presets, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|(name, _)| name)
}

/// The preset of this name. A test sees to it that all of them can be read.
pub fn get(name: &str) -> Option<Scenario> {
    let (_, link) = all().find(|(own, _)| *own == name)?;
    Shared::from_text(link).ok()?.scenario().ok()
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

    /// The committed links are those of the files. `UPDATE=1 cargo test --lib presets` writes them.
    #[test]
    fn the_links_are_up_to_date() {
        let lines: Vec<String> =
            files().into_iter().map(|(name, scenario)| format!("{name} {}\n", Shared::of(scenario).to_text())).collect();
        if env::var_os("UPDATE").is_some() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scenarios/links.txt");
            fs::write(path, lines.concat()).expect("a writable file of links");
            return;
        }
        assert!(lines.concat() == LINKS, "assets/scenarios/links.txt is not what the files say; run with UPDATE=1");
    }

    #[test]
    fn every_preset_is_its_file() {
        assert!(names().any(|name| name == FIRST));
        for (name, scenario) in files() {
            assert_eq!(get(&name), Some(scenario), "{name}");
        }
    }
}
