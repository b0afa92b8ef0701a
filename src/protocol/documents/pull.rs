//! How a node pulls from a source: ask what has changed since the checkpoint, find out what of it is missing, fetch that, store it,
//! write the next checkpoint, ask again.
//!
//! Each source has a task of its own. An answer that does not fit where the task is says nothing, for it may be old; a lost one is
//! asked for again. A revision that is known is not fetched, and so what goes round in a circle comes to rest.

use super::{
    Ctx, Documents, Pending, Timer, Why,
    disk::{Body, Checkpoint, DiskChange, Row, write_of},
    keep,
    message::{Asks, Message},
};
use crate::{
    sim::{
        id::{Key, NodeId},
        operation::Write,
        small::SmallMap,
    },
    store::{
        revisions::{Path, Revision},
        version::Actor,
    },
    trace::{DocumentFact, Fact},
};

/// Where the task of one source is.
#[derive(Clone, Debug)]
pub(super) struct Pull {
    /// Up to there everything is here, on disk. None: nothing yet.
    pub checkpoint: Option<Checkpoint>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It has asked, and will be answered.
    Begins,
    /// It will be told when there is something new.
    Waits,
    /// It has asked for revisions of changes up to there.
    Fetches(Checkpoint),
    /// They are on their way to the disk.
    Stores,
}

impl Pull {
    pub fn new(checkpoint: Option<Checkpoint>) -> Pull {
        Pull { checkpoint, phase: Phase::Begins }
    }

    /// How far it is in the feed of this life of its source.
    fn since(&self, source: Actor) -> u64 {
        self.checkpoint.filter(|checkpoint| checkpoint.source == source).map_or(0, |checkpoint| checkpoint.sequence)
    }
}

impl Documents {
    /// How far it has pulled from whom.
    pub(super) fn checkpoints(&self) -> SmallMap<NodeId, Checkpoint> {
        self.pulls.iter().filter_map(|(source, pull)| Some((*source, pull.checkpoint?))).collect()
    }

    /// Begins with a source, or begins anew.
    pub(super) fn begin(&mut self, source: NodeId, why: Asks, ctx: &mut Ctx) {
        let checkpoint = self.pulls.get(&source).and_then(|pull| pull.checkpoint);
        self.pulls.insert(source, Pull::new(checkpoint));
        ctx.note(Fact::Document(DocumentFact::FeedAsked {
            of: source,
            since: checkpoint.map_or(0, |checkpoint| checkpoint.sequence),
        }));
        ctx.send(source, Message::Ask { since: checkpoint, why });
        ctx.set_timer(Timer::Poll(source), self.config.retry_after);
    }

    /// Somebody spoke who may be new in the group, or has forgotten that this node waits for word.
    pub(super) fn meet(&mut self, other: NodeId, why: Asks, ctx: &mut Ctx) {
        let is_due = match self.pulls.get(&other) {
            Some(pull) => why == Asks::Starts && pull.phase == Phase::Waits,
            None => true,
        };
        if is_due && self.config.sources(ctx.me(), ctx.members()).contains(&other) {
            self.begin(other, Asks::Begins, ctx);
        }
    }

    /// A source has been silent. Who comes and goes changes who pulls from whom.
    pub(super) fn poll(&mut self, source: NodeId, ctx: &mut Ctx) {
        let sources = self.config.sources(ctx.me(), ctx.members());
        for new in sources.iter().copied().filter(|new| *new != source) {
            self.meet(new, Asks::Begins, ctx);
        }
        if !sources.contains(&source) {
            self.pulls.remove(&source);
        } else if self.pulls.get(&source).is_some_and(|pull| pull.phase == Phase::Stores) {
            ctx.set_timer(Timer::Poll(source), self.config.retry_after);
        } else {
            self.begin(source, Asks::Begins, ctx);
        }
    }

    /// Waits for something new.
    fn rest(&mut self, source: NodeId, ctx: &mut Ctx) {
        let Some(pull) = self.pulls.get_mut(&source) else { return };
        pull.phase = Phase::Waits;
        ctx.send(source, Message::Ask { since: pull.checkpoint, why: Asks::Waits });
        ctx.set_timer(Timer::Poll(source), self.config.poll_every);
    }

