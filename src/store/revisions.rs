//! Revision trees, as CouchDB keeps them for each document: every edit names the one it replaces, and edits that replace the same
//! one are branches.
//!
//! No clock and no actor is needed: a revision's name is made of its content and its parent, so two peers that make the same edit
//! make the same revision. All pick the same winner of a conflict, and the losers stay until somebody deletes them. The source
//! is CouchDB's `couch_key_tree.erl` and `couch_doc.erl`; PouchDB does the same.

use super::words::{self, Words};
pub use crate::sim::revision::{Revision, RevisionId};
use crate::sim::small::{SmallMap, sorted_by_key};
use std::{cmp::Reverse, fmt};

/// The name of the revision that writes `body`, or deletes, in place of `parent`.
fn after(parent: Option<Revision>, deleted: bool, body: &dyn Words) -> Revision {
    let half = |which: u64| words::digest(&Edit { which, parent, deleted, body });
    let id = (half(0) as u128) << 64 | half(1) as u128;
    Revision { generation: parent.map_or(0, |parent| parent.generation) + 1, id: RevisionId(id.to_be_bytes()) }
}

/// A revision with its ancestors, as one peer sends it to another: only the last one's content is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path<V> {
    /// Of the last revision.
    pub generation: u32,
    /// The last one first, then its ancestors as far as they are known.
    pub ids: Vec<RevisionId>,
    pub deleted: bool,
    pub body: V,
}

impl<V> Path<V> {
    /// Its last revision; none of a path of nothing.
    pub fn last(&self) -> Option<Revision> {
        self.revisions().next()
    }

    /// The last one first.
    fn revisions(&self) -> impl Iterator<Item = Revision> {
        (1..=self.generation).rev().zip(&self.ids).map(|(generation, id)| Revision { generation, id: *id })
    }
}

/// What merging a path did to the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// It went on where a branch ended, or was the first.
    NewLeaf,
    /// There is one more branch: a conflict, unless it or the others are deleted.
    NewBranch,
    /// Its last revision was known already.
    InternalNode,
}

/// An edit does not say what it replaces, or replaces what is no leaf any more (HTTP: 409).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict;

impl fmt::Display for Conflict {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("the revision to be replaced is not one of the current ones")
    }
}

impl std::error::Error for Conflict {}

/// The end of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf<'a, V> {
    pub revision: Revision,
    pub deleted: bool,
    pub body: &'a V,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node<V> {
    /// None: not known, or there is none.
    parent: Option<RevisionId>,
    /// Whether it deletes, and the body. Only leaves have that.
    content: Option<(bool, V)>,
}

/// The tree, or several if the common root was forgotten: a set of revisions with their parents, and so a join-semilattice under
/// [`Revisions::merge`] as long as nothing is stemmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revisions<V> {
    nodes: SmallMap<Revision, Node<V>>,
}

impl<V> Default for Revisions<V> {
    fn default() -> Self {
        Revisions { nodes: SmallMap::new() }
    }
}

impl<V: Clone + Ord> Revisions<V> {
    /// An edit by a client, in place of the leaf `parent`. Without one it is the first, or follows a deletion. Returns the path to
    /// be sent to others.
    pub fn edit(&mut self, parent: Option<Revision>, deleted: bool, body: V) -> Result<Path<V>, Conflict>
    where
        V: Words,
    {
        let replaced = match parent {
            Some(parent) => Some(self.leaves().into_iter().find(|leaf| leaf.revision == parent).ok_or(Conflict)?),
            None => self.winner(),
        };
        if parent.is_none() && replaced.as_ref().is_some_and(|leaf| !leaf.deleted) {
            return Err(Conflict);
        }
        let replaced = replaced.map(|leaf| leaf.revision);
        let revision = after(replaced, deleted, &body);
        let ancestors = replaced.into_iter().flat_map(|parent| self.line(parent));
        let ids = [revision].into_iter().chain(ancestors).map(|revision| revision.id).collect();
        let path = Path { generation: revision.generation, ids, deleted, body };
        self.merge_path(&path);
        Ok(path)
    }

    /// Takes in a revision made elsewhere; it is never refused. PouchDB says `InternalNode` where the path has nothing in common
    /// with the tree; here it is a new branch, as in CouchDB.
    pub fn merge_path(&mut self, path: &Path<V>) -> Merged {
        let line: Vec<Revision> = path.revisions().collect();
        let Some(last) = line.first() else { return Merged::InternalNode };
        let is_new = |pair: &&[Revision]| {
            let known = self.nodes.get(&pair[0]).and_then(|node| node.parent);
            self.nodes.contains_key(&pair[1]) && known != Some(pair[1].id)
        };
        let merged = match line.windows(2).find(is_new) {
            Some(pair) if self.is_leaf(pair[1]) => Merged::NewLeaf,
            Some(_) => Merged::NewBranch,
            None if self.nodes.contains_key(last) => Merged::InternalNode,
            None if self.nodes.is_empty() => Merged::NewLeaf,
            None => Merged::NewBranch,
        };
        for (index, revision) in line.iter().enumerate() {
            let content = (index == 0).then(|| (path.deleted, path.body.clone()));
            self.add(*revision, Node { parent: line.get(index + 1).map(|parent| parent.id), content });
        }
        self.forget_contents();
        merged
    }

