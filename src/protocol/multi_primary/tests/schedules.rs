//! Random faults in random groups of peers: when the faults end, all become equal, whatever the strategy, and nothing that was
//! acknowledged is gone, whatever its key holds, that nobody wrote over and no fact has named; and the judge says the same.
//!
//! A schedule is a seed. More of them: `SCHEDULES=40000 SCHEDULES_FROM=100000 cargo test --release --lib random_peers`.

use super::{
    promises::{judge_agrees, unlisted},
    *,
};
use crate::{
    check::Judge,
    client::workload::{Does, NamedOperation, Pace, Workload},
    protocol::{contexts::Contexts, multi_primary::Pair},
    sim::{
        clock::Clock,
        distribution::Distribution,
        draw::{Chance, Draw, Lineage, Purpose},
        id::Address,
        network::{End, LinkChange, LinkRule},
        operation::Action,
        time::Micros,
    },
    store::object::counter::CounterKind,
    trace::Kind,
    world::command::Command,
};
use std::collections::{BTreeMap, BTreeSet};

/// How many schedules are looked at if the environment does not say.
const SCHEDULES: u64 = 2_000;

fn pick<T: Clone>(draw: &mut Draw, from: &[T]) -> T {
    from[draw.below(from.len() as u64) as usize].clone()
}

fn config(draw: &mut Draw, nodes: u16) -> Config {
    let topologies = [Topology::AllToAll, Topology::AllToAll, Topology::Ring, Topology::Star, Topology::Tree, Topology::Custom];
    let topology = pick(draw, &topologies);
    let chain = (1..nodes).map(|node| Pair { one: NodeId(draw.below(node as u64) as u16), other: NodeId(node) });
    let mut links: Vec<Pair> = if topology == Topology::Custom { chain.collect() } else { Vec::new() };
    if topology == Topology::Custom && nodes > 2 && draw.chance(0.5) {
        links.push(Pair { one: NodeId(0), other: NodeId(nodes - 1) });
    }
    let forget_after = ms(50 + draw.below(400));
    Config {
        topology,
        links,
        causal: draw.chance(0.6),
        conflicts: conflicts(draw),
        batch_changes: pick(draw, &[1, 3, 16]),
        resend_after: ms(60 + draw.below(200)),
        compare_every: Some(ms(200 + draw.below(400))),
        log_changes_max: pick(draw, &[1, 4, 1_000]),
        types: (0..KEYS).map(|key| TypedKey { key: Key(key), holds: pick(draw, &TYPES) }).collect(),
        delivery: pick(draw, &[Delivery::Operations, Delivery::States]),
        collect_tombstones_after: pick(draw, &[None, Some(forget_after)]),
        contexts: pick(draw, &[Contexts::Everything, Contexts::Dotted, Contexts::Plain]),
    }
}

const KEYS: u16 = 3;
const TYPES: [KeyType; 7] =
    [KeyType::Register, KeyType::Register, KeyType::Register, KeyType::Counter, KeyType::Set, KeyType::Cart, KeyType::Text];

fn conflicts(draw: &mut Draw) -> Conflicts {
    Conflicts {
        register: pick(draw, &Strategy::ALL),
        set: pick(draw, &SetKind::ALL),
        counter: pick(draw, &[CounterKind::PositiveNegative, CounterKind::PositiveNegative, CounterKind::GrowOnly]),
    }
}

/// A small world with unpleasant numbers.
fn world(draw: &mut Draw, seed: u64) -> Scenario {
    let nodes = 2 + draw.below(4) as u16;
    let config = config(draw, nodes);
    let mut scenario = peers(nodes, |own| *own = config.clone());
    (scenario.seed, scenario.keys) = (seed, KEYS);
    let latencies = [constant(5), Distribution::Uniform { low: ms(1), high: ms(40) }, Distribution::Exponential { mean: ms(15) }];
    scenario.network.latency = pick(draw, &latencies);
    scenario.network.loss = pick(draw, &[0.0, 0.1, 0.3]);
    scenario.network.duplicate = pick(draw, &[0.0, 0.2]);
    scenario.network.in_order = draw.chance(0.5);
    scenario.nodes.each.flush = pick(draw, &[constant(1), constant(8), Distribution::Exponential { mean: ms(6) }]);
    for client in &mut scenario.clients {
        client.timeout = ms(300);
        client.retries = draw.below(2) as u8;
        let named = |name: &str, does, weight| NamedOperation { name: name.into(), does, weight };
        let operations = Some(vec![named("read", Does::Read, 3), named("put", Does::Write, 5), named("take", Does::Remove, 2)]);
        let workload = Workload { pace: Pace::Poisson { per_s: 10.0 }, operations, stop: Some(ms(1_500)), ..Default::default() };
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
        12 => Command::SetConflicts(conflicts(draw)),
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
        17 if members.len() < 6 && !is_custom(play) => Command::AddNode,
        18 if members.len() > 2 && !is_custom(play) => Command::RemoveNode { node },
        _ => Command::HealAll,
    }
}

fn is_custom(play: &Play) -> bool {
    play.world.setup().config.multi_primary().is_some_and(|config| config.topology == Topology::Custom)
}

/// What a process believes to have, its operating system has: what a restart would find.
fn memory_is_disk(play: &Play) {
    for host in play.world.hosts() {
        let Some(node) = host.process().and_then(|process| process.multi_primary()) else { continue };
        let Some(cache) = host.cache().multi_primary() else { continue };
        assert!(cache.data.vector.covers(&node.data.vector), "{}: {} of {}", host.id, node.data.vector, cache.data.vector);
        assert_eq!(node.written, cache.data.vector, "{}", host.id);
        if node.pending.is_empty() {
            assert_eq!(node.data.objects, cache.data.objects, "{}", host.id);
        }
    }
}

