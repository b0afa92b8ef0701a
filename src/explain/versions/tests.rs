//! What is told of versions against what peers say themselves, and each step's sentence on runs made by hand.

use super::*;
use crate::{
    client::workload::{ClientSettings, Target},
    explain::plain,
    protocol::{KeyView, VersionView, conflicts::Conflicts},
    scenario::{ProtocolSettings, Scenario},
    sim::{clock::Clock, id::OperationId, operation::KeyType},
    world::{command::Command, tests::play::*},
};
use std::collections::BTreeSet;

/// The versions of every key at every running peer, put together from the trace, are what the peer says that it has.
pub(crate) fn assert_agrees(world: &LabWorld) {
    assert_eq!(world.trace().first(), 0, "the whole trace is known");
    for key in (0..world.setup().keys).map(Key) {
        let graph = Graph::of(world, key, u64::MAX);
        for node in world.members() {
            let Some(peer) = world.view(node).and_then(|view| view.peer) else { continue };
            let own = peer.keys.iter().find(|own| own.key == key && own.holds == KeyType::Register);
            assert_eq!(told_again(&graph, node), own.map(words), "{key} at {node}, {}", world.now().0);
            let mut hints: Vec<_> = peer.hints.iter().filter(|(_, write)| write.key == key).copied().collect();
            let told = graph.keeps(node).into_iter().map(|(of, version)| (of, graph.versions[version].version.write));
            let mut told: Vec<_> = told.collect();
            hints.sort();
            told.sort();
            assert_eq!(told, hints, "{key} kept for others at {node}, {}", world.now().0);
        }
    }
}

/// The writes over which somebody wrote who had been shown them, perhaps at another node.
pub(crate) fn written_over(world: &LabWorld) -> BTreeSet<OperationId> {
    let (mut over, mut names) = (BTreeSet::new(), Vec::new());
    for (_, event) in world.trace().range(0, world.trace().next()) {
        if let Kind::Fact(Fact::Versioned { dot, version: Version { write, .. }, seen }) = &event.kind {
            let is_over = |(key, name, _): &&(Key, Dot, _)| *key == write.key && name != dot && seen.includes(*name);
            over.extend(names.iter().filter(is_over).map(|(_, _, id)| *id));
            names.push((write.key, *dot, write.id));
        }
    }
    over
}

type Words = (Vec<(String, bool)>, String);

fn words(own: &KeyView) -> Words {
    let one = |version: &VersionView| {
        let dot = version.dot.map(|dot| dot.to_string()).unwrap_or_default();
        (format!("{dot} {:?} {} {}", version.write, version.stamp, version.hybrid), version.shown && !version.deleted)
    };
    let mut versions: Vec<_> = own.versions.iter().map(one).collect();
    versions.sort();
    (versions, own.seen.to_string())
}

fn told_again(graph: &Graph, node: NodeId) -> Option<Words> {
    let copy = &graph.copy(node)?.register;
    let one = |named: &Named, dot: String| {
        let Version { write, stamp, hybrid, .. } = named.version;
        format!("{dot} {write:?} {stamp} {hybrid}")
    };
    let mut versions = Vec::new();
    for (version, named) in graph.versions.iter().enumerate() {
        let is_sibling = copy.siblings().iter().any(|(_, version)| *version == named.version);
        match graph.place(node, version) {
            place if is_sibling => {
                versions.push((one(named, named.dot.to_string()), place == Place::Shown && !named.version.deleted));
            }
            Place::Shown if !named.version.deleted => versions.push((one(named, String::new()), true)),
            _ => {}
        }
    }
    versions.sort();
    (!copy.seen().is_empty()).then(|| (versions, copy.seen().to_string()))
}

/// Peers A, B, C with a client each; 10 ms from anyone to anyone.
fn peers(register: Strategy) -> Play {
    let client = |node| ClientSettings {
        writes_to: Target::Node(NodeId(node)),
        reads_from: Target::Node(NodeId(node)),
        ..ClientSettings::default()
    };
    let config = crate::protocol::multi_primary::Config {
        conflicts: Conflicts { register, ..Default::default() },
        causal: false,
        ..Default::default()
    };
    let mut scenario = Scenario {
        protocol: ProtocolSettings::MultiPrimary(config),
        clients: (0..3).map(client).collect(),
        ..Scenario::default()
    };
    scenario.nodes.count = 3;
    scenario.network.latency = constant(10);
    Play::new(scenario)
}

fn graph(play: &Play) -> Graph {
    Graph::of(&play.world, X, u64::MAX)
}

/// The steps, and what each version is at A, B and C: shown, hidden, replaced, or not there.
fn story(play: &Play) -> (Vec<String>, Vec<String>) {
    assert_agrees(&play.world);
    let graph = graph(play);
    let steps = graph.steps.iter().map(|step| plain(&said(&graph, step))).collect();
    let letter = |place| match place {
        Place::Shown => 's',
        Place::Hidden => 'h',
        Place::Replaced => 'r',
        Place::Absent => '-',
    };
    let places = |version: usize| [A, B, C].map(|node| letter(graph.place(node, version))).into_iter().collect::<String>();
    let all = 0..graph.versions.len();
    (steps, all.map(|version| format!("{} {}", graph.versions[version].seen, places(version))).collect())
}

