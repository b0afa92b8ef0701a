//! A scenario in which everything stands that a file can say.

use super::*;
use crate::{
    client::workload::{ClientSettings, Does, NamedOperation, Pace, Popularity, Target, Workload},
    protocol::{
        commit::{Commit, Level, OnTimeout, Which},
        conflicts::Conflicts,
        contexts::Contexts,
        detector::Detect,
        documents::{self, Edits, Terms},
        failover::{By, Failover, Fencing},
        gossip::{self, AntiEntropy, Compare, Interest, Lose, Membership, Mode},
        logs::Logs,
        multi_primary::{self, Delivery, Pair, Topology},
        primary_replica::{Config, Delayed, Rejoin, Retention, Shipping, Upstream},
        quorum::{self, Hints, Quorums, ReadRepair},
        types::TypedKey,
    },
    scenario::{NodesSettings, OneNode, ProtocolSettings},
    sim::{
        clock::Clock,
        distribution::{Distribution, Part},
        id::{Address, ClientId, Key, MessageId, NodeId},
        network::{End, LinkChange, LinkRule, LinkSettings, MessageClass},
        operation::{Action, Concern, Function, KeyType},
        revision::{Revision, RevisionId},
    },
    store::object::{counter::CounterKind, register::Strategy, set::SetKind},
    world::{
        command::{Command, TimedCommand},
        host::NodeSettings,
    },
};

const MS: Micros = Micros::from_millis(1);
const A: NodeId = NodeId(0);
const ANA: ClientId = ClientId(0);

/// One of each.
pub fn delays() -> Vec<Distribution> {
    let simple = vec![
        Distribution::Constant(MS),
        Distribution::Uniform { low: MS, high: MS },
        Distribution::Exponential { mean: MS },
        Distribution::LogNormal { median: MS, sigma: 1.0 },
        // Its median depends on the shape, unless it is 0.
        Distribution::Pareto { scale: Micros::ZERO, shape: 1.0 },
    ];
    let parts = simple.iter().map(|delay| Part { weight: 1.0, delay: delay.clone() }).collect();
    let all: Vec<Distribution> = simple.into_iter().chain([Distribution::Mixture(parts)]).collect();
    for delay in &all {
        // A new kind must be added above.
        match delay {
            Distribution::Constant(_) | Distribution::Uniform { .. } | Distribution::Exponential { .. } => {}
            Distribution::LogNormal { .. } | Distribution::Pareto { .. } | Distribution::Mixture(_) => {}
        }
    }
    all
}

fn rule() -> LinkRule {
    let set = LinkChange {
        latency: Some(Distribution::Constant(MS)),
        jitter: Some(MS),
        loss: Some(0.5),
        duplicate: Some(0.5),
        in_order: Some(true),
        bandwidth_bytes_per_s: Some(1),
    };
    LinkRule { from: End::Any, to: End::Clients, both: true, class: Some(MessageClass::Control), set }
}

fn commit() -> Commit {
    Commit {
        level: Level::LocalFlush,
        which: Which::First,
        count: 1,
        among: vec![],
        timeout: Some(MS),
        on_timeout: OnTimeout::FallBack,
        visible_early: true,
        min_replicas: 1,
        replica_timeout: MS,
    }
}

fn failover() -> Failover {
    Failover {
        by: By::Operator,
        detect: Detect::Phi,
        heartbeat_every: MS,
        timeout: Micros(2_000),
        spread: MS,
        phi_threshold: 8.5,
        trial_vote: true,
        fencing: Fencing::Power,
        monitors: vec![NodeId(9)],
        quorum: 1,
    }
}

fn logs() -> Logs {
    let retention = Retention { slots: true, slot_limit_entries: Some(2), disk_entries: Some(2) };
    Logs { rejoin: Rejoin::Rewind, retention, shipping: Shipping::Statement }
}

