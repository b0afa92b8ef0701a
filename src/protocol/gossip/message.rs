//! What gossiping nodes say to each other.

use super::{disk::Entry, members::News};
use crate::{
    protocol,
    sim::{
        id::{Key, NodeId},
        network::MessageClass,
    },
    store::stamp::Stamp,
    trace::Cargo,
};
use std::sync::Arc;

/// What became of a rumour at who was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    pub key: Key,
    pub stamp: Stamp,
    pub knew: bool,
}

#[derive(Clone, Debug)]
pub enum Message {
    /// A round's contact: what the sender spreads, and whether it asks what the receiver does.
    Contact { rumours: Arc<[Entry]>, asks: bool },
    /// What the receiver of a contact spreads, and which of the sender's rumours were news.
    Reply { rumours: Vec<Entry>, told: Vec<Told> },
    /// Anti-entropy: what the sender has, as a sum, and what it learned lately.
    Recent { checksum: u64, entries: Vec<Entry>, pushes: bool, pulls: bool },
    /// Anti-entropy: what the sender has, as timestamps; whether it gives what is newer, and wants it.
    Digest { stamps: Vec<(Key, Stamp)>, pushes: bool, pulls: bool },
    /// What is newer at the sender, and what it wants.
    Difference { entries: Vec<Entry>, wants: Vec<Key> },
    /// Are you there?
    Ping { call: u32, news: Vec<News> },
    /// For another: is it there?
    PingFor { call: u32, member: NodeId, news: Vec<News> },
    /// I am, or the one is that was asked about.
    Ack { call: u32, member: NodeId, news: Vec<News> },
}

const HEADER_BYTES: u32 = 24;
const STAMP_BYTES: u32 = 20;
const NEWS_BYTES: u32 = 8;

impl protocol::Message for Message {
    fn class(&self) -> MessageClass {
        match self {
            Message::Contact { rumours, .. } if rumours.is_empty() => MessageClass::Fetch,
            Message::Reply { rumours, .. } if rumours.is_empty() => MessageClass::Acknowledge,
            Message::Reply { .. } => MessageClass::Fetched,
            Message::Contact { .. } | Message::Difference { .. } => MessageClass::Replicate,
            Message::Recent { .. } | Message::Digest { .. } => MessageClass::Control,
            Message::Ping { .. } | Message::PingFor { .. } | Message::Ack { .. } => MessageClass::Heartbeat,
        }
    }

    fn bytes(&self) -> u32 {
        let entries = |count: usize| count as u32 * Entry::BYTES;
        HEADER_BYTES
            + match self {
                Message::Contact { rumours, .. } => entries(rumours.len()),
                Message::Reply { rumours, told } => entries(rumours.len()) + told.len() as u32 * STAMP_BYTES,
                Message::Recent { entries: recent, .. } => 8 + entries(recent.len()),
                Message::Digest { stamps, .. } => stamps.len() as u32 * STAMP_BYTES,
                Message::Difference { entries: newer, wants } => entries(newer.len()) + wants.len() as u32 * 2,
                Message::Ping { news, .. } | Message::PingFor { news, .. } | Message::Ack { news, .. } => {
                    news.len() as u32 * NEWS_BYTES
                }
            }
    }

    fn cargo(&self) -> Cargo {
        let rumours =
            |rumours: &[Entry], asks: bool| Cargo::Rumours { writes: rumours.iter().map(|entry| entry.write).collect(), asks };
        match self {
            Message::Contact { rumours: all, asks } => rumours(all, *asks),
            Message::Reply { rumours: none, told } if none.is_empty() => Cargo::Feedback {
                news: told.iter().filter(|one| !one.knew).count() as u32,
                known: told.iter().filter(|one| one.knew).count() as u32,
            },
            Message::Reply { rumours: all, .. } => rumours(all, false),
            Message::Recent { entries, .. } => Cargo::Digest { keys: entries.len() as u32 },
            Message::Digest { stamps, .. } => Cargo::Digest { keys: stamps.len() as u32 },
            Message::Difference { entries, wants } => Cargo::Missing {
                count: entries.len() as u32,
                last: entries.last().map(|entry| entry.write),
                wanted: wants.len() as u32,
            },
            Message::Ping { .. } => Cargo::Ping { about: None },
            Message::PingFor { member, .. } => Cargo::Ping { about: Some(*member) },
            Message::Ack { member, .. } => Cargo::Ack { member: *member },
        }
    }
}