    /// Takes in everything that another peer knows.
    pub fn merge(&mut self, other: &Revisions<V>) {
        other.nodes.iter().for_each(|(revision, node)| self.add(*revision, node.clone()));
        self.forget_contents();
    }

    fn add(&mut self, revision: Revision, node: Node<V>) {
        match self.nodes.get_mut(&revision) {
            // A parent that is known is more than one that is not. Two different ones would have made two names.
            Some(own) => {
                own.parent = own.parent.max(node.parent);
                own.content = own.content.take().max(node.content);
            }
            None => drop(self.nodes.insert(revision, node)),
        }
    }

    /// What has been replaced keeps only its name, as after CouchDB's compaction.
    fn forget_contents(&mut self) {
        let with_content = self.nodes.iter().filter(|(_, node)| node.content.is_some()).map(|(revision, _)| *revision);
        let replaced: Vec<Revision> = with_content.filter(|revision| !self.is_leaf(*revision)).collect();
        for revision in replaced {
            self.nodes.get_mut(&revision).into_iter().for_each(|node| node.content = None);
        }
    }

    fn is_leaf(&self, revision: Revision) -> bool {
        !self.nodes.iter().any(|(own, node)| own.generation == revision.generation + 1 && node.parent == Some(revision.id))
    }

    /// All ends of branches, the winner first: what is not deleted before what is, then the higher generation, then the greater id.
    pub fn leaves(&self) -> Vec<Leaf<'_, V>> {
        let ends = self.nodes.iter().filter_map(|(revision, node)| {
            let (deleted, body) = node.content.as_ref()?;
            Some(Leaf { revision: *revision, deleted: *deleted, body })
        });
        sorted_by_key(ends.collect(), |leaf: &Leaf<V>| Reverse((!leaf.deleted, leaf.revision)))
    }

    /// What a reader is shown: the same at every peer that knows the same revisions. It can be a deletion.
    pub fn winner(&self) -> Option<Leaf<'_, V>> {
        self.leaves().into_iter().next()
    }

    /// The live leaves that are not shown.
    pub fn conflicts(&self) -> Vec<Leaf<'_, V>> {
        self.leaves().into_iter().skip(1).filter(|leaf| !leaf.deleted).collect()
    }

    /// A leaf with its ancestors, to be sent to others.
    pub fn path(&self, leaf: Revision) -> Option<Path<V>> {
        let (deleted, body) = self.nodes.get(&leaf)?.content.clone()?;
        let ids = self.line(leaf).into_iter().map(|revision| revision.id).collect();
        Some(Path { generation: leaf.generation, ids, deleted, body })
    }

    /// Those that are not known here (CouchDB: `_revs_diff`).
    pub fn missing(&self, revisions: impl IntoIterator<Item = Revision>) -> Vec<Revision> {
        revisions.into_iter().filter(|revision| !self.knows(*revision)).collect()
    }

    pub fn knows(&self, revision: Revision) -> bool {
        self.nodes.contains_key(&revision)
    }

    /// A revision and its known ancestors, the last one first.
    pub fn line(&self, last: Revision) -> Vec<Revision> {
        let parent = |revision: &Revision| {
            let id = self.nodes.get(revision)?.parent?;
            Some(Revision { generation: revision.generation - 1, id })
        };
        std::iter::successors(Some(last), parent).collect()
    }

    /// Keeps of every branch only the last `depth` revisions (CouchDB: `revs_limit`). Too small a depth makes conflicts of nothing:
    /// an older copy no longer has anything in common with what came of it.
    pub fn stem(&mut self, depth: u32) {
        let mut distances = SmallMap::<Revision, u32>::new();
        for leaf in self.leaves().iter().map(|leaf| leaf.revision) {
            for (distance, revision) in (0..depth.max(1)).zip(self.line(leaf)) {
                let least = distances.get(&revision).copied().unwrap_or(distance).min(distance);
                distances.insert(revision, least);
            }
        }
        self.nodes.retain(|revision, _| distances.contains_key(revision));
        let cut = distances.iter().filter(|(_, distance)| **distance + 1 >= depth.max(1));
        let cut: Vec<Revision> = cut.map(|(revision, _)| *revision).collect();
        for revision in cut {
            self.nodes.get_mut(&revision).into_iter().for_each(|node| node.parent = None);
        }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// What the name of a revision is made of.
struct Edit<'a> {
    which: u64,
    parent: Option<Revision>,
    deleted: bool,
    body: &'a dyn Words,
}

impl Words for Edit<'_> {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.which.words(out);
        self.parent.words(out);
        self.deleted.words(out);
        self.body.words(out);
    }
}

impl Words for RevisionId {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        let word = u128::from_be_bytes(self.0);
        out((word >> 64) as u64);
        out(word as u64);
    }
}

impl Words for Revision {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.generation.words(out);
        self.id.words(out);
    }
}

impl<V: Words> Words for Node<V> {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.parent.words(out);
        self.content.words(out);
    }
}

impl<V: Words> Words for Revisions<V> {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.nodes.words(out);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
