//! The scenario: everything that is set up before a run, and what is done during it.
//!
//! Every field has a row in [`super::fields`] with its unit, range and default.

pub use crate::protocol::node::Settings as ProtocolSettings;
use crate::{
    client::workload::ClientSettings,
    protocol::node::Node,
    sim::{
        clock::Clock,
        distribution::Distribution,
        id::NodeId,
        network::{LinkRule, LinkSettings},
        time::Micros,
    },
    world::{Setup, command::TimedCommand, host::NodeSettings},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    pub title: String,
    /// One or two sentences for the person who opens it.
    pub about: String,
    pub seed: u64,
    /// How far the command line runs it.
    pub until: Micros,
    /// How many keys the workloads use.
    pub keys: u16,
    pub protocol: ProtocolSettings,
    pub nodes: NodesSettings,
    pub network: LinkSettings,
    pub links: Vec<LinkRule>,
    pub clients: Vec<ClientSettings>,
    pub commands: Vec<TimedCommand>,
}

/// The nodes: how many, what they are like, and those that are different.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodesSettings {
    pub count: u16,
    pub each: NodeSettings,
    pub different: Vec<OneNode>,
}

/// A node that differs from the others; what is absent is as for all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneNode {
    pub node: NodeId,
    #[serde(default)]
    pub read: Option<Distribution>,
    #[serde(default)]
    pub write: Option<Distribution>,
    #[serde(default)]
    pub message: Option<Distribution>,
    #[serde(default)]
    pub apply: Option<Distribution>,
    #[serde(default)]
    pub flush: Option<Distribution>,
    #[serde(default)]
    pub clock: Option<Clock>,
}

impl Default for Scenario {
    fn default() -> Self {
        Scenario {
            title: "Untitled".into(),
            about: String::new(),
            seed: 1,
            until: Micros::from_secs(10),
            keys: 2,
            protocol: ProtocolSettings::default(),
            nodes: NodesSettings::default(),
            network: LinkSettings::default(),
            links: Vec::new(),
            clients: vec![ClientSettings::default()],
            commands: Vec::new(),
        }
    }
}

impl Default for NodesSettings {
    fn default() -> Self {
        NodesSettings { count: 3, each: NodeSettings::default(), different: Vec::new() }
    }
}

impl OneNode {
    fn apply(&self, settings: &mut NodeSettings) {
        let set = |place: &mut Distribution, own: &Option<Distribution>| {
            if let Some(own) = own {
                *place = own.clone();
            }
        };
        set(&mut settings.read, &self.read);
        set(&mut settings.write, &self.write);
        set(&mut settings.message, &self.message);
        set(&mut settings.apply, &self.apply);
        set(&mut settings.flush, &self.flush);
        settings.clock = self.clock.unwrap_or(settings.clock);
    }
}

impl Scenario {
    /// How many client sessions there are.
    pub fn sessions(&self) -> usize {
        self.clients.iter().map(|client| client.count as usize).sum()
    }

    /// The names of operations in all workloads, each once, in the order in which they stand there.
    pub fn operation_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let workloads = self.clients.iter().filter_map(|client| client.workload.as_ref());
        for named in workloads.filter_map(|workload| workload.operations.as_ref()).flatten() {
            if !names.contains(&&*named.name) {
                names.push(&*named.name);
            }
        }
        names
    }

    /// The world's set-up. The scenario must have passed [`Scenario::check`].
    pub fn setup(&self) -> Setup<Node> {
        let mut nodes = vec![self.nodes.each.clone(); self.nodes.count as usize];
        for one in &self.nodes.different {
            if let Some(settings) = nodes.get_mut(one.node.0 as usize) {
                one.apply(settings);
            }
        }
        let clients = self.clients.iter().flat_map(|client| std::iter::repeat_n(client.clone(), client.count as usize));
        Setup {
            config: self.protocol.clone(),
            seed: self.seed,
            keys: self.keys,
            nodes,
            clients: clients.collect(),
            operation_names: Arc::new(self.operation_names().into_iter().map(String::from).collect()),
            first_primary: self.protocol.first_primary(),
            link: self.network.clone(),
            rules: self.links.clone(),
        }
    }
}
