//! Random faults in random leaderless groups: when they end and all have compared what they have, the home nodes of each key are equal,
//! and no acknowledged write is gone that is still on a disk, that nobody wrote over and that no strategy has named.
//!
//! A schedule is a seed. More of them: `SCHEDULES=40000 SCHEDULES_FROM=100000 cargo test --release --lib random_quorums`.

use super::*;
use crate::{
    client::workload::{Pace, Workload},
    explain::versions::tests::{assert_agrees, written_over},
    protocol::{KeyView, contexts::Contexts},
    sim::{
        clock::Clock,
        distribution::Distribution,
        draw::{Chance, Draw, Lineage, Purpose},
        id::Address,
    },
    store::{object::register::Version, version::Dot},
    trace::{CrashKind, Event, Kind},
};
use std::collections::{BTreeMap, BTreeSet};

/// How many schedules are looked at if the environment does not say.
const SCHEDULES: u64 = 2_000;
const KEYS: u16 = 4;

fn pick<T: Clone>(draw: &mut Draw, from: &[T]) -> T {
    from[draw.below(from.len() as u64) as usize].clone()
}

/// A small world with unpleasant numbers.
fn world(draw: &mut Draw, seed: u64) -> Scenario {
    let nodes = 2 + draw.below(4) as u16;
    let n = 1 + draw.below(nodes.min(3) as u64) as u8;
    let (r, w) = (1 + draw.below(n as u64) as u8, 1 + draw.below(n as u64) as u8);
    let repairs = [ReadRepair::Off, ReadRepair::Asynchronous, ReadRepair::BeforeAnswer];
    let mut config = Config {
        sloppy: draw.chance(0.5),
        read_repair: pick(draw, &repairs),
        anti_entropy_every: Some(ms(200 + draw.below(400))),
        conflicts: Conflicts { register: pick(draw, &Strategy::ALL), ..Conflicts::default() },
        virtual_nodes: pick(draw, &[1, 4, 16]),
        timeout: ms(30 + draw.below(200)),
        local_shortcut: draw.chance(0.7),
        contexts: pick(draw, &[Contexts::Everything, Contexts::Dotted, Contexts::Plain]),
        ..Config::default()
    };
    config.hints.every = ms(50 + draw.below(200));
    let mut scenario = quorums(nodes, [n, r, w], |own| *own = Config { n, r, w, ..config.clone() });
    scenario.seed = seed;
    scenario.keys = KEYS;
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
            Workload { pace: Pace::Poisson { per_s: 10.0 }, read_share: 0.4, stop: Some(ms(1_500)), ..Default::default() };
        client.workload = Some(workload);
    }
    scenario
}

fn fault(draw: &mut Draw, play: &Play) -> Command {
    let members = play.world.members();
    let node = pick(draw, &members);
    let other = pick(draw, &members);
    let addresses: Vec<Address> = play.world.addresses();
    match draw.below(21) {
        0..2 => Command::Crash { node },
        2..4 => Command::CrashMachine { node },
        4 => Command::Wipe { node },
        5..9 => Command::Restart { node },
        9 => Command::Pause { node },
        10 => Command::Resume { node },
        11 => Command::SetClock { node, clock: Clock { skew_us: draw.below(400_000) as i64 - 200_000, drift_ppm: 0 } },
        12 => Command::SetConflicts(Conflicts { register: pick(draw, &Strategy::ALL), ..Conflicts::default() }),
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
        19 => {
            let n = 1 + draw.below(members.len().min(4) as u64) as u8;
            let (r, w) = (1 + draw.below(n as u64) as u8, 1 + draw.below(n as u64) as u8);
            Command::SetQuorum(Quorums { n, r, w, sloppy: draw.chance(0.5), ..play.config().quorums() })
        }
        17 if members.len() < 6 => Command::AddNode,
        18 if members.len() > 3 => Command::RemoveNode { node },
        _ => Command::HealAll,
    }
}

/// What a process believes to have, its operating system has: what a restart would find.
fn memory_is_disk(play: &Play) {
    for host in play.world.hosts() {
        let Some(node) = host.process().and_then(|process| process.quorum()) else { continue };
        let Some(cache) = host.cache().quorum() else { continue };
        if node.pending.is_empty() {
            assert_eq!(node.data, cache.data, "{}", host.id);
            assert_eq!(node.position, super::super::view::position(&cache.data), "{}", host.id);
        }
    }
}

/// Home nodes have the same of each key, nobody else has anything, and nothing is kept for others.
fn assert_equal(play: &Play) {
    let keys = |node: NodeId| play.view(node).peer.map_or_else(Vec::new, |peer| peer.keys);
    let views: BTreeMap<NodeId, Vec<KeyView>> = play.world.members().into_iter().map(|node| (node, keys(node))).collect();
    for key in (0..KEYS).map(Key) {
        let homes = play.config().ring(&play.world.members()).homes(key, play.config().n);
        let of = |node: NodeId| views[&node].iter().find(|view| view.key == key);
        for node in play.world.members() {
            let expected = if homes.contains(&node) { of(homes[0]) } else { None };
            assert_eq!(of(node), expected, "{key} at {node}; its home nodes are {homes:?}");
        }
    }
    for node in play.world.members() {
        assert_eq!(play.hints(node), [], "{node}");
        assert!(play.view(node).peer.is_some_and(|peer| peer.ready), "{node}");
    }
}

