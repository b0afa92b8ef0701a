//! Random faults in random groups that gossip: when the faults end and nodes compare, all become equal, and no acknowledged write is
//! gone but for a newer one.
//!
//! A schedule is a seed. More of them: `SCHEDULES=40000 SCHEDULES_FROM=100000 cargo test --release --lib random_gossip`.

use super::*;
use crate::{
    client::workload::{Pace, Workload},
    lab::LabWorld,
    protocol::gossip::{AntiEntropy, Compare, Membership},
    sim::{
        clock::Clock,
        distribution::Distribution,
        draw::{Chance, Draw, Lineage, Purpose},
        id::Address,
        id::Key,
        network::{End, LinkChange, LinkRule},
    },
    store::stamp::Stamp,
    trace::{Fact, Kind},
    world::Stop,
};
use std::collections::BTreeMap;

/// How many schedules are looked at if the environment does not say.
const SCHEDULES: u64 = 2_000;

fn pick<T: Clone>(draw: &mut Draw, from: &[T]) -> T {
    from[draw.below(from.len() as u64) as usize].clone()
}

fn config(draw: &mut Draw, nodes: u16) -> Config {
    let modes = [Mode::Push, Mode::Pull, Mode::PushPull];
    let interest = Interest {
        lose: pick(draw, &[Lose::Never, Lose::Counter, Lose::Coin]),
        k: 1 + draw.below(3) as u8,
        feedback: draw.chance(0.6),
        reset: draw.chance(0.5),
    };
    let anti_entropy = AntiEntropy {
        every: ms(100 + draw.below(300)),
        mode: pick(draw, &modes),
        compare: pick(draw, &[Compare::Digests, Compare::Recent]),
        recent: ms(pick(draw, &[1, 200, 5_000])),
        again: draw.chance(0.3),
    };
    let members = Membership {
        period: ms(100 + draw.below(200)),
        timeout: ms(30 + draw.below(60)),
        indirect: draw.below(3) as u8,
        suspicion: ms(100 + draw.below(600)),
    };
    Config {
        mode: pick(draw, &modes),
        fanout: 1 + draw.below(nodes as u64 - 1) as u16,
        interval: ms(40 + draw.below(120)),
        synchronous: draw.chance(0.5),
        interest,
        anti_entropy: Some(anti_entropy),
        members: draw.chance(0.5).then_some(members),
    }
}

/// A small world with unpleasant numbers.
fn world(draw: &mut Draw, seed: u64) -> Scenario {
    let nodes = 2 + draw.below(5) as u16;
    let config = config(draw, nodes);
    let mut scenario = gossips(nodes, |own| *own = config.clone());
    let client = |node| ClientSettings {
        writes_to: Target::Node(NodeId(node)),
        reads_from: Target::Node(NodeId(node)),
        ..scenario.clients[0].clone()
    };
    scenario.clients = (0..nodes).map(client).collect();
    scenario.seed = seed;
    let latencies = [constant(5), Distribution::Uniform { low: ms(1), high: ms(40) }, Distribution::Exponential { mean: ms(15) }];
    scenario.network.latency = pick(draw, &latencies);
    scenario.network.loss = pick(draw, &[0.0, 0.1, 0.3]);
    scenario.network.duplicate = pick(draw, &[0.0, 0.2]);
    scenario.network.in_order = draw.chance(0.5);
    scenario.nodes.each.flush = pick(draw, &[constant(1), constant(8), Distribution::Exponential { mean: ms(6) }]);
    for client in &mut scenario.clients {
        client.timeout = ms(300);
        client.retries = draw.below(2) as u8;
        let workload =
            Workload { pace: Pace::Poisson { per_s: 10.0 }, read_share: 0.3, stop: Some(ms(1_500)), ..Default::default() };
        client.workload = Some(workload);
    }
    scenario
}

fn fault(draw: &mut Draw, play: &Play) -> Command {
    let members = play.world.members();
    let node = pick(draw, &members);
    let other = pick(draw, &members);
    let addresses: Vec<Address> = play.world.addresses();
    match draw.below(20) {
        0..2 => Command::Crash { node },
        2..4 => Command::CrashMachine { node },
        4 => Command::Wipe { node },
        5..9 => Command::Restart { node },
        9 => Command::Pause { node },
        10 => Command::Resume { node },
        11 => Command::SetClock { node, clock: Clock { skew_us: draw.below(400_000) as i64 - 200_000, drift_ppm: 0 } },
        13 if node != other => Command::Cut { from: node.into(), to: other.into(), both: draw.chance(0.5) },
        14..16 => {
            let mut groups = vec![Vec::new(), Vec::new()];
            addresses.iter().for_each(|address| groups[draw.below(2) as usize].push(*address));
            Command::Partition { groups }
        }
        16 => Command::SetLink(LinkRule {
            from: End::One(node.into()),
            to: End::Nodes,
            both: draw.chance(0.5),
            class: None,
            set: LinkChange { latency: Some(constant(1 + draw.below(300))), ..Default::default() },
        }),
        17 if members.len() < 7 => Command::AddNode,
        18 if members.len() > 2 => Command::RemoveNode { node },
        _ => Command::HealAll,
    }
}

