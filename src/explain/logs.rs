//! What is told of logs that part, end, or fill a disk, and of reads that ask for more than what is there.

use super::{
    Sentence, Writer,
    narrate::Weight,
    words::{counted, duration},
};
use crate::{
    sim::id::NodeId,
    trace::{Event, Fact},
};

/// The sentence for such a fact, if it is one.
pub(super) fn told(node: NodeId, event: &Event, fact: &Fact) -> Option<(Weight, Sentence)> {
    let start = Writer::default().who(node);
    let (weight, said) = match fact {
        Fact::Parted { after, entries } => {
            let said = start.strong(" stops").text(format!(": after LSN {after} its log and the primary’s have parted. "));
            let only = counted(*entries, "write");
            (Weight::Loud, said.text(format!("Only here: {only}, until a person rewinds it or clones it anew.")))
        }
        Fact::Rewound { to } => {
            (Weight::Told, start.strong(" rewinds").text(format!(" its log to LSN {to} and follows from there.")))
        }
        Fact::SlotLost { replica, needed, first } => {
            let said = start.text(" no longer keeps the log for ").who(*replica);
            (Weight::Loud, said.text(format!(": it needs LSN {needed} next, and the log begins at {first}.")))
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
