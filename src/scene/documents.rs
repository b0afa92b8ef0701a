//! What of documents is shown: each as its branches, line by line, and what a node has copied from whom.

use super::{peers, stage::Copy};
use crate::{
    explain::{chip::Chip, documents::newer, peers::backlog, words::counted},
    lab::LabWorld,
    protocol::{NodeView, PeerView, documents::DocumentsView, documents::write_of},
    sim::{
        id::{Key, NodeId},
        revision::Revision,
    },
};

/// Most revisions of a line that are named on screen; its title has all.
const LINE_MAX: usize = 4;

/// What a branch is to readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Shown,
    Conflict,
    Deleted,
}

/// A branch of a document, from its root to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// `1-ab12 → 2-cd34`.
    pub line: String,
    /// The same with full names.
    pub names: String,
    pub chip: Chip,
    pub end: Revision,
    pub state: State,
}

/// A document at a node, in the order in which its branches would be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub key: Key,
    pub branches: Vec<Branch>,
}

impl Document {
    /// Those among which a person may choose.
    pub fn live(&self) -> usize {
        self.branches.iter().filter(|branch| branch.state != State::Deleted).count()
    }
}

fn of(view: &NodeView) -> Option<&DocumentsView> {
    view.peer.as_deref()?.documents.as_ref()
}

/// A document as a node has it; without branches if it has none. None where there are no documents.
pub fn document(view: &NodeView, key: Key) -> Option<Document> {
    let Some(tree) = of(view)?.tree(key) else { return Some(Document { key, branches: Vec::new() }) };
    let joined =
        |line: &[Revision], name: fn(&Revision) -> String| line.iter().rev().map(name).collect::<Vec<String>>().join(" → ");
    let branch = |(place, leaf): (usize, _)| {
        let leaf: crate::store::revisions::Leaf<_> = leaf;
        let all = tree.line(leaf.revision);
        let named = &all[..all.len().min(LINE_MAX)];
        let before = if named.len() < all.len() { "… → " } else { "" };
        Branch {
            line: format!("{before}{}", joined(named, |revision| revision.brief())),
            names: joined(&all, Revision::to_string),
            chip: Chip::of(write_of(key, &leaf)),
            end: leaf.revision,
            state: match place {
                _ if leaf.deleted => State::Deleted,
                0 => State::Shown,
                _ => State::Conflict,
            },
        }
    };
    Some(Document { key, branches: tree.leaves().into_iter().enumerate().map(branch).collect() })
}

/// What a card shows of a document: the winner, and how many live branches are kept beside it.
pub(super) fn copy(world: &LabWorld, node: NodeId, key: Key, view: &NodeView) -> Option<Copy> {
    let own = of(view)?;
    let chip = view.copies.iter().find(|write| write.key == key).copied().map(Chip::of);
    let others = world.stores().iter().filter(|other| **other != node);
    let old = others
        .filter_map(|other| world.view(*other))
        .any(|other| of(&other).is_some_and(|other| newer(own, other, key).is_some()));
    let kept = own.kept(key).len().saturating_sub(1);
    Some(Copy { key, chip, siblings: Vec::new(), contents: None, old, kept })
}

/// How many documents have branches to choose from.
pub(super) fn conflicts(own: &DocumentsView) -> usize {
    own.documents.iter().filter(|(.., tree)| !tree.conflicts().is_empty()).count()
}

/// What stands on a card in place of a log.
pub(super) fn line(own: &DocumentsView) -> String {
    counted(changes(own), "change")
}

fn changes(own: &DocumentsView) -> u64 {
    own.documents.iter().map(|(_, sequence, _)| *sequence).max().unwrap_or_default()
}

/// What a node has, name by name.
pub(super) fn rows(
    world: &LabWorld,
    node: NodeId,
    view: &NodeView,
    peer: &PeerView,
    own: &DocumentsView,
) -> Vec<(&'static str, String)> {
    let pulled: Vec<String> = own.pulled.iter().map(|(source, sequence)| format!("{source} up to {sequence}")).collect();
    vec![
        ("changes here", changes(own).to_string()),
        ("has copied", if pulled.is_empty() { "nothing".into() } else { pulled.join(", ") }),
        ("lacks", backlog(world, node, view).to_string()),
        ("conflicts", peers::conflict_words(conflicts(own))),
        ("life of its disk", peer.actor.to_string()),
    ]
}