/// What a process has, its operating system has: what a restart would find. What it tells others it has.
fn memory_is_disk(play: &Play) {
    for host in play.world.hosts() {
        let Some(node) = host.process().and_then(|process| process.gossip()) else { continue };
        let on_disk = |key| host.cache().gossip().and_then(|disk| disk.data.stamp(key));
        for entry in node.data.iter() {
            let own = Some(entry.stamp);
            assert!(on_disk(entry.write.key) >= own, "{}: {:?} on disk of {own:?}", host.id, on_disk(entry.write.key));
        }
        assert!(node.spreads.keys().all(|key| node.data.get(*key).is_some()), "{}", host.id);
    }
}

/// The newest stamp of each key that a node ever showed as its own client's: none of these may be forgotten. What a node showed before
/// it lost its disk does not count.
#[derive(Default)]
struct Promised(BTreeMap<(NodeId, Key), Stamp>, u64);

impl Promised {
    fn look(&mut self, world: &LabWorld) {
        let trace = world.trace();
        for (_, event) in trace.range(self.1, trace.next()) {
            let (Some(node), Kind::Fact(Fact::Merged { write, .. })) = (event.node, &event.kind) else { continue };
            let stamp = world.stamp(node, write.key).expect("what it shows");
            self.0.insert((node, write.key), stamp);
        }
        self.1 = trace.next();
    }

    fn forget(&mut self, node: NodeId) {
        self.0.retain(|(own, _), _| *own != node);
    }
}

fn run(play: &mut Play, promised: &mut Promised, millis: u64) {
    let until = play.world.now() + ms(millis);
    assert_eq!(play.world.run_watched(until, 5_000_000, |world| promised.look(world)), Stop::Time, "too much happens");
}

fn schedule(seed: u64) {
    let mut draw = Chance::new(seed).draw(Purpose::Action, Lineage::root(&[78]));
    let mut play = Play::new(world(&mut draw, seed));
    let mut promised = Promised::default();
    for _ in 0..4 + draw.below(10) {
        for _ in 0..4 {
            run(&mut play, &mut promised, draw.below(60));
            memory_is_disk(&play);
        }
        let command = fault(&mut draw, &play);
        if let Command::Wipe { node } | Command::RemoveNode { node } = &command {
            promised.forget(*node);
        }
        play.act(command);
    }
    play.act(Command::HealAll);
    for node in play.world.members() {
        play.act(Command::Resume { node });
        play.act(Command::Restart { node });
    }
    let set = LinkChange { latency: Some(constant(5)), loss: Some(0.0), duplicate: Some(0.0), ..Default::default() };
    play.act(Command::SetLink(LinkRule { from: End::Any, to: End::Any, both: true, class: None, set }));
    run(&mut play, &mut promised, 30_000);
    let copies = |node: &NodeId| play.view(*node).copies;
    let nodes = play.world.members();
    assert!(nodes.iter().all(|node| copies(node) == copies(&nodes[0])), "all are equal");
    for ((node, key), stamp) in promised.0 {
        let shown = play.world.stamp(nodes[0], key);
        assert!(shown >= Some(stamp), "{key} of {node}, acknowledged, was {stamp} and is {shown:?}");
    }
    assert!(
        nodes.iter().all(|node| play.world.doubts(*node).iter().all(|doubt| !nodes.contains(&doubt.node))),
        "nobody is doubted"
    );
    quiet(&mut play);
}

/// Nobody says more than the settings ask for, however much there was to say: each contact has at most two answers, a comparison
/// three, and of each period come a ping, its answer, and what two helpers do.
fn quiet(play: &mut Play) {
    let Some(config) = play.world.setup().config.gossip().cloned() else { return };
    let said = |play: &Play| play.world.hosts().iter().map(|host| host.load.messages_out).sum::<u64>();
    let before = said(play);
    play.run(2_000);
    // Clocks may run fast, and periods are not in step.
    let times = |every: Micros| 2 + Micros::from_secs(2).0 / every.0;
    let rounds = times(config.interval) * config.fanout as u64 * 3;
    let comparisons = config.anti_entropy.map_or(0, |rule| times(rule.every) * 4);
    let pings = config.members.map_or(0, |rule| times(rule.period) * 12);
    let fair = play.world.members().len() as u64 * (rounds + comparisons + pings);
    assert!(said(play) - before <= fair, "{} messages, and {fair} would be fair", said(play) - before);
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

/// Every second schedule; the two parts run side by side.
fn half(part: u64) {
    let (from, count) = (number("SCHEDULES_FROM").unwrap_or(0), number("SCHEDULES").unwrap_or(SCHEDULES));
    let seeds = (from + part..from + count).step_by(2);
    let failed: Vec<u64> = seeds.filter(|seed| std::panic::catch_unwind(|| schedule(*seed)).is_err()).collect();
    assert!(failed.is_empty(), "seeds {failed:?} fail; each says above what and how to replay it");
}

#[test]
fn random_gossip_1() {
    half(0);
}

#[test]
fn random_gossip_2() {
    half(1);
}