/// One of each, and some twice.
fn commands() -> Vec<Command> {
    let (node, client, from, to, both, message) = (A, ANA, Address::Node(A), Address::Client(ANA), true, MessageId(1));
    let all = vec![
        Command::Crash { node },
        Command::CrashMachine { node },
        Command::Wipe { node },
        Command::Restart { node },
        Command::Pause { node },
        Command::Resume { node },
        Command::Slow { node, factor: 2.0 },
        Command::SetClock { node, clock: Clock { skew_us: 1, drift_ppm: 1 } },
        Command::Promote { node },
        Command::Rewind { node },
        Command::Reclone { node },
        Command::SetLogs(logs()),
        Command::SetDelay { node, by: Some(MS) },
        Command::SetTimeout { client, timeout: MS },
        Command::SetUpstream { node, from: Some(NodeId(1)) },
        Command::AddNode,
        Command::RemoveNode { node },
        Command::Cut { from, to, both },
        Command::Heal { from, to, both },
        Command::Partition { groups: vec![vec![from], vec![to]] },
        Command::HealAll,
        Command::SetLink(rule()),
        Command::DropMessage { message },
        Command::DelayMessage { message, by: MS },
        Command::DuplicateMessage { message },
        Command::DeliverNow { message },
        Command::Issue { client, action: Action::Read { key: Key(0) }, at: Some(node) },
        Command::Issue { client, action: Action::Write { key: Key(0), value: 1 }, at: None },
        Command::Issue { client, action: Action::Generate { key: Key(0), function: Function::Random }, at: None },
        Command::SetWorkload { client, on: true },
        Command::SetReadsFrom { client, target: Target::Replica },
        Command::SetWritesTo { client, target: Target::Any },
        Command::SetCommit(commit()),
        Command::SetFailover(failover()),
        Command::SetToken { client, on: true },
        Command::SetConcern { client, concern: Concern::Local },
        Command::SetConcern { client, concern: Concern::Bounded(MS) },
        Command::SetReadsFrom { client, target: Target::Nearest },
        Command::SetReadsFrom { client, target: Target::Sticky },
    ];
    for command in &all {
        // A new command must be added above.
        match command {
            Command::Crash { .. } | Command::CrashMachine { .. } | Command::Wipe { .. } | Command::Restart { .. } => {}
            Command::Pause { .. } | Command::Resume { .. } | Command::Slow { .. } | Command::SetClock { .. } => {}
            Command::Promote { .. } | Command::AddNode | Command::RemoveNode { .. } | Command::Cut { .. } => {}
            Command::Heal { .. } | Command::Partition { .. } | Command::HealAll | Command::SetLink(_) => {}
            Command::DropMessage { .. } | Command::DelayMessage { .. } | Command::DuplicateMessage { .. } => {}
            Command::DeliverNow { .. } | Command::Issue { .. } | Command::SetWorkload { .. } => {}
            Command::SetReadsFrom { .. } | Command::SetWritesTo { .. } | Command::SetCommit(_) | Command::SetToken { .. } => {}
            Command::SetFailover(_)
            | Command::SetConcern { .. }
            | Command::Rewind { .. }
            | Command::Reclone { .. }
            | Command::SetDelay { .. }
            | Command::SetTimeout { .. }
            | Command::SetUpstream { .. }
            | Command::SetConflicts(_)
            | Command::SetQuorum(_)
            | Command::SetDocuments(_)
            | Command::SetLogs(_) => {}
        }
    }
    all
}

/// What clients do with keys that only peers have.
fn actions(key: Key) -> [Action; 7] {
    let all = [
        Action::Add { key, amount: -1 },
        Action::AddElement { key, element: 1 },
        Action::RemoveElement { key, element: 1 },
        Action::Insert { key, place: 1, character: 'ß' },
        Action::Erase { key, place: 1 },
        Action::Delete { key },
        Action::DeleteRevision { key, revision: Revision { generation: 1, id: RevisionId([1; 16]) } },
    ];
    for action in &all {
        // A new action must be added above, or to the commands.
        match action {
            Action::Read { .. } | Action::Write { .. } | Action::Generate { .. } | Action::Add { .. } => {}
            Action::AddElement { .. } | Action::RemoveElement { .. } | Action::Insert { .. } => {}
            Action::Erase { .. } | Action::Delete { .. } | Action::DeleteRevision { .. } => {}
        }
    }
    all
}

/// Both together use every field and every choice.
pub fn all() -> [Scenario; 10] {
    [
        full(),
        peers(),
        quorum(ReadRepair::Off),
        quorum(ReadRepair::Asynchronous),
        quorum(ReadRepair::BeforeAnswer),
        gossip(Mode::Push, Lose::Never, Compare::Digests),
        gossip(Mode::Pull, Lose::Counter, Compare::Recent),
        gossip(Mode::PushPull, Lose::Coin, Compare::Recent),
        documents(Edits::Shown),
        documents(Edits::Latest),
    ]
}

/// What only databases of documents have.
fn documents(edits: Edits) -> Scenario {
    let protocol = ProtocolSettings::Documents(documents::Config {
        topology: Topology::Custom,
        links: vec![Pair { one: A, other: NodeId(1) }],
        edits,
        revs_limit: 1,
        poll_every: MS,
        retry_after: MS,
        batch_documents: 1,
    });
    let commands = vec![TimedCommand { at: MS, command: Command::SetDocuments(Terms { edits, poll_every: MS }) }];
    let mut scenario = Scenario { protocol, commands, ..Scenario::default() };
    scenario.nodes.count = 2;
    scenario
}

/// What only groups that gossip have.
fn gossip(mode: Mode, lose: Lose, compare: Compare) -> Scenario {
    let protocol = ProtocolSettings::Gossip(gossip::Config {
        mode,
        fanout: 1,
        interval: MS,
        synchronous: true,
        interest: Interest { lose, k: 1, feedback: true, reset: true },
        anti_entropy: Some(AntiEntropy { every: MS, mode, compare, recent: MS, again: true }),
        members: Some(Membership { period: Micros::from_millis(2), timeout: MS, indirect: 1, suspicion: MS }),
    });
    // Whom one node tells at once is limited by how many there are.
    let nodes = NodesSettings { count: 200, ..NodesSettings::default() };
    Scenario { protocol, nodes, ..Scenario::default() }
}

