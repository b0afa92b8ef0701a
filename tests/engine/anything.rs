//! Whatever passes the checks runs: no scenario and no command, however odd, makes the engine panic, loop or grow.

use crate::play::*;
use replicarium::{
    client::{
        session::Session,
        workload::{ClientSettings, Does, NamedOperation, Pace, Popularity, Target, Workload},
    },
    lab::LabWorld,
    protocol::{
        commit::{Commit, Level, OnTimeout, Which},
        contexts::Contexts,
        detector::Detect,
        documents::{self, Edits, Terms},
        failover::{By, Failover, Fencing},
        logs::Logs,
        primary_replica::{Config, Delayed, Rejoin, Retention, Shipping},
        quorum::{self, Hints, Quorums, ReadRepair},
        topology::Topology,
    },
    scenario::{NodesSettings, OneNode, ProtocolSettings, Scenario},
    sim::{
        clock::Clock,
        distribution::{Distribution, Part},
        draw::{Chance, Draw, Lineage, Purpose},
        id::{Address, ClientId, Key, MessageId, NodeId},
        network::{End, LinkChange, LinkRule, LinkSettings, MessageClass},
        operation::{Action, Concern, Function},
        revision::{Revision, RevisionId},
        time::Micros,
    },
    world::{
        command::{Command, TimedCommand},
        host::NodeSettings,
    },
};

/// Draws odd things: often the ends of what is allowed.
struct Odd(Draw);

