//! The table against the model, the defaults, the checks and the written document.

pub mod full;

use super::*;
use crate::{
    scenario::{Scenario, text},
    sim::id::Key,
};
use full::all;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// A place in a JSON document: as a pointer, as the checks write it, and the row of the table that describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    pointer: String,
    written: String,
    row: String,
}

/// All places below and including this one. Panics at one that the table does not know.
fn walk(json: &Json, place: Place, found: &mut Vec<Place>) {
    let table = table();
    let form = table.iter().find(|field| field.path == place.row).map(|field| field.form.clone());
    assert!(
        form.is_some() || place.row.is_empty() || place.row.ends_with("[]"),
        "no row for `{}` ({})",
        place.row,
        place.written
    );
    found.push(place.clone());
    let below = match &form {
        None | Some(Form::Group | Form::List(_)) => place.row.clone(),
        Some(Form::Shape(name) | Form::ShapeList(name, _)) => name.to_string(),
        Some(_) => return,
    };
    if let Some(Form::Shape(name)) = form {
        found.push(Place { row: name.into(), ..place.clone() });
    }
    let is_shape_list = matches!(form, Some(Form::ShapeList(..)));
    let dotted = |path: &str, name: &str| if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                let pointer = format!("{}/{name}", place.pointer);
                walk(value, Place { pointer, written: dotted(&place.written, name), row: dotted(&below, name) }, found);
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let pointer = format!("{}/{index}", place.pointer);
                let row = if is_shape_list { below.clone() } else { format!("{below}[]") };
                walk(value, Place { pointer, written: format!("{}[{index}]", place.written), row }, found);
            }
        }
        // A delay that is a time alone is a constant.
        Json::String(_) if below == "delay" => found.push(Place { row: "delay.constant".into(), ..place }),
        Json::String(word) => {
            let row = dotted(&below, word);
            assert!(table.iter().any(|field| field.path == row), "no row for `{row}`");
            found.push(Place { row, ..place });
        }
        _ => {}
    }
}

fn places(json: &Json) -> Vec<Place> {
    let mut found = Vec::new();
    walk(json, Place { pointer: String::new(), written: String::new(), row: String::new() }, &mut found);
    found
}

fn json(scenario: &Scenario) -> Json {
    serde_json::to_value(scenario).expect("a scenario is JSON")
}

/// The problems of a document: where. A document that cannot be read at all has one, at "".
fn problems(json: &Json) -> Vec<String> {
    match serde_json::from_value::<Scenario>(json.clone()) {
        Ok(scenario) => scenario.check().into_iter().map(|problem| problem.at).collect(),
        Err(_) => vec![String::new()],
    }
}

#[test]
fn the_table_has_every_field_and_no_other() {
    all().iter().for_each(|one| assert_eq!(one.check(), []));
    let seen: BTreeSet<String> = all().iter().flat_map(|one| places(&json(one))).map(|place| place.row).collect();
    for field in table() {
        assert!(seen.contains(field.path), "`{}` is in the table, but not in the model", field.path);
    }
    let mut paths: Vec<&str> = table().iter().map(|field| field.path).collect();
    paths.sort();
    assert!(paths.windows(2).all(|pair| pair[0] != pair[1]), "no row stands there twice");
}

#[test]
fn defaults_are_the_real_ones() {
    let (nodes, clients) = (json!({ "different": [{ "node": "A" }] }), json!([{ "workload": {} }]));
    let commands = json!([{ "at": "1s", "do": { "set_logs": {} } }]);
    let sparse = json!({ "links": [{ "set": {} }], "nodes": nodes, "clients": clients, "commands": commands });
    let sparse = json(&serde_json::from_value(sparse).expect("a scenario"));
    let peers = json!({ "protocol": { "multi_primary": {} }, "commands": [{ "at": "1s", "do": { "set_conflicts": {} } }] });
    let peers = json(&serde_json::from_value(peers).expect("a scenario"));
    let quorum = json(
        &serde_json::from_value(
            json!({ "protocol": { "quorum": {} }, "commands": [{ "at": "1s", "do": { "set_quorum": {} } }] }),
        )
        .expect("a scenario"),
    );
    let gossip = json!({ "protocol": { "gossip": { "anti_entropy": {}, "members": {} } } });
    let gossip = json(&serde_json::from_value(gossip).expect("a scenario"));
    let documents = json!({ "protocol": { "documents": {} }, "commands": [{ "at": "1s", "do": { "set_documents": {} } }] });
    let documents = json(&serde_json::from_value(documents).expect("a scenario"));
    let whole = json(&Scenario::default());
    for field in table() {
        // Of what may be absent the rows below say what it is when it is there.
        if (field.form, field.default) == (Form::Group, "none") {
            continue;
        }
        let expected = match field.default {
            "" | "required" => continue,
            "none" => Json::Null,
            text => {
                let line: toml::Table = toml::from_str(&format!("value = {text}")).expect(text);
                serde_json::to_value(&line["value"]).expect(text)
            }
        };
        // The whole default first: its lists are empty and its workload absent.
        let find = |json: &Json| {
            let found = places(json).into_iter().find(|place| place.row == field.path)?;
            json.pointer(&found.pointer).cloned()
        };
        let value = [&whole, &sparse, &peers, &quorum, &gossip, &documents].into_iter().find_map(find).unwrap_or(Json::Null);
        assert_eq!(value, expected, "{}", field.path);
    }
}

