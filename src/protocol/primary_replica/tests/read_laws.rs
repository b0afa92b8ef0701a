//! What reads promise, at every moment of every run in which no request is done twice: what a majority read showed is never
//! thrown away, and a linearizable read misses nothing that was acknowledged before it began.

use crate::{
    lab::LabWorld,
    protocol::failover::By,
    scenario::Scenario,
    sim::{
        id::{ClientId, Key, OperationId},
        operation::{Action, Concern, Outcome},
    },
    store::log::Lsn,
    trace::{Fact, Kind},
};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen so far.
#[derive(Default)]
pub struct Reads {
    /// Majority reads are held to their promise.
    pub lasting: bool,
    /// Acknowledged writes are, too, so linearizable reads are held to theirs.
    pub latest: bool,
    rows: u64,
    /// Where each write stands in the log of the primary that took it last.
    places: BTreeMap<OperationId, Lsn>,
    shown_by_majority: BTreeSet<OperationId>,
    /// The furthest acknowledged write of each key, by its place.
    acknowledged: BTreeMap<Key, Lsn>,
    /// What an open linearizable read must show at least.
    floor: BTreeMap<ClientId, Lsn>,
    pub majority: usize,
    pub linearizable: usize,
}

/// Whether majorities decide here, and nothing is done twice.
pub fn lasting(scenario: &Scenario) -> bool {
    let config = scenario.protocol.primary_replica().expect("a primary");
    let once = scenario.network.duplicate == 0.0 && scenario.clients.iter().all(|client| client.retries == 0);
    once && config.failover.by == By::Election
}

impl Reads {
    pub fn look(&mut self, world: &LabWorld, since: u64) {
        for (_, event) in world.trace().range(since, u64::MAX - 1) {
            match &event.kind {
                Kind::Fact(Fact::Appended { lsn, write: Some(write), .. }) => drop(self.places.insert(write.id, *lsn)),
                Kind::Fact(Fact::Discarded { writes, .. }) => {
                    let taken_back = writes.iter().find(|(_, write)| self.lasting && self.shown_by_majority.contains(&write.id));
                    assert_eq!(taken_back, None, "a majority read showed it");
                }
                _ => {}
            }
        }
        for (_, row) in world.history().range(self.rows, u64::MAX - 1) {
            let concern = world.session(row.client).map(|session| session.settings.concern).unwrap_or_default();
            match (row.action, &row.outcome) {
                (Action::Read { key }, None) if concern == Concern::Linearizable => {
                    self.floor.insert(row.client, self.acknowledged.get(&key).copied().unwrap_or_default());
                }
                (Action::Read { .. }, Some(Outcome::Read(read))) => {
                    let shown = read.and_then(|write| self.places.get(&write.id)).copied().unwrap_or_default();
                    if let (true, Some(write)) = (matches!(concern, Concern::Majority | Concern::Linearizable), read) {
                        self.shown_by_majority.insert(write.id);
                        self.majority += 1;
                    }
                    if let Some(floor) = self.floor.remove(&row.client).filter(|_| self.latest) {
                        assert!(shown >= floor, "{row:?} shows what is at {shown}, and {floor} was acknowledged before it began");
                        self.linearizable += 1;
                    }
                }
                (action, Some(Outcome::Written | Outcome::Generated(_))) => {
                    let key = action.key();
                    let place = self.places.get(&row.operation).copied().unwrap_or_default();
                    let known = self.acknowledged.entry(key).or_default();
                    *known = place.max(*known);
                }
                _ => {}
            }
        }
        self.rows = world.history().next();
    }
}
