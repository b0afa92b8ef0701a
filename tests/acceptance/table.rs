//! The table at the head of `main.rs` is true: it has every row of the tables of behaviour that speaks of one primary, of quorums or of documents, each with
//! files that a test plays.

use std::collections::BTreeSet;

const HEAD: &str = include_str!("main.rs");
const TESTS: [(&str, &str); 7] = [
    ("couchdb", include_str!("couchdb.rs")),
    ("dynamo", include_str!("dynamo.rs")),
    ("mongodb", include_str!("mongodb.rs")),
    ("mysql", include_str!("mysql.rs")),
    ("phenomena", include_str!("phenomena.rs")),
    ("postgresql", include_str!("postgresql.rs")),
    ("redis", include_str!("redis.rs")),
];

/// Rows of the table: row names, files, tests.
fn rows() -> Vec<[Vec<&'static str>; 3]> {
    let cells = HEAD.lines().filter_map(|line| line.strip_prefix("//! | ")).skip(1);
    let words = |cell: &'static str| cell.trim().split([',', ';']).map(str::trim).collect();
    let rows: Vec<_> = cells.map(|line| line.trim_end_matches(" |").splitn(3, " | ").map(words).collect::<Vec<_>>()).collect();
    rows.into_iter().map(|row| row.try_into().expect("three cells")).collect()
}

fn is_left_out(row: &str) -> bool {
    HEAD.lines().any(|line| line.starts_with(&format!("//! * {row}:")))
}

#[test]
fn every_row_of_the_tables_is_played_or_left_out_with_a_reason() {
    let of = |letter: &'static str, last: u32| (1..=last).map(move |number| format!("{letter}{number}"));
    let phenomena = (1..=19).chain(29..=33).chain([36, 41, 42, 46, 47, 48]).map(|number| format!("ph-{number:02}"));
    let wanted =
        of("P", 15).chain(of("M", 8)).chain(of("G", 7)).chain(of("R", 8)).chain(of("Q", 10)).chain(of("C", 7)).chain(phenomena);
    let played: BTreeSet<_> = rows().into_iter().flat_map(|[row, _, _]| row).collect();
    let missing: Vec<_> = wanted.filter(|row| !played.contains(row.as_str()) && !is_left_out(row)).collect();
    assert!(missing.is_empty(), "neither played nor left out: {missing:?}");
}

#[test]
fn the_table_has_every_file_once_and_every_file_is_played() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/acceptance");
    let names = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    let there: BTreeSet<_> = names.filter_map(|name| name.to_str()?.strip_suffix(".toml").map(str::to_string)).collect();
    let listed: Vec<_> = rows().into_iter().flat_map(|[_, files, _]| files).map(str::to_string).collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), there);
    assert_eq!(listed.len(), there.len(), "none twice");
    for name in there {
        assert!(TESTS.iter().any(|(_, text)| text.contains(&format!("\"{name}\""))), "no test plays {name}");
    }
}

#[test]
fn every_test_of_the_table_exists() {
    for test in rows().iter().flat_map(|[_, _, tests]| tests).filter_map(|test| test.split_once("::")) {
        let (module, name) = test;
        let text = TESTS.iter().find(|(of, _)| *of == module).map(|(_, text)| *text);
        let is_there = text.is_some_and(|text| text.contains(&format!("#[test]\nfn {name}_")));
        assert!(is_there, "{module}::{name}");
    }
}