#[test]
fn required_fields_are_required_and_no_others() {
    let all = all().map(|one| json(&one));
    let each = all.iter().flat_map(|full| places(full).into_iter().map(move |place| (full, place)));
    for (full, place) in each.filter(|(_, place)| !place.row.ends_with("[]")) {
        let Some((parent, name)) = place.pointer.rsplit_once('/') else { continue };
        let Some(field) = table().into_iter().find(|field| field.path == place.row) else { continue };
        // A choice is made by its name, and a shape is described under another one: neither can be left out.
        let is_member = place.row.ends_with(name) && !(field.default.is_empty() && place.written.contains('.'));
        let mut without = full.clone();
        let removed = without.pointer_mut(parent).and_then(Json::as_object_mut).and_then(|members| members.remove(name));
        if !is_member || removed.is_none() {
            continue;
        }
        let readable = serde_json::from_value::<Scenario>(without).is_ok();
        assert_eq!(readable, field.default != "required", "{}", place.written);
    }
}

/// Values just inside and just outside what a row allows.
fn edges(form: &Form) -> (Vec<Json>, Vec<Json>) {
    let time = |micros: u64| json!(format!("{micros}us"));
    match form {
        Form::Whole(range, _) => {
            let number = |n: i128| serde_json::from_str(&n.to_string()).expect("a number");
            (vec![number(*range.start()), number(*range.end())], vec![number(range.start() - 1), number(range.end() + 1)])
        }
        Form::Number(range, _) => {
            let (low, high) = (*range.start(), *range.end());
            (vec![json!(low), json!(high)], vec![json!(low - 1e-9), json!(high * (1.0 + 1e-9))])
        }
        Form::Above0(most, _) => (vec![json!(1e-9), json!(most)], vec![json!(0.0), json!(-1.0), json!(most * (1.0 + 1e-9))]),
        Form::Time(range) => {
            let below = range.start().0.checked_sub(1).map(time);
            (vec![time(range.start().0), time(range.end().0)], below.into_iter().chain([time(range.end().0 + 1)]).collect())
        }
        Form::Text { bytes_max } => (vec![json!("x".repeat(*bytes_max))], vec![json!("x".repeat(bytes_max + 1))]),
        Form::Character => (vec![json!("a"), json!("ß"), json!("!")], vec![json!(""), json!("ab"), json!("<"), json!("\n")]),
        Form::Key(most) => (vec![json!("x"), json!(Key(most - 1).to_string())], vec![json!(Key(*most).to_string())]),
        Form::Revision => (vec![json!(format!("1-{}", "0".repeat(32)))], vec![json!("1-0"), json!(1)]),
        Form::Switch => (vec![json!(true), json!(false)], vec![json!(1)]),
        Form::Word(words) => (words.iter().map(|word| json!(word)).collect(), vec![json!("nonsense")]),
        Form::End => (vec![json!("any"), json!("nodes"), json!("clients"), json!("A"), json!("Ana")], vec![json!("nonsense")]),
        Form::Address => (vec![json!("A"), json!("Ana")], vec![json!("any")]),
        Form::Node => (vec![json!("A")], vec![json!("Ana")]),
        Form::Client => (vec![json!("Ana")], vec![json!("A")]),
        Form::Message => (vec![json!(0)], vec![json!(-1)]),
        Form::Nodes => (vec![json!([])], vec![json!("A"), json!(["Ana"])]),
        Form::Groups => (vec![json!([]), json!([["A"], ["B", "Ana"]])], vec![json!(["A"])]),
        Form::Group | Form::List(_) | Form::Shape(_) | Form::ShapeList(..) => (vec![], vec![]),
    }
}

