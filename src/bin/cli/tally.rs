//! What is counted while a run goes on. Every number is counted, none is estimated.

use replicarium::{
    client::history::Row,
    sim::operation::{Action, Outcome},
    trace::{Event, Kind},
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Counts of one kind of operation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Operations {
    pub invoked: u64,
    pub acknowledged: u64,
    pub refused: u64,
    pub unknown: u64,
}

impl Operations {
    fn count(&mut self, outcome: Option<&Outcome>) {
        match outcome {
            None => self.invoked += 1,
            Some(Outcome::Written | Outcome::Read(_) | Outcome::Several(_) | Outcome::Generated(_)) => self.acknowledged += 1,
            Some(Outcome::Refused(_)) => self.refused += 1,
            Some(Outcome::TimedOut | Outcome::Unconfirmed) => self.unknown += 1,
        }
    }

    pub fn open(&self) -> u64 {
        self.invoked - self.acknowledged - self.refused - self.unknown
    }

    pub fn to_json(self) -> Json {
        let Operations { invoked, acknowledged, refused, unknown } = self;
        json!({ "invoked": invoked, "acknowledged": acknowledged, "refused": refused, "unknown": unknown, "open": self.open() })
    }
}

/// What is counted while a run goes on.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub reads: Operations,
    pub writes: Operations,
    /// By name.
    pub named: Vec<(String, Operations)>,
    pub skipped: u64,
    pub sent: u64,
    pub duplicated: u64,
    pub delivered: u64,
    /// By reason.
    pub dropped: BTreeMap<String, u64>,
    /// Commands without effect, by their place in the list, and why.
    pub idle: Vec<(u32, &'static str)>,
}

impl Tally {
    pub fn event(&mut self, event: &Event) {
        match &event.kind {
            Kind::Send { .. } => self.sent += 1,
            Kind::Duplicate { .. } => self.duplicated += 1,
            Kind::Deliver { .. } => self.delivered += 1,
            Kind::Drop { reason, .. } => {
                let name = serde_json::to_value(reason).ok().and_then(|name| Some(name.as_str()?.to_string()));
                *self.dropped.entry(name.unwrap_or_default()).or_default() += 1;
            }
            Kind::Skipped { .. } => self.skipped += 1,
            Kind::CommandIdle { number, why } => self.idle.push((*number, why)),
            _ => {}
        }
    }

    /// `name`: what the operation is called, if it has a name.
    pub fn row(&mut self, row: &Row, name: Option<&str>) {
        if let Some(name) = name {
            let own = self.named.iter_mut().filter(|(own, _)| own == name);
            own.for_each(|(_, count)| count.count(row.outcome.as_ref()));
        }
        match row.action {
            Action::Read { .. } => self.reads.count(row.outcome.as_ref()),
            _ => self.writes.count(row.outcome.as_ref()),
        }
    }
}
