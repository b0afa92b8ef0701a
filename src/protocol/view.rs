//! What of a node can be looked at, whatever its protocol: plain data for judges, pictures and sentences. It changes nothing, and nothing
//! in a protocol reads it.

use super::parts::Parts;
use crate::{
    sim::{
        id::{Key, NodeId, OperationId},
        operation::{KeyType, Write},
    },
    store::{
        log::{Epoch, Lsn},
        stamp::Stamp,
        version::{Actor, Dot, Seen, VersionVector},
    },
    trace::{MemberState, Role, SyncState},
};

/// What a protocol lets the world see of a node, in words all protocols share.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeView {
    pub role: Role,
    pub epoch: Epoch,
    /// The primary this node follows, if it knows one.
    pub follows: Option<NodeId>,
    /// Who sends it the log: that primary, or another replica.
    pub source: Option<NodeId>,
    /// The write each key holds, in order of the key.
    pub copies: Vec<Write>,
    /// The last entries of the log, at most [`NodeView::TAIL`], oldest first.
    pub tail: Vec<TailEntry>,
    /// First LSN still in the log.
    pub first: Lsn,
    /// Positions: in the log, on disk, visible to readers.
    pub written: Lsn,
    pub flushed: Lsn,
    pub applied: Lsn,
    /// Those to whom it sends its log, and what they are to its writes; of a primary, how many of these wait for them, and
    /// whether it has stopped waiting.
    pub followers: Vec<(NodeId, SyncState)>,
    pub waiting: usize,
    pub fallen_back: bool,
    /// Whom this node takes for gone.
    pub suspects: Vec<NodeId>,
    /// Of a candidate: the votes it has and needs.
    pub votes: Option<(usize, usize)>,
    /// Of a primary: whether it takes no writes because it has not heard from a majority.
    pub fenced: bool,
    /// Whether it follows no further, since its log and the primary’s have parted.
    pub stopped: bool,
    /// What only peers have.
    pub peer: Option<Box<PeerView>>,
    /// Of a coordinator: what it has under way for clients.
    pub calls: Vec<CallView>,
}

/// A client’s operation that a coordinator asks others about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallView {
    pub operation: OperationId,
    pub key: Key,
    /// None: it reads.
    pub write: Option<Write>,
    /// How many have it on disk, or have answered; and how many have to.
    pub have: u8,
    pub need: u8,
    /// Its client was answered; the rest is for those who are late.
    pub is_answered: bool,
}

/// Of a peer, beside what it shows its readers.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerView {
    /// Under which name it counts its writes.
    pub actor: Actor,
    /// How many changes of each peer it has.
    pub vector: VersionVector,
    /// In order of the key.
    pub keys: Vec<KeyView>,
    /// Whether it serves clients; a newcomer does not yet.
    pub ready: bool,
    /// How many changes arrived before something that they have to follow.
    pub held: usize,
    /// To whom it has sent so many changes that are not confirmed.
    pub unconfirmed: Vec<(NodeId, u64)>,
    /// What it keeps for others, who could not be reached.
    pub hints: Vec<(NodeId, Write)>,
    /// What only nodes that gossip have.
    pub gossip: Option<GossipView>,
    /// What only nodes with documents have.
    #[cfg(feature = "documents")]
    pub documents: Option<super::documents::DocumentsView>,
}

/// Of a node that gossips.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GossipView {
    /// What it tells others, in order of the key.
    pub spreads: Vec<RumourView>,
    /// Whom it suspects or takes for dead, in order of the node.
    pub doubts: Vec<MemberView>,
}

/// A rumour that a node spreads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RumourView {
    pub write: Write,
    /// How often it was told in vain, as far as that counts.
    pub counter: u8,
}

/// What a node believes of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberView {
    pub node: NodeId,
    pub state: MemberState,
    pub incarnation: u32,
}

/// What a peer keeps of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyView {
    pub key: Key,
    pub holds: KeyType,
    /// Every write of the key that the peer has seen; of a set the additions, of a counter and a text nothing.
    pub seen: Seen,
    /// Those that nobody has overwritten who had seen them, and what is shown beside.
    pub versions: Vec<VersionView>,
    /// What it is made of if it is no register.
    pub parts: Parts,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VersionView {
    /// None: it is overwritten, and wins by its clock all the same.
    pub dot: Option<Dot>,
    pub write: Write,
    pub deleted: bool,
    pub stamp: Stamp,
    pub hybrid: Stamp,
    pub lamport: u32,
    /// Whether readers get to see it.
    pub shown: bool,
}

/// What a node thinks that it is, and how far readers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub role: Role,
    pub epoch: Epoch,
    pub applied: Lsn,
}

impl NodeView {
    pub const TAIL: usize = 12;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TailEntry {
    pub lsn: Lsn,
    pub epoch: Epoch,
    /// None: a no-op.
    pub write: Option<Write>,
    /// False: it arrived before an entry it must follow, and waits outside the log. Of a statement the value is then its
    /// sender's: this node evaluates it when its turn comes.
    pub in_log: bool,
}

impl TailEntry {
    pub fn operation(&self) -> Option<OperationId> {
        self.write.map(|write| write.id)
    }
}
