//! What holds at every moment of every run, whatever is done to it. Looked at after each single step.

use super::*;
use crate::world::command::Command;
use crate::{
    check::Judge,
    client::history::Row,
    lab::LabWorld,
    protocol::commit::Level,
    protocol::node::{Node, NodeDisk},
    protocol::primary_replica::{Disk, Part, PrimaryReplica, timeline::epoch_at},
    sim::{
        id::{ClientId, NodeId, OperationId},
        operation::{Outcome, Write},
    },
    store::log::{Epoch, Lsn},
    trace::{Cargo, CrashKind, Fact, Kind},
};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen so far in a run.
#[derive(Default)]
pub struct Laws {
    events: u64,
    rows: u64,
    /// The write at each position of each log, once it could have left the primary that ordered it.
    entries: BTreeMap<(u64, Lsn, Epoch), Option<Write>>,
    leaders: BTreeMap<Epoch, NodeId>,
    epochs_on_disk: BTreeMap<NodeId, Epoch>,
    open: BTreeMap<ClientId, OperationId>,
    ended: BTreeSet<OperationId>,
    judge: Judge,
    pub reads: super::read_laws::Reads,
    /// Writes were acknowledged before they were on any disk, for a time.
    asynchronous: bool,
}

impl Laws {
    /// One step, and everything that must hold after it.
    pub fn step(&mut self, play: &mut Play) {
        self.asynchronous |= asynchronous(play);
        play.world.step();
        let world = &play.world;
        for (_, event) in world.trace().range(self.events, u64::MAX - 1) {
            if let (Some(node), Kind::Send { cargo, .. }) = (event.node, &event.kind) {
                sent_from_disk(world, node, event.operation, cargo, self.asynchronous);
            }
            if let (Some(node), Kind::Fact(Fact::Discarded { writes, .. })) = (event.node, &event.kind) {
                discarded(world, node, writes);
            }
            if let (Some(node), Kind::Crash { how: CrashKind::Wipe }) = (event.node, &event.kind) {
                self.epochs_on_disk.remove(&node);
            }
        }
        self.reads.look(world, self.events);
        self.events = world.trace().next();
        for (_, row) in world.history().range(self.rows, u64::MAX - 1) {
            self.row(row);
        }
        self.rows = world.history().next();
        self.judge.look(world);
        assert_eq!(self.judge.overlooks(world), [], "a lost write is noticed in the step that loses it");
    }

    /// How many acknowledged writes are lost.
    pub fn lost(&self) -> usize {
        self.judge.lost()
    }

    /// Steps up to `at`; a look at the nodes after each of `slices` parts of the way.
    pub fn run_to(&mut self, play: &mut Play, at: crate::sim::time::Micros, slices: u64) {
        let from = play.world.now();
        for slice in 1..=slices {
            let to = crate::sim::time::Micros(from.0 + (at.0 - from.0) * slice / slices);
            while play.world.next_at().is_some_and(|next| next < to) {
                self.step(play);
            }
            play.run_to(to);
            self.look(play);
        }
    }

    /// Every operation ends exactly once, and a session has one open at most.
    fn row(&mut self, row: &Row) {
        match row.outcome {
            None => assert_eq!(self.open.insert(row.client, row.operation), None, "{} has two operations open", row.client),
            Some(_) => {
                assert_eq!(self.open.remove(&row.client), Some(row.operation), "{row:?} ends but was not open");
                assert!(self.ended.insert(row.operation), "{row:?} ends twice");
            }
        }
    }

    pub fn look(&mut self, play: &Play) {
        self.asynchronous |= asynchronous(play);
        for host in play.world.hosts() {
            let disk = on(host.disk());
            if let Some(epoch) = disk.identity.as_ref().map(|identity| identity.epoch) {
                let before = self.epochs_on_disk.insert(host.id, epoch).unwrap_or_default();
                assert!(before <= epoch, "the epoch of {} went back from {before} to {epoch} on disk", host.id);
            }
            let Some(node) = host.process().and_then(Node::primary_replica) else { continue };
            assert!(disk.identity.as_ref().is_none_or(|identity| identity.epoch <= node.epoch));
            self.log(host.id, node);
            positions(host.id, node, self.asynchronous);
            // What the operating system holds, and so what a restart would find, is what the process believes.
            let cache = on(host.cache());
            assert_eq!((cache.log.first(), cache.log.last()), (node.log.first(), node.log.last()), "log of {}", host.id);
            let mut replayed = cache.base.clone();
            node.log.range(node.log.first(), node.applied).for_each(|entry| replayed.replay(entry.write));
            assert_eq!(replayed, node.registers, "copies of {} are the replay of its log", host.id);
        }
    }

    /// Two nodes never hold different entries at the same position of the same log; an epoch has one leader.
    fn log(&mut self, id: NodeId, node: &PrimaryReplica) {
        let mut last = node.log.last();
        if let Part::Primary(_) = node.part {
            let leader = *self.leaders.entry(node.epoch).or_insert(id);
            assert_eq!(leader, id, "two leaders of epoch {}", node.epoch);
            // What is not on its disk yet has gone nowhere; another entry may take its place.
            last = node.flushed;
        }
        for entry in node.log.range(node.log.first(), node.log.last()) {
            assert_eq!(epoch_at(&node.history, entry.lsn), entry.epoch, "timeline of {id}, LSN {}", entry.lsn);
        }
        for entry in node.log.range(node.log.first(), last) {
            let known = *self.entries.entry((node.log_id, entry.lsn, entry.epoch)).or_insert(entry.write);
            assert_eq!(known, entry.write, "LSN {} of epoch {} at {id}", entry.lsn, entry.epoch);
        }
    }
}

