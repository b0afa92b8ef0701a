//! What a message looks like, and what it is called.

use crate::{
    explain::{
        actions::{brief, change, mark, sign},
        chip::Chip,
    },
    lab::LabWorld,
    protocol::node::Node,
    sim::{
        id::Key,
        network::MessageClass,
        operation::{Action, Function, KeyType, Outcome, Write},
    },
    trace::Cargo,
    world::Flight,
};

/// What a message looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// A write, or log entries ending with this one; `more` others with it.
    Write {
        chip: Chip,
        more: u32,
    },
    /// A write, or log entries ending with one, whose value its receiver makes; how many others with it.
    Generate(Key, Function, u32),
    /// A client asks for a value.
    Ask,
    /// A value on its way back to a reader; none if the key was never written.
    Value(Option<Chip>),
    /// Several values, on their way back to a reader.
    Values {
        chip: Chip,
        more: u32,
    },
    Ok,
    /// Done here, but not confirmed by those who should.
    Unconfirmed,
    No,
    /// An acknowledgement between nodes.
    Position,
    /// All data at once.
    Snapshot,
    /// Log entries that change nothing.
    NoOp,
    /// Who leads, who follows.
    Control,
    /// A sign of life, and its answer.
    Heartbeat,
    /// A candidate asks for a vote, and is given or refused it; `trial`: only if it would be.
    AskVote {
        trial: bool,
    },
    Vote {
        granted: bool,
        trial: bool,
    },
}

/// By what it carries.
pub fn look(world: &LabWorld, cargo: &Cargo) -> Look {
    match cargo {
        Cargo::Ask { action: Action::Write { key, value }, operation } => {
            Look::Write { chip: Chip::of(Write { id: *operation, key: *key, value: *value }), more: 0 }
        }
        Cargo::Ask { action: Action::Generate { key, function }, .. } => Look::Generate(*key, *function, 0),
        Cargo::Ask { action: Action::Read { .. }, .. } => Look::Ask,
        Cargo::Answer { outcome: Outcome::Written } => Look::Ok,
        Cargo::Answer { outcome: Outcome::Read(value) } => Look::Value(value.map(Chip::of)),
        Cargo::Answer { outcome: Outcome::Several(writes) } => match writes.first() {
            Some(first) => Look::Values { chip: Chip::of(*first), more: writes.len() as u32 - 1 },
            None => Look::Value(None),
        },
        Cargo::Answer { outcome: Outcome::Generated(write) } => Look::Value(Some(Chip::of(*write))),
        Cargo::Answer { outcome: Outcome::Unconfirmed } => Look::Unconfirmed,
        Cargo::Answer { .. } => Look::No,
        Cargo::Entries { count, last_write: Some(write), last_function: Some(function), .. } => {
            Look::Generate(write.key, *function, count - 1)
        }
        Cargo::Entries { count, last_write: Some(write), .. } => Look::Write { chip: Chip::of(*write), more: count - 1 },
        Cargo::Entries { last_write: None, .. } => Look::NoOp,
        Cargo::Position { .. } => Look::Position,
        Cargo::Snapshot { .. } => Look::Snapshot,
        Cargo::Probe { .. }
        | Cargo::Follow { .. }
        | Cargo::Announce { .. }
        | Cargo::Parted { .. }
        | Cargo::Accuse { .. }
        | Cargo::Appoint { .. } => Look::Control,
        Cargo::Heartbeat { .. } | Cargo::Echo { .. } => Look::Heartbeat,
        Cargo::AskVote { trial, .. } => Look::AskVote { trial: *trial },
        Cargo::Vote { granted, trial, .. } => Look::Vote { granted: *granted, trial: *trial },
        _ => look_of_peers(world, cargo),
    }
}

