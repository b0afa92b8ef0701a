//! What leaves the page as a link: a scenario (by name, or whole), the branch's commands and the moment shown.
//!
//! The start of a scenario that comes with the product is its name: `r1.!first-look`. Everything else is compact (the bytes of [`super::wire`], then base64url), with a version in front; it goes into the fragment, so no server sees it.
//! The first character says of which kind the scenario is, because assets/boot.js has to know which program can run it.
//! Chat programs cut links near 2,000 characters: [`Shared::to_text`] says how long it got, the caller warns.

use super::{
    ENGINE_VERSION, Scenario, check_command, presets,
    wire::{Bytes, Wire},
};
use crate::{
    protocol::kind::Kind,
    sim::time::Micros,
    world::{
        Position,
        command::{COMMANDS_MAX, TimedCommand},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// The preset that opens when nothing else is asked for.
pub const FIRST: &str = "first-look";
/// Before the name of a preset; no character of base64.
const NAME: char = '!';

/// The fragment that names no scenario, but asks for the program that can run those of this kind.
pub const fn bare(kind: Kind) -> &'static str {
    match kind {
        Kind::PrimaryReplica => "",
        _ => prefix(kind),
    }
}

/// The link to the start of a preset, whichever program can run it.
pub fn of_preset(kind: Kind, name: &str) -> String {
    format!("{}{NAME}{name}", prefix(kind))
}

/// The kind that is asked for without naming a scenario.
pub fn kind_of_bare(fragment: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| bare(*kind) == fragment)
}

/// First characters of a link: the kind of its scenario, then the version of the form.
pub const fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::PrimaryReplica => "r1.",
        Kind::MultiPrimary => "p1.",
        Kind::Quorum => "q1.",
        Kind::Gossip => "g1.",
        Kind::Documents => "d1.",
    }
}

/// Of which kind a link says that it is, and the rest of it. None if it is no link.
pub fn parts(text: &str) -> Option<(Kind, &str)> {
    for kind in Kind::ALL {
        if let Some(rest) = text.strip_prefix(prefix(kind)) {
            return Some((kind, rest));
        }
    }
    None
}

/// Longest link that is read.
pub const LINK_BYTES_MAX: usize = 100_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    Preset(String),
    Inline(Box<Scenario>),
}

impl Source {
    /// Whether it is the preset of this name.
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Source::Preset(own) if own == name)
    }
}

/// The content of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    pub engine: u32,
    pub source: Source,
    pub seed: u64,
    /// All commands of the branch, those of the scenario included.
    pub commands: Vec<TimedCommand>,
    pub cursor: Position,
}

impl Shared {
    pub fn new(source: Source, seed: u64, commands: Vec<TimedCommand>, cursor: Position) -> Shared {
        Shared { engine: ENGINE_VERSION, source, seed, commands, cursor }
    }

    /// The start of a scenario.
    pub fn of(scenario: Scenario) -> Shared {
        let (seed, commands) = (scenario.seed, scenario.commands.clone());
        Shared::new(Source::Inline(Box::new(scenario)), seed, commands, Position { at: Micros::ZERO, steps: 0 })
    }

