//! Runs whose traces are known: the same number natively and on wasm32, or the engine has changed.
//!
//! A number that changes means that old links and files replay otherwise. If that is meant, raise
//! `scenario::ENGINE_VERSION` and put in the numbers that the failing test prints; a preset that was edited needs its new
//! number only.

use replicarium::{
    client::workload::{ClientSettings, Pace, Popularity, Target, Workload},
    lab::LabWorld,
    protocol::{documents, gossip, topology::Topology},
    scenario::{OneNode, ProtocolSettings, Scenario, presets},
    sim::{
        clock::Clock,
        distribution::{Distribution, Part},
        id::{Address, ClientId, Key, MessageId, NodeId},
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::Action,
        time::Micros,
    },
    trace,
    world::{
        Stop, World,
        command::{Command, TimedCommand},
    },
};
use std::sync::Arc;

/// (what, scenario, hash of its trace).
type Golden = (&'static str, fn() -> Scenario, u64);

const GOLDEN: [Golden; 15] = [
    ("first-look", || preset("first-look"), 0xe510_c8d2_623e_a516),
    ("web-shop", || preset("web-shop"), 0x5de0_7cd0_54cb_2178),
    ("election", || preset("election"), 0x39bb_5ba4_6227_e2c0),
    ("cascading", || preset("cascading"), 0x1324_be94_f535_4372),
    ("peers-offline", || preset("peers-offline"), 0x7565_8154_14f4_ffd5),
    ("peers-siblings-dotted", || preset("peers-siblings-dotted"), 0x7ef9_52e1_56fa_6f34),
    ("peers-text", || preset("peers-text"), 0x73c3_dd93_6053_3188),
    ("quorum-one-and-one", || preset("quorum-one-and-one"), 0x3708_37ae_0665_9c25),
    ("quorum-hash-trees", || preset("quorum-hash-trees"), 0x68d7_a652_e693_d841),
    ("three nodes, everything a hand can do", hands, 0x51a4_032b_1e7c_10f6),
    ("every distribution, on a bad network", distributions, 0x3d00_a51a_873a_cf68),
    ("nine nodes, 500 operations a second", load, 0x199b_50ee_a248_5712),
    ("sixty nodes that gossip and watch each other", gossips, 0xd445_53fc_1ea4_a9d2),
    ("four databases of documents in a ring, in conflict", documents_in_a_ring, 0x3834_a6c1_7abf_88eb),
    ("a short log: snapshots, promotions, wiped disks", short_log, 0x6756_9d1e_6be9_ef4f),
];

/// Runs every golden scenario and names those whose number is another one.
pub fn differences() -> Vec<String> {
    let run = |(name, scenario, expected): Golden| {
        let scenario = scenario();
        assert_eq!(scenario.check(), [], "{name}");
        let mut world: LabWorld = World::new(Arc::new(scenario.setup()), Arc::new(scenario.commands.clone()));
        assert_eq!(world.run_until(scenario.until, u64::MAX), Stop::Time);
        assert_eq!(world.trace().first(), 0, "{name}: the whole trace is kept");
        assert!(world.trace().len() > 300 && world.commands_done() == scenario.commands.len(), "{name}: much happens");
        let hash = trace::hash(world.trace().iter().map(|(_, event)| event));
        (hash != expected).then(|| format!("(\"{name}\", 0x{hash:016x})"))
    };
    GOLDEN.into_iter().filter_map(run).collect()
}

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);
const ANA: ClientId = ClientId(0);

const fn ms(millis: u64) -> Micros {
    Micros::from_millis(millis)
}

fn at(millis: u64, command: Command) -> TimedCommand {
    TimedCommand { at: ms(millis), command }
}

fn preset(name: &str) -> Scenario {
    Scenario { until: ms(10_000), ..presets::get(name).expect("a preset") }
}

fn group(nodes: u16, workload: Workload) -> Scenario {
    let clients = vec![ClientSettings { count: 2, reads_from: Target::Any, workload: Some(workload), ..Default::default() }];
    let mut scenario = Scenario { seed: 20_261_123, until: ms(8_000), clients, ..Default::default() };
    scenario.nodes.count = nodes;
    scenario
}

