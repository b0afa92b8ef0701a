//! Scenarios as files: TOML for people (native), JSON in the page, one and the same model.

use super::{Problem, Scenario, link::Shared};
use std::fmt;

/// Largest file that is looked at.
pub const FILE_BYTES_MAX: usize = 1_000_000;

/// Why a file was refused: every reason, most important first.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused(pub Vec<Problem>);

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            write!(out, "{}{problem}", if index > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

fn refused(at: impl Into<String>, what: impl fmt::Display) -> Refused {
    Refused(vec![Problem { at: at.into(), what: what.to_string() }])
}

fn checked(scenario: Scenario) -> Result<Scenario, Refused> {
    let problems = scenario.check();
    if problems.is_empty() { Ok(scenario) } else { Err(Refused(problems)) }
}

fn small_enough(text: &str) -> Result<(), Refused> {
    match text.len() > FILE_BYTES_MAX {
        true => Err(refused("file", format!("{} bytes long; allowed is up to {FILE_BYTES_MAX}", text.len()))),
        false => Ok(()),
    }
}

/// Reads the JSON form.
pub fn from_json(text: &str) -> Result<Scenario, Refused> {
    small_enough(text)?;
    let scenario = serde_json::from_str(text).map_err(|error: serde_json::Error| {
        let said = error.to_string();
        let what = if error.is_eof() { "the text ends too early; copy the whole of it" } else { plain(&said) };
        refused(format!("line {}, column {}", error.line(), error.column()), what)
    })?;
    checked(scenario)
}

/// serde_json says the place again at the end; once is enough.
fn plain(error: &str) -> &str {
    error.rsplit_once(" at line ").map_or(error, |(what, _)| what)
}

pub fn to_json(scenario: &Scenario) -> String {
    serde_json::to_string_pretty(scenario).unwrap_or_default()
}

/// The link that says the same as the JSON form.
pub fn link_of_json(json: &str) -> Result<String, String> {
    let scenario = from_json(json).map_err(|refused| refused.to_string())?;
    Ok(Shared::of(scenario).to_text())
}

/// Whether a link can be opened by the program that it asks for; why not, in words.
pub fn check_link(link: &str) -> Result<String, String> {
    Shared::from_text(link).map(|_| String::new())
}

/// The JSON form of what a link shows, with all commands of its branch.
pub fn json_of_link(link: &str) -> Result<String, String> {
    let shared = Shared::from_long_text(link)?;
    let scenario = shared.scenario()?;
    Ok(to_json(&Scenario { commands: shared.commands, ..scenario }))
}

/// Reads the TOML form.
#[cfg(not(target_arch = "wasm32"))]
pub fn from_toml(text: &str) -> Result<Scenario, Refused> {
    small_enough(text)?;
    let place = |error: &toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text[..at].matches('\n').count() + 1;
        let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1) + 1;
        format!("line {line}, column {column}")
    };
    let scenario = toml::from_str(text).map_err(|error| refused(place(&error), error.message()))?;
    checked(scenario)
}

#[cfg(not(target_arch = "wasm32"))]
pub fn to_toml(scenario: &Scenario) -> Result<String, String> {
    toml::to_string_pretty(scenario).map_err(|error| error.to_string())
}
