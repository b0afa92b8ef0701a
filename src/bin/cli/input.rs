//! Where a scenario comes from: a file, standard input, or the ones that are built in.

use super::Fault;
use replicarium::scenario::{
    Scenario,
    link::Source,
    presets,
    text::{self, FILE_BYTES_MAX, Refused},
};
use std::{fs::File, io::Read, path::Path};

/// A scenario that can run, and how a link to it says what it is.
pub struct Input {
    pub scenario: Scenario,
    pub source: Source,
}

/// `name` is a file (.toml, .json, or either without a suffix), `-`, or the name of a built-in scenario. A file wins.
pub fn read(name: &str) -> Result<Input, Fault> {
    let fault = |reason: String| Fault::one(format!("{name}: {reason}"));
    if name == "-" {
        return parse(name, &limited(std::io::stdin()).map_err(fault)?);
    }
    let path = Path::new(name);
    if !path.exists()
        && let Some(scenario) = presets::get(name)
    {
        return Ok(Input { scenario, source: Source::Preset(name.into()) });
    }
    if path.is_dir() {
        return Err(fault("is a folder; name a file in it".into()));
    }
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let names: Vec<String> = presets::names().collect();
            fault(format!("there is no such file, nor a built-in scenario of that name; built in are: {}", names.join(", ")))
        }
        _ => fault(format!("cannot be read: {}", plain(&error))),
    })?;
    parse(name, &limited(file).map_err(fault)?)
}

/// All text of a file, but not much more than may be in one.
fn limited(from: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    from.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {}", plain(&error)))?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(format!("is larger than {FILE_BYTES_MAX} bytes, the most that is read"));
    }
    String::from_utf8(bytes)
        .map_err(|error| format!("is not text in UTF-8 (byte {} is not)", error.utf8_error().valid_up_to() + 1))
}

/// JSON begins with a brace and TOML cannot.
fn parse(name: &str, text: &str) -> Result<Input, Fault> {
    let is_json = name.ends_with(".json") || !name.ends_with(".toml") && text.trim_start().starts_with('{');
    let scenario = if is_json { text::from_json(text) } else { text::from_toml(text) };
    match scenario {
        Ok(scenario) => Ok(Input { source: Source::Inline(Box::new(scenario.clone())), scenario }),
        Err(Refused(problems)) => Err(Fault(problems.iter().map(|problem| one_line(&format!("{name}: {problem}"))).collect())),
    }
}

/// A message of a parser may have several lines; a problem is one.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

/// The reason of an error without its number.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" (os error").map_or(text.clone(), |(reason, _)| reason.to_lowercase())
}