/// How often an operation was taken, what it is, and whether its client was told so by a node that kept its disk.
type Taken = (Action, usize, bool);

fn taken(play: &Play, losers: &BTreeSet<NodeId>) -> Vec<Taken> {
    let mut often = BTreeMap::new();
    for event in play.events() {
        if let (Kind::Fact(Fact::Accepted { write, .. }), Some(node)) = (&event.kind, event.node) {
            let one: &mut (usize, NodeId) = often.entry(write.id).or_insert((0, node));
            one.0 += 1;
        }
    }
    let mut all = BTreeMap::new();
    for (_, row) in play.world.history().iter() {
        if let Some((times, node)) = often.get(&row.operation) {
            let told = row.outcome == OK && !losers.contains(node);
            all.entry(row.operation).or_insert((row.action, *times, false)).2 |= told;
        }
    }
    all.into_values().collect()
}

/// Counters are what was added, as far as clients can know; what was put into sets, carts and texts is there unless somebody took
/// it out.
fn nothing_is_lost(play: &Play, losers: &BTreeSet<NodeId>) {
    let first = play.world.members()[0];
    let all = taken(play, losers);
    for key in (0..KEYS).map(Key) {
        let shown = values(play, first, key);
        let of_key = || all.iter().filter(|(action, ..)| action.key() == key);
        match play.world.setup().config.key_type(key) {
            KeyType::Register => {}
            KeyType::Counter => {
                let (mut least, mut most) = (0, 0);
                for (action, times, told) in of_key() {
                    let Action::Add { amount, .. } = action else { continue };
                    let (once, often) = (if *told { *amount } else { 0 }, *amount * *times as i64);
                    (least, most) = (least + once.min(often), most + once.max(often));
                }
                let total = shown.first().copied().unwrap_or(0);
                assert!((least..=most).contains(&total), "{key} = {total}, and {least} to {most} was added");
            }
            KeyType::Set | KeyType::Cart => {
                let is_removed = |of: i64| {
                    of_key().any(|(action, ..)| matches!(action, Action::RemoveElement { element, .. } if *element == of))
                };
                for (action, _, told) in of_key() {
                    let Action::AddElement { element, .. } = action else { continue };
                    assert!(!told || is_removed(*element) || shown.contains(element), "{element} is not in {key}");
                }
            }
            KeyType::Text => {
                let typed = of_key().filter(|(action, _, told)| *told && matches!(action, Action::Insert { .. })).count();
                let erased: usize =
                    of_key().filter(|(action, ..)| matches!(action, Action::Erase { .. })).map(|(_, times, _)| times).sum();
                assert!(shown.len() + erased >= typed, "{key} has {} characters of {typed}", shown.len());
            }
        }
    }
}

fn schedule(seed: u64) {
    let mut draw = Chance::new(seed).draw(Purpose::Action, Lineage::root(&[77]));
    let mut play = Play::new(world(&mut draw, seed));
    let (mut losers, mut judge) = (BTreeSet::new(), Judge::default());
    for _ in 0..4 + draw.below(10) {
        for _ in 0..4 {
            play.run(draw.below(60));
            memory_is_disk(&play);
            judge.look(&play.world);
            crate::explain::versions::tests::assert_agrees(&play.world);
        }
        let command = fault(&mut draw, &play);
        if let Command::Wipe { node } | Command::RemoveNode { node } = &command {
            losers.insert(*node);
        }
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
    assert!(play.world.members().iter().all(|node| play.view(*node).peer.is_some_and(|peer| peer.ready)), "all serve clients");
    assert_eq!(play.world.trace().first(), 0, "a storm: so many events that the first are forgotten");
    assert_equal(&play);
    assert_eq!(unlisted(&play, &losers), []);
    look(&mut judge, &mut play);
    judge_agrees(&play, &judge);
    for (register, set) in Strategy::ALL.into_iter().zip(SetKind::ALL.into_iter().cycle()) {
        play.act(Command::SetConflicts(Conflicts { register, set, ..Conflicts::default() }));
        play.run(10);
        assert_equal(&play);
        look(&mut judge, &mut play);
        judge_agrees(&play, &judge);
        assert_eq!(unlisted(&play, &losers), []);
    }
    play.act(Command::SetConflicts(Conflicts::default()));
    play.run(10);
    nothing_is_lost(&play, &losers);
    quiet(&mut play);
}

/// After any command the judge looks at everything.
fn look(judge: &mut Judge, play: &mut Play) {
    play.act(Command::HealAll);
    play.run(1);
    judge.look(&play.world);
}

/// Peers that have everything say little: they only compare, as often as they are told to.
fn quiet(play: &mut Play) {
    let said = |play: &Play| play.sent(|from, _, _| from.node().is_some());
    let before = said(play);
    play.run(2_000);
    let every = play.world.setup().config.multi_primary().and_then(|config| config.compare_every).expect("they compare");
    let ways = play.world.members().len().pow(2) as u64;
    // A question and its answer; a clock may run fast, and the periods are not in step.
    let fair = ways * 2 * (2 + Micros::from_secs(2).0 / every.0);
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
fn random_peers_1() {
    half(0);
}

#[test]
fn random_peers_2() {
    half(1);
}
