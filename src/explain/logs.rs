//! What is told of logs that part, end, or fill a disk, and of reads that ask for more than what is there.

use super::{Sentence, Writer, narrate::Weight, words::duration};
use crate::{
    protocol::{
        logs::Logs,
        primary_replica::{Rejoin, Retention, Shipping},
    },
    sim::id::NodeId,
    trace::{Event, Fact},
};

/// The sentence for such a fact, if it is one.
pub(super) fn told(node: NodeId, event: &Event, fact: &Fact) -> Option<(Weight, Sentence)> {
    if !cfg!(feature = "primary-replica") {
        return None;
    }
    let start = Writer::default().who(node);
    let (weight, said) = match fact {
        Fact::Parted { after, entries } => {
            let said = start.strong(" stops").text(format!(": after LSN {after} its log and the primary’s have parted. "));
            let only = if *entries == 1 { "1 log entry".into() } else { format!("{entries} log entries") };
            (Weight::Loud, said.text(format!("Only here: {only}, until a person rewinds it or clones it anew.")))
        }
        Fact::Rewound { to } => {
            (Weight::Told, start.strong(" rewinds").text(format!(" its log to LSN {to} and follows from there.")))
        }
        Fact::SlotLost { replica, needed, first } => {
            let said = start.text(" no longer keeps the log for ").who(*replica);
            (Weight::Loud, said.text(format!(": it needs LSN {needed} next, and the log begins at {first}.")))
        }
        Fact::FollowerWaits { replica, last } => {
            let said = start.strong(" cannot feed ").who(*replica).text(" yet: its own log ");
            (Weight::Quiet, said.text(format!("ends at LSN {last}, and it has to be sure of it first.")))
        }
        Fact::DiskFull { entries } => {
            let said = start.strong(" has no room").text(format!(": its log of {entries} entries fills the disk."));
            (Weight::Loud, said)
        }
        Fact::TooStale { behind, most } => {
            let said = start.text(" does not answer ").who(event.operation?.client);
            let known = match behind {
                Some(behind) => format!("it may have missed the last {}", duration(*behind)),
                None => "it cannot know how old its data is".into(),
            };
            (Weight::Told, said.text(format!(": {known}, and {} are allowed.", duration(*most))))
        }
        Fact::ReadConfirms { .. } => {
            let said = start.strong(" asks the others").text(" if it still leads before it answers ");
            (Weight::Told, said.who(event.operation?.client).text("."))
        }
        _ => return None,
    };
    Some((weight, said.done()))
}

/// The new rule in words: what a log of its own comes to, what is kept, what is shipped.
pub(super) fn rule(logs: &Logs) -> Sentence {
    if !cfg!(feature = "primary-replica") {
        return Sentence::new();
    }
    let start = Writer::default().text("Who comes back with a log of its own ");
    let said = start.strong(match logs.rejoin {
        Rejoin::Clone => "is cloned anew",
        Rejoin::Rewind => "rewinds",
        Rejoin::Refuse => "stops until a person decides",
    });
    let Retention { slots, slot_limit_entries, disk_entries } = logs.retention;
    let kept = match (slots, slot_limit_entries) {
        (false, _) => "For replicas that are away nothing more is kept".into(),
        (true, None) => "For replicas that are away all is kept that they lack".to_string(),
        (true, Some(limit)) => format!("For replicas that are away up to {limit} entries are kept"),
    };
    let room = disk_entries.map_or(String::new(), |room| format!("; the disk holds {room}"));
    let shipped = match logs.shipping {
        Shipping::Row => "Values are shipped.",
        Shipping::Statement => "Statements are shipped, and replicas make values of their own.",
    };
    said.text(format!(". {kept}{room}. {shipped}")).done()
}
