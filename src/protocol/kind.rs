//! Kinds of protocols. The page comes as several programs, each with the protocols of one kind on board, and a visit loads one
//! of them; so which kind a scenario is of must be known without running it, in every program. It must not know protocols.

/// What kinds there are, in the order in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    PrimaryReplica,
    Peers,
}

impl Kind {
    pub const ALL: [Kind; 2] = [Kind::PrimaryReplica, Kind::Peers];

    /// The kind whose protocols are compiled under this feature.
    pub(super) const fn of_feature(feature: &str) -> Kind {
        match feature.as_bytes() {
            b"primary-replica" => Kind::PrimaryReplica,
            _ => Kind::Peers,
        }
    }

    /// Whether this program can run protocols of this kind.
    pub fn is_on_board(self) -> bool {
        match self {
            Kind::PrimaryReplica => cfg!(feature = "primary-replica"),
            Kind::Peers => cfg!(feature = "peers"),
        }
    }

    /// As a heading.
    pub fn name(self) -> &'static str {
        match self {
            Kind::PrimaryReplica => "Primary–replica",
            Kind::Peers => "Peer-to-peer",
        }
    }
}