/// What only groups without a leader have.
fn quorum(read_repair: ReadRepair) -> Scenario {
    let protocol = ProtocolSettings::Quorum(quorum::Config {
        n: 10,
        r: 1,
        w: 1,
        sloppy: true,
        hints: Hints { window: MS, every: MS },
        read_repair,
        anti_entropy_every: Some(MS),
        conflicts: Conflicts { register: Strategy::KeepSiblings, ..Conflicts::default() },
        virtual_nodes: 1,
        timeout: MS,
        local_shortcut: true,
        contexts: Contexts::Dotted,
    });
    let rule = Quorums { n: 10, r: 1, w: 1, sloppy: true, read_repair, anti_entropy_every: Some(MS) };
    let commands = vec![TimedCommand { at: MS, command: Command::SetQuorum(rule) }];
    let mut scenario = Scenario { protocol, commands, ..Scenario::default() };
    scenario.nodes.count = 10;
    scenario
}

/// What only groups of peers have.
fn peers() -> Scenario {
    let conflicts = |register| Conflicts { register, set: SetKind::TwoPhase, counter: CounterKind::GrowOnly };
    let [first, others @ ..] = Strategy::ALL;
    let command = |register: &Strategy| TimedCommand { at: MS, command: Command::SetConflicts(conflicts(*register)) };
    let protocol = ProtocolSettings::MultiPrimary(multi_primary::Config {
        topology: Topology::Custom,
        links: vec![Pair { one: A, other: NodeId(1) }],
        causal: true,
        conflicts: conflicts(first),
        batch_changes: 1,
        resend_after: MS,
        compare_every: Some(MS),
        log_changes_max: 1,
        types: vec![TypedKey { key: Key(0), holds: KeyType::Cart }],
        delivery: Delivery::States,
        collect_tombstones_after: Some(MS),
        contexts: Contexts::Plain,
    });
    let issue = |action: Action| TimedCommand { at: MS, command: Command::Issue { client: ANA, action, at: None } };
    let commands = others.iter().map(command).chain(actions(Key(0)).into_iter().map(issue)).collect();
    let mut scenario = Scenario { protocol, commands, ..Scenario::default() };
    scenario.nodes.count = 2;
    scenario
}

/// A scenario that uses every field and every choice of groups with a primary. No struct is completed with `..`, so that a new field must be added.
pub fn full() -> Scenario {
    let delays = delays();
    let delay = |index: usize| delays[index % delays.len()].clone();
    let clock = Clock { skew_us: 1, drift_ppm: 1 };
    let each = NodeSettings { read: delay(0), write: delay(1), message: delay(2), apply: delay(3), flush: delay(4), clock };
    let one = OneNode {
        node: A,
        read: Some(delay(0)),
        write: Some(delay(0)),
        message: Some(delay(0)),
        apply: Some(delay(0)),
        flush: Some(delay(0)),
        clock: Some(clock),
    };
    let paces = [Pace::Regular { every: MS }, Pace::Poisson { per_s: 1.0 }, Pace::Think { time: delay(0) }];
    let keys = [Popularity::Uniform, Popularity::Zipf { exponent: 1.0 }, Popularity::Uniform];
    let targets = [Target::Primary, Target::Replica, Target::Node(A)];
    let client = |index: usize| ClientSettings {
        count: 1,
        writes_to: targets[index],
        reads_from: Target::Any,
        timeout: MS,
        redirects: 1,
        retries: 1,
        retry_wait: MS,
        token: true,
        concern: [Concern::Bounded(MS), Concern::Majority, Concern::Linearizable][index],
        workload: Some(Workload {
            pace: paces[index].clone(),
            start: MS,
            stop: Some(MS),
            read_share: 0.5,
            keys: keys[index],
            operations: Some(vec![NamedOperation { name: "post".into(), does: Does::Write, weight: 1 }]),
        }),
    };
    Scenario {
        title: "x".into(),
        about: "x".into(),
        seed: 1,
        until: MS,
        keys: 1,
        protocol: ProtocolSettings::PrimaryReplica(Config {
            primary: A,
            log_retention_entries: 1,
            batch_entries: 1,
            resend_after: MS,
            follow_every: MS,
            announce_every: MS,
            commit: commit(),
            delayed: vec![Delayed { node: A, by: MS }],
            // Without monitors, so that nine others may be asked to confirm.
            failover: Failover { monitors: vec![], ..failover() },
            rejoin: logs().rejoin,
            retention: logs().retention,
            shipping: logs().shipping,
            upstreams: vec![Upstream { node: NodeId(2), from: A }],
        }),
        nodes: NodesSettings { count: 10, each, different: vec![one] },
        network: LinkSettings {
            latency: delay(5),
            jitter: MS,
            loss: 0.5,
            duplicate: 0.5,
            in_order: true,
            bandwidth_bytes_per_s: 1,
        },
        links: vec![rule()],
        clients: (0..3).map(client).collect(),
        commands: commands().into_iter().map(|command| TimedCommand { at: MS, command }).collect(),
    }
}
