//! What a node puts on disk: who it is, a base of data, and the log that follows it.

use super::{Config, Ctx, History};
use crate::{
    protocol::{Storage, failover::By},
    sim::id::NodeId,
    store::{
        log::{Entry, Epoch, Log, Lsn},
        register::Registers,
    },
};

#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// None on a disk never used.
    pub identity: Option<Identity>,
    /// The data as of `base_lsn`, just before the first entry of the log.
    pub base: Registers,
    pub base_lsn: Lsn,
    pub log: Log,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    pub epoch: Epoch,
    /// Whether this node is primary.
    pub leads: bool,
    /// The primary it follows, if it knows one.
    pub follows: Option<NodeId>,
    /// For whom it voted in this epoch.
    pub voted: Option<NodeId>,
    /// Which log this is (Redis: replication id; PostgreSQL: system identifier).
    pub log_id: u64,
    pub history: History,
    /// False on a newcomer until it has the group's data.
    pub complete: bool,
}

impl Identity {
    /// What a node with an empty disk is: what the settings say at first boot, and after that still so, unless the
    /// operator who added it pointed it at a primary. A primary with an empty disk starts another log.
    pub fn on_empty_disk(config: &Config, ctx: &Ctx) -> Identity {
        let primary = ctx.primary_hint().unwrap_or(config.primary);
        let follows = (primary != ctx.me()).then_some(primary);
        // Where nodes elect, one that lost its disk leads no more than any other.
        let leads = follows.is_none() && (ctx.is_first_boot() || config.failover.by != By::Election);
        let log_id = if leads && !ctx.is_first_boot() { 1 + ctx.boot() as u64 } else { 0 };
        let complete = leads || ctx.is_first_boot();
        Identity { epoch: Epoch(1), leads, follows, voted: None, log_id, history: vec![(Epoch(1), Lsn(1))], complete }
    }
}

#[derive(Clone, Debug)]
pub enum Change {
    Append(Entry),
    /// Entries before this one are folded into the base.
    KeepFrom(Lsn),
    Identity(Identity),
    /// Entries after this one are taken back.
    Rewind(Lsn),
    /// Everything is replaced by a snapshot.
    Install {
        registers: Registers,
        lsn: Lsn,
    },
}

impl Disk {
    /// The data with the whole log replayed on it.
    pub fn recover(&self) -> Registers {
        let mut registers = self.base.clone();
        self.log.range(self.log.first(), self.log.last()).for_each(|entry| registers.replay(entry.write));
        registers
    }
}

impl Storage for Disk {
    type Change = Change;

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Append(entry) => self.log.append(*entry),
            Change::KeepFrom(first) => {
                for entry in self.log.range(self.log.first(), first.previous()) {
                    self.base.replay(entry.write);
                }
                self.base_lsn = first.previous();
                self.log.keep_last(self.log.last().next().0 - first.0);
            }
            Change::Rewind(lsn) => self.log.drop_after(*lsn),
            Change::Identity(identity) => self.identity = Some(identity.clone()),
            Change::Install { registers, lsn } => {
                self.base = registers.clone();
                self.base_lsn = *lsn;
                self.log = Log::after(*lsn);
            }
        }
    }
}
