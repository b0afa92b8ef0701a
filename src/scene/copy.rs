//! What of a key stands on a card: plain data, whatever the protocol.

use crate::{explain::chip::Chip, sim::id::Key};

/// One key on a card.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    pub key: Key,
    pub chip: Option<Chip>,
    /// Values beside it, where none was written over another.
    pub siblings: Vec<Chip>,
    /// Of a key that holds more than a value: all that is in it, in place of these.
    pub contents: Option<String>,
    /// The primary holds another value, or another peer has written over it.
    pub old: bool,
    /// Of a document: how many live branches are kept that no reader is shown.
    #[cfg(feature = "documents")]
    pub kept: usize,
}

impl Copy {
    /// Of a key that was never written.
    pub fn empty(key: Key) -> Copy {
        Copy {
            key,
            chip: None,
            siblings: Vec::new(),
            contents: None,
            old: false,
            #[cfg(feature = "documents")]
            kept: 0,
        }
    }

    /// How long its value is.
    pub fn letters(&self) -> usize {
        if let Some(contents) = &self.contents {
            return contents.chars().count();
        }
        let own = self.chip.map_or(1, |chip| chip.value().to_string().len());
        // A chip takes the room of some letters.
        #[cfg(feature = "documents")]
        let own = own + 2 * self.kept.min(1);
        own + self.siblings.iter().map(|chip| 4 + chip.value().to_string().len()).sum::<usize>()
    }
}