/// Acknowledged writes that no home node shows, although they are on some disk, nobody wrote over them and no strategy named them.
fn unexplained(play: &Play) -> Vec<Write> {
    let mut explained = written_over(&play.world);
    let mut disks: BTreeMap<NodeId, BTreeSet<Write>> = BTreeMap::new();
    for event in play.events() {
        let Some(node) = event.node else { continue };
        match &event.kind {
            Kind::Fact(Fact::Dropped { writes, .. } | Fact::HintDropped { writes, .. }) => {
                explained.extend(writes.iter().map(|write| write.id))
            }
            Kind::Fact(Fact::Merged { write, .. } | Fact::HintKept { write, .. }) => {
                disks.entry(node).or_default().insert(*write);
            }
            Kind::Fact(Fact::HandedOver { writes, .. }) => {
                let disk = disks.entry(node).or_default();
                disk.retain(|write| !writes.contains(write));
            }
            Kind::Crash { how: CrashKind::Wipe } | Kind::Removed => drop(disks.remove(&node)),
            _ => {}
        }
    }
    let shown: BTreeSet<Write> = play.world.members().into_iter().flat_map(|node| play.view(node).copies).collect();
    let acknowledged = play.world.history().iter().filter_map(|(_, row)| row.written());
    let is_on_disk = |write: &Write| disks.values().any(|disk| disk.contains(write));
    acknowledged.filter(|write| is_on_disk(write) && !explained.contains(&write.id) && !shown.contains(write)).collect()
}

/// Where answers carry contexts and all siblings are shown, the first who writes over something had read it, or written it.
fn nobody_writes_over_the_unseen(play: &Play) {
    let hides =
        |event: &Event| matches!(event.kind, Kind::Fact(Fact::ResolvesBy { strategy }) if strategy != Strategy::KeepSiblings);
    if play.config().contexts == Contexts::Everything || play.events().any(hides) {
        return;
    }
    let had_read = |client: ClientId, id: OperationId, by: Micros| {
        play.world.history().iter().any(|(_, row)| {
            let read = match &row.outcome {
                Some(Outcome::Read(write)) => write.iter().any(|write| write.id == id),
                Some(Outcome::Several(writes)) => writes.iter().any(|write| write.id == id),
                _ => false,
            };
            read && row.client == client && row.at <= by
        })
    };
    let mut standing: Vec<(Key, Dot, OperationId)> = Vec::new();
    for event in play.events() {
        let Kind::Fact(Fact::Versioned { dot, version: Version { write, .. }, seen }) = &event.kind else { continue };
        let (over, rest) = standing.into_iter().partition(|(key, name, _)| *key == write.key && seen.includes(*name));
        standing = rest;
        for (_, name, id) in over as Vec<(Key, Dot, OperationId)> {
            let client = write.id.client;
            assert!(id.client == client || had_read(client, id, event.at), "{client} wrote {dot} over {name} without knowing it");
        }
        standing.push((write.key, *dot, write.id));
    }
}

fn schedule(seed: u64) {
    let mut draw = Chance::new(seed).draw(Purpose::Action, Lineage::root(&[78]));
    let mut play = Play::new(world(&mut draw, seed));
    for _ in 0..4 + draw.below(10) {
        for _ in 0..4 {
            play.run(draw.below(60));
            memory_is_disk(&play);
            assert_agrees(&play.world);
        }
        let command = fault(&mut draw, &play);
        play.act(command);
    }
    play.act(Command::HealAll);
    for node in play.world.members() {
        play.act(Command::Resume { node });
        play.act(Command::Restart { node });
        let both = true;
        let set = LinkChange { latency: Some(constant(5)), loss: Some(0.0), ..Default::default() };
        play.act(Command::SetLink(LinkRule { from: End::One(node.into()), to: End::Any, both, class: None, set }));
    }
    play.run(8_000);
    assert_eq!(play.world.trace().first(), 0, "a storm: so many events that the first are forgotten");
    memory_is_disk(&play);
    assert_equal(&play);
    assert_eq!(unexplained(&play), []);
    nobody_writes_over_the_unseen(&play);
    for node in play.world.members() {
        assert_eq!(play.view(node).waiting, 0, "{node} waits for nothing any more");
        assert_eq!(play.view(node).suspects, [], "{node}");
    }
    quiet(&mut play);
}

/// Nodes that have everything say little: they only compare roots, as often as they are told to.
fn quiet(play: &mut Play) {
    // A question that comes twice is answered twice.
    let (both, set) = (false, LinkChange { duplicate: Some(0.0), ..Default::default() });
    play.act(Command::SetLink(LinkRule { from: End::Nodes, to: End::Nodes, both, class: None, set }));
    play.run(100);
    let said = |play: &Play| play.sent(|from, _, _| from.node().is_some());
    let before = said(play);
    play.run(2_000);
    let every = play.config().anti_entropy_every.expect("they compare");
    let members = play.world.members().len() as u64;
    let fair = members * (members - 1) * (2 + ms(2_000).0 / every.0);
    assert!(said(play) - before <= fair as usize, "{} messages, and {fair} would be fair", said(play) - before);
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
fn random_quorums_1() {
    half(0);
}

#[test]
fn random_quorums_2() {
    half(1);
}