impl Odd {
    fn of<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.0.below(from.len() as u64) as usize].clone()
    }

    fn number(&mut self, low: u64, high: u64) -> u64 {
        let within = low + self.0.below(high - low + 1);
        self.of(&[low, high, within, low + (within - low) / 1_000])
    }

    fn time(&mut self) -> Micros {
        let any = Micros(self.0.below(Scenario::DELAY_MAX.0));
        self.of(&[Micros::ZERO, Micros(1), ms(1), ms(20), ms(500), Scenario::DELAY_MAX, any])
    }

    fn share(&mut self) -> f64 {
        let any = self.0.unit();
        self.of(&[0.0, 1.0, 0.3, any])
    }

    fn delay(&mut self, inside: bool) -> Distribution {
        let time = self.time();
        match self.0.below(if inside { 5 } else { 6 }) {
            0 => Distribution::Constant(time),
            1 => Distribution::Uniform { low: Micros(time.0 / 2), high: time },
            2 => Distribution::Exponential { mean: time },
            3 => Distribution::LogNormal { median: time, sigma: self.of(&[1e-9, 0.5, 5.0]) },
            4 => Distribution::Pareto { scale: Micros(time.0 / 1_000), shape: self.of(&[0.11, 1.5, 1_000.0]) },
            _ => {
                let mut part = || Part { weight: self.of(&[1e-9, 1.0, 1e9]), delay: self.delay(true) };
                Distribution::Mixture((0..3).map(|_| part()).collect())
            }
        }
    }

    fn clock(&mut self) -> Clock {
        let skew_us = self.of(&[0, Clock::SKEW_US_MAX, -Clock::SKEW_US_MAX]);
        Clock { skew_us, drift_ppm: self.of(&[0, 7, Clock::DRIFT_PPM_MAX, -Clock::DRIFT_PPM_MAX]) }
    }

    fn node(&mut self) -> NodeId {
        NodeId(self.number(0, 25) as u16 % self.of(&[3, 26, 26]))
    }

    fn client(&mut self) -> ClientId {
        ClientId(self.of(&[0, 1, 2, 199, u16::MAX]))
    }

    fn address(&mut self) -> Address {
        if self.0.chance(0.7) { self.node().into() } else { self.client().into() }
    }

    fn end(&mut self) -> End {
        let one = End::One(self.address());
        self.of(&[End::Any, End::Nodes, End::Clients, one])
    }

    /// Any rule that a group of `count` nodes can have.
    fn commit(&mut self, count: u16) -> Commit {
        let others = count.saturating_sub(1) as u64;
        let levels = [Level::Async, Level::LocalFlush, Level::RemoteWrite, Level::RemoteFlush, Level::RemoteApply];
        let wanted = if others == 0 { Level::LocalFlush } else { self.of(&levels) };
        Commit {
            level: wanted,
            which: self.of(&[Which::First, Which::Any, Which::Majority]),
            count: 1 + self.0.below(others.max(1)) as u8,
            among: vec![],
            timeout: self.of(&[None, Some(ms(1)), Some(ms(500))]),
            on_timeout: self.of(&[OnTimeout::FallBack, OnTimeout::Warn]),
            visible_early: self.of(&[true, false]),
            min_replicas: if others > 0 { self.0.below(2) as u8 } else { 0 },
            replica_timeout: self.of(&[ms(1), ms(300), ms(10_000)]),
        }
    }

    /// Any rule for failovers without monitors.
    fn failover(&mut self) -> Failover {
        Failover {
            by: self.of(&[By::Operator, By::Election]),
            detect: self.of(&[Detect::Timeout, Detect::Phi]),
            heartbeat_every: self.of(&[ms(1), ms(50), ms(400)]),
            timeout: self.of(&[ms(401), ms(2_000)]),
            spread: self.of(&[ms(1), ms(300)]),
            phi_threshold: self.of(&[0.1, 1.0, 8.0]),
            trial_vote: self.0.chance(0.5),
            fencing: self.of(&[Fencing::Nothing, Fencing::Lease, Fencing::Power]),
            monitors: vec![],
            quorum: 1,
        }
    }

    fn change(&mut self) -> LinkChange {
        LinkChange {
            latency: self.0.chance(0.5).then(|| self.delay(false)),
            jitter: self.0.chance(0.3).then(|| self.time()),
            loss: self.0.chance(0.3).then(|| self.share()),
            duplicate: self.0.chance(0.3).then(|| self.share()),
            in_order: self.0.chance(0.3).then(|| self.0.chance(0.5)),
            bandwidth_bytes_per_s: self.0.chance(0.2).then(|| self.number(0, Scenario::BANDWIDTH_BYTES_PER_S_MAX)),
        }
    }

    fn rule(&mut self) -> LinkRule {
        let class = self.0.chance(0.3).then(|| self.of(&MessageClass::ALL));
        LinkRule { from: self.end(), to: self.end(), both: self.0.chance(0.5), class, set: self.change() }
    }

    fn target(&mut self, nodes: u16) -> Target {
        let one = Target::Node(NodeId(self.0.below(nodes as u64) as u16));
        self.of(&[Target::Primary, Target::Replica, Target::Any, Target::Nearest, Target::Sticky, one])
    }

    fn function(&mut self) -> Function {
        self.of(&[Function::Next, Function::Clock, Function::Random])
    }

    fn action(&mut self) -> Action {
        let (key, value) = (Key(self.number(0, 63) as u16), self.of(&[0, i64::MIN, i64::MAX]));
        let function = self.function();
        let place = self.of(&[0, 1, u16::MAX]);
        let revision = self.revision();
        self.of(&[
            Action::Read { key },
            Action::Read { key },
            Action::Read { key },
            Action::Write { key, value },
            Action::Write { key, value },
            Action::Generate { key, function },
            Action::Add { key, amount: value },
            Action::AddElement { key, element: value },
            Action::RemoveElement { key, element: value },
            Action::Insert { key, place, character: 'ß' },
            Action::Erase { key, place },
            Action::Delete { key },
            Action::DeleteRevision { key, revision },
        ])
    }

    fn documents(&mut self) -> documents::Config {
        documents::Config {
            topology: self.of(&[Topology::AllToAll, Topology::Ring, Topology::Star, Topology::Tree]),
            edits: self.of(&[Edits::Shown, Edits::Latest]),
            revs_limit: self.of(&[1, 2, 1_000]),
            poll_every: self.time().max(ms(1)),
            retry_after: self.time().max(ms(1)),
            batch_documents: self.of(&[1, 100]),
            ..Default::default()
        }
    }

    fn revision(&mut self) -> Revision {
        Revision { generation: self.of(&[1, 2, u32::MAX]), id: RevisionId([self.0.below(256) as u8; 16]) }
    }

    fn terms(&mut self) -> Terms {
        Terms { edits: self.of(&[Edits::Shown, Edits::Latest]), poll_every: self.time().max(ms(1)) }
    }

    /// Often none; else some names, with weights from small to large.
    fn operations(&mut self) -> Option<Vec<NamedOperation>> {
        let count = self.of(&[0, 0, 0, 1, 2, 8]);
        let mut named = |index: u32| {
            let (does, weight) = (
                self.of(&[Does::Read, Does::Write, Does::Next, Does::Clock, Does::Random, Does::Remove]),
                self.of(&[1, 5, *Scenario::WEIGHT.end() as u32]),
            );
            NamedOperation { name: format!("name {index}"), does, weight }
        };
        (count > 0).then(|| (0..count).map(&mut named).collect())
    }

    fn client_settings(&mut self, nodes: u16) -> ClientSettings {
        let (every, per_s) = (Micros(self.number(100, 1_000_000)), self.of(&[0.001, 1.0, 100.0, 10_000.0]));
        let time = self.delay(false);
        let workload = Workload {
            pace: self.of(&[Pace::Regular { every }, Pace::Poisson { per_s }, Pace::Think { time }]),
            start: self.of(&[Micros::ZERO, ms(100), Micros::MAX]),
            stop: self.of(&[None, None, Some(Micros::ZERO), Some(ms(5_000))]),
            read_share: self.share(),
            keys: self.of(&[Popularity::Uniform, Popularity::Zipf { exponent: 0.0 }, Popularity::Zipf { exponent: 10.0 }]),
            operations: self.operations(),
        };
        ClientSettings {
            token: self.0.chance(0.3),
            concern: self.concern(),
            count: self.of(&[1, 1, 3, 40]),
            writes_to: self.target(nodes),
            reads_from: self.target(nodes),
            timeout: self.time().max(ms(1)),
            redirects: self.of(&[0, 1, 16, 255]),
            retries: self.of(&[0, 1, 255]),
            retry_wait: self.time().max(Micros(1)),
            workload: self.0.chance(0.8).then_some(workload),
        }
    }

    fn logs(&mut self) -> Logs {
        let retention = Retention {
            slots: self.0.chance(0.3),
            slot_limit_entries: self.of(&[None, Some(1_000_000)]),
            disk_entries: self.of(&[None, None, Some(2), Some(200_000)]),
        };
        Logs {
            rejoin: self.of(&[Rejoin::Clone, Rejoin::Rewind, Rejoin::Refuse]),
            retention,
            shipping: self.of(&[Shipping::Row, Shipping::Statement]),
        }
    }

    fn concern(&mut self) -> Concern {
        let most = self.time().max(ms(1));
        self.of(&[Concern::Local, Concern::Local, Concern::Bounded(most), Concern::Majority, Concern::Linearizable])
    }

    /// With upstreams, whichever may be.
    fn fed(&mut self, config: Config, count: u16) -> Config {
        let pairs = if self.0.chance(0.3) { 2 * count } else { 0 };
        (0..pairs).fold(config, |config, _| {
            let [node, from] = [0; 2].map(|_| NodeId(self.0.below(count as u64) as u16));
            let new = config.with_upstream(node, Some(from));
            if new.upstream_problem().is_none() { new } else { config }
        })
    }

    fn scenario(&mut self, seed: u64) -> Scenario {
        let count = self.of(&[1, 2, 3, 3, 10]);
        let each = NodeSettings {
            read: self.delay(false),
            write: self.delay(false),
            message: self.delay(false),
            apply: self.delay(false),
            flush: self.delay(false),
            clock: self.clock(),
        };
        // Most of the time something should happen.
        let each = if self.0.chance(0.7) { NodeSettings::default() } else { each };
        let different = vec![OneNode {
            node: NodeId(self.0.below(count as u64) as u16),
            read: None,
            write: None,
            message: Some(self.delay(false)),
            apply: Some(self.delay(false)),
            flush: Some(self.delay(false)),
            clock: Some(self.clock()),
        }];
        let config = Config {
            primary: NodeId(self.0.below(count as u64) as u16),
            log_retention_entries: self.of(&[1, 2, 10, 100_000]),
            batch_entries: self.of(&[1, 2, 16, 1_000]),
            resend_after: self.time().max(ms(1)),
            follow_every: self.time().max(ms(1)),
            announce_every: self.time().max(ms(1)),
            commit: self.commit(count),
            delayed: if self.0.chance(0.3) { vec![Delayed { node: NodeId(0), by: self.time().max(ms(1)) }] } else { vec![] },
            failover: if self.0.chance(0.4) { self.failover() } else { Failover::default() },
            retention: Retention {
                slots: self.0.chance(0.3),
                slot_limit_entries: self.of(&[None, Some(1_000_000)]),
                disk_entries: self.of(&[None, None, Some(200_000)]),
            },
            rejoin: self.of(&[Rejoin::Clone, Rejoin::Rewind, Rejoin::Refuse]),
            shipping: self.of(&[Shipping::Row, Shipping::Statement]),
            upstreams: vec![],
        };
        let config = self.fed(config, count);
        let no_leader = self.0.chance(0.4);
        let asks = |client: ClientSettings| match no_leader {
            true => ClientSettings { token: false, concern: Concern::Local, ..client },
            false => client,
        };
        let LinkChange { latency, jitter, loss, duplicate, in_order, bandwidth_bytes_per_s } = self.change();
        let network = LinkSettings {
            latency: latency.unwrap_or(constant(5)),
            jitter: jitter.unwrap_or_default(),
            loss: loss.unwrap_or_default() * 0.5,
            duplicate: duplicate.unwrap_or_default(),
            in_order: in_order.unwrap_or(true),
            bandwidth_bytes_per_s: bandwidth_bytes_per_s.unwrap_or_default(),
        };
        Scenario {
            seed,
            keys: self.of(&[1, 2, 64]),
            protocol: match (no_leader, self.0.chance(0.3)) {
                (true, false) => ProtocolSettings::Quorum(self.quorum(count)),
                (true, true) => ProtocolSettings::Documents(self.documents()),
                (false, _) => ProtocolSettings::PrimaryReplica(config),
            },
            nodes: NodesSettings { count, each, different: if self.0.chance(0.3) { different } else { vec![] } },
            network,
            links: (0..self.0.below(4)).map(|_| self.rule()).collect(),
            clients: (0..1 + self.0.below(3)).map(|_| self.client_settings(count)).map(asks).collect(),
            ..Default::default()
        }
    }

    /// Any quorums that so many nodes can have.
    fn quorums(&mut self, count: u16) -> Quorums {
        let n = 1 + self.0.below(count as u64) as u8;
        let mut of_n = || 1 + self.0.below(n as u64) as u8;
        let (r, w) = (of_n(), of_n());
        Quorums {
            n,
            r,
            w,
            sloppy: self.0.chance(0.5),
            read_repair: self.of(&[ReadRepair::Off, ReadRepair::Asynchronous, ReadRepair::BeforeAnswer]),
            anti_entropy_every: self.of(&[None, Some(ms(1)), Some(ms(200))]),
        }
    }

    fn quorum(&mut self, count: u16) -> quorum::Config {
        let rule = self.quorums(count);
        let config = quorum::Config {
            hints: Hints { window: self.time().max(ms(1)), every: self.time().max(ms(1)) },
            virtual_nodes: self.of(&[1, 8, 256]),
            timeout: self.time().max(ms(1)),
            local_shortcut: self.0.chance(0.5),
            contexts: self.of(&[Contexts::Everything, Contexts::Dotted, Contexts::Plain]),
            ..Default::default()
        };
        config.with_quorums(rule)
    }

    fn command(&mut self) -> Command {
        let (node, client, both) = (self.node(), self.client(), self.0.chance(0.5));
        let message = MessageId(self.of(&[0, 1, 5, 30, 200, 1_000, u64::MAX]));
        let target = self.target(26);
        match self.0.below(40) {
            0 => Command::Crash { node },
            1 => Command::CrashMachine { node },
            2 => Command::Wipe { node },
            3..=5 => Command::Restart { node },
            6 => Command::Pause { node },
            7 => Command::Resume { node },
            8 => Command::Slow { node, factor: self.of(&[0.01, 1.0, 1_000.0]) },
            9 => Command::SetClock { node, clock: self.clock() },
            10 | 11 => Command::Promote { node },
            12 => Command::AddNode,
            13 => Command::RemoveNode { node },
            14 => Command::Cut { from: self.address(), to: self.address(), both },
            15 => Command::Heal { from: self.address(), to: self.address(), both },
            16 => Command::Partition {
                groups: (0..self.0.below(4)).map(|_| (0..self.0.below(4)).map(|_| self.address()).collect()).collect(),
            },
            17 => Command::HealAll,
            18 => Command::SetLink(self.rule()),
            19 => Command::DropMessage { message },
            20 => Command::DelayMessage { message, by: self.time() },
            21 => Command::DuplicateMessage { message },
            22 => Command::DeliverNow { message },
            23 => Command::Issue { client, action: self.action(), at: self.of(&[None, Some(node)]) },
            24 => Command::SetWorkload { client, on: both },
            25 => Command::SetReadsFrom { client, target },
            26 => Command::SetCommit(self.commit(3)),
            28 => Command::SetFailover(self.failover()),
            30 => Command::Rewind { node },
            31 => Command::Reclone { node },
            32 => Command::SetLogs(self.logs()),
            35 => Command::SetTimeout { client, timeout: self.time().max(ms(1)) },
            34 => Command::SetDelay { node, by: self.of(&[None, Some(ms(1)), Some(ms(3_000))]) },
            33 => Command::SetUpstream { node, from: self.of(&[None, Some(NodeId(0)), Some(NodeId(1)), Some(NodeId(25))]) },
            29 => Command::SetConcern { client, concern: self.concern() },
            27 => Command::SetToken { client, on: both },
            36 => Command::SetQuorum(self.quorums(3)),
            37 => Command::SetDocuments(self.terms()),
            _ => Command::SetWritesTo { client, target },
        }
    }
}

