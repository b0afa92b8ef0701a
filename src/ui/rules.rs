//! What the group goes by at the moment: changes seldom, and is asked for by many controls, which need not look at every event.

#[cfg(feature = "documents")]
use crate::protocol::documents::Terms;
#[cfg(feature = "quorum")]
use crate::protocol::quorum::Quorums;
use crate::{
    lab::LabWorld,
    protocol::{conflicts::Conflicts, primary_replica::Config},
    sim::{id::NodeId, time::Micros},
};

#[derive(Clone, PartialEq)]
pub struct Rules {
    pub config: Config,
    /// No node leads.
    pub peers: bool,
    /// Who wins a conflict, where that can be chosen.
    pub conflicts: Option<Conflicts>,
    /// How many copies there are and are asked, where there is no leader.
    #[cfg(feature = "quorum")]
    pub quorums: Option<Quorums>,
    /// How documents are written, where nodes keep some.
    #[cfg(feature = "documents")]
    pub documents: Option<Terms>,
    /// Those that hold data, and who leads them.
    pub stores: Vec<NodeId>,
    pub primary: Option<NodeId>,
    /// How long the least patient client that acts at all waits for an answer.
    pub patience: Option<Micros>,
}

impl Rules {
    pub fn of(world: &LabWorld) -> Rules {
        let acting = world.sessions().iter().filter(|session| session.workload_on || session.open.is_some());
        Rules {
            config: world.setup().config.primary_replica().cloned().unwrap_or_default(),
            peers: world.setup().config.primary_replica().is_none(),
            conflicts: world.setup().config.conflicts().cloned(),
            #[cfg(feature = "quorum")]
            quorums: world.setup().config.quorum().map(|config| config.quorums()),
            #[cfg(feature = "documents")]
            documents: world.setup().config.documents().map(|config| config.terms()),
            stores: world.stores().to_vec(),
            primary: world.primary(),
            patience: acting.map(|session| session.settings.timeout).min(),
        }
    }

    pub fn are_peers(&self) -> bool {
        self.peers
    }

    /// Whether peers go by rules that can be changed.
    pub fn has_rules_of_peers(&self) -> bool {
        #[cfg(feature = "documents")]
        if self.documents.is_some() {
            return true;
        }
        self.conflicts.is_some()
    }

    /// All who could confirm a write: who holds data, except the present primary.
    pub fn replicas(&self) -> Vec<NodeId> {
        self.stores.iter().copied().filter(|node| Some(*node) != self.primary).collect()
    }
}
