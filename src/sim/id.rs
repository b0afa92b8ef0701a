//! Names of things in a run. Small integers: the scenario knows their words.
//!
//! Identities are stable: the same write has the same [`OperationId`] in every message, log entry,
//! copy and view, and in both worlds of a comparison.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// A node, named A, B, C … in the order of the scenario; nodes added later follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// A client session, named Ana, Ben, Cleo …
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u16);

/// A key, named x, y, z …
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u16);

/// What a key holds.
pub type Value = i64;

/// An end of a link: nodes replicate, clients ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    Node(NodeId),
    Client(ClientId),
}

impl Address {
    pub fn node(self) -> Option<NodeId> {
        match self {
            Address::Node(node) => Some(node),
            Address::Client(_) => None,
        }
    }

    pub fn client(self) -> Option<ClientId> {
        match self {
            Address::Client(client) => Some(client),
            Address::Node(_) => None,
        }
    }

    /// One number for draws.
    pub(crate) fn word(self) -> u64 {
        match self {
            Address::Node(node) => node.0 as u64,
            Address::Client(client) => (1 << 32) | client.0 as u64,
        }
    }
}

impl From<NodeId> for Address {
    fn from(node: NodeId) -> Address {
        Address::Node(node)
    }
}

impl From<ClientId> for Address {
    fn from(client: ClientId) -> Address {
        Address::Client(client)
    }
}

/// Who thought of an operation. The two count separately, so that an operation issued by hand leaves
/// the identity, and with it the draws, of every workload operation untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Workload,
    Hand,
}

/// The stable identity of an operation and, for a write, of the value it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OperationId {
    pub client: ClientId,
    pub origin: Origin,
    /// 0, 1, 2, … per client and origin.
    pub number: u32,
}

impl OperationId {
    pub(crate) fn word(self) -> u64 {
        let origin = matches!(self.origin, Origin::Hand) as u64;
        (self.client.0 as u64) << 40 | origin << 32 | self.number as u64
    }
}

/// A message on the wire; a duplicate has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub u64);

/// Position of an event in the trace, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId(pub u64);

/// First names of clients; later ones are numbered.
const CLIENT_NAMES: [&str; 16] =
    ["Ana", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Iris", "Jon", "Kim", "Leo", "Mia", "Noa", "Oli", "Pia"];
/// First names of keys; later ones are numbered.
const KEY_NAMES: [&str; 6] = ["x", "y", "z", "u", "v", "w"];

impl fmt::Display for NodeId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            index @ 0..26 => write!(out, "{}", (b'A' + index as u8) as char),
            index => write!(out, "N{}", index + 1),
        }
    }
}

impl FromStr for NodeId {
    type Err = String;
    fn from_str(text: &str) -> Result<NodeId, String> {
        let numbered = || text.strip_prefix('N').and_then(|rest| rest.parse::<u16>().ok()).filter(|n| *n > 26).map(|n| n - 1);
        match text.as_bytes() {
            [letter @ b'A'..=b'Z'] => Ok(NodeId((letter - b'A') as u16)),
            _ => numbered().map(NodeId).ok_or_else(|| format!("`{text}` is not a node; nodes are named A, B, C …")),
        }
    }
}

fn name_or_number(out: &mut fmt::Formatter, names: &[&str], prefix: &str, index: u16) -> fmt::Result {
    match names.get(index as usize) {
        Some(name) => out.write_str(name),
        None => write!(out, "{prefix}{}", index as u32 + 1),
    }
}

fn index_of(text: &str, names: &[&str], prefix: &str) -> Option<u16> {
    let known = names.iter().position(|name| *name == text).map(|index| index as u16);
    let numbered = || text.strip_prefix(prefix)?.parse::<u16>().ok().filter(|n| *n as usize > names.len()).map(|n| n - 1);
    known.or_else(numbered)
}

impl fmt::Display for ClientId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        name_or_number(out, &CLIENT_NAMES, "client", self.0)
    }
}

impl FromStr for ClientId {
    type Err = String;
    fn from_str(text: &str) -> Result<ClientId, String> {
        let unknown = || format!("`{text}` is not a client; clients are named Ana, Ben, Cleo … in order");
        index_of(text, &CLIENT_NAMES, "client").map(ClientId).ok_or_else(unknown)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        name_or_number(out, &KEY_NAMES, "k", self.0)
    }
}

impl FromStr for Key {
    type Err = String;
    fn from_str(text: &str) -> Result<Key, String> {
        let unknown = || format!("`{text}` is not a key; keys are named x, y, z, u, v, w, k7, k8 …");
        index_of(text, &KEY_NAMES, "k").map(Key).ok_or_else(unknown)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Address::Node(node) => node.fmt(out),
            Address::Client(client) => client.fmt(out),
        }
    }
}

impl FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Address, String> {
        let client = || text.parse().map(Address::Client);
        text.parse()
            .map(Address::Node)
            .or_else(|_: String| client())
            .map_err(|_| format!("`{text}` is neither a node (A, B, C …) nor a client (Ana, Ben, Cleo …)"))
    }
}

/// Words in text forms, one number in binary ones.
macro_rules! named {
    ($type:ident, $binary:ty, $to:expr, $from:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    return serializer.collect_str(self);
                }
                let to: fn(&$type) -> $binary = $to;
                to(self).serialize(serializer)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                if deserializer.is_human_readable() {
                    return String::deserialize(deserializer)?.parse().map_err(de::Error::custom);
                }
                let from: fn($binary) -> $type = $from;
                <$binary>::deserialize(deserializer).map(from)
            }
        }
    };
}

named!(NodeId, u16, |id| id.0, NodeId);
named!(ClientId, u16, |id| id.0, ClientId);
named!(Key, u16, |id| id.0, Key);
// Even numbers are nodes, odd ones clients.
named!(
    Address,
    u32,
    |address| match address {
        Address::Node(node) => node.0 as u32 * 2,
        Address::Client(client) => client.0 as u32 * 2 + 1,
    },
    |word| match word % 2 {
        0 => Address::Node(NodeId((word / 2) as u16)),
        _ => Address::Client(ClientId((word / 2) as u16)),
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for index in (0..60).chain([999]) {
            assert_eq!(NodeId(index).to_string().parse(), Ok(NodeId(index)));
            assert_eq!(ClientId(index).to_string().parse(), Ok(ClientId(index)));
            assert_eq!(Key(index).to_string().parse(), Ok(Key(index)));
            for address in [Address::Node(NodeId(index)), Address::Client(ClientId(index))] {
                assert_eq!(address.to_string().parse(), Ok(address));
                let bytes = postcard::to_allocvec(&address).unwrap();
                assert_eq!(postcard::from_bytes::<Address>(&bytes).unwrap(), address);
            }
        }
        for text in ["", "a", "AB", "N1", "Zorro", "client1", "k1", "k99999999"] {
            assert!(text.parse::<Address>().is_err() && text.parse::<Key>().is_err(), "{text}");
        }
    }
}