/// Whether writes are, or were for a time, acknowledged before they are on any disk.
fn asynchronous(play: &Play) -> bool {
    let at_first = play.scenario.setup().config.commit().expect("a rule").level;
    let later = play.commands.iter().filter_map(|timed| match &timed.command {
        Command::SetCommit(rule) => Some(rule.level),
        _ => None,
    });
    at_first == Level::Async || later.into_iter().any(|level| level == Level::Async)
}

fn positions(id: NodeId, node: &PrimaryReplica, asynchronous: bool) {
    let (applied, flushed, written) = (node.applied, node.flushed, node.log.last());
    assert!(applied <= written && flushed <= written, "{id}: {applied} and {flushed} of {written}");
    // Visible and not yet known to be on disk: only what was found at the start or came in a snapshot, until the next flush.
    let found = || node.flushing.iter().any(|(number, lsn)| *number == 0 && applied <= *lsn);
    let copied = || node.flushing.iter().any(|(_, lsn)| applied == *lsn && node.log.first() == lsn.next());
    assert!(asynchronous || applied <= flushed || found() || copied(), "{id} shows {applied}, on disk is {flushed}");
}

/// What this protocol has on a disk.
fn on(disk: &NodeDisk) -> Disk {
    disk.primary_replica().cloned().unwrap_or_default()
}

/// A node calls only those entries discarded that its primary does not have.
fn discarded(world: &LabWorld, node: NodeId, writes: &[(Lsn, Write)]) {
    let process = |node| world.host(node).and_then(|host| host.process()?.primary_replica());
    // One that follows another by now may have got the entry from there after it sent its snapshot.
    let leads = |one: &&PrimaryReplica| matches!(one.part, Part::Primary(_));
    let Some(lead) = world.view(node).and_then(|view| process(view.follows?)).filter(leads) else { return };
    // A request that came twice may have got the same place twice, in two logs.
    let appended = |write: &Write| {
        let facts = world.trace().iter().filter_map(|(_, event)| match &event.kind {
            Kind::Fact(Fact::Appended { write: Some(write), .. }) => Some(write),
            _ => None,
        });
        facts.filter(|other| *other == write).count()
    };
    let has = |lsn: Lsn, write: &Write| lead.log.get(lsn).is_some_and(|entry| entry.write == Some(*write));
    let wrong = writes.iter().find(|(lsn, write)| has(*lsn, write) && appended(write) == 1);
    assert_eq!(wrong, None, "{node} calls discarded what its primary has");
}

/// Entries go out, and writes are acknowledged, only from the sender's disk.
fn sent_from_disk(world: &LabWorld, node: NodeId, operation: Option<OperationId>, cargo: &Cargo, asynchronous: bool) {
    let disk = on(world.hosts()[node.0 as usize].disk());
    match cargo {
        Cargo::Answer { outcome: Outcome::Written | Outcome::Generated(_) } => {
            let logged = disk
                .log
                .range(disk.log.first(), disk.log.last())
                .any(|entry| operation.is_some() && entry.operation() == operation);
            let folded = || disk.log.first() > Lsn(1);
            assert!(asynchronous || logged || folded(), "{node} says yes to what it could forget");
        }
        Cargo::Entries { first, count, first_write, .. } => {
            assert!(first.0 + *count as u64 - 1 <= disk.log.last().0, "{node} sends what it could forget");
            let sent = || disk.log.range(*first, Lsn(first.0 + *count as u64 - 1));
            assert!(sent().count() < *count as usize || sent().find_map(|entry| entry.write) == *first_write);
        }
        Cargo::Snapshot { lsn, .. } => assert!(*lsn <= disk.log.last(), "{node} copies what it could forget"),
        _ => {}
    }
}

/// All nodes with data hold the same, and one of them leads.
pub fn assert_converged(play: &Play) {
    let nodes: Vec<(NodeId, &PrimaryReplica)> = play
        .world
        .hosts()
        .iter()
        .filter(|host| !host.removed)
        .filter_map(|host| Some((host.id, host.process()?.primary_replica()?)))
        .collect();
    assert_eq!(nodes.len(), play.world.members().len(), "all run");
    let leaders: Vec<NodeId> =
        nodes.iter().filter(|(_, node)| matches!(node.part, Part::Primary(_))).map(|(id, _)| *id).collect();
    assert_eq!(leaders.len(), 1, "one leads");
    let nodes: Vec<(NodeId, &PrimaryReplica)> =
        nodes.into_iter().filter(|(_, node)| !matches!(node.part, Part::Monitor(_))).collect();
    assert_eq!(nodes.len(), play.world.stores().len());
    let lead = nodes.iter().find(|(id, _)| *id == leaders[0]).expect("it is one of them").1;
    for (id, node) in nodes {
        let state = |node: &PrimaryReplica| (node.epoch, node.log_id, node.log.last(), node.flushed, node.applied, node.complete);
        assert_eq!(state(node), state(lead), "{id} and {}", leaders[0]);
        assert_eq!(node.registers, lead.registers, "{id} and {}", leaders[0]);
        for entry in node.log.range(node.log.first().max(lead.log.first()), node.log.last()) {
            assert_eq!(lead.log.get(entry.lsn), Some(entry));
        }
    }
}
