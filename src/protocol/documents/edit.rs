//! What a node does for clients: it shows them the winning revision of a document, and takes edits that name a current one.
//!
//! It must not replace anything that its client did not name; what others made meanwhile is then found out by the client, not lost.

use super::{
    Ctx, Documents, Pending, Why,
    config::Edits,
    disk::{Body, Tree, write_of},
    keep, view,
};
use crate::{
    protocol::versions::evaluate,
    sim::{
        id::Key,
        operation::{Action, Answer, KeyType, Refusal, Request, Write},
    },
    store::{log::Lsn, revisions::Revision},
    trace::{DocumentFact, Fact},
};

impl Documents {
    pub(super) fn serve(&self, request: Request, key: Key, ctx: &mut Ctx) {
        let winner = self.data.documents.get(&key).and_then(|document| live(&document.tree));
        let read = view::copy(&self.data, key);
        ctx.note_about(request.operation, Fact::Served { read, applied: Lsn(self.data.sequence) });
        ctx.reply_revision(request, Answer::Read(read), winner);
    }

    /// Takes a client's edit, or says why not.
    pub(super) fn accept(&mut self, request: Request, ctx: &mut Ctx) {
        let (id, key) = (request.operation, request.action.key());
        let mut tree = self.latest(key).map(|document| document.tree.as_ref().clone()).unwrap_or_default();
        let current = live(&tree);
        let named = match (request.action, self.config.edits) {
            (Action::DeleteRevision { revision, .. }, _) => Some(revision),
            (_, Edits::Shown) => ctx.named_revision(),
            (_, Edits::Latest) => current,
        };
        let over: Option<Write> =
            tree.leaves().iter().find(|leaf| Some(leaf.revision) == named && !leaf.deleted).map(|leaf| write_of(key, leaf));
        let deletes = request.action.deletes();
        let value = match request.action {
            Action::Write { value, .. } => value,
            Action::Generate { function, .. } => evaluate(function, over.as_slice(), request, ctx),
            _ if deletes => 0,
            _ => return refuse(request, Refusal::WrongType { holds: KeyType::Register }, ctx),
        };
        if deletes && current.is_none() {
            return refuse(request, Refusal::Absent, ctx);
        }
        // What is deleted already cannot be deleted again.
        let edited = if deletes && over.is_none() { None } else { tree.edit(named, deletes, Body { value, id }).ok() };
        let Some(revision) = edited.and_then(|path| path.last()) else {
            ctx.note_about(id, Fact::Document(DocumentFact::EditRefused { key, named, current }));
            return refuse(request, Refusal::OldRevision, ctx);
        };
        tree.stem(self.config.revs_limit);
        let write = Write { id, key, value };
        ctx.note_about(id, Fact::Accepted { write, over: over.into_iter().collect() });
        ctx.note_about(id, Fact::Document(DocumentFact::Revised { write, revision, over: named }));
        let (number, document) = keep(key, tree, self.last_sequence() + 1, Some(id), ctx);
        ctx.flush();
        let answer = match request.action {
            Action::Generate { .. } => Answer::Generated(write),
            _ => Answer::Written,
        };
        // After a deletion there is nothing that a write would have to name, unless a branch is left, which is to be read first.
        let why = Why::Edit(request, answer, (!deletes).then_some(revision));
        self.pending.push_back(Pending { number, documents: vec![(key, document)], why });
    }
}

fn refuse(request: Request, refusal: Refusal, ctx: &mut Ctx) {
    ctx.reply(request, Answer::Refused(refusal));
}

/// The revision that readers are shown, if it is no deletion.
fn live(tree: &Tree) -> Option<Revision> {
    tree.winner().filter(|leaf| !leaf.deleted).map(|leaf| leaf.revision)
}