/// What only peers send.
fn look_of_peers(world: &LabWorld, cargo: &Cargo) -> Look {
    match cargo {
        _ if !PEERS => Look::Control,
        Cargo::Ask { action, operation } => {
            let value = match *action {
                Action::Add { amount, .. } => amount,
                Action::AddElement { element, .. } | Action::RemoveElement { element, .. } => element,
                Action::Insert { character, .. } => character as i64,
                Action::Delete { .. } => 0,
                #[cfg(feature = "documents")]
                Action::DeleteRevision { .. } => 0,
                // Which character that is is for the peer to find out.
                _ => return Look::Control,
            };
            let write = Write { id: *operation, key: action.key(), value };
            Look::Write { chip: Chip::of(write).with(sign(*action)), more: 0 }
        }
        Cargo::Changes { count, last, .. } => Look::Write { chip: mark(world, *last), more: count - 1 },
        Cargo::Have { asks: false, .. } => Look::Position,
        Cargo::Have { asks: true, .. } => Look::Control,
        Cargo::State { .. } => Look::Snapshot,
        #[cfg(feature = "quorum")]
        Cargo::Copies { .. } => Look::Snapshot,
        #[cfg(feature = "quorum")]
        Cargo::Hint { write, .. } => Look::Write { chip: Chip::of(*write), more: 0 },
        #[cfg(feature = "quorum")]
        Cargo::Fetch { .. } => Look::Ask,
        #[cfg(feature = "quorum")]
        Cargo::Fetched { last: Some(last), count } if *count > 1 => Look::Values { chip: Chip::of(*last), more: count - 1 },
        #[cfg(feature = "quorum")]
        Cargo::Fetched { last, .. } => Look::Value(last.map(Chip::of)),
        #[cfg(feature = "quorum")]
        Cargo::Stored => Look::Position,
        #[cfg(feature = "quorum")]
        Cargo::Hashes { .. } => Look::Control,
        #[cfg(feature = "gossip")]
        Cargo::Rumours { writes, .. } => match writes.last() {
            Some(last) => Look::Write { chip: Chip::of(*last), more: writes.len() as u32 - 1 },
            None => Look::Ask,
        },
        #[cfg(feature = "gossip")]
        Cargo::Missing { last: Some(last), count, .. } => Look::Write { chip: Chip::of(*last), more: count - 1 },
        #[cfg(feature = "gossip")]
        Cargo::Feedback { .. } => Look::Position,
        #[cfg(feature = "gossip")]
        Cargo::Ping { .. } | Cargo::Ack { .. } => Look::Heartbeat,
        #[cfg(feature = "documents")]
        Cargo::Documents { last: Some(last), count } => Look::Write { chip: mark(world, *last), more: count - 1 },
        #[cfg(feature = "documents")]
        Cargo::AskChanges { .. } | Cargo::Wanted { .. } => Look::Ask,
        #[cfg(feature = "documents")]
        Cargo::Checkpoint { .. } => Look::Position,
        _ => Look::Control,
    }
}

/// The same in words.
fn words_of_peers(world: &LabWorld, cargo: &Cargo, name: Option<&str>) -> Option<String> {
    if !PEERS {
        return None;
    }
    let in_words = |write: &Write| change(world, write).unwrap_or_else(|| Chip::of(*write).text());
    Some(match cargo {
        Cargo::Ask { action, .. } => {
            let what = brief(*action)?;
            name.map_or_else(|| what.clone(), |name| format!("{name}: {what}"))
        }
        Cargo::Answer { outcome: Outcome::Several(writes) } => {
            let of = match world.setup().config.key_type(writes.first()?.key) {
                KeyType::Text => "characters",
                KeyType::Set | KeyType::Cart => "elements",
                KeyType::Register | KeyType::Counter => "values",
            };
            format!("answer: {} {of}", writes.len())
        }
        Cargo::Changes { count: 1, last, .. } => format!("change {}", in_words(last)),
        Cargo::Changes { count, last, .. } => format!("{count} changes up to {}", in_words(last)),
        Cargo::Have { changes, asks: false } => format!("confirmation of {changes} changes"),
        Cargo::Have { asks: true, .. } => "question for what is missing".into(),
        Cargo::State { .. } => "all that the peer has".into(),
        #[cfg(feature = "quorum")]
        Cargo::Hint { of, write } => format!("{} to be kept for {of}", Chip::of(*write).text()),
        #[cfg(feature = "quorum")]
        Cargo::Stored => "confirmation that the copy is on disk".into(),
        #[cfg(feature = "quorum")]
        Cargo::Fetch { key } => format!("question for the copy of {key}"),
        #[cfg(feature = "quorum")]
        Cargo::Copies { keys } => format!("copies of {keys} keys that differ"),
        #[cfg(feature = "quorum")]
        Cargo::Hashes { count: 0 } => "word that nothing differs".into(),
        #[cfg(feature = "quorum")]
        Cargo::Hashes { count: 1 } => "hash of all to compare".into(),
        #[cfg(feature = "quorum")]
        Cargo::Hashes { count } => format!("{count} hashes to compare"),
        #[cfg(feature = "gossip")]
        Cargo::Rumours { writes, asks } => match (writes.last(), asks) {
            (Some(last), false) => format!("rumour {}", Chip::of(*last).text()),
            (Some(last), true) => format!("rumour {} and a question for others", Chip::of(*last).text()),
            (None, _) => "question for rumours".into(),
        },
        #[cfg(feature = "gossip")]
        Cargo::Feedback { news: 0, .. } => "word that it was known".into(),
        #[cfg(feature = "gossip")]
        Cargo::Feedback { .. } => "word that it was news".into(),
        #[cfg(feature = "gossip")]
        Cargo::Digest { keys } => format!("timestamps of {keys} keys to compare"),
        #[cfg(feature = "gossip")]
        Cargo::Missing { last: Some(last), .. } => format!("{}, which was missing", Chip::of(*last).text()),
        #[cfg(feature = "gossip")]
        Cargo::Missing { wanted, .. } => format!("question for {wanted} keys"),
        #[cfg(feature = "gossip")]
        Cargo::Ping { about: None } => "ping".into(),
        #[cfg(feature = "gossip")]
        Cargo::Ping { about: Some(member) } => format!("request to ping {member}"),
        #[cfg(feature = "gossip")]
        Cargo::Ack { member } => format!("answer: {member} is there"),
        #[cfg(feature = "documents")]
        Cargo::AskChanges { since } => format!("question for changes after {since}"),
        #[cfg(feature = "documents")]
        Cargo::Feed { documents: 0, .. } => "word that nothing has changed".into(),
        #[cfg(feature = "documents")]
        Cargo::Feed { documents, last } => format!("word of {documents} changed documents, up to change {last}"),
        #[cfg(feature = "documents")]
        Cargo::Wanted { revisions } => format!("question for {revisions} missing revisions"),
        #[cfg(feature = "documents")]
        Cargo::Documents { count: 1, last: Some(last) } => format!("revision {} with its history", in_words(last)),
        #[cfg(feature = "documents")]
        Cargo::Documents { count, .. } => format!("{count} revisions with their history"),
        #[cfg(feature = "documents")]
        Cargo::Checkpoint { sequence } => format!("checkpoint: everything up to change {sequence}"),
        _ => return None,
    })
}

