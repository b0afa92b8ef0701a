//! What happened, as sentences made from the trace. Every noun in a sentence exists in the run.

pub mod actions;
pub mod chip;
mod commands;
#[cfg(feature = "documents")]
pub mod documents;
mod election;
mod fault;
#[cfg(feature = "gossip")]
pub mod gossip;
mod logs;
pub mod narrate;
mod outcome;
pub mod peers;
#[cfg(feature = "quorum")]
mod quorum;
pub mod search;
pub mod versions;
mod why;
pub mod words;

pub use why::{why_lost, why_old};

use crate::sim::{id::Address, time::Micros};
use chip::Chip;

/// A piece of a sentence; marks on screen carry the same chip as the words that speak of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Span {
    Text(String),
    Strong(String),
    Write(Chip),
    /// A node or client, which can be selected.
    Who(Address),
    /// A moment, which can be gone to.
    When(Micros),
}

pub type Sentence = Vec<Span>;

/// The sentence without marks, to be spoken.
pub fn plain(sentence: &[Span]) -> String {
    let piece = |span: &Span| match span {
        Span::Text(text) | Span::Strong(text) => text.clone(),
        Span::Write(chip) => chip.text(),
        Span::Who(address) => address.to_string(),
        Span::When(at) => words::moment(*at),
    };
    sentence.iter().map(piece).collect()
}

/// Builds sentences piece by piece.
#[derive(Default)]
pub(crate) struct Writer(Sentence);

impl Writer {
    pub fn text(mut self, text: impl Into<String>) -> Writer {
        self.0.push(Span::Text(text.into()));
        self
    }

    pub fn strong(mut self, text: impl Into<String>) -> Writer {
        self.0.push(Span::Strong(text.into()));
        self
    }

    /// What an operation is called, in brackets, if it has a name.
    pub fn called(self, name: Option<&str>) -> Writer {
        match name {
            Some(name) => self.text(" (").text(name).text(")"),
            None => self,
        }
    }

    pub fn write(mut self, chip: Chip) -> Writer {
        self.0.push(Span::Write(chip));
        self
    }

    pub fn who(mut self, who: impl Into<Address>) -> Writer {
        self.0.push(Span::Who(who.into()));
        self
    }

    pub fn when(mut self, at: Micros) -> Writer {
        self.0.push(Span::When(at));
        self
    }

    /// A, B and C; of very many the first few, and how many others.
    pub fn all(mut self, who: &[Address]) -> Writer {
        let named = if who.len() > Self::NAMES_MAX { Self::NAMES_FEW } else { who.len() };
        for (index, one) in who.iter().take(named).enumerate() {
            self = match index {
                0 => self,
                last if last + 1 == who.len() => self.text(" and "),
                _ => self.text(", "),
            };
            self = self.who(*one);
        }
        if named < who.len() { self.text(format!(" and {} others", who.len() - named)) } else { self }
    }

    /// Most that are named one by one, and how many of more.
    const NAMES_MAX: usize = 12;
    const NAMES_FEW: usize = 4;

    /// Another sentence after this one.
    pub fn and(mut self, sentence: Sentence) -> Writer {
        self.0.extend(sentence);
        self
    }

    pub fn done(self) -> Sentence {
        self.0
    }
}
