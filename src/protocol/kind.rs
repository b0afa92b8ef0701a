//! Kinds of protocols. The page comes as several programs, each with the protocols of one kind on board, and a visit loads one
//! of them; so what kinds there are is known in every program. It must not know protocols.

/// What kinds there are, in the order in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    PrimaryReplica,
    MultiPrimary,
    Quorum,
    Gossip,
    Documents,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::PrimaryReplica, Kind::MultiPrimary, Kind::Quorum, Kind::Gossip, Kind::Documents];

    /// Whether this program can run protocols of this kind.
    pub fn is_on_board(self) -> bool {
        match self {
            Kind::PrimaryReplica => cfg!(feature = "primary-replica"),
            Kind::MultiPrimary => cfg!(feature = "multi-primary"),
            Kind::Quorum => cfg!(feature = "quorum"),
            Kind::Gossip => cfg!(feature = "gossip"),
            Kind::Documents => cfg!(feature = "documents"),
        }
    }

    /// The feature of Cargo.toml under which its protocols are on board.
    pub fn feature(self) -> &'static str {
        match self {
            Kind::PrimaryReplica => "primary-replica",
            Kind::MultiPrimary => "multi-primary",
            Kind::Quorum => "quorum",
            Kind::Gossip => "gossip",
            Kind::Documents => "documents",
        }
    }

    /// As a heading.
    pub fn name(self) -> &'static str {
        match self {
            Kind::PrimaryReplica => "Primary–replica",
            Kind::MultiPrimary => "Peer-to-peer: every node takes writes",
            Kind::Quorum => "Peer-to-peer: quorums without a leader",
            Kind::Gossip => "Peer-to-peer: gossip",
            Kind::Documents => "Peer-to-peer: documents that sync",
        }
    }
}
