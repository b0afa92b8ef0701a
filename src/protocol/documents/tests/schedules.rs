//! Random faults in random groups: when the faults end, all have the same branches of every document, and no acknowledged edit is
//! gone: each is the end of a branch or in the line of one. With too little history they only come to rest.
//!
//! A schedule is a seed. More of them: `SCHEDULES=10000 SCHEDULES_FROM=100000 cargo test --release --lib random_documents`.

use super::*;
use crate::{
    client::workload::{Does, NamedOperation, Pace, Workload},
    protocol::topology::{Pair, Topology},
    sim::{
        clock::Clock,
        distribution::Distribution,
        draw::{Chance, Draw, Lineage, Purpose},
        id::Address,
        network::{End, LinkChange, LinkRule},
        revision::Revision,
    },
    store::revisions::Revisions,
    trace::Kind,
    world::command::Command,
};
use std::collections::{BTreeMap, BTreeSet};

/// How many schedules are looked at if the environment does not say.
const SCHEDULES: u64 = 600;
const KEYS: u16 = 3;

fn pick<T: Clone>(draw: &mut Draw, from: &[T]) -> T {
    from[draw.below(from.len() as u64) as usize].clone()
}

fn config(draw: &mut Draw, nodes: u16) -> Config {
    let topologies = [Topology::AllToAll, Topology::AllToAll, Topology::Ring, Topology::Star, Topology::Tree, Topology::Custom];
    let topology = pick(draw, &topologies);
    let chain = (1..nodes).map(|node| Pair { one: NodeId(draw.below(node as u64) as u16), other: NodeId(node) });
    let links: Vec<Pair> = if topology == Topology::Custom { chain.collect() } else { Vec::new() };
    Config {
        topology,
        links,
        edits: pick(draw, &[Edits::Shown, Edits::Latest]),
        revs_limit: pick(draw, &[1_000, 1_000, 3, 1]),
        poll_every: ms(200 + draw.below(800)),
        retry_after: ms(60 + draw.below(200)),
        batch_documents: pick(draw, &[1, 2, 100]),
    }
}

/// A small world with unpleasant numbers.
fn world(draw: &mut Draw, seed: u64) -> Scenario {
    let count = 2 + draw.below(4) as u16;
    let config = config(draw, count);
    let mut scenario = nodes(count, |own| *own = config.clone());
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
        if draw.chance(0.3) {
            (client.writes_to, client.reads_from) = (Target::Any, Target::Any);
        }
        let named = |name: &str, does, weight| NamedOperation { name: name.into(), does, weight };
        let operations = vec![
            named("read", Does::Read, 4),
            named("put", Does::Write, 5),
            named("count", Does::Next, 2),
            named("delete", Does::Remove, 2),
        ];
        let pace = Pace::Poisson { per_s: 10.0 };
        client.workload = Some(Workload { pace, operations: Some(operations), stop: Some(ms(1_500)), ..Default::default() });
    }
    scenario
}

/// Deletes some branch that is there, as a person does who resolves a conflict.
fn resolution(draw: &mut Draw, play: &Play) -> Option<Command> {
    let node = pick(draw, &play.world.members());
    let documents = play.world.view(node)?.peer?.documents?;
    let (key, _, tree) = documents.documents.get(draw.below(KEYS as u64) as usize)?;
    let revision = tree.leaves().last()?.revision;
    Some(Command::Issue { client: ANA, action: Action::DeleteRevision { key: *key, revision }, at: Some(node) })
}

fn fault(draw: &mut Draw, play: &Play) -> Command {
    let members = play.world.members();
    let node = pick(draw, &members);
    let other = pick(draw, &members);
    let addresses: Vec<Address> = play.world.addresses();
    let is_custom = play.world.setup().config.documents().is_some_and(|config| config.topology == Topology::Custom);
    match draw.below(22) {
        0..2 => Command::Crash { node },
        2..4 => Command::CrashMachine { node },
        4 => Command::Wipe { node },
        5..9 => Command::Restart { node },
        9 => Command::Pause { node },
        10 => Command::Resume { node },
        11 => Command::SetClock { node, clock: Clock { skew_us: draw.below(400_000) as i64 - 200_000, drift_ppm: 0 } },
        12 => {
            let poll_every = ms(200 + draw.below(800));
            Command::SetDocuments(Terms { edits: pick(draw, &[Edits::Shown, Edits::Latest]), poll_every })
        }
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
        17 if members.len() < 6 && !is_custom => Command::AddNode,
        18 if members.len() > 2 && !is_custom => Command::RemoveNode { node },
        19..21 => resolution(draw, play).unwrap_or(Command::HealAll),
        _ => Command::HealAll,
    }
}