/// Whether a problem is about this place: at it, or at the whole of which it is a part.
fn is_about(problem: &str, place: &str) -> bool {
    let rest = place.strip_prefix(problem);
    problem.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']) && !rest.starts_with('['))
}

/// What another field limits further, and the words of the row say so.
const DEPENDENT: [&str; 1] = ["protocol.gossip.members.timeout"];

#[test]
fn ranges_are_those_of_the_checks() {
    let all = all().map(|one| json(&one));
    let mut tried = BTreeSet::new();
    let mut known = BTreeSet::new();
    let mut tries = Vec::new();
    // Of each only what those before it do not have: with peers some fields take less.
    for full in &all {
        let new: Vec<Place> = places(full).into_iter().filter(|place| !known.contains(&place.row)).collect();
        known.extend(new.iter().map(|place| place.row.clone()));
        tries.extend(new.into_iter().map(|place| (full, place)));
    }
    for (full, place) in tries {
        let Some(field) = table().into_iter().find(|field| field.path == place.row) else { continue };
        // How long a distribution may be is a matter of its median, not of one number in it.
        let is_whole = place.row == "delay.constant" && !place.written.contains("mixture");
        if place.row.starts_with("delay.") && matches!(field.form, Form::Time(_)) && !is_whole {
            continue;
        }
        // Commands stand in order of time, so only the first may be as early as it likes.
        if place.row == "commands[].at" && place.written != "commands[0].at" {
            continue;
        }
        let (inside, outside) = edges(&field.form);
        let with = |value: &Json| {
            let mut changed = full.clone();
            *changed.pointer_mut(&place.pointer).expect("the place") = value.clone();
            problems(&changed)
        };
        for value in inside.iter().filter(|_| !DEPENDENT.contains(&place.row.as_str())) {
            let found = with(value);
            assert!(!found.iter().any(|at| is_about(at, &place.written)), "{} = {value} is refused: {found:?}", place.written);
        }
        for value in &outside {
            let found = with(value);
            assert!(found.iter().any(|at| is_about(at, &place.written)), "{} = {value} is accepted", place.written);
        }
        tried.insert(place.row);
    }
    assert!(tried.len() > 100, "{}", tried.len());
}

/// Names are words: what could be taken for markup, a column of a table or nothing at all is refused, with its field.
#[test]
fn names_of_operations_are_words() {
    let with = |operations: Json| {
        let workload = json!({ "operations": operations });
        problems(&json!({ "clients": [{ "workload": workload }] }))
    };
    let named = |name: &str, weight: u32| json!({ "name": name, "do": "read", "weight": weight });
    let at = |field: &str| vec![format!("clients[0].workload.operations{field}")];
    for good in ["browse", "sign-up", "log in 2", "größer", "送信"] {
        assert_eq!(with(json!([named(good, 1)])), Vec::<String>::new(), "{good}");
    }
    for bad in ["", " ", " post", "post ", "<b>", "a,b", "a\"b", "a&b", "a\nb", "twenty-one bytes long"] {
        assert_eq!(with(json!([named(bad, 1)])), at("[0].name"), "{bad}");
    }
    assert_eq!(with(json!([])), at(""));
    assert_eq!(with(json!([named("post", 1), named("browse", 0)])), at("[1].weight"));
    assert_eq!(with(json!([named("post", 1), named("post", 1)])), at("[1].name"));
    let client = |number: usize| {
        let some: Vec<Json> = (0..8).map(|index| named(&format!("{}", number * 8 + index), 1)).collect();
        json!({ "workload": { "operations": some } })
    };
    let clients = |count: usize| problems(&json!({ "clients": (0..count).map(client).collect::<Vec<Json>>() }));
    assert_eq!((clients(2), clients(3)), (vec![], vec!["clients".to_string()]));
}

#[test]
fn lists_are_as_long_as_the_table_says() {
    let all = all().map(|one| json(&one));
    for field in table() {
        let (Form::List(range) | Form::ShapeList(_, range)) = &field.form else { continue };
        if field.path == "delay.mixture" {
            continue;
        }
        let (pointer, at) = (field.path.replace("[]", "/0").replace('.', "/"), field.path.replace("[]", "[0]"));
        let pointer = format!("/{pointer}");
        let full = all.iter().find(|full| full.pointer(&pointer).and_then(Json::as_array).is_some_and(|list| !list.is_empty()));
        let full = full.expect("one that has it");
        for (count, good) in [(*range.start(), true), (*range.end(), true), (range.end() + 1, false)] {
            let mut changed = full.clone();
            // Of a list in every item of another one, the first stands for all.
            let list = changed.pointer_mut(&pointer).and_then(Json::as_array_mut).expect("a list");
            *list = std::iter::repeat_n(list[0].clone(), count).collect();
            assert_eq!(!problems(&changed).contains(&at), good, "{count} {}", field.path);
        }
    }
}

#[test]
fn the_example_is_a_scenario() {
    let example = INTRODUCTION.split("```").nth(1).and_then(|block| block.strip_prefix("toml\n")).expect("an example");
    text::from_toml(example).expect("a good scenario");
}

/// The committed document is the generated one. `UPDATE=1 cargo test --lib fields` writes it.
#[test]
fn the_readme_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/scenario/README.md");
    let notice = "<!-- Generated from fields/table.rs: change it there, then run UPDATE=1 cargo test --lib fields -->\n\n";
    let document = notice.to_string() + &document();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &document).expect("a writable README");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == document, "src/scenario/README.md is not what the table says; run with UPDATE=1");
    for (path, ..) in CHAPTERS {
        assert!(table().iter().any(|field| field.path == path), "no field begins the chapter `{path}`");
    }
}
