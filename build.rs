//! Turns the scenarios in `assets/scenarios` from TOML, which people write, into JSON, which the page can read without a
//! TOML parser on board.

use std::{env, fs, path::Path};

fn main() {
    let folder = Path::new("assets/scenarios");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut rows = Vec::new();
    for file in fs::read_dir(folder).expect("the folder of scenarios").flatten() {
        let path = file.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_stem().expect("a file name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a readable file");
        let value: toml::Value = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let json = serde_json::to_string(&value).expect("TOML fits into JSON");
        rows.push(format!("    ({name:?}, {json:?}),\n"));
    }
    rows.sort();
    let code = format!("/// (name, JSON).\npub const PRESETS: &[(&str, &str)] = &[\n{}];\n", rows.concat());
    let target = Path::new(&env::var("OUT_DIR").expect("cargo sets OUT_DIR")).join("presets.rs");
    fs::write(target, code).expect("a writable target folder");
}
