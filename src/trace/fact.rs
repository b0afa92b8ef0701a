//! What protocols have to say, as data. New facts come last: their numbers are part of every golden trace.

#[cfg(feature = "documents")]
use super::DocumentFact;
#[cfg(feature = "gossip")]
use super::MemberState;
use super::{Role, SyncState};
use crate::{
    sim::{
        id::{Key, NodeId},
        operation::Write,
        time::Micros,
    },
    store::{
        log::{Epoch, Lsn},
        object::{
            register::{Strategy, Version},
            set::SetKind,
        },
        stamp::Stamp,
        version::{Dot, Seen},
    },
};
use serde::Serialize;

/// Why a node does not vote for a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoVote {
    /// It hears from a primary.
    PrimaryAlive,
    /// Its own log goes further.
    LogBehind,
    /// It voted for another in this epoch, or leads it.
    VotedAlready,
    /// It knows a newer epoch.
    OldEpoch,
    /// It has not got the group’s data yet.
    NotReady,
}

/// What a protocol has to say, as data.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A primary put an entry into its log; without a write it is a no-op, here and in what follows.
    Appended {
        lsn: Lsn,
        epoch: Epoch,
        write: Option<Write>,
    },
    /// A primary's entry is on its disk; it may be acknowledged and sent on.
    Committed {
        lsn: Lsn,
        write: Option<Write>,
    },
    /// A replica put an entry into its log.
    Received {
        lsn: Lsn,
        write: Option<Write>,
    },
    /// A node's readers see the entry from now on.
    Applied {
        lsn: Lsn,
        write: Option<Write>,
    },
    /// A read was answered with this by a node that had applied its log up to there.
    Served {
        read: Option<Write>,
        applied: Lsn,
    },
    Refused {
        primary: Option<NodeId>,
    },
    /// An entry came before the one it follows; it waits.
    Gap {
        expected: Lsn,
        got: Lsn,
    },
    /// Came again; nothing to do.
    AlreadyHad {
        last: Lsn,
    },
    /// Not acknowledged in time, or asked for: sent again from here.
    Resent {
        to: NodeId,
        from: Lsn,
        attempt: u32,
    },
    /// From an older epoch than the one known here.
    SkippedOldEpoch {
        epoch: Epoch,
        current: Epoch,
    },
    /// From a connection that this node has closed since, by starting, by following another or by a snapshot.
    SkippedOldConnection {
        from: NodeId,
    },
    /// A replica is sent the log from here on.
    Following {
        replica: NodeId,
        from: Lsn,
    },
    /// The log no longer goes back far enough, so all data is sent.
    SnapshotNeeded {
        replica: NodeId,
        wanted: Lsn,
        first_kept: Lsn,
    },
    SnapshotInstalled {
        lsn: Lsn,
        keys: u32,
    },
    /// Old entries were dropped; the log starts here now.
    LogTruncated {
        first: Lsn,
    },
    RoleChanged {
        role: Role,
        epoch: Epoch,
        last: Lsn,
    },
    /// These entries of the own log are not in the log of the new primary and are gone. `unlisted`: how many more there
    /// were that the own log did not keep.
    Discarded {
        writes: Vec<(Lsn, Write)>,
        unlisted: u64,
        epoch: Epoch,
    },
    /// Data found after a start: the log's end and the last entry applied.
    Recovered {
        last: Lsn,
        applied: Lsn,
    },
    /// A replica counts in another way from now on, or not at all.
    SyncChanged {
        replica: NodeId,
        state: SyncState,
    },
    /// Replicas did not confirm in time: this many writes that waited are acknowledged without them, and so are all later ones.
    FellBack {
        waiting: usize,
    },
    /// Replicas have caught up: writes wait for them again.
    SyncAgain,
    /// Replicas did not confirm this write in time; its client is told.
    Unconfirmed {
        lsn: Lsn,
    },
    /// A write was turned away: so few replicas are in touch.
    TooFewReplicas {
        in_touch: usize,
    },
    /// A read waits: its reader has seen more of the log than this node shows.
    ReadWaits {
        until: Lsn,
        applied: Lsn,
    },
    /// No heartbeat of the other came for so long that it is taken for gone.
    Suspects {
        suspect: NodeId,
        silence: Micros,
    },
    /// A heartbeat of one suspected came after all: it was alive.
    Trusts {
        suspect: NodeId,
        silence: Micros,
    },
    /// A node asks for votes to lead the epoch; `trial`: asks whether it would get them.
    Stands {
        epoch: Epoch,
        trial: bool,
    },
    Voted {
        candidate: NodeId,
        epoch: Epoch,
        trial: bool,
    },
    VoteRefused {
        candidate: NodeId,
        epoch: Epoch,
        trial: bool,
        why: NoVote,
    },
    /// An election ended without a majority: this many votes of those needed.
    NotElected {
        epoch: Epoch,
        votes: usize,
        needed: usize,
    },
    Elected {
        epoch: Epoch,
        votes: usize,
        needed: usize,
    },
    /// A node of an older epoch learned of a newer one; it leads or follows nobody until it knows who does.
    NewerEpoch {
        epoch: Epoch,
    },
    /// A primary has not heard from a majority for so long that another may lead: it takes no writes.
    LeaseLost {
        in_touch: usize,
        needed: usize,
    },
    LeaseRegained,
    /// Whoever takes over has the old primary’s power cut first.
    PowerCut {
        node: NodeId,
    },
    /// A monitor makes a node primary: the one with most.
    Appointed {
        node: NodeId,
        epoch: Epoch,
        written: Lsn,
    },
    /// So many monitors take the primary for gone, as many as must agree.
    Agreed {
        suspect: NodeId,
        monitors: usize,
        needed: usize,
    },
    /// A read must be no older than `most`, and this node may be further behind; none: it cannot know.
    TooStale {
        behind: Option<Micros>,
        most: Micros,
    },
    /// Its log and the primary's have parted, and it follows no further: so many entries are only here.
    Parted {
        after: Lsn,
        entries: u64,
    },
    /// It took back everything after this.
    Rewound {
        to: Lsn,
    },
    /// The log no longer goes back to what a replica needs next, although it was kept for it.
    SlotLost {
        replica: NodeId,
        needed: Lsn,
        first: Lsn,
    },
    /// A replica asks this one to feed it, which is not as far itself, or has not got the data at all.
    FollowerWaits {
        replica: NodeId,
        last: Lsn,
    },
    /// A write was refused because the log fills the disk.
    DiskFull {
        entries: u64,
    },
    /// A primary asks the others whether it still leads before it answers a read.
    ReadConfirms {
        needed: usize,
    },
    /// A peer takes a client’s write, over these that its readers were shown.
    Accepted {
        write: Write,
        over: Vec<Write>,
    },
    /// A write is part of what a peer knows from now on; `by`: the peer that accepted it.
    Merged {
        write: Write,
        by: NodeId,
    },
    /// A key holds several values, none of which was written over another.
    Conflict {
        writes: Vec<Write>,
    },
    /// Nobody who had seen these wrote over them, and readers are not shown them any more: the strategy keeps another.
    Dropped {
        writes: Vec<Write>,
        kept: Option<Write>,
        strategy: Strategy,
    },
    /// A change was shown before something that its writer had seen.
    Overtook {
        write: Write,
    },
    /// A change waits for an earlier one, which this peer wrote.
    HeldBack {
        write: Write,
        of: NodeId,
    },
    /// So many of the changes that came had come before, some other way: they go no further.
    AlreadyKnown {
        changes: u32,
    },
    /// A neighbour is sent what it lacks.
    SentMissing {
        to: NodeId,
        changes: u32,
    },
    /// A neighbour lacks changes that are no longer kept, so it is sent all data.
    StateNeeded {
        peer: NodeId,
    },
    /// A node takes a client’s write, over these that it knows of, and sends it to the home nodes of the key.
    #[cfg(feature = "quorum")]
    Coordinates {
        write: Write,
        over: Vec<Write>,
        homes: Vec<NodeId>,
    },
    /// As many nodes as asked for have the write on disk: it is acknowledged.
    #[cfg(feature = "quorum")]
    EnoughCopies {
        write: Write,
        on: Vec<NodeId>,
    },
    /// Only so many nodes said in time that they have the write on disk. Its client is told; nothing is taken back.
    #[cfg(feature = "quorum")]
    TooFewCopies {
        write: Write,
        have: u8,
        need: u8,
    },
    /// A coordinator refuses at once: so few of those it would ask can be reached, as far as it knows.
    #[cfg(feature = "quorum")]
    TooFewReachable {
        have: u8,
        need: u8,
    },
    /// As many nodes have answered a read as asked for; what their copies come to.
    #[cfg(feature = "quorum")]
    Gathered {
        writes: Vec<Write>,
        from: Vec<NodeId>,
    },
    /// Only so many nodes answered a read in time.
    #[cfg(feature = "quorum")]
    TooFewAnswers {
        have: u8,
        need: u8,
    },
    /// Nodes whose answers were behind are sent everything that the others knew.
    #[cfg(feature = "quorum")]
    ReadRepaired {
        nodes: Vec<NodeId>,
        writes: Vec<Write>,
    },
    /// A node has a write on disk for another, who cannot be reached.
    #[cfg(feature = "quorum")]
    HintKept {
        write: Write,
        of: NodeId,
        /// The write's name.
        dot: Dot,
    },
    /// These nodes have what was kept for them, and it is kept no longer.
    #[cfg(feature = "quorum")]
    HandedOver {
        to: Vec<NodeId>,
        writes: Vec<Write>,
    },
    /// What was kept for a node is dropped: it was away for too long.
    #[cfg(feature = "quorum")]
    HintDropped {
        of: NodeId,
        writes: Vec<Write>,
    },
    /// Two nodes have compared what they have: by so many hashes, and they differed in these keys.
    #[cfg(feature = "quorum")]
    TreesCompared {
        with: NodeId,
        hashes: u32,
        keys: Vec<Key>,
    },
    /// A node did not answer for so long that it is taken for unreachable.
    #[cfg(feature = "quorum")]
    Unreachable {
        node: NodeId,
        after: Micros,
    },
    /// Something came from it after all.
    #[cfg(feature = "quorum")]
    Reachable {
        node: NodeId,
    },
    /// An empty node has what these had, and answers readers from now on.
    #[cfg(feature = "quorum")]
    Restored {
        from: Vec<NodeId>,
    },
    /// Elements that nobody removed who had seen these additions, and that this kind of set does not show.
    Hidden {
        writes: Vec<Write>,
        kind: SetKind,
    },
    /// Elements that somebody removed who had seen every addition, and that this kind of set shows all the same.
    RemovalIgnored {
        writes: Vec<Write>,
        kind: SetKind,
    },
    /// A set is of another kind from now on, and so readers are shown these again, and those no more.
    SetSwitched {
        kind: SetKind,
        back: Vec<Write>,
        gone: Vec<Write>,
    },
    /// These were deleted or taken out here, and a copy that had not heard of it brings them back.
    BroughtBack {
        writes: Vec<Write>,
    },
    /// A register has been nothing but these tombstones for so long that nothing is kept of it.
    Forgotten {
        writes: Vec<Write>,
    },
    /// A counter that was not below zero here is now: its total, with the name of the latest operation.
    #[cfg(feature = "multi-primary")]
    BelowZero {
        total: Write,
    },
    /// The name that the version of a write got, and which others whoever wrote it had been shown: it replaces these.
    Versioned {
        dot: Dot,
        version: Version,
        seen: Seen,
    },
    /// Versions of a key that a node has from now on and had not heard of. The legend tells of `overwritten` and `replaced`.
    Learnt {
        key: Key,
        dots: Vec<Dot>,
        #[serde(skip_serializing_if = "Option::is_none")]
        overwritten: Option<Stamp>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        replaced: Vec<Dot>,
    },
    /// Of writes that did not know of each other, a node shows what this strategy says from now on.
    ResolvesBy {
        strategy: Strategy,
    },
    /// A node keeps no copy of the key any more: its own, because its homes are elsewhere and have it, or what it kept of it for one node.
    #[cfg(feature = "quorum")]
    MovedAway {
        key: Key,
        of: Option<NodeId>,
    },
    /// A node has compared some places of two trees: its own hashes and the other’s.
    #[cfg(feature = "quorum")]
    HashesCompared {
        with: NodeId,
        hashes: Vec<Compared>,
    },
    /// A node is told a rumour that is news to it. It shows it and tells others.
    #[cfg(feature = "gossip")]
    Heard {
        write: Write,
        from: NodeId,
    },
    /// A node is told so many rumours that it knew.
    #[cfg(feature = "gossip")]
    HeardAgain {
        rumours: u32,
        from: NodeId,
    },
    /// A node has told a rumour in vain so often that it tells it nobody any more.
    #[cfg(feature = "gossip")]
    LostInterest {
        write: Write,
    },
    /// By comparing all it has with another a node has found what no rumour had told it.
    #[cfg(feature = "gossip")]
    FoundMissing {
        writes: Vec<Write>,
        from: NodeId,
    },
    /// A member did not answer, so others are asked to try.
    #[cfg(feature = "gossip")]
    AsksOthers {
        member: NodeId,
        through: Vec<NodeId>,
    },
    /// From now on a node believes this of a member; `by`: who said so, itself if it found out.
    #[cfg(feature = "gossip")]
    MemberIs {
        member: NodeId,
        state: MemberState,
        incarnation: u32,
        by: NodeId,
    },
    /// A node hears that it is suspected, or taken for dead, and denies it under a higher number.
    #[cfg(feature = "gossip")]
    Refutes {
        was: MemberState,
        by: NodeId,
        incarnation: u32,
    },
    /// What happens to documents that sync.
    #[cfg(feature = "documents")]
    Document(DocumentFact),
}

/// One place of two hash trees over the keys: the root is 1, below `place` are twice that and one more. An empty place has 0.
#[cfg(feature = "quorum")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    pub place: u32,
    pub own: u64,
    pub theirs: u64,
}