fn hands() -> Scenario {
    let workload = Workload { pace: Pace::Regular { every: ms(170) }, read_share: 0.3, ..Default::default() };
    let mut scenario = group(3, workload);
    let (a, b, c): (Address, Address, Address) = (A.into(), B.into(), C.into());
    let set = LinkChange { latency: Some(Distribution::Constant(ms(160))), ..Default::default() };
    scenario.links = vec![LinkRule { from: End::One(a), to: End::One(c), both: true, class: None, set }];
    let slow = LinkChange { bandwidth_bytes_per_s: Some(2_000), in_order: Some(false), ..Default::default() };
    let write = Action::Write { key: Key(1), value: -7 };
    scenario.commands = vec![
        at(300, Command::Issue { client: ANA, action: write, at: None }),
        at(420, Command::DelayMessage { message: MessageId(30), by: ms(300) }),
        at(420, Command::DuplicateMessage { message: MessageId(31) }),
        at(430, Command::DropMessage { message: MessageId(32) }),
        at(440, Command::DeliverNow { message: MessageId(33) }),
        at(700, Command::Pause { node: B }),
        at(1_100, Command::Resume { node: B }),
        at(1_200, Command::Slow { node: C, factor: 30.0 }),
        at(1_500, Command::SetClock { node: B, clock: Clock { skew_us: -40_000, drift_ppm: 30_000 } }),
        at(1_800, Command::Crash { node: A }),
        at(2_100, Command::Promote { node: C }),
        at(2_600, Command::Restart { node: A }),
        at(3_000, Command::Partition { groups: vec![vec![a, ANA.into()], vec![b, c]] }),
        at(3_600, Command::HealAll),
        at(3_700, Command::Cut { from: c, to: b, both: false }),
        at(4_000, Command::Heal { from: c, to: b, both: false }),
        at(4_100, Command::AddNode),
        at(4_500, Command::SetLink(LinkRule { from: End::Nodes, to: End::Clients, both: true, class: None, set: slow })),
        at(5_000, Command::CrashMachine { node: C }),
        at(5_300, Command::Promote { node: NodeId(3) }),
        at(5_600, Command::RemoveNode { node: C }),
        at(6_000, Command::SetReadsFrom { client: ANA, target: Target::Replica }),
        at(6_100, Command::SetWritesTo { client: ANA, target: Target::Node(B) }),
        at(6_500, Command::SetWorkload { client: ANA, on: false }),
        at(7_000, Command::Wipe { node: B }),
        at(7_200, Command::Restart { node: B }),
    ];
    scenario
}

fn distributions() -> Scenario {
    let keys = Popularity::Zipf { exponent: 1.1 };
    let workload = Workload { pace: Pace::Poisson { per_s: 25.0 }, keys, start: ms(100), ..Default::default() };
    let mut scenario = group(4, workload);
    scenario.keys = 12;
    scenario.network.latency = Distribution::Mixture(vec![
        Part { weight: 91.22, delay: Distribution::Pareto { scale: Micros(2_350), shape: 1.6 } },
        Part { weight: 8.78, delay: Distribution::Exponential { mean: Micros(6_024) } },
    ]);
    (scenario.network.jitter, scenario.network.loss, scenario.network.duplicate) = (ms(3), 0.08, 0.05);
    scenario.network.in_order = false;
    let each = &mut scenario.nodes.each;
    each.read = Distribution::Exponential { mean: Micros(400) };
    each.write = Distribution::LogNormal { median: Micros(300), sigma: 0.9 };
    each.message = Distribution::Uniform { low: Micros(10), high: Micros(190) };
    each.apply = Distribution::Pareto { scale: Micros(150), shape: 2.5 };
    each.flush = Distribution::LogNormal { median: ms(2), sigma: 1.3 };
    (scenario.clients[0].retries, scenario.clients[0].timeout) = (2, ms(120));
    let think = Workload { pace: Pace::Think { time: Distribution::Exponential { mean: ms(40) } }, ..Default::default() };
    scenario.clients.push(ClientSettings { workload: Some(think), ..Default::default() });
    let set = LinkChange { latency: Some(Distribution::LogNormal { median: ms(12), sigma: 0.5 }), ..Default::default() };
    let class = Some(MessageClass::Acknowledge);
    scenario.links = vec![LinkRule { from: End::Nodes, to: End::Nodes, both: false, class, set }];
    scenario
}