    /// The interval has changed: those who wait are asked by the new one.
    pub(super) fn rest_anew(&mut self, ctx: &mut Ctx) {
        for (source, _) in self.pulls.iter().filter(|(_, pull)| pull.phase == Phase::Waits) {
            ctx.set_timer(Timer::Poll(*source), self.config.poll_every);
        }
    }

    /// A source says what has changed.
    pub(super) fn on_changes(&mut self, from: NodeId, source: Actor, since: u64, rows: &[Row], last: u64, ctx: &mut Ctx) {
        let Some(pull) = self.pulls.get(&from).filter(|pull| matches!(pull.phase, Phase::Begins | Phase::Waits)) else { return };
        let is_of_old_life = pull.checkpoint.is_some_and(|checkpoint| source < checkpoint.source);
        let own = pull.since(source);
        // Changes before these, or these themselves, are not the next ones.
        if is_of_old_life || since > own || last < own {
            return;
        }
        let lacks = |row: &Row| match self.latest(row.key) {
            Some(document) => document.tree.missing(row.leaves.iter().copied()),
            None => row.leaves.clone(),
        };
        let wanted = rows.iter().map(|row| (row.key, lacks(row))).filter(|(_, missing)| !missing.is_empty());
        let wanted: Vec<(Key, Vec<Revision>)> = wanted.collect();
        let checkpoint = Checkpoint { source, sequence: last };
        if !rows.is_empty() {
            let revisions = wanted.iter().map(|(_, missing)| missing.len() as u32).sum();
            ctx.note(Fact::Document(DocumentFact::RevisionsCompared {
                with: from,
                documents: rows.len() as u32,
                missing: revisions,
            }));
        }
        if wanted.is_empty() {
            return self.mark(from, checkpoint, ctx);
        }
        self.enter(from, Phase::Fetches(checkpoint));
        ctx.send(from, Message::Fetch { wanted, last });
        ctx.set_timer(Timer::Poll(from), self.config.retry_after);
    }

    fn enter(&mut self, source: NodeId, phase: Phase) {
        self.pulls.get_mut(&source).into_iter().for_each(|pull| pull.phase = phase);
    }

    /// Revisions have come. What is known by now, from another source, is not stored again; nothing is refused.
    pub(super) fn on_documents(&mut self, from: NodeId, checkpoint: Checkpoint, paths: Vec<(Key, Path<Body>)>, ctx: &mut Ctx) {
        if self.pulls.get(&from).is_none_or(|pull| pull.phase != Phase::Fetches(checkpoint)) {
            return;
        }
        let mut trees = SmallMap::new();
        let mut writes: Vec<Write> = Vec::new();
        for (key, path) in paths {
            let own = trees.get(&key).cloned().or_else(|| self.latest(key).map(|document| document.tree.as_ref().clone()));
            let mut tree = own.unwrap_or_default();
            let Some(revision) = path.last().filter(|revision| !tree.knows(*revision)) else { continue };
            tree.merge_path(&path);
            tree.stem(self.config.revs_limit);
            writes.extend(tree.leaves().iter().filter(|leaf| leaf.revision == revision).map(|leaf| write_of(key, leaf)));
            trees.insert(key, tree);
        }
        let (mut documents, mut number, mut sequence) = (Vec::new(), 0, self.last_sequence());
        for (key, tree) in trees.iter() {
            sequence += 1;
            let (written, document) = keep(*key, tree.clone(), sequence, None, ctx);
            number = written;
            documents.push((*key, document));
        }
        if documents.is_empty() {
            return self.mark(from, checkpoint, ctx);
        }
        ctx.note(Fact::Document(DocumentFact::Fetched { writes, from }));
        ctx.flush();
        self.enter(from, Phase::Stores);
        self.pending.push_back(Pending { number, documents, why: Why::Fetched { from, checkpoint } });
    }

    /// Everything up to there is on disk: both sides write that down, and the source is asked for more.
    pub(super) fn mark(&mut self, from: NodeId, checkpoint: Checkpoint, ctx: &mut Ctx) {
        let Some(pull) = self.pulls.get_mut(&from) else { return };
        if pull.checkpoint != Some(checkpoint) {
            pull.checkpoint = Some(checkpoint);
            ctx.note(Fact::Document(DocumentFact::Checkpointed { of: from, sequence: checkpoint.sequence }));
            ctx.write(DiskChange::Pulled(from, checkpoint), None);
            ctx.flush();
            ctx.send(from, Message::Checkpoint(checkpoint));
        }
        self.rest(from, ctx);
    }
}
