//! A trace as text, a line an event, and as one number.

use super::Event;
use crate::sim::id::EventId;

/// One line of a trace file: the event's number, then its fields.
pub fn to_json(id: EventId, event: &Event) -> String {
    #[derive(serde::Serialize)]
    struct Row<'a> {
        id: EventId,
        #[serde(flatten)]
        event: &'a Event,
    }
    serde_json::to_string(&Row { id, event }).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}

/// FNV-1a (64 bits) over the binary form of the events: equal traces, equal numbers, on every target.
pub fn hash<'a>(events: impl Iterator<Item = &'a Event>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for event in events {
        for byte in postcard::to_allocvec(event).unwrap_or_default() {
            hash = (hash ^ byte as u64).wrapping_mul(0x100_0000_01b3);
        }
    }
    hash
}
