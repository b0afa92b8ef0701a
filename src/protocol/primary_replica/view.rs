//! What of a node can be looked at: from outside, and at any time. It changes nothing.

use super::{Config, Disk, Part, PrimaryReplica};
use crate::{
    protocol::{NodeView, Protocol, Standing, TailEntry},
    sim::id::NodeId,
    store::log::{Entry, Epoch, Log, Lsn},
    trace::Role,
};

fn tail_entry(entry: &Entry, in_log: bool) -> TailEntry {
    TailEntry { lsn: entry.lsn, epoch: entry.epoch, write: entry.write, in_log }
}

/// The last entries of a log.
fn tail_of(log: &Log) -> impl Iterator<Item = TailEntry> {
    let from = Lsn((log.last().0 + 1).saturating_sub(NodeView::TAIL as u64));
    log.range(from, log.last()).map(|entry| tail_entry(entry, true))
}

/// What a start would find on a disk.
pub(super) fn remains(config: &Config, me: NodeId, disk: &Disk) -> NodeView {
    let last = disk.log.last();
    let (leads, follows, epoch) = match &disk.identity {
        Some(identity) => (identity.leads, identity.follows, identity.epoch),
        None => (config.primary == me, (config.primary != me).then_some(config.primary), Epoch(1)),
    };
    NodeView {
        role: match () {
            _ if config.failover.is_monitor(me) => Role::Monitor,
            _ if leads => Role::Primary,
            _ => Role::Replica,
        },
        epoch,
        follows,
        source: follows.map(|primary| config.source(me, primary)),
        copies: disk.recover().iter().collect(),
        tail: tail_of(&disk.log).collect(),
        first: disk.log.first(),
        written: last,
        flushed: last,
        applied: last,
        followers: Vec::new(),
        waiting: 0,
        fallen_back: false,
        suspects: Vec::new(),
        votes: None,
        fenced: false,
        stopped: false,
        peer: None,
        calls: Vec::new(),
    }
}

impl PrimaryReplica {
    /// The running node.
    pub(super) fn seen(&self) -> NodeView {
        let Standing { role, epoch, applied } = self.standing();
        let follows = match &self.part {
            Part::Primary(_) => None,
            Part::Replica(following) => following.primary(),
            Part::Monitor(monitoring) => monitoring.primary,
        };
        let source = match &self.part {
            Part::Replica(following) => following.source(),
            Part::Primary(_) | Part::Monitor(_) => None,
        };
        let early: Vec<TailEntry> = match &self.part {
            Part::Replica(following) => following.early().take(NodeView::TAIL).map(|entry| tail_entry(entry, false)).collect(),
            Part::Primary(_) | Part::Monitor(_) => Vec::new(),
        };
        let (waiting, fallen_back) = match &self.part {
            Part::Primary(leading) => (leading.waiting_for_replicas(self.flushed, self.config.commit.level), leading.fallen_back),
            Part::Replica(_) | Part::Monitor(_) => (0, false),
        };
        NodeView {
            role,
            epoch,
            follows,
            source,
            followers: self.followers.iter().map(|(replica, follower)| (*replica, follower.state)).collect(),
            waiting,
            fallen_back,
            suspects: self.guard.suspects.clone(),
            votes: self.guard.ballot.as_ref().map(|ballot| (ballot.votes.len(), ballot.needed)),
            stopped: matches!(&self.part, Part::Replica(following) if following.stopped.is_some()),
            fenced: matches!(&self.part, Part::Primary(leading) if leading.fenced),
            copies: self.registers.iter().collect(),
            tail: tail_of(&self.log).chain(early).collect(),
            first: self.log.first(),
            written: self.log.last(),
            flushed: self.flushed,
            applied,
            peer: None,
            calls: Vec::new(),
        }
    }
}