fn odd_run(seed: u64) {
    let mut odd = Odd(Chance::new(seed).draw(Purpose::Action, Lineage::root(&[seed])));
    let mut scenario = odd.scenario(seed);
    let mut at = Micros::ZERO;
    for _ in 0..odd.0.below(40) {
        let command = odd.command();
        scenario.commands.push(TimedCommand { at, command });
        // What is for groups of another kind is left out.
        if !scenario.check().is_empty() {
            scenario.commands.pop();
        }
        at = at + Micros(odd.0.below(200_000));
    }
    if !scenario.check().is_empty() {
        return;
    }
    let mut play = Play::new(scenario);
    play.world.run_until(Micros::from_secs(60), 12_000);
    for node in play.world.members() {
        assert!(play.world.remains(node).is_some());
    }
    // A step may put a message on the wire to each node, and its duplicate.
    assert!(play.world.flights().count() <= LabWorld::FLIGHTS_MAX + 52);
    // Entries to apply are not turned away, but those that bring them are.
    assert!(play.world.hosts().iter().all(|host| host.queue_len() <= 15_000));
    assert!(play.world.sessions().iter().all(|session| session.waiting.len() <= Session::WAITING_MAX));
}

#[test]
fn nothing_that_passes_the_checks_panics() {
    (0..1_500).for_each(odd_run);
}

/// Nothing takes time, and a client that does not think: time goes on all the same.
#[test]
fn time_never_stands_still() {
    let mut scenario = instant(3);
    let workload = Workload { pace: Pace::Think { time: Distribution::ZERO }, ..Default::default() };
    scenario.clients[0].workload = Some(workload);
    let mut play = Play::new(scenario);
    play.run(1);
    assert!(play.world.steps() < 50_000, "{} steps", play.world.steps());
}

#[test]
fn most_odd_scenarios_pass_the_checks() {
    let passes = |seed: &u64| {
        let mut odd = Odd(Chance::new(*seed).draw(Purpose::Action, Lineage::root(&[*seed])));
        odd.scenario(*seed).check().is_empty()
    };
    let passed = (0..500).filter(passes).count();
    assert!(passed > 200, "{passed}");
}
