//! What a node does for those who pull from it: it tells what has changed, hands out revisions with their lines, and writes down how
//! far they are.
//!
//! It must not decide what they lack; that is for them to find out.

use super::{
    Ctx, Documents,
    disk::{Checkpoint, DiskChange},
    message::{Asks, Message},
};
use crate::{
    sim::id::{Key, NodeId},
    store::revisions::Revision,
    trace::{DocumentFact, Fact},
};

impl Documents {
    /// Somebody asks what has changed. Nothing: it waits until something does, unless it has just begun.
    pub(super) fn on_ask(&mut self, target: NodeId, since: Option<Checkpoint>, why: Asks, ctx: &mut Ctx) {
        self.meet(target, why, ctx);
        let begins = why != Asks::Waits;
        let sequence = |checkpoint: &Checkpoint| if checkpoint.source == self.actor { checkpoint.sequence } else { 0 };
        let theirs = since.as_ref().map_or(0, sequence);
        // Both have to have written it down: a target that lost its disk knows less than is written here, a source that lost its own
        // counts anew.
        let since = if begins { self.given.get(&target).map_or(0, sequence).min(theirs) } else { theirs };
        self.waiting.insert(target, since);
        if begins || self.data.sequence > since {
            self.tell(target, ctx);
        }
    }

    /// Something is new: those who wait are told.
    pub(super) fn tell_waiting(&mut self, ctx: &mut Ctx) {
        let waiting: Vec<NodeId> = self.waiting.keys().copied().collect();
        waiting.into_iter().for_each(|target| self.tell(target, ctx));
    }

    fn tell(&mut self, target: NodeId, ctx: &mut Ctx) {
        let Some(since) = self.waiting.remove(&target) else { return };
        let (rows, last) = self.data.changes(since, self.config.batch_documents as usize);
        ctx.note(Fact::Document(DocumentFact::FeedTold { to: target, documents: rows.len() as u32, since, last }));
        ctx.send(target, Message::Changes { source: self.actor, since, rows, last });
    }

    /// What was replaced since is left out: it is in the line of what replaced it, which stands later in the feed.
    pub(super) fn on_fetch(&mut self, target: NodeId, wanted: &[(Key, Vec<Revision>)], last: u64, ctx: &mut Ctx) {
        let paths = wanted.iter().flat_map(|(key, revisions)| {
            let document = self.data.documents.get(key);
            revisions.iter().filter_map(move |revision| Some((*key, document?.tree.path(*revision)?)))
        });
        let message = Message::Documents { source: self.actor, paths: paths.collect(), last };
        ctx.send(target, message);
    }

    pub(super) fn on_checkpoint(&mut self, target: NodeId, checkpoint: Checkpoint, ctx: &mut Ctx) {
        if checkpoint.source == self.actor && self.given.get(&target) != Some(&checkpoint) {
            self.given.insert(target, checkpoint);
            ctx.write(DiskChange::Given(target, checkpoint), None);
            ctx.flush();
        }
    }
}
