//! The scenarios that come with the product: TOML files in `assets/scenarios`, which people write, and beside them the same
//! scenarios as the bytes of [`super::wire`], a file for each kind. Only these are on board: the page then needs no reader
//! of files to start, and they are smaller than links. A program has those that it can run; `list.txt` names all.

use super::{
    Scenario,
    link::{self, FIRST},
    wire::{Bytes, Wire},
};
use crate::protocol::kind::Kind;

/// Name and scenario, one after another, of each kind that is on board. A test holds them to the files.
const SCENARIOS: &[&[u8]] = &[
    #[cfg(feature = "primary-replica")]
    include_bytes!("../../assets/scenarios/primary-replica.bin"),
    #[cfg(feature = "multi-primary")]
    include_bytes!("../../assets/scenarios/multi-primary.bin"),
    #[cfg(feature = "quorum")]
    include_bytes!("../../assets/scenarios/quorum.bin"),
    #[cfg(feature = "gossip")]
    include_bytes!("../../assets/scenarios/gossip.bin"),
    #[cfg(feature = "documents")]
    include_bytes!("../../assets/scenarios/documents.bin"),
];

/// What stands in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub kind: Kind,
    pub name: String,
    pub title: String,
    pub about: String,
}

/// What `list.txt` says: the first characters of links of this kind, name, title and about, a line for each preset. What is no such
/// line is left out.
pub fn listed(text: &str) -> Vec<Listed> {
    let line = |line: &str| {
        let mut parts = line.split('\t');
        let (kind, _) = link::parts(parts.next()?)?;
        Some(Listed { kind, name: parts.next()?.into(), title: parts.next()?.into(), about: parts.next()?.into() })
    };
    text.lines().filter_map(line).collect()
}

/// All presets that this program can run, in order.
pub fn all() -> Vec<(String, Scenario)> {
    let mut all = Vec::new();
    for scenarios in SCENARIOS {
        let mut bytes = Bytes::new(scenarios);
        while let (Some(name), Some(scenario)) = (Wire::take(&mut bytes), Wire::take(&mut bytes)) {
            all.push((name, scenario));
        }
    }
    all
}

/// Names of the presets that this program can run, in order.
pub fn names() -> impl Iterator<Item = String> {
    all().into_iter().map(|(name, _)| name)
}

/// The preset of this name, if this program can run it.
pub fn get(name: &str) -> Option<Scenario> {
    all().into_iter().find(|(own, _)| own == name).map(|(_, scenario)| scenario)
}

/// Among peers the first look is this.
const FIRST_OF_PEERS: &str = "peers-two-edits";

/// What is shown when nothing else is asked for: the first look, or what else this program can run.
pub fn first() -> (String, Scenario) {
    let mut all = all();
    let name = if cfg!(feature = "primary-replica") { FIRST } else { FIRST_OF_PEERS };
    let place = all.iter().position(|(own, _)| own == name).unwrap_or(0);
    if all.is_empty() { Default::default() } else { all.swap_remove(place) }
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

    /// The bytes of all files that are made of the scenarios, by the names of these.
    fn made() -> Vec<(String, Vec<u8>)> {
        let mut list = String::new();
        let mut made = Vec::new();
        for kind in Kind::ALL {
            let mut bytes = Vec::new();
            for (name, scenario) in files().into_iter().filter(|(_, scenario)| scenario.protocol.kind() == kind) {
                assert_eq!(scenario.check(), [], "{name}");
                list += &format!("{}\t{name}\t{}\t{}\n", link::prefix(kind), scenario.title, scenario.about);
                name.put(&mut bytes);
                scenario.put(&mut bytes);
            }
            made.push((format!("{}.bin", kind.feature()), bytes));
        }
        made.push(("list.txt".into(), list.into_bytes()));
        made
    }

    /// The committed bytes are those of the files. `UPDATE=1 cargo test --lib presets` writes them.
    #[test]
    fn the_bytes_are_up_to_date() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scenarios");
        for (file, bytes) in made() {
            let path = folder.join(&file);
            if env::var_os("UPDATE").is_some() {
                fs::write(path, bytes).expect("a writable file of presets");
            } else {
                assert!(
                    fs::read(path).is_ok_and(|own| own == bytes),
                    "assets/scenarios/{file} is not what the files say; run with UPDATE=1"
                );
            }
        }
    }

    #[test]
    fn every_preset_is_its_file() {
        assert!(names().any(|name| name == FIRST));
        assert_eq!(first().0, FIRST);
        assert!(names().any(|name| name == FIRST_OF_PEERS));
        let list = listed(include_str!("../../assets/scenarios/list.txt"));
        assert_eq!(list.len(), files().len());
        for (name, scenario) in files() {
            let listed = list.iter().find(|listed| listed.name == name).expect("a preset is listed");
            assert_eq!((listed.kind, &listed.title, &listed.about), (scenario.protocol.kind(), &scenario.title, &scenario.about));
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
