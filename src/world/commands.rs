//! What commands do to the world. One that can have no effect says why and changes nothing.

use super::{
    World,
    command::{Command, SLOW_FACTOR},
    host::{Input, What},
};
use crate::{
    client::workload::{ClientSettings, Target},
    protocol::{Order, Protocol, Rule, failover::Failover},
    sim::{
        clock::Clock,
        draw::Lineage,
        id::{Address, ClientId, EventId, NodeId},
        network::{LinkRule, Network},
    },
    trace::{Causes, CrashKind, Kind},
};
use std::{collections::BTreeSet, sync::Arc};

const RECONFIGURE: u64 = 31;

impl<P: Protocol> World<P> {
    /// Most nodes of a group, those that left included; one that has more from the beginning gets no more.
    pub const NODES_MAX: usize = 26;

    pub(super) fn apply_command(&mut self, number: usize) {
        let commands = self.commands.clone();
        let command = &commands[number].command;
        let number = number as u32;
        let id = self.note(command.node(), None, Causes::NONE, Kind::Command { number });
        let done = self.check(command).and_then(|()| self.carry_out(command, number, id));
        if let Err(why) = done {
            self.note(command.node(), None, Causes::one(id), Kind::CommandIdle { number, why });
        }
    }

    /// Whether everything the command speaks of exists.
    fn check(&self, command: &Command) -> Result<(), &'static str> {
        let exists = |address: &Address| match address {
            Address::Node(node) => self.host(*node).is_some_and(|host| !host.removed),
            Address::Client(client) => self.session(*client).is_some(),
        };
        let mut addresses: Vec<Address> = command.node().map(Address::Node).into_iter().collect();
        match command {
            Command::Cut { from, to, .. } | Command::Heal { from, to, .. } => addresses.extend([*from, *to]),
            Command::Partition { groups } => addresses.extend(groups.iter().flatten()),
            Command::Issue { client, .. }
            | Command::SetWorkload { client, .. }
            | Command::SetToken { client, .. }
            | Command::SetTimeout { client, .. }
            | Command::SetConcern { client, .. } => addresses.push((*client).into()),
            Command::SetReadsFrom { client, target } | Command::SetWritesTo { client, target } => {
                addresses.push((*client).into());
                addresses.extend(match target {
                    Target::Node(node) => Some(Address::Node(*node)),
                    _ => None,
                });
            }
            Command::SetUpstream { from, .. } => addresses.extend(from.map(Address::Node)),
            Command::SetCommit(commit) => addresses.extend(commit.among.iter().copied().map(Address::Node)),
            Command::SetFailover(failover) => addresses.extend(failover.monitors.iter().copied().map(Address::Node)),
            _ => {}
        }
        if addresses.iter().all(exists) { Ok(()) } else { Err("there is no such node or client") }
    }

    fn carry_out(&mut self, command: &Command, number: u32, id: EventId) -> Result<(), &'static str> {
        match command {
            Command::Crash { node } => self.crash(*node, CrashKind::Process, id),
            Command::CrashMachine { node } => self.crash(*node, CrashKind::Machine, id),
            Command::Wipe { node } => self.crash(*node, CrashKind::Wipe, id),
            Command::Restart { node } => self.restart(*node, id),
            Command::Pause { node } => self.pause(*node, id),
            Command::Resume { node } => self.resume(*node, id),
            Command::Slow { node, factor } => self.slow(*node, *factor),
            Command::SetClock { node, clock } => self.set_clock(*node, *clock),
            Command::Promote { node } => self.order(*node, Order::Promote, number, id),
            Command::Rewind { node } => self.order(*node, Order::Rewind, number, id),
            Command::Reclone { node } => self.order(*node, Order::Clone, number, id),
            Command::AddNode if self.hosts.len() >= Self::NODES_MAX.max(self.setup.nodes.len()) => {
                Err("the group has as many nodes as it may have had")
            }
            Command::AddNode => self.add_node(id),
            Command::RemoveNode { node } => self.remove_node(*node, id),
            Command::Cut { from, to, both } => self.each_way(*from, *to, *both, Network::cut),
            Command::Heal { from, to, both } => self.each_way(*from, *to, *both, Network::heal),
            Command::Partition { groups } => self.partition(groups),
            Command::HealAll => {
                self.network.heal_all();
                Ok(())
            }
            Command::SetLink(rule) => self.set_link(rule),
            Command::DropMessage { message } => self.drop_by_hand(*message, id),
            Command::DelayMessage { message, by } => self.delay_by_hand(*message, *by, id),
            Command::DuplicateMessage { message } => self.duplicate_by_hand(*message, id),
            Command::DeliverNow { message } => self.deliver_by_hand(*message, id),
            Command::Issue { client, action, at } => self.issue(*client, *action, *at, id),
            Command::SetWorkload { client, .. } if self.sessions[client.0 as usize].settings.workload.is_none() => {
                Err("it has no workload")
            }
            Command::SetWorkload { client, on } => {
                self.sessions[client.0 as usize].workload_on = *on;
                Ok(())
            }
            Command::SetReadsFrom { client, target } => self.with_settings(*client, |settings| settings.reads_from = *target),
            Command::SetToken { client, on } => self.with_settings(*client, |settings| settings.token = *on),
            Command::SetConcern { client, concern } => self.with_settings(*client, |settings| settings.concern = *concern),
            Command::SetCommit(commit) => self.set_rule(Rule::Commit(commit.clone()), id),
            Command::SetFailover(failover) => self.set_failover(failover, id),
            Command::SetUpstream { node, from } => self.set_rule(Rule::Upstream { node: *node, from: *from }, id),
            Command::SetTimeout { client, timeout } => self.with_settings(*client, |settings| settings.timeout = *timeout),
            Command::SetDelay { node, by } => self.set_rule(Rule::Delay { node: *node, by: *by }, id),
            Command::SetConflicts(conflicts) => self.set_rule(Rule::Conflicts(conflicts.clone()), id),
            #[cfg(feature = "quorum")]
            Command::SetQuorum(rule) if rule.problem(self.stores.len() as u16).is_some() => {
                Err("there are fewer nodes than it asks for")
            }
            #[cfg(feature = "quorum")]
            Command::SetQuorum(rule) => self.set_rule(Rule::Quorum(*rule), id),
            #[cfg(feature = "documents")]
            Command::SetDocuments(terms) => self.set_rule(Rule::Documents(*terms), id),
            Command::SetLogs(logs) => self.set_rule(Rule::Logs(*logs), id),
            Command::SetWritesTo { client, target } => self.with_settings(*client, |settings| settings.writes_to = *target),
        }
    }

    fn with_settings(&mut self, client: ClientId, change: impl FnOnce(&mut ClientSettings)) -> Result<(), &'static str> {
        change(Arc::make_mut(&mut self.sessions[client.0 as usize].settings));
        Ok(())
    }

    fn set_failover(&mut self, failover: &Failover, command: EventId) -> Result<(), &'static str> {
        let same = |node: &NodeId| P::holds_data(&self.setup.config, *node) != failover.is_monitor(*node);
        if !self.members.iter().all(same) {
            return Err("a node that holds data cannot become a monitor while it runs, nor the other way round");
        }
        let rule = Rule::Failover(failover.clone());
        if !P::is_refused(&self.setup.config, &rule) {
            // What the operator numbered so far is taken.
            self.epoch_floor = self.newest_epoch;
        }
        self.set_rule(rule, command)
    }

    /// Nodes that run are told; those that are down find it when they start.
    fn set_rule(&mut self, rule: Rule, command: EventId) -> Result<(), &'static str> {
        if P::is_refused(&self.setup.config, &rule) {
            return Err("it asks for what cannot be");
        }
        let setup = Arc::make_mut(&mut self.setup);
        setup.config = P::with_rule(&setup.config, &rule);
        self.place_keys();
        let members = self.members.clone();
        for node in members.iter() {
            if !self.hosts[node.0 as usize].is_up() {
                continue;
            }
            let lineage = Lineage::root(&[RECONFIGURE, node.0 as u64, self.now.0]);
            let (arrived, causes) = (self.now, Causes::one(command));
            let what = What::Reconfigure(rule.clone());
            self.arrive(*node, Input { what, lineage, causes, arrived, operation: None, message: None });
        }
        Ok(())
    }

    fn slow(&mut self, node: NodeId, factor: f64) -> Result<(), &'static str> {
        if !SLOW_FACTOR.contains(&factor) {
            return Err("the factor is not between 0.01 and 1000");
        }
        self.host_mut(node).slow = factor;
        Ok(())
    }

    fn set_clock(&mut self, node: NodeId, clock: Clock) -> Result<(), &'static str> {
        if clock.skew_us.abs() > Clock::SKEW_US_MAX || clock.drift_ppm.abs() > Clock::DRIFT_PPM_MAX {
            return Err("the clock would be wrong by more than is allowed");
        }
        self.host_mut(node).clock = clock;
        Ok(())
    }

    fn each_way(
        &mut self,
        from: Address,
        to: Address,
        both: bool,
        change: fn(&mut Network, Address, Address),
    ) -> Result<(), &'static str> {
        if from == to {
            return Err("a link has two ends");
        }
        change(&mut self.network, from, to);
        if both {
            change(&mut self.network, to, from);
        }
        Ok(())
    }

    fn partition(&mut self, groups: &[Vec<Address>]) -> Result<(), &'static str> {
        let mut seen = BTreeSet::new();
        if !groups.iter().flatten().all(|address| seen.insert(*address)) {
            return Err("one is in two groups");
        }
        self.network.heal_all();
        let apart = groups.iter().enumerate().flat_map(|(index, group)| {
            let others = groups.iter().skip(index + 1).flatten();
            others.flat_map(move |other| group.iter().map(move |one| (*one, *other)))
        });
        self.network.cut_all(apart);
        Ok(())
    }

    fn set_link(&mut self, rule: &LinkRule) -> Result<(), &'static str> {
        if self.network.set(rule.clone()) { Ok(()) } else { Err("there are too many link rules") }
    }
}