/// Two edits behind a cut, which meet.
fn two_edits(register: Strategy, change: impl Fn(&mut Play)) -> Play {
    let mut play = peers(register);
    change(&mut play);
    play.write(ANA, X, 1);
    play.run(100);
    let groups = vec![vec![A.into(), ANA.into()], vec![B.into(), C.into(), BEN.into()]];
    play.act(Command::Partition { groups });
    play.write(ANA, X, 7);
    play.run(50);
    play.write(BEN, X, 9);
    play.run(50);
    play.act(Command::HealAll);
    play.run(2_500);
    play
}

#[test]
fn two_edits_of_one_key_in_steps() {
    let taken = ["A takes x = 1 (A1) from Ana, and had nothing of it.", "A takes x = 7 (A2) from Ana, over x = 1 (A1)."];
    let unaware = "B takes x = 9 (B1) from Ben, over x = 1 (A1). B did not know of x = 7 (A2), written 50 ms before.";
    let kept = |node: &str| {
        format!(
            "{node} has x = 7 (A2) and x = 9 (B1). A2 was taken by a node that had A1, B1 was taken by a node that had A1. \
             So none replaces another: all are kept, and the reader decides."
        )
    };
    let (steps, places) = story(&two_edits(Strategy::KeepSiblings, |_| ()));
    assert_eq!(steps[..2], taken);
    assert_eq!(steps[2], unaware);
    assert_eq!(steps[3], "C learns of x = 9 (B1). B1 was taken by a node that had A1. So it replaces x = 1 (A1).");
    let mut last = steps[4..].to_vec();
    last.sort();
    assert_eq!(last, [kept("A"), kept("B"), kept("C")]);
    assert_eq!(places, ["[A1] rrr", "[A2] sss", "[A1 B1] sss"]);
}

#[test]
fn every_strategy_says_what_it_compared() {
    let compared = |register, change: &dyn Fn(&mut Play)| {
        let play = two_edits(register, change);
        let (steps, places) = story(&play);
        let of_a = steps.into_iter().find(|step| step.starts_with("A hides")).unwrap_or_default();
        (of_a, places[1..].join(" "))
    };
    let behind = |play: &mut Play| {
        play.act(Command::SetClock { node: B, clock: Clock { skew_us: -150_000, drift_ppm: 0 } });
    };
    let as_is = |_: &mut Play| ();
    let (seven, nine) = ("[A2] hhh [A1 B1] sss", "[A2] sss [A1 B1] hhh");
    for (register, change, said, places) in [
        (
            Strategy::LastWriteWins,
            &as_is as &dyn Fn(&mut Play),
            "A hides x = 7 (A2) behind x = 9 (B1). B’s clock said 0.160 s for B1, A’s clock said 0.110 s for A2, and the latest by \
             the clocks of the peers wins.",
            seven,
        ),
        (
            Strategy::LastWriteWins,
            &behind,
            "A hides x = 9 (B1) behind x = 7 (A2). A’s clock said 0.110 s for A2, B’s clock said 0.010 s for B1, and the latest by \
             the clocks of the peers wins.",
            nine,
        ),
        (
            Strategy::LastWriteWinsHybrid,
            &as_is,
            "A hides x = 7 (A2) behind x = 9 (B1). By hybrid time B1 is of 0.160 s, A2 is of 0.110 s, and the latest by hybrid time \
             wins.",
            seven,
        ),
        (
            Strategy::LastWriteWinsLamport,
            &as_is,
            "A hides x = 7 (A2) behind x = 9 (B1). B1 has Lamport count 3, A2 has Lamport count 2, and the one with the highest \
             Lamport count wins.",
            seven,
        ),
        (
            Strategy::FirstWriterWins,
            &as_is,
            "A hides x = 9 (B1) behind x = 7 (A2). By hybrid time A2 is of 0.110 s, B1 is of 0.160 s, and the first one wins.",
            nine,
        ),
        (
            Strategy::HighestNode,
            &as_is,
            "A hides x = 7 (A2) behind x = 9 (B1). B1 was written at B, A2 was written at A, and the peer that comes last in the \
             alphabet wins.",
            seven,
        ),
    ] {
        assert_eq!(compared(register, change), (said.to_string(), places.to_string()), "{register:?}");
    }
}

/// B's clock is behind: its client reads, writes over what it read, and the strategy hides that at once.
#[test]
fn a_later_write_that_loses_is_called_so() {
    let mut play = peers(Strategy::LastWriteWins);
    play.act(Command::SetClock { node: B, clock: Clock { skew_us: -5_000_000, drift_ppm: 0 } });
    play.write(ANA, X, 1);
    play.run(100);
    play.write(BEN, X, 2);
    play.run(100);
    let (steps, places) = story(&play);
    assert_eq!(
        steps[2],
        "B hides x = 2 (B1) behind x = 1 (A1). A’s clock said 0.010 s for A1, B’s clock said −4.890 s for B1, and the latest by \
         the clocks of the peers wins. Yet B had A1 before B1 was written: the later write is lost."
    );
    assert_eq!(places, ["[A1] sss", "[A1 B1] hhh"]);
}

