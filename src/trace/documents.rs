//! What there is to say of documents that sync, as data. New facts come last: their numbers are part of every golden trace.

use crate::sim::{
    id::{Key, NodeId},
    operation::Write,
    revision::Revision,
};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentFact {
    /// A client’s edit of a document made this revision, in place of the one that it named.
    Revised { write: Write, revision: Revision, over: Option<Revision> },
    /// An edit is refused: the revision that it names, if any, is no current one.
    EditRefused { key: Key, named: Option<Revision>, current: Option<Revision> },
    /// A document has branches that did not know of each other: what readers are shown, what is kept beside, and why so.
    Branched { shown: Branch, kept: Vec<Branch>, why: Shows },
    /// The branch that was shown ended in a deletion, so readers are shown the next one.
    Promoted { deleted: Branch, shown: Branch },
    /// A node asks a source what has changed, after so many of its changes.
    FeedAsked { of: NodeId, since: u64 },
    /// A source tells which documents have changed, and up to where that is all.
    FeedTold { to: NodeId, documents: u32, since: u64, last: u64 },
    /// A node has compared the ends of branches that a source told: so many of them it does not have.
    RevisionsCompared { with: NodeId, documents: u32, missing: u32 },
    /// Revisions that were missing have come, and are stored.
    Fetched { writes: Vec<Write>, from: NodeId },
    /// Everything up to there in the feed of a source is on disk.
    Checkpointed { of: NodeId, sequence: u64 },
}

/// The end of a branch of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Branch {
    pub revision: Revision,
    pub write: Write,
    pub deleted: bool,
}

/// Why one branch is shown and not another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// The others are deleted.
    NotDeleted,
    /// It was edited more often.
    LongerLine,
    /// Its name is the greater one.
    GreaterId,
}