fn load() -> Scenario {
    let workload = Workload { pace: Pace::Poisson { per_s: 12.5 }, read_share: 0.8, ..Default::default() };
    let mut scenario = group(9, workload);
    scenario.clients[0].count = 40;
    (scenario.keys, scenario.until) = (32, ms(3_000));
    scenario.network.latency = Distribution::Exponential { mean: ms(4) };
    scenario.commands = vec![at(1_000, Command::Crash { node: A }), at(1_200, Command::Promote { node: NodeId(5) })];
    scenario
}

fn short_log() -> Scenario {
    let workload = Workload { pace: Pace::Poisson { per_s: 40.0 }, read_share: 0.2, ..Default::default() };
    let mut scenario = group(3, workload);
    scenario.network.loss = 0.15;
    scenario.network.latency = Distribution::Uniform { low: ms(1), high: ms(50) };
    let mut one = OneNode { node: B, read: None, write: None, message: None, apply: None, flush: None, clock: None };
    one.flush = Some(Distribution::Exponential { mean: ms(30) });
    one.clock = Some(Clock { skew_us: 9, drift_ppm: -50_000 });
    scenario.nodes.different = vec![one];
    let ProtocolSettings::PrimaryReplica(config) = &mut scenario.protocol else { unreachable!("as it is by default") };
    (config.log_retention_entries, config.batch_entries) = (5, 2);
    (config.resend_after, config.follow_every) = (ms(120), ms(250));
    scenario.clients[0].timeout = ms(150);
    scenario.commands = vec![
        at(900, Command::CrashMachine { node: B }),
        at(1_800, Command::Restart { node: B }),
        at(2_500, Command::Promote { node: B }),
        at(2_510, Command::Promote { node: C }),
        at(3_500, Command::Wipe { node: A }),
        at(3_600, Command::Restart { node: A }),
        at(5_000, Command::Wipe { node: C }),
        at(5_100, Command::Restart { node: C }),
        at(5_900, Command::Promote { node: A }),
    ];
    scenario
}

fn gossips() -> Scenario {
    let workload = Workload { pace: Pace::Poisson { per_s: 2.0 }, read_share: 0.2, stop: Some(ms(3_000)), ..Default::default() };
    let mut scenario = group(60, workload);
    scenario.clients[0].writes_to = Target::Any;
    scenario.protocol = ProtocolSettings::Gossip(gossip::Config {
        mode: gossip::Mode::PushPull,
        interval: ms(250),
        synchronous: false,
        interest: gossip::Interest { lose: gossip::Lose::Coin, ..Default::default() },
        anti_entropy: Some(gossip::AntiEntropy { every: ms(900), compare: gossip::Compare::Recent, ..Default::default() }),
        members: Some(gossip::Membership { suspicion: ms(1_500), ..Default::default() }),
        ..Default::default()
    });
    (scenario.network.loss, scenario.network.latency) = (0.05, Distribution::Exponential { mean: ms(20) });
    scenario.commands = vec![
        at(1_000, Command::Pause { node: B }),
        at(2_500, Command::Wipe { node: C }),
        at(3_000, Command::Resume { node: B }),
        at(5_000, Command::Restart { node: C }),
    ];
    scenario
}

fn documents_in_a_ring() -> Scenario {
    let workload = Workload { pace: Pace::Poisson { per_s: 4.0 }, read_share: 0.5, stop: Some(ms(6_000)), ..Default::default() };
    let mut scenario = group(4, workload);
    (scenario.clients[0].writes_to, scenario.clients[0].count) = (Target::Any, 3);
    scenario.protocol = ProtocolSettings::Documents(documents::Config {
        topology: Topology::Ring,
        revs_limit: 4,
        poll_every: ms(700),
        retry_after: ms(200),
        batch_documents: 2,
        ..Default::default()
    });
    (scenario.network.loss, scenario.network.latency) = (0.05, Distribution::Exponential { mean: ms(20) });
    let terms = documents::Terms { edits: documents::Edits::Latest, poll_every: ms(500) };
    scenario.commands = vec![
        at(1_000, Command::Partition { groups: vec![vec![A.into(), B.into()], vec![C.into()]] }),
        at(2_500, Command::HealAll),
        at(3_000, Command::Wipe { node: C }),
        at(3_500, Command::SetDocuments(terms)),
        at(4_500, Command::Restart { node: C }),
        at(5_000, Command::Issue { client: ANA, action: Action::Delete { key: Key(0) }, at: Some(A) }),
    ];
    scenario
}