/// Whether peers are on board; else there is nothing to say of them.
const PEERS: bool = cfg!(feature = "peers");

/// What a message is, in words: `write x = 7, Ana to A`; with the name of the operation if it has one.
pub fn words(world: &LabWorld, flight: &Flight<Node>) -> String {
    let Flight { from, to, class, cargo, .. } = flight;
    let name = flight.operation.and_then(|operation| world.operation_name(operation));
    let told = || match look(world, cargo) {
        Look::Write { chip, more: 0 } if *class == MessageClass::Request => {
            format!("{} {}", name.unwrap_or("write"), chip.text())
        }
        Look::Generate(key, function, 0) if *class == MessageClass::Request => {
            format!("{} {key} = {function}", name.unwrap_or("write"))
        }
        Look::Generate(key, function, 0) => format!("statement {key} = {function}"),
        Look::Generate(key, function, more) => format!("{} log entries up to the statement {key} = {function}", more + 1),
        Look::Values { more, .. } => format!("answer: {} values", more + 1),
        Look::Write { chip, more: 0 } => format!("log entry {}", chip.text()),
        Look::Write { chip, more } => format!("{} log entries up to {}", more + 1, chip.text()),
        Look::Ask => match cargo {
            Cargo::Ask { action, .. } => format!("{} {}", name.unwrap_or("question for"), action.key()),
            _ => "question".into(),
        },
        Look::Value(Some(chip)) => format!("answer {}", chip.text()),
        Look::Value(None) => "answer: nothing there".into(),
        Look::Heartbeat => match cargo {
            Cargo::Echo { .. } => "answer to a heartbeat".into(),
            _ => "heartbeat".into(),
        },
        Look::AskVote { trial: false } => "request for a vote".into(),
        Look::AskVote { trial: true } => "trial request for a vote".into(),
        Look::Vote { granted, trial: false } => if granted { "vote" } else { "refusal of a vote" }.into(),
        Look::Vote { granted, trial: true } => if granted { "promise of a vote" } else { "refusal of a vote" }.into(),
        Look::Ok => "answer: OK".into(),
        Look::Unconfirmed => "answer: done, but not confirmed".into(),
        Look::No => "answer: no".into(),
        Look::Position => match cargo {
            Cargo::Position { flushed, .. } => format!("acknowledgement up to LSN {flushed}"),
            _ => "acknowledgement".into(),
        },
        Look::NoOp => "log entry without a write (no-op)".into(),
        Look::Snapshot => "snapshot of all data".into(),
        Look::Control => match cargo {
            Cargo::Follow { from } => format!("request for the log from LSN {from}"),
            Cargo::Parted { last } => format!("word that the logs have parted; the other ends at {last}"),
            Cargo::Announce { epoch } => format!("announcement of epoch {epoch}"),
            _ => "sign of life".into(),
        },
    };
    let what = words_of_peers(world, cargo, name).unwrap_or_else(told);
    format!("{what}, {from} to {to}")
}
