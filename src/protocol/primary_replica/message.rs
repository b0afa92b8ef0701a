//! What primary and replicas say to each other.

use super::{History, Progress, parted::Other};
use crate::{
    protocol,
    sim::{id::NodeId, network::MessageClass},
    store::{
        log::{Entry, Epoch, Lsn},
        register::Registers,
    },
    trace::Cargo,
};

/// Every message carries the epoch of its sender. Between a replica and who feeds it, the primary or another replica, it also
/// carries the connection: a number, larger for each, that the replica chose when it asked to follow. What belongs to an
/// earlier one does not count, as nothing of a closed TCP connection reaches the next.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The entries after `previous`; none is a sign of life. `last` is where the sender's log ends; `began`: the
    /// first position of the epoch, if it knows that for certain.
    Replicate {
        epoch: Epoch,
        primary: NodeId,
        began: Option<Lsn>,
        connection: u64,
        previous: Lsn,
        previous_epoch: Epoch,
        entries: Vec<Entry>,
        last: Lsn,
        progress: Option<Progress>,
    },
    /// How far the replica's log goes. `gap`: the first entry that came too early.
    Acknowledge {
        epoch: Epoch,
        connection: u64,
        written: Lsn,
        flushed: Lsn,
        applied: Lsn,
        gap: Option<Lsn>,
    },
    /// "Send me what follows `written`", whose entry is of `last_epoch`; and how far the rest is, as an acknowledgement of it
    /// may have been lost. `primary`: who leads, as the replica knows.
    Follow {
        epoch: Epoch,
        primary: NodeId,
        connection: u64,
        log_id: u64,
        written: Lsn,
        last_epoch: Epoch,
        flushed: Lsn,
        applied: Lsn,
        anew: bool,
    },
    Snapshot {
        epoch: Epoch,
        primary: NodeId,
        connection: u64,
        snapshot: Snapshot,
    },
    /// "Your log is no part of mine, which is this."
    Parted {
        epoch: Epoch,
        primary: NodeId,
        connection: u64,
        other: Other,
    },
    /// "`primary` is primary of `epoch`." `end`: to one that asked on this connection to follow it and is not fed by it, where
    /// its log ends.
    Announce {
        epoch: Epoch,
        primary: NodeId,
        end: Option<(u64, Lsn)>,
    },
    /// A sign of life: a primary's, or a monitor's, which has made no progress.
    Heartbeat {
        epoch: Epoch,
        progress: Progress,
    },
    /// The answer to it, and how far the log goes here. `epoch` is the one known here, `last_epoch` that of the last entry.
    Echo {
        epoch: Epoch,
        sent_us: i64,
        written: Lsn,
        last_epoch: Epoch,
        leads: bool,
    },
    /// "Let me lead `epoch`. My log ends with `written`, an entry of `last_epoch`." `trial`: would you?
    AskVote {
        epoch: Epoch,
        written: Lsn,
        last_epoch: Epoch,
        trial: bool,
    },
    /// `asked`: the epoch asked for; `epoch`: the one known here.
    Vote {
        epoch: Epoch,
        asked: Epoch,
        granted: bool,
        trial: bool,
    },
    /// A monitor to the others: "I take `primary`, which leads `epoch`, for gone."
    Accuse {
        epoch: Epoch,
        primary: NodeId,
    },
    /// A monitor to the node that is to lead `epoch`.
    Appoint {
        epoch: Epoch,
    },
}

/// All data as of `lsn`, and the timeline that led there.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Which log this is; one that began on a wiped disk is another one.
    pub log_id: u64,
    pub history: History,
    pub registers: Registers,
    pub lsn: Lsn,
}

impl Message {
    pub fn epoch(&self) -> Epoch {
        match self {
            Message::Replicate { epoch, .. }
            | Message::Acknowledge { epoch, .. }
            | Message::Follow { epoch, .. }
            | Message::Snapshot { epoch, .. }
            | Message::Parted { epoch, .. }
            | Message::Announce { epoch, .. }
            | Message::Heartbeat { epoch, .. }
            | Message::Echo { epoch, .. }
            | Message::AskVote { epoch, .. }
            | Message::Vote { epoch, .. }
            | Message::Accuse { epoch, .. }
            | Message::Appoint { epoch } => *epoch,
        }
    }
}

const HEADER_BYTES: u32 = 48;
const ENTRY_BYTES: u32 = 64;
const COPY_BYTES: u32 = 32;

impl protocol::Message for Message {
    fn class(&self) -> MessageClass {
        match self {
            // Nothing is copied; it asks where the log goes on.
            Message::Replicate { entries, .. } if entries.is_empty() => MessageClass::Control,
            Message::Replicate { .. } => MessageClass::Replicate,
            Message::Acknowledge { .. } => MessageClass::Acknowledge,
            Message::Snapshot { .. } => MessageClass::Snapshot,
            Message::Follow { .. } | Message::Parted { .. } | Message::Announce { .. } => MessageClass::Control,
            Message::Heartbeat { .. } | Message::Echo { .. } => MessageClass::Heartbeat,
            Message::AskVote { .. } | Message::Vote { .. } | Message::Accuse { .. } | Message::Appoint { .. } => {
                MessageClass::Vote
            }
        }
    }

    fn bytes(&self) -> u32 {
        HEADER_BYTES
            + match self {
                Message::Replicate { entries, .. } => entries.len() as u32 * ENTRY_BYTES,
                Message::Snapshot { snapshot, .. } => snapshot.registers.len() as u32 * COPY_BYTES,
                _ => 0,
            }
    }

    fn cargo(&self) -> Cargo {
        match self {
            Message::Replicate { entries, last, .. } => match entries.first() {
                Some(first) => {
                    let writes = || entries.iter().filter(|entry| entry.write.is_some());
                    Cargo::Entries {
                        first: first.lsn,
                        count: entries.len() as u32,
                        first_write: writes().next().and_then(|entry| entry.write),
                        last_write: writes().next_back().and_then(|entry| entry.write),
                        last_function: writes().next_back().and_then(|entry| entry.function),
                    }
                }
                None => Cargo::Probe { last: *last },
            },
            Message::Acknowledge { written, flushed, applied, .. } => {
                Cargo::Position { written: *written, flushed: *flushed, applied: *applied }
            }
            Message::Follow { written, .. } => Cargo::Follow { from: written.next() },
            Message::Snapshot { snapshot, .. } => Cargo::Snapshot { lsn: snapshot.lsn, keys: snapshot.registers.len() as u32 },
            Message::Parted { other, .. } => Cargo::Parted { last: other.last },
            Message::Announce { epoch, .. } => Cargo::Announce { epoch: *epoch },
            Message::Heartbeat { epoch, .. } => Cargo::Heartbeat { epoch: *epoch },
            Message::Echo { epoch, written, .. } => Cargo::Echo { epoch: *epoch, written: *written },
            Message::AskVote { epoch, written, trial, .. } => Cargo::AskVote { epoch: *epoch, last: *written, trial: *trial },
            Message::Vote { asked, granted, trial, .. } => Cargo::Vote { epoch: *asked, granted: *granted, trial: *trial },
            Message::Accuse { epoch, primary } => Cargo::Accuse { primary: *primary, epoch: *epoch },
            Message::Appoint { epoch } => Cargo::Appoint { epoch: *epoch },
        }
    }
}
