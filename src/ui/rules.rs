//! What the group goes by at the moment: changes seldom, and is asked for by many controls, which need not look at every event.

use crate::{
    lab::LabWorld,
    protocol::{conflicts::Conflicts, primary_replica::Config},
    sim::{id::NodeId, time::Micros},
};

#[derive(Clone, PartialEq)]
pub struct Rules {
    pub config: Config,
    /// Who wins a conflict, where there can be one: where all are peers.
    pub conflicts: Option<Conflicts>,
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
            conflicts: world.setup().config.conflicts().cloned(),
            stores: world.stores().to_vec(),
            primary: world.primary(),
            patience: acting.map(|session| session.settings.timeout).min(),
        }
    }

    pub fn are_peers(&self) -> bool {
        self.conflicts.is_some()
    }

    /// All who could confirm a write: who holds data, except the present primary.
    pub fn replicas(&self) -> Vec<NodeId> {
        self.stores.iter().copied().filter(|node| Some(*node) != self.primary).collect()
    }
}
