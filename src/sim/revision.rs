//! What edits of a document are called, as clients and nodes speak of them. How a name is made is the store's business.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// What a revision is called besides its generation; compared byte by byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionId(pub [u8; 16]);

impl fmt::Display for RevisionId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// An edit of a document: the `generation`th in its line, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    pub generation: u32,
    pub id: RevisionId,
}

impl Revision {
    /// Enough of it to tell the revisions of one document apart: `3-93c3`.
    pub fn brief(self) -> String {
        let [first, second, ..] = self.id.0;
        format!("{}-{first:02x}{second:02x}", self.generation)
    }
}

/// `3-93c3db16462f656f7172ccabd3cf6cd6`.
impl fmt::Display for Revision {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}-{}", self.generation, self.id)
    }
}

impl FromStr for Revision {
    type Err = String;

    fn from_str(text: &str) -> Result<Revision, String> {
        let parse = || {
            let (generation, id) = text.split_once('-')?;
            let is_name = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            let id = u128::from_str_radix(id, 16).ok().filter(|_| is_name)?;
            let is_number = !generation.starts_with(['+', '0']);
            let generation = generation.parse().ok().filter(|_| is_number)?;
            Some(Revision { generation, id: RevisionId(id.to_be_bytes()) })
        };
        parse().ok_or_else(|| format!("`{text}` is no revision such as 1-, followed by 32 digits from 0 to f"))
    }
}

/// As a word in all forms: it is no number that anybody would write shorter.
impl Serialize for Revision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Revision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Revision, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_nothing_else_is_one() {
        let text = "3-93c3db16462f656f7172ccabd3cf6cd6";
        let revision: Revision = text.parse().expect("a revision");
        assert_eq!((revision.generation, revision.to_string(), revision.brief()), (3, text.into(), "3-93c3".into()));
        let bytes = postcard::to_allocvec(&revision).expect("bytes");
        assert_eq!(postcard::from_bytes::<Revision>(&bytes), Ok(revision));
        let long = "9".repeat(32);
        for text in ["", "3", "3-", "3-93c3", "-1-93c3db16462f656f7172ccabd3cf6cd6", "+3-93c3db16462f656f7172ccabd3cf6cd6"] {
            assert!(text.parse::<Revision>().is_err(), "{text}");
        }
        for text in [format!("0-{long}"), format!("99999999999-{long}"), format!("1-{long}0"), format!("1-{}", "G".repeat(32))] {
            assert!(text.parse::<Revision>().is_err(), "{text}");
        }
    }
}