/// Equal counts and equal clocks: the order of names is all that is left, and it is said.
#[test]
fn a_tie_is_called_so() {
    let tie = "That is a tie, which the order of the names decides.";
    for (register, is_tie) in [
        (Strategy::LastWriteWins, true),
        (Strategy::LastWriteWinsHybrid, true),
        (Strategy::LastWriteWinsLamport, true),
        (Strategy::FirstWriterWins, true),
        (Strategy::HighestNode, false),
    ] {
        let mut play = peers(register);
        play.write(ANA, X, 7);
        play.write(BEN, X, 9);
        play.run(300);
        let (steps, _) = story(&play);
        let hides: Vec<&String> = steps.iter().filter(|step| step.contains(" hides ")).collect();
        assert!(!hides.is_empty() && hides.iter().all(|step| step.contains(tie) == is_tie), "{register:?}: {hides:?}");
    }
}

/// Whose knowledge it was: the node's, the client's, or more than one version vector can say.
#[test]
fn a_context_is_told_as_whose_it_is() {
    for (name, said, never) in [
        ("peers-two-edits", "C1 was taken by a node that had A1", "had seen"),
        ("peers-siblings-dotted", "’s writer had seen A1", "taken by a node"),
        ("peers-siblings-plain", "A3’s writer may have seen more than one version vector can say", "writer had seen A"),
    ] {
        let mut play = Play::new(crate::scenario::presets::get(name).expect("a preset"));
        play.run(5_000);
        let graph = graph(&play);
        let all: String = graph.steps.iter().map(|step| plain(&super::said(&graph, step)) + "\n").collect();
        assert!(all.contains(said) && !all.contains(never), "{name}: {all}");
    }
}

#[test]
fn the_graph_is_as_of_a_moment_and_differs_between_strategies() {
    let play = two_edits(Strategy::KeepSiblings, |_| ());
    let whole = graph(&play);
    assert!(whole.has_conflict(Some(4)) && !whole.has_conflict(Some(3)));
    assert_eq!((whole.siblings(), whole.parents(1), whole.parents(2)), (vec![1, 2], vec![0], vec![0]));
    let before = Graph::of(&play.world, X, whole.steps[3].event + 1);
    assert_eq!((before.versions.len(), before.steps.len(), before.siblings()), (3, whole.steps.len(), vec![]));
    assert_eq!([A, B, C].map(|node| before.place(node, 1)), [Place::Shown, Place::Absent, Place::Absent]);
    assert_eq!(whole.last_before(whole.steps[3].event + 1), Some(3));
    let hidden = graph(&two_edits(Strategy::LastWriteWins, |_| ()));
    assert_eq!(
        plain(&between(&whole, &hidden)),
        "As it ran, x = 7 (A2) and x = 9 (B1) are shown. There, x = 9 (B1) is shown and x = 7 (A2) is hidden."
    );
    assert_eq!(plain(&between(&whole, &whole)), "At this moment both show the same.");
}

#[test]
fn a_join_has_two_parents_and_a_lost_disk_has_nothing() {
    let mut play = two_edits(Strategy::KeepSiblings, |_| ());
    play.write(BEN, X, 11);
    play.run(100);
    let joined = graph(&play);
    assert_eq!((joined.parents(3), joined.siblings()), (vec![2, 1], vec![]));
    assert_eq!(
        plain(&said(&joined, joined.steps.iter().find(|step| step.what == What::Written { version: 3 }).unwrap())),
        "B takes x = 11 (B2) from Ben, over x = 9 (B1) and x = 7 (A2): one value again."
    );
    play.act(Command::Wipe { node: A });
    play.run(5);
    assert_eq!(graph(&play).place(A, 3), Place::Absent);
    play.act(Command::Restart { node: A });
    play.run(3_000);
    assert_agrees(&play.world);
    assert_eq!(graph(&play).place(A, 3), Place::Shown);
    assert!(!Graph::of(&peers(Strategy::KeepSiblings).world, X, 0).has_conflict(None));
}

/// What stand-ins keep is told apart from what readers are shown, and ends when it is handed over.
#[test]
fn what_is_kept_for_others_is_no_copy() {
    let mut play = Play::new(crate::scenario::presets::get("quorum-sloppy").expect("a preset"));
    play.run(3_000);
    let (seven, kept) = (1, graph(&play));
    assert_eq!((kept.versions[seven].version.write.value, kept.kept_for(seven).len()), (7, 2));
    let keepers: Vec<NodeId> = [A, B].into_iter().filter(|node| matches!(kept.keeps(*node)[..], [(_, 1)])).collect();
    assert_eq!((keepers, kept.place(A, seven), kept.place(C, seven)), (vec![A, B], Place::Absent, Place::Shown));
    play.run(4_000);
    assert_agrees(&play.world);
    let after = graph(&play);
    assert_eq!((after.kept_for(seven), after.keeps(A)), (vec![], vec![]));
    assert!(after.siblings().is_empty() && after.place(A, seven) == Place::Absent);
}
