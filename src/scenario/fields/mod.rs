//! Every field of a scenario and every command: what it means, its unit, its range and its default.
//!
//! One table, in `table`. The command line prints it, `README.md` in the folder above is generated from it, and tests hold
//! it against the model (every field is here, no other is) and against the checks (the ranges are the real ones). It must
//! not decide anything: the checks do.

mod documents;
mod gossip;
mod quorum;
mod shapes;
mod table;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) use tests::full::all;

pub use table::table;

use crate::sim::time::Micros;
use std::{fmt::Write, ops::RangeInclusive};

/// What a field takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Fields of its own, which have rows; or a word or table chosen among the rows below it.
    Group,
    /// A list of what the rows below it describe.
    List(RangeInclusive<usize>),
    /// What the rows under this name describe.
    Shape(&'static str),
    /// Any number of the things that rows under this name describe.
    ShapeList(&'static str, RangeInclusive<usize>),
    Text {
        bytes_max: usize,
    },
    /// One character of a text.
    Character,
    Switch,
    Whole(RangeInclusive<i128>, &'static str),
    Number(RangeInclusive<f64>, &'static str),
    /// More than 0, at most this.
    Above0(f64, &'static str),
    Time(RangeInclusive<Micros>),
    /// One of these words.
    Word(&'static [&'static str]),
    Node,
    Client,
    Key(u16),
    /// Of a document.
    Revision,
    /// A node or a client.
    Address,
    Nodes,
    Groups,
    /// One end of a link, or many.
    End,
    Message,
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Field {
    /// Names from the top joined by dots; `[]` stands for any place in a list. Shapes begin with their own name.
    pub path: &'static str,
    pub form: Form,
    /// As written in TOML; `none` for a field that is absent, `required` for one that cannot be; empty where only the rows
    /// below have defaults.
    pub default: &'static str,
    pub meaning: &'static str,
}

impl Field {
    /// Unit and range in words; empty if the rows below say it.
    pub fn range(&self) -> String {
        match &self.form {
            Form::Group => String::new(),
            Form::List(count) => format!("list of {} to {}", count.start(), count.end()),
            Form::Shape(name) => format!("{} {name}", if name.starts_with('a') { "an" } else { "a" }),
            Form::ShapeList(name, count) => format!("list of {} to {} {name}s", count.start(), count.end()),
            Form::Text { bytes_max } => format!("text of up to {bytes_max} bytes"),
            Form::Character => "one character".into(),
            Form::Switch => "true or false".into(),
            Form::Whole(range, unit) => format!("whole number{}, {} to {}", of(unit), range.start(), range.end()),
            Form::Number(range, unit) => format!("number{}, {} to {}", of(unit), range.start(), range.end()),
            Form::Above0(most, unit) => format!("number{}, above 0 up to {most}", of(unit)),
            Form::Time(range) => format!("time, {} to {}", range.start(), range.end()),
            Form::Word(words) => words.join(", "),
            Form::Node => "a node".into(),
            Form::Client => "a client".into(),
            Form::Revision => "a revision".into(),
            Form::Key(most) => format!("a key, up to the {most}th"),
            Form::Address => "a node or a client".into(),
            Form::Nodes => "list of nodes, each once".into(),
            Form::Groups => "list of lists of nodes and clients".into(),
            Form::End => "a node, a client, or one of any, nodes, clients".into(),
            Form::Message => "number of a message in the trace".into(),
        }
    }
}

fn of(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!(" of {unit}") }
}

const INTRODUCTION: &str = include_str!("introduction.md");

/// Paths under which the document begins a chapter, its title, and what is said first.
const CHAPTERS: [(&str, &str, &str); 16] = [
    ("title", "The run", ""),
    ("protocol", "Protocol", ""),
    ("nodes", "Nodes", ""),
    ("network", "Network", "The base of all links, in each direction. Rules change it for some."),
    ("links", "Link rules", ""),
    ("clients", "Clients", ""),
    ("commands", "Commands", "What is done during the run. A command acts before any event at its time."),
    ("action", "Shape: action", "What an operation does."),
    ("concern", "Shape: concern", "How sure a read must be of what it shows (MongoDB: read concern)."),
    (
        "conflicts",
        "Shape: conflicts",
        "What becomes of writes of the same key that did not know of each other. It decides what is shown, never what is kept.",
    ),
    (
        "clock",
        "Shape: clock",
        "How wrong the clock of a node is: it shows true time + skew + drift × true time. Timers follow it.",
    ),
    (
        "delay",
        "Shape: delay",
        "How long something takes: a time like `\"40ms\"` if it is always the same, or a distribution. Its median may be up to 1 h.",
    ),
    ("retention", "Shape: retention", "What of the log is kept besides its last entries."),
    ("rule", "Shape: rule", "Changes for some links. Of several rules that match, the last that says something wins."),
    ("target", "Shape: target", "Whom a client asks first."),
    ("key type", "Shape: key type", "What a key of peers holds. Keys of which nothing is said are registers: one value each."),
];

/// The whole documentation as Markdown, fit to be read as it is.
pub fn document() -> String {
    let mut text = INTRODUCTION.to_string();
    for field in table() {
        if let Some((_, title, first)) = CHAPTERS.iter().find(|(begin, ..)| *begin == field.path) {
            text += &format!("\n## {title}\n\n");
            if !first.is_empty() {
                text += &format!("{first}\n\n");
            }
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", row(&field));
    }
    text
}

/// `path`: unit and range; default. Meaning.
fn row(field: &Field) -> String {
    let (range, meaning) = (field.range(), field.meaning);
    let default = match field.default {
        "" => String::new(),
        "required" => "required".into(),
        "none" => "may be absent".into(),
        value => format!("default `{value}`"),
    };
    let parts: Vec<String> = [range, default].into_iter().filter(|part| !part.is_empty()).collect();
    let facts = if parts.is_empty() { String::new() } else { format!("{}. ", parts.join("; ")) };
    format!("* `{}`: {facts}{meaning}", field.path)
}
