//! What of a node can be looked at, and what is said when branches of a document come and go. It changes nothing.

use super::{
    Ctx,
    disk::{Body, Checkpoint, Data, Tree, write_of},
};
use crate::{
    protocol::{NodeView, PeerView},
    sim::{
        id::{Key, NodeId},
        operation::Write,
        small::SmallMap,
    },
    store::{
        log::Lsn,
        revisions::Leaf,
        version::{Actor, VersionVector},
    },
    trace::{Branch, DocumentFact, Fact, Role, Shows},
};
use std::{cmp::Reverse, sync::Arc};

/// Of a node with documents, beside what it shows its readers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentsView {
    /// In order of the key: where each stands in the feed, and all its revisions.
    pub documents: Vec<(Key, u64, Arc<Tree>)>,
    /// Up to where of whose feed it has everything.
    pub pulled: Vec<(NodeId, u64)>,
}

impl DocumentsView {
    pub fn tree(&self, key: Key) -> Option<&Tree> {
        self.documents.iter().find(|(own, ..)| *own == key).map(|(.., tree)| tree.as_ref())
    }

    /// What no edit has replaced of a key: what is shown, then the others.
    pub fn kept(&self, key: Key) -> Vec<Write> {
        self.tree(key).map_or_else(Vec::new, |tree| live(key, tree))
    }

    /// Live branches that are not shown, of all documents.
    pub fn conflicts(&self) -> usize {
        self.documents.iter().map(|(.., tree)| tree.conflicts().len()).sum()
    }
}

pub(super) fn view(actor: Actor, data: &Data, pulled: &SmallMap<NodeId, Checkpoint>) -> NodeView {
    let position = Lsn(data.sequence);
    let documents = DocumentsView {
        documents: data.documents.iter().map(|(key, document)| (*key, document.sequence, document.tree.clone())).collect(),
        pulled: pulled.iter().map(|(source, checkpoint)| (*source, checkpoint.sequence)).collect(),
    };
    NodeView {
        role: Role::Peer,
        copies: data.documents.keys().filter_map(|key| copy(data, *key)).collect(),
        written: position,
        flushed: position,
        applied: position,
        peer: Some(Box::new(PeerView {
            actor,
            vector: VersionVector::default(),
            keys: Vec::new(),
            ready: true,
            held: 0,
            unconfirmed: Vec::new(),
            hints: Vec::new(),
            gossip: None,
            documents: Some(documents),
        })),
        ..NodeView::default()
    }
}

/// What readers are shown.
pub(super) fn copy(data: &Data, key: Key) -> Option<Write> {
    kept(data, key).first().copied()
}

/// What no edit has replaced: what is shown, then the others.
pub(super) fn kept(data: &Data, key: Key) -> Vec<Write> {
    data.documents.get(&key).map_or_else(Vec::new, |document| live(key, &document.tree))
}

fn live(key: Key, tree: &Tree) -> Vec<Write> {
    tree.leaves().iter().filter(|leaf| !leaf.deleted).map(|leaf| write_of(key, leaf)).collect()
}

/// Says what changes for readers otherwise than by an edit of what they were shown.
pub(super) fn note_branches(key: Key, before: &Tree, now: &Tree, ctx: &mut Ctx) {
    let (old, new) = (before.leaves(), now.leaves());
    let Some((shown, others)) = new.split_first() else { return };
    let is_new = |leaf: &&Leaf<Body>| !before.knows(leaf.revision);
    let live = |leaves: &[Leaf<Body>]| leaves.iter().filter(|leaf| !leaf.deleted).count();
    let has_branched = new.len() > old.len() && (live(&new) > 1 || live(&old) != live(&new)) && !others.is_empty();
    let was_shown = old.first().filter(|leaf| !leaf.deleted).map(|leaf| leaf.revision);
    let is_pushed_aside = was_shown.is_some_and(|revision| others.iter().any(|leaf| leaf.revision == revision && !leaf.deleted));
    if has_branched || is_pushed_aside {
        let rival = others.iter().max_by_key(|leaf| (!leaf.deleted, leaf.revision));
        let why = match rival {
            Some(rival) if rival.deleted && !shown.deleted => Shows::NotDeleted,
            Some(rival) if rival.revision.generation < shown.revision.generation => Shows::LongerLine,
            _ => Shows::GreaterId,
        };
        let kept = others.iter().map(|leaf| branch(key, leaf)).collect();
        return ctx.note(Fact::Document(DocumentFact::Branched { shown: branch(key, shown), kept, why }));
    }
    // What was shown is deleted, and another branch was there already.
    let was_there = |leaf: &Leaf<Body>| old.iter().skip(1).any(|own| own.revision == leaf.revision);
    let ended = others.iter().filter(is_new).filter(|leaf| leaf.deleted).min_by_key(|leaf| Reverse(leaf.revision));
    if let Some(ended) = ended.filter(|_| !shown.deleted && was_there(shown)) {
        ctx.note(Fact::Document(DocumentFact::Promoted { deleted: branch(key, ended), shown: branch(key, shown) }));
    }
}

fn branch(key: Key, leaf: &Leaf<Body>) -> Branch {
    Branch { revision: leaf.revision, write: write_of(key, leaf), deleted: leaf.deleted }
}