    pub fn to_text(&self) -> String {
        let mut bytes = Vec::new();
        self.put(&mut bytes);
        format!("{}{}", prefix(self.kind().unwrap_or(Kind::PrimaryReplica)), URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Of which kind the scenario is; none if it is a preset that this program does not have.
    fn kind(&self) -> Option<Kind> {
        match &self.source {
            Source::Preset(name) => presets::get(name).map(|scenario| scenario.protocol.kind()),
            Source::Inline(scenario) => Some(scenario.protocol.kind()),
        }
    }

    /// Reads a link. The error says what is wrong and is fit to be shown.
    pub fn from_text(text: &str) -> Result<Shared, String> {
        if text.len() > LINK_BYTES_MAX {
            return Err(format!("The link is {} characters long; at most {LINK_BYTES_MAX} are read.", text.len()));
        }
        Shared::from_long_text(text)
    }

    /// Reads a link of any length, which comes from another part of this program.
    pub fn from_long_text(text: &str) -> Result<Shared, String> {
        let Some((kind, body)) = parts(text) else {
            return Err(
                "The link is not one of ours, or of a newer version: it should begin with `r1.`, `p1.`, `q1.` or `g1.`.".into()
            );
        };
        if let Some(name) = body.strip_prefix(NAME) {
            return Shared::of_preset(name, kind);
        }
        let damaged = || "The link was damaged on its way. Copy the whole of it; some programs cut long links off.".to_string();
        let bytes = URL_SAFE_NO_PAD.decode(body).ok().ok_or_else(damaged)?;
        // First by whom it was made: what follows may have another form.
        let engine = u32::take(&mut Bytes::new(&bytes)).ok_or_else(damaged)?;
        if engine != ENGINE_VERSION {
            return Err(format!(
                "The link was made by engine version {engine}; this is version {ENGINE_VERSION}, which may run it differently, so it is not shown.",
            ));
        }
        let mut bytes = Bytes::new(&bytes);
        let shared = Shared::take(&mut bytes).ok_or_else(damaged)?;
        if bytes.left() > 0 {
            return Err(format!("The link has {} bytes too many at its end.", bytes.left()));
        }
        shared.is_of(kind)?;
        shared.check()?;
        Ok(shared)
    }

    /// The start of a preset.
    fn of_preset(name: &str, kind: Kind) -> Result<Shared, String> {
        let shared = Shared::new(Source::Preset(name.into()), 0, Vec::new(), Position { at: Micros::ZERO, steps: 0 });
        shared.is_of(kind)?;
        // The product's own scenarios can run; where this one is not on board that is said here.
        shared.scenario()?;
        let Scenario { seed, commands, .. } = presets::get(name).unwrap_or_default();
        Ok(Shared { seed, commands, ..shared })
    }

    /// The link says of which kind its scenario is.
    fn is_of(&self, kind: Kind) -> Result<(), String> {
        match self.kind() {
            Some(own) if own != kind => Err(format!(
                "The link was changed on its way: it begins with `{}`, but links to scenarios like its own begin with `{}`.",
                prefix(kind),
                prefix(own)
            )),
            _ => Ok(()),
        }
    }

    fn check(&self) -> Result<(), String> {
        self.scenario()?;
        if self.commands.len() > COMMANDS_MAX {
            return Err(format!("The link has {} commands; at most {COMMANDS_MAX} are allowed.", self.commands.len()));
        }
        if self.commands.windows(2).any(|pair| pair[1].at < pair[0].at) {
            return Err("The link's commands are not in order of time.".into());
        }
        if self.cursor.at > *Scenario::UNTIL.end() {
            return Err(format!("The link points at {}; the latest moment is {}.", self.cursor.at, Scenario::UNTIL.end()));
        }
        self.commands.iter().enumerate().try_for_each(|(index, timed)| match check_command(&timed.command) {
            Some(what) => Err(format!("Command {} of the link cannot be: {what}.", index + 1)),
            None => Ok(()),
        })
    }

    /// The scenario, with the link's seed.
    pub fn scenario(&self) -> Result<Scenario, String> {
        let scenario = match &self.source {
            Source::Preset(name) => {
                presets::get(name).ok_or_else(|| format!("There is no scenario called “{name}” among those of this kind."))?
            }
            Source::Inline(scenario) => (**scenario).clone(),
        };
        match scenario.check().first() {
            Some(problem) => Err(format!("The scenario in the link cannot run: {problem}.")),
            None => Ok(Scenario { seed: self.seed, ..scenario }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sim::id::NodeId, world::command::Command};
    use proptest::prelude::*;

    fn shared() -> Shared {
        let at = Micros::from_millis(900);
        let commands = vec![TimedCommand { at, command: Command::Crash { node: NodeId(0) } }];
        Shared::new(Source::Preset(FIRST.into()), 7, commands, Position { at: Micros::from_secs(2), steps: 0 })
    }

    #[test]
    fn reads_back() {
        for source in [Source::Preset(FIRST.into()), Source::Inline(Box::new(presets::get(FIRST).unwrap()))] {
            let shared = Shared { source, ..shared() };
            let text = shared.to_text();
            assert_eq!(Shared::from_text(&text), Ok(shared), "{text}");
        }
        assert!(shared().to_text().len() < 60, "{}", shared().to_text());
    }

    #[test]
    fn every_preset_has_a_link_by_its_name() {
        for (name, scenario) in presets::all() {
            let shared = Shared::from_text(&of_preset(scenario.protocol.kind(), &name)).unwrap();
            assert_eq!((shared.seed, &shared.commands), (scenario.seed, &scenario.commands));
            assert_eq!(shared.scenario().unwrap(), scenario);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let text = shared().to_text();
        for (bad, word) in [
            ("", "begin"),
            ("r1.!nope", "no scenario called “nope”"),
            ("q1.!first-look", "begin with `r1.`"),
            ("r9.AAAA", "begin"),
            ("r1.%%%", "damaged"),
            ("p1.AAAA", "version 0"),
            (&text.replace("r1.", "p1."), "begin with `r1.`"),
            (&text[..text.len() - 4], "Copy the whole"),
            (&format!("{text}AAAA"), "too many"),
            (&Shared { engine: 99, ..shared() }.to_text(), "version 99"),
            (&Shared { source: Source::Preset("nope".into()), ..shared() }.to_text(), "nope"),
            (&Shared { cursor: Position { at: Micros::MAX, steps: 0 }, ..shared() }.to_text(), "latest"),
        ] {
            let error = Shared::from_text(bad).unwrap_err();
            assert!(error.contains(word), "{bad}: {error}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for kind in Kind::ALL {
                let _ = Shared::from_text(&format!("{}{}", prefix(kind), URL_SAFE_NO_PAD.encode(&bytes)));
            }
        }

        #[test]
        fn one_changed_byte_never_panics(at in 0usize..500, byte in any::<u8>()) {
            let inline = Shared { source: Source::Inline(Box::new(presets::get(FIRST).unwrap())), ..shared() };
            let mut bytes = postcard::to_allocvec(&inline).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = Shared::from_text(&format!("r1.{}", URL_SAFE_NO_PAD.encode(&bytes)));
        }
    }
}