/// What a process shows is what a restart would find, but for what is on its way to the disk.
fn memory_is_disk(play: &Play) {
    for host in play.world.hosts() {
        let Some(node) = host.process().and_then(|process| process.documents()) else { continue };
        let Some(cache) = host.cache().documents() else { continue };
        assert!(node.data.sequence <= cache.data.sequence, "{}", host.id);
        assert_eq!(node.last_sequence(), cache.data.sequence, "{}", host.id);
        for (source, own) in node.checkpoints().iter() {
            assert_eq!(cache.pulled.get(source), Some(own), "{} of {source}", host.id);
        }
        if node.pending.is_empty() {
            let same = |one: &(&Key, &super::super::Document), other: &(&Key, &super::super::Document)| {
                one.0 == other.0 && one.1.tree == other.1.tree && one.1.sequence == other.1.sequence
            };
            let (own, kept) = (node.data.documents.iter(), cache.data.documents.iter());
            assert!(own.zip(kept).all(|(one, other)| same(&one, &other)), "{}", host.id);
        }
    }
}

/// What was made of what, as the trace tells it: every revision with the one that it replaced.
fn lines(play: &Play) -> BTreeMap<(Key, Revision), Option<Revision>> {
    let made = play.events().filter_map(|event| match &event.kind {
        Kind::Fact(Fact::Document(DocumentFact::Revised { write, revision, over })) => Some(((write.key, *revision), *over)),
        _ => None,
    });
    made.collect()
}

/// The acknowledged edits that are neither the end of a branch nor in the line of one; `losers`: nodes that lost a disk.
fn lost(play: &Play, losers: &BTreeSet<NodeId>) -> Vec<(Key, Revision)> {
    let lines = lines(play);
    let first = play.view(play.world.members()[0]).peer.and_then(|peer| peer.documents).expect("documents");
    let mut kept = BTreeSet::new();
    for (key, _, tree) in &first.documents {
        for leaf in tree.leaves() {
            let mut next = Some(leaf.revision);
            while let Some(revision) = next.filter(|revision| kept.insert((*key, *revision))) {
                // A document that is made anew after its deletion goes on from the deletion, which nobody named.
                let known = tree.line(revision).get(1).copied();
                next = lines.get(&(*key, revision)).copied().flatten().or(known);
            }
        }
    }
    let told: BTreeSet<_> = play
        .world
        .history()
        .iter()
        .filter(|(_, row)| row.outcome.as_ref().is_some_and(Outcome::is_written))
        .filter(|(_, row)| row.node.is_none_or(|node| !losers.contains(&node)))
        .map(|(_, row)| row.operation)
        .collect();
    // One that was tried twice may have made two revisions, of which the first was never on a disk.
    let mut made: BTreeMap<_, Vec<(Key, Revision)>> = BTreeMap::new();
    for event in play.events() {
        if let Kind::Fact(Fact::Document(DocumentFact::Revised { write, revision, .. })) = &event.kind
            && told.contains(&write.id)
            && !event.node.is_some_and(|node| losers.contains(&node))
        {
            made.entry(write.id).or_default().push((write.key, *revision));
        }
    }
    made.into_values().filter(|all| !all.iter().any(|one| kept.contains(one))).flatten().collect()
}

/// Equal trees, not only equal ends, where nothing was forgotten.
fn assert_same_trees(play: &Play) {
    let trees = |node: NodeId| {
        let view = play.view(node).peer.and_then(|peer| peer.documents).expect("documents");
        view.documents.iter().map(|(key, _, tree)| (*key, names(tree))).collect::<Vec<_>>()
    };
    let nodes = play.world.members();
    for node in &nodes {
        assert_eq!(trees(*node), trees(nodes[0]), "{node} and the first");
    }
}

/// All revisions of a document, each line from its end to its root.
fn names(tree: &Revisions<super::super::Body>) -> BTreeSet<Vec<Revision>> {
    tree.leaves().iter().map(|leaf| tree.line(leaf.revision)).collect()
}

fn schedule(seed: u64) {
    let mut draw = Chance::new(seed).draw(Purpose::Action, Lineage::root(&[78]));
    let mut play = Play::new(world(&mut draw, seed));
    let limit = play.world.setup().config.documents().map_or(0, |config| config.revs_limit);
    let mut losers = BTreeSet::new();
    for _ in 0..4 + draw.below(10) {
        for _ in 0..4 {
            play.run(draw.below(60));
            memory_is_disk(&play);
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
    play.run(12_000);
    assert_eq!(play.world.trace().first(), 0, "a storm: so many events that the first are forgotten");
    // Who forgot that one revision came of another keeps both as branches, and who remembers it knows better: then copies may differ for
    // good, as they do in CouchDB.
    if limit == 1_000 {
        assert_equal(&play);
        assert_same_trees(&play);
        assert_eq!(lost(&play, &losers), []);
    }
    quiet(&mut play);
}

/// Nodes that have everything only ask now and then, and nothing is fetched.
fn quiet(play: &mut Play) {
    let said = |play: &Play| play.sent(|from, _, _| from.node().is_some());
    let before = said(play);
    play.run(4_000);
    let config = play.world.setup().config.documents().expect("its settings").clone();
    let ways = play.world.members().len().pow(2) as u64;
    // A question, the answer to it and the question after it; a clock may run fast, and the periods are not in step.
    let fair = ways * 3 * (2 + ms(4_000).0 / config.poll_every.0);
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
fn random_documents_1() {
    half(0);
}

#[test]
fn random_documents_2() {
    half(1);
}
