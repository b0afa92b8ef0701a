//! Holds the written legend (`README.md`) against the source: every word of the trace is explained, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};

const LEGEND: &str = include_str!("README.md");
const SOURCES: [(&str, &[&str]); 5] = [
    (
        include_str!("mod.rs"),
        &["Kind", "Cargo", "DropReason", "Work", "TimerName", "CrashKind", "Role", "MemberState", "SyncState"],
    ),
    (include_str!("documents.rs"), &["DocumentFact", "Shows"]),
    (include_str!("fact.rs"), &["Fact", "NoVote"]),
    (include_str!("../sim/operation.rs"), &["Action", "KeyType", "Function", "Outcome", "Refusal"]),
    (include_str!("../sim/network.rs"), &["MessageClass"]),
];

/// The words of an enumeration as they are written in JSON: its variants, each with its named fields.
type Words = BTreeMap<String, BTreeSet<String>>;

fn snake(name: &str) -> String {
    let upper = |c: char| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() };
    name.chars().map(upper).collect::<String>().trim_start_matches('_').to_string()
}

/// Reads a `pub enum` out of formatted source text.
fn words(source: &str, name: &str) -> Words {
    let head = format!("pub enum {name} {{\n");
    let (_, rest) = source.split_once(&head).unwrap_or_else(|| panic!("{name} is an enumeration"));
    let (body, _) = rest.split_once("\n}").expect("its end");
    let (mut found, mut variant) = (Words::new(), String::new());
    for line in body.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with('#')) {
        let name: String = line.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if name.is_empty() {
            continue;
        }
        let mut fields = line;
        if name.starts_with(char::is_uppercase) {
            variant = snake(&name);
            found.insert(variant.clone(), BTreeSet::new());
            fields = line.split_once('{').map_or("", |(_, fields)| fields);
        }
        let names = fields.split(',').filter_map(|field| Some(field.split_once(':')?.0.trim().to_string()));
        found.get_mut(&variant).expect("a variant").extend(names.filter(|name| !name.contains('>')));
    }
    found
}

/// The words of a chapter of the legend: of each item its name and every other word in code type.
fn explained(chapter: &str) -> Words {
    let (_, rest) = LEGEND.split_once(&format!("\n## {chapter}\n")).unwrap_or_else(|| panic!("a chapter {chapter}"));
    let text = rest.split("\n## ").next().unwrap_or_default();
    let item = |item: &str| {
        let mut code = item.split('`').skip(1).step_by(2).map(str::to_string);
        Some((code.next()?, code.collect()))
    };
    let items = text.split("\n* ").skip(1).map(|item| item.split("\n\n").next().unwrap_or_default());
    items.filter_map(item).collect()
}

#[test]
fn every_word_of_the_trace_is_explained() {
    for (source, names) in SOURCES {
        for name in names {
            let (real, explained) = (words(source, name), explained(name));
            assert!(real.len() > 1, "{name}");
            assert_eq!(real.keys().collect::<Vec<_>>(), explained.keys().collect::<Vec<_>>(), "{name}");
            for (variant, fields) in &real {
                let missing: Vec<_> = fields.difference(&explained[variant]).collect();
                assert!(missing.is_empty(), "{name} {variant}: {missing:?} not explained");
            }
        }
    }
}
