//! Holds ARCHITECTURE.md to account: who may use whom, what the engine must not know, how long a file may be.
//!
//! The rules are read off the source text, formatted as rustfmt leaves it. Code that only tests see may break the ones about
//! who uses whom.

#![cfg(not(target_arch = "wasm32"))]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The rooms, lowest first. A room may use itself and those before it.
const ROOMS: [&str; 15] = [
    "sim", "store", "trace", "protocol", "client", "world", "scenario", "check", "measure", "lab", "explain", "lesson", "scene",
    "platform", "ui",
];
/// The rooms that know the browser.
const BROWSER: [&str; 2] = ["platform", "ui"];
/// The rooms whose numbers decide what happens in a run.
const RUN: [&str; 7] = ["sim", "store", "trace", "protocol", "client", "world", "scenario"];

const LINES_MAX: usize = 500;
/// Files that are longer, and why they may be.
const LONG: [(&str, &str); 0] = [];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder with one of these endings, by their path from the root.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_string();
            if path.is_dir() && name != "node_modules" {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push((from_root(&path), fs::read_to_string(&path).expect("text")));
            }
        }
    }
    found.sort();
    found
}

fn from_root(path: &Path) -> String {
    let parts: Vec<_> = path.strip_prefix(root()).expect("below the root").iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The source of a room (its folder in `src`), without comments and without what only tests see.
fn sources() -> Vec<(String, String, String)> {
    let all = files("src", &[".rs"]);
    assert!(all.len() > 50, "the sources are where they are looked for");
    let only_tests: BTreeSet<PathBuf> = all.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    let is_test = |path: &str| only_tests.iter().any(|module| Path::new(path).with_extension("").starts_with(module));
    let room = |path: &str| path.split('/').nth(1).filter(|name| !name.ends_with(".rs")).map(str::to_string);
    let shown = all.iter().filter(|(path, _)| !is_test(path));
    shown.filter_map(|(path, text)| Some((room(path)?, path.clone(), plain(text)))).filter(|(room, ..)| room != "bin").collect()
}

/// Modules in files of their own that are declared for tests alone.
fn test_modules(path: &str, text: &str) -> Vec<PathBuf> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declared = lines.windows(2).filter(|pair| pair[0].starts_with("#[cfg(") && pair[0].contains("test"));
    let names = declared.filter_map(|pair| pair[1].trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    let path = Path::new(path);
    let folder = if path.ends_with("mod.rs") { path.parent().expect("a folder").to_path_buf() } else { path.with_extension("") };
    names.map(|name| folder.join(name)).collect()
}

/// The text without comments and up to the tests, which stand at the end of a file.
fn plain(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let is_tests = |index: usize| {
        let next = lines.get(index + 1).map(|line| line.trim()).unwrap_or_default();
        lines[index].starts_with("#[cfg(") && lines[index].contains("test") && next.starts_with("mod ") && next.ends_with('{')
    };
    let end = (0..lines.len()).find(|index| is_tests(*index)).unwrap_or(lines.len());
    lines[..end].join("\n")
}

/// The first name of every path that begins with `crate::`, groups included.
fn used(text: &str) -> BTreeSet<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(name(rest));
            continue;
        };
        let (mut depth, mut at_start) = (1, true);
        for (index, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' => at_start = depth == 1,
                c if c.is_whitespace() => {}
                _ if at_start => {
                    found.insert(name(&group[index..]));
                    at_start = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

#[test]
fn the_reader_of_imports_can_read() {
    let text =
        "use crate::{\n    sim::{id::NodeId, time::{a, b}},\n    trace,\n    world::World,\n};\nfn f(x: crate::store::Log) {}";
    assert_eq!(used(text).into_iter().collect::<Vec<_>>(), ["sim", "store", "trace", "world"]);
    assert_eq!(plain("a // b\n#[cfg(test)]\nmod tests;\nc\n#[cfg(test)]\nmod tests {\nd"), "a \n#[cfg(test)]\nmod tests;\nc");
}

#[test]
fn every_room_is_looked_at() {
    let seen: BTreeSet<String> = sources().into_iter().map(|(room, ..)| room).collect();
    assert_eq!(seen, ROOMS.iter().map(|room| room.to_string()).collect());
}

#[test]
fn rooms_use_only_those_below() {
    let place =
        |room: &str| ROOMS.iter().position(|name| *name == room).unwrap_or_else(|| panic!("`{room}` is no room of the house"));
    for (room, path, text) in sources() {
        for used in used(&text) {
            assert!(place(&used) <= place(&room), "{path}: {room} must not use {used}");
            assert!(room != "platform" || used == room, "{path}: platform stands alone");
        }
        assert!(!path.ends_with(&format!("src/{room}/mod.rs")) || !text.contains("super::"), "{path} reaches out of its room");
    }
}

#[test]
fn the_engine_knows_no_browser_no_clock_no_thread_and_no_global_state() {
    let words = [
        "leptos",
        "tachys",
        "reactive_graph",
        "web_sys",
        "js_sys",
        "wasm_bindgen",
        "gloo",
        "std::time",
        "std::thread",
        "std::fs",
        "std::env",
        "std::net",
        "std::sync::Mutex",
        "HashMap",
        "HashSet",
        "RandomState",
        "static mut",
        "thread_local",
        "OnceLock",
        "LazyLock",
        "SystemTime",
        "Instant",
    ];
    for (room, path, text) in sources() {
        if BROWSER.contains(&room.as_str()) {
            continue;
        }
        for word in words {
            assert!(!text.contains(word), "{path}: {room} must not know `{word}`");
        }
    }
}

/// `ln`, `exp` and their like differ in the last digit between targets; those of `libm` do not.
#[test]
fn numbers_that_decide_a_run_come_from_libm() {
    let functions = ["ln", "log2", "log10", "exp", "powf", "powi", "sin", "cos", "tan", "tanh", "cbrt", "hypot", "mul_add"];
    for (room, path, text) in sources() {
        if RUN.contains(&room.as_str()) {
            for function in functions {
                let call = format!(".{function}(");
                assert!(!text.contains(&call), "{path}: `{call}` is not the same on every target; use libm");
            }
        }
    }
}

#[test]
fn events_are_ordered_by_whole_numbers() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect(path);
    for (path, line) in [
        ("src/sim/time.rs", "pub struct Micros(pub u64);"),
        ("src/world/host.rs", "type Place = (Micros, u64);"),
        ("src/world/mod.rs", "queue: BTreeMap<Place, Due<P>>,"),
    ] {
        assert!(read(path).contains(line), "{path} no longer says `{line}`: is the order of events still free of floats?");
    }
}

/// The page meets protocols in views, the trace and the scene.
#[test]
fn who_draws_knows_no_protocol_from_inside() {
    let insides: Vec<String> =
        ["Message", "Timer", "Disk", "Change", "Apply"].iter().map(|name| format!("primary_replica::{name}")).collect();
    for (room, path, text) in sources() {
        if ["explain", "lesson", "scene", "ui", "check", "measure"].contains(&room.as_str()) {
            for inside in &insides {
                assert!(!text.contains(inside), "{path}: {room} must not look into a protocol ({inside})");
            }
        }
        if ["check", "measure"].contains(&room.as_str()) {
            assert!(!text.contains("primary_replica"), "{path}: who judges or measures must not know a protocol");
        }
    }
}

#[test]
fn long_files_have_a_reason() {
    let mut long = BTreeSet::new();
    for folder in ["src", "tests", "benches", "style"] {
        for (path, text) in files(folder, &[".rs", ".css", ".js", ".mjs"]) {
            if text.lines().count() > LINES_MAX {
                let has_reason = LONG.iter().any(|(name, reason)| *name == path && !reason.is_empty());
                assert!(has_reason, "{path} has {} lines; split it, or say in LONG why not", text.lines().count());
                long.insert(path);
            }
        }
    }
    assert!(LONG.iter().all(|(name, _)| long.contains(*name)), "LONG lists a file that is not long");
}

#[test]
fn every_file_begins_with_what_it_is() {
    for (path, text) in files("src", &[".rs"]) {
        assert!(text.starts_with("//! "), "{path} does not say at its head what it is and why");
    }
}

#[test]
fn nothing_is_left_to_do() {
    // Put together here, so that this file does not contain them.
    let calls = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    for folder in ["src", "tests"] {
        for (path, text) in files(folder, &[".rs"]) {
            for call in &calls {
                assert!(!text.contains(call), "{path} contains {call}");
            }
            for line in text.lines().filter(|line| line.trim().starts_with("#[allow(") || line.trim().starts_with("#![allow(")) {
                assert!(line.contains("reason ="), "{path}: an exception without a reason: {line}");
            }
        }
    }
}

#[test]
fn the_map_shows_every_room() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let library = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    for entry in fs::read_dir(root().join("src")).expect("src").flatten().filter(|entry| entry.path().is_dir()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(
            name == "bin" || ROOMS.contains(&name.as_str()),
            "src/{name} is no room of the house; tests/architecture.rs lists them"
        );
    }
    for room in ROOMS {
        assert!(map.contains(&format!("`{room}/`")), "ARCHITECTURE.md does not show `{room}/`");
        assert!(library.contains(&format!("pub mod {room};")), "src/lib.rs has no room {room}");
    }
}
