//! Failures noticed, elections and leases: as they are told, marked and written on cards, in the scenarios about them.

use super::{
    A, ANA, B, BEN, C, X, act,
    covered::{STAGES, faults},
    headline, picture, quiet, run, status, write,
};
use replicarium::{
    check::Verdict,
    client::history::Row,
    explain::{narrate, plain},
    lab::Lab,
    protocol::{
        commit::{Commit, Level},
        detector::Detect,
        failover::{By, Failover, Fencing},
    },
    scenario::{link::Source, presets},
    scene::{
        stage::{NodeCard, Tone, stage},
        status::watch_rows,
        timeline::{MarkKind, timeline},
    },
    sim::{
        id::{Address, ClientId, NodeId},
        network::MessageClass,
        operation::{Action, Outcome, Refusal},
        time::Micros,
    },
    trace::{Event, Fact, Kind, Role},
    world::command::Command,
};

fn opened(name: &str) -> Lab {
    Lab::new(Source::Preset(name.into()), presets::get(name).expect("a preset"))
}

fn election() -> Failover {
    let ms = Micros::from_millis;
    let (heartbeat_every, timeout, spread) = (ms(100), ms(400), ms(200));
    Failover { by: By::Election, detect: Detect::Timeout, heartbeat_every, timeout, spread, ..Failover::default() }
}

/// The quiet scene with other rules, once everybody goes by them.
fn watching(failover: Failover) -> Lab {
    let mut lab = quiet();
    act(&mut lab, Command::SetFailover(failover));
    run(&mut lab, 500);
    lab
}

/// All that a run tells.
fn told(lab: &Lab) -> Vec<String> {
    let tell = |(_, event): (u64, &Event)| narrate::tell(lab.world(), event, lab.judge().stale_reads());
    lab.world().trace().iter().filter_map(tell).map(|(_, sentence)| plain(&sentence)).collect()
}

#[track_caller]
fn says(lab: &Lab, words: &str) {
    let told = told(lab);
    assert!(told.iter().any(|said| said.contains(words)), "“{words}” is not among\n{told:#?}");
}

#[track_caller]
fn says_nothing_of(lab: &Lab, words: &str) {
    let told = told(lab);
    assert!(!told.iter().any(|said| said.contains(words)), "“{words}” is among\n{told:#?}");
}

/// The headlines of a stretch of the run, as one sees them step by step.
fn headlines(lab: &mut Lab, ms: u64) -> Vec<String> {
    let until = lab.world().now() + Micros::from_millis(ms);
    let mut all: Vec<String> = Vec::new();
    while lab.world().now() < until && lab.step() {
        let now = headline(lab);
        if all.last() != Some(&now) {
            all.push(now);
        }
    }
    all
}

fn card(lab: &Lab, node: NodeId) -> NodeCard {
    let card = picture(lab).nodes.into_iter().find(|card| card.node == node);
    (*card.expect("a card for every node")).clone()
}

fn rows(lab: &Lab, node: NodeId) -> Vec<(&'static str, String)> {
    watch_rows(lab.world(), node, &lab.world().remains(node).expect("a node"))
}

fn marks(lab: &Lab, kind: MarkKind) -> Vec<String> {
    let line = timeline(lab, lab.judge().stale_reads(), None);
    line.marks.into_iter().filter(|mark| mark.kind == kind).map(|mark| mark.label).collect()
}

fn primaries(lab: &Lab) -> Vec<NodeId> {
    let leads = |node: &NodeId| lab.world().standing(*node).is_some_and(|one| one.role == Role::Primary);
    lab.world().members().into_iter().filter(leads).collect()
}

/// How many writes of a client ended so, between two moments.
fn ended(lab: &Lab, client: ClientId, (from, to): (u64, u64), like: impl Fn(Outcome) -> bool) -> usize {
    let (from, to) = (Micros::from_millis(from), Micros::from_millis(to));
    let is = |row: &&Row| row.client == client && row.at >= from && row.at < to && row.outcome.clone().is_some_and(&like);
    lab.world().history().iter().map(|(_, row)| row).filter(is).count()
}

const OK: fn(Outcome) -> bool = |outcome| outcome == Outcome::Written;

#[test]
fn the_nodes_elect_another() {
    let mut lab = opened("election");
    run(&mut lab, 1_950);
    assert!(headline(&lab).starts_with("A crashed. No node takes writes now"), "{}", headline(&lab));
    let seen = headlines(&mut lab, 2_000);
    let wanted = [
        " suspects A: no sign of life for 1.0 s. A is down indeed.",
        "C asks on trial: would the others vote for it to lead epoch 2?",
        "B would vote for C in epoch 2.",
        "C stands for election and asks for votes to lead epoch 2.",
        "B votes for C in epoch 2, and for nobody else in it.",
        "C is primary now (epoch 2), elected with 2 votes. Its log ends at LSN 3; what it never received is not in it.",
        "B follows C now (epoch 2).",
        " is acknowledged by C.",
    ];
    let mut left = seen.iter();
    for words in wanted {
        assert!(left.any(|said| said.contains(words)), "“{words}” comes in its turn:\n{seen:#?}");
    }
    run(&mut lab, 5_000);
    assert_eq!(primaries(&lab), [C]);
    assert_eq!((lab.world().view(A).expect("A runs").follows, lab.verdicts().durable), (Some(C), Verdict::Holds));
    assert_eq!(marks(&lab, MarkKind::Election), ["C is elected"]);
    assert!(marks(&lab, MarkKind::Suspicion)[0].contains("suspects A"), "{:?}", marks(&lab, MarkKind::Suspicion));
}

#[test]
fn elected_behind_its_back_there_are_two_primaries_and_acknowledged_writes_are_lost() {
    let mut lab = opened("split-brain");
    run(&mut lab, 2_700);
    let seen = headlines(&mut lab, 2_000);
    assert_eq!(primaries(&lab), [A, C]);
    assert!(seen.iter().any(|said| said == "B shows x = 6 now, 66 ms after the primary had it on disk."), "{seen:#?}");
    assert!(!seen.iter().any(|said| said.contains(" 0 ms after")), "not after what A has at that place: {seen:#?}");
    let doomed =
        "is acknowledged by A. But C leads epoch 2 and does not have it: when they hear of each other, it is thrown away.";
    assert!(seen.iter().any(|said| said.contains(doomed)), "{seen:#?}");
    assert!(!seen.iter().any(|said| said.contains("acknowledged by A. It has yet to reach")), "{seen:#?}");
    assert_eq!((card(&lab, A).badge, card(&lab, A).is_primary), (Some((Tone::Warn, "old epoch")), true));
    let both = (2_400, 5_200);
    assert!(ended(&lab, ANA, both, OK) >= 2 && ended(&lab, BEN, both, OK) >= 2, "both are told OK");
    run(&mut lab, 4_300);
    assert_eq!(primaries(&lab), [C]);
    assert!(matches!(lab.verdicts().durable, Verdict::Broken { .. }) && !lab.verdicts().lost.is_empty());
    says(&lab, "A hears of epoch 2 and takes no more writes. Who leads now it has yet to learn.");
    says(
        &lab,
        "A throws away y = 5, y = 7, y = 9, x = 11: the new primary’s log does not have them. Acknowledged of these: y = 5, ",
    );
    assert!(ended(&lab, ANA, (5_400, 9_000), OK) > 2, "she finds the new one");
}

#[test]
fn with_a_lease_the_one_cut_off_refuses_and_nothing_is_lost() {
    let [with, without] = ["split-brain-lease", "split-brain"].map(|name| presets::get(name).expect("a preset"));
    let mut same = with.clone();
    let (replicarium::scenario::ProtocolSettings::PrimaryReplica(config), title) = (&mut same.protocol, without.title.clone())
    else {
        unreachable!("it has a primary")
    };
    config.failover.fencing = Fencing::Nothing;
    (same.title, same.about) = (title, without.about.clone());
    assert_eq!(same, without, "only the lease differs");
    let mut lab = opened("split-brain-lease");
    run(&mut lab, 4_700);
    assert_eq!(status(&lab, A), "no majority · takes no writes");
    assert_eq!(rows(&lab, A), [("lease", "over: takes no writes".to_string())]);
    let refused = |outcome| outcome == Outcome::Refused(Refusal::NoMajority);
    let cut_off = (2_000, 5_200);
    assert_eq!((ended(&lab, ANA, cut_off, refused), ended(&lab, ANA, cut_off, OK)), (3, 0));
    assert!(ended(&lab, BEN, cut_off, OK) > 3);
    says(&lab, "A takes no more writes: its lease is over. It is in touch with 1 node, itself counted, and needs 2; ");
    says(&lab, "is refused: the primary has not heard from a majority, so another may lead by now.");
    run(&mut lab, 4_300);
    assert_eq!((lab.verdicts().durable, lab.verdicts().lost.len()), (Verdict::Holds, 0));
    says_nothing_of(&lab, "throws away");
    assert!(marks(&lab, MarkKind::Fault).iter().any(|label| label.contains("A loses its lease")));
    // Its end comes before anybody else leads.
    let at = |wanted: fn(&Fact) -> bool| {
        let is = |event: &&Event| matches!(&event.kind, Kind::Fact(fact) if wanted(fact));
        lab.world().trace().iter().map(|(_, event)| event).find(is).expect("it happens").at
    };
    assert!(at(|fact| matches!(fact, Fact::LeaseLost { .. })) < at(|fact| matches!(fact, Fact::Elected { .. })));
}

#[test]
fn a_pause_is_taken_for_a_crash() {
    let mut lab = opened("false-suspicion");
    run(&mut lab, 2_280);
    assert_eq!(status(&lab, B), "suspects A · has up to 3");
    assert!(card(&lab, A).spoken.ends_with("Suspected by B and C."), "{}", card(&lab, A).spoken);
    assert_eq!(rows(&lab, B), [("suspects", "A".to_string())]);
    assert_eq!(rows(&lab, A), [("suspected by", "B and C".to_string())]);
    run(&mut lab, 1_150);
    assert_eq!(primaries(&lab), [A, C]);
    says(&lab, "B suspects A: no sign of life for 800 ms. A is only paused, which nobody can tell from here.");
    run(&mut lab, 4_500);
    assert_eq!(primaries(&lab), [C]);
    says(&lab, "A hears of epoch 2 and takes no more writes.");
    assert!(!lab.world().trace().iter().any(|(_, event)| matches!(event.kind, Kind::Crash { .. })), "nobody ever crashed");
}

#[test]
fn a_suspicion_that_was_false_is_withdrawn_and_one_that_was_not_too() {
    for (pause, words) in [(true, "it was alive all along, the suspicion false."), (false, "it is back.")] {
        let mut lab = watching(Failover { by: By::Operator, ..election() });
        act(&mut lab, if pause { Command::Pause { node: A } } else { Command::Crash { node: A } });
        run(&mut lab, 700);
        says(&lab, "To act on it is up to a person.");
        act(&mut lab, if pause { Command::Resume { node: A } } else { Command::Restart { node: A } });
        run(&mut lab, 300);
        says(&lab, "B hears A again after");
        says(&lab, words);
        assert_eq!((primaries(&lab), rows(&lab, B)), (vec![A], vec![]));
    }
}

#[test]
fn a_suspected_primary_that_runs_is_marked_on_its_card() {
    let mut lab = watching(Failover { by: By::Operator, ..election() });
    act(&mut lab, Command::Partition { groups: vec![vec![A.into(), ANA.into()], vec![B.into(), C.into(), BEN.into()]] });
    run(&mut lab, 700);
    assert_eq!(card(&lab, A).badge, Some((Tone::Warn, "suspected")));
    says(&lab, "A runs: what it says does not arrive, or too late, which looks the same from here.");
}

/// The words of cards of any size.
#[test]
fn a_candidate_counts_its_votes() {
    let mut lab = watching(election());
    write(&mut lab, 1);
    run(&mut lab, 800);
    for node in [A, B] {
        act(&mut lab, Command::Crash { node });
    }
    while lab.world().standing(C).is_some_and(|one| one.role != Role::Candidate) && lab.step() {}
    let at = |width: f64, height: f64| {
        let card = stage(lab.world(), width, height).nodes.into_iter().find(|card| card.node == C).expect("C");
        (card.role.clone(), card.status.1.clone())
    };
    assert_eq!(at(784.0, 600.0), ("candidate".into(), "stands · 1 of 2 votes".into()));
    assert_eq!(at(320.0, 250.0), ("candidate".into(), "1 of 2 votes".into()));
    assert_eq!(rows(&lab, C), [("suspects", "A".to_string()), ("votes", "1 of 2 needed".into())]);
    run(&mut lab, 1_500);
    says(&lab, "C is not elected: 1 vote of 2 needed. It tries again, after a random wait.");
}

/// Two stand for the same epoch, each votes for itself: nobody has a majority.
#[test]
fn a_split_vote_names_the_rivals() {
    let spread = Micros::from_millis(1);
    let mut lab = watching(Failover { trial_vote: false, spread, ..election() });
    act(&mut lab, Command::Crash { node: A });
    run(&mut lab, 1_500);
    says(&lab, "is not elected: 1 vote of 2 needed, for ");
    says(&lab, ": in epoch 2 its vote is given, or it leads.");
}

#[test]
fn where_nodes_elect_a_person_can_only_have_one_stand() {
    let mut lab = watching(election());
    act(&mut lab, Command::Promote { node: B });
    assert_eq!(
        headline(&lab),
        "B stands for election and asks for votes to lead epoch 2. A person wanted it to lead, but here the nodes decide."
    );
    run(&mut lab, 1_000);
    assert_eq!(primaries(&lab), [B]);
    says(&lab, "B is primary now (epoch 2), elected with ");
}

#[test]
fn the_power_of_the_old_one_is_cut() {
    let mut lab = watching(Failover { fencing: Fencing::Power, ..election() });
    act(&mut lab, Command::Partition { groups: vec![vec![A.into(), ANA.into()], vec![B.into(), C.into(), BEN.into()]] });
    let seen = headlines(&mut lab, 2_000);
    assert!(seen.iter().any(|said| said.contains("elected with 2 votes. The power is cut at A. Its log ends")), "{seen:#?}");
    let elected = marks(&lab, MarkKind::Election);
    assert!(elected[0].contains("A loses power") && elected[0].contains("is elected"), "{elected:?}");
}

/// The primary waits for a replica that it cannot reach, and is deposed meanwhile.
#[test]
fn a_write_that_waits_at_a_deposed_primary_is_in_doubt() {
    let mut lab = watching(election());
    act(&mut lab, Command::SetCommit(Commit { level: Level::RemoteFlush, ..Commit::default() }));
    act(&mut lab, Command::Partition { groups: vec![vec![A.into(), ANA.into()], vec![B.into(), C.into(), BEN.into()]] });
    act(&mut lab, Command::Issue { client: ANA, action: Action::Write { key: X, value: 9 }, at: None });
    run(&mut lab, 1_300);
    act(&mut lab, Command::HealAll);
    run(&mut lab, 500);
    says(&lab, "Ana’s write x = 9 is in doubt: A was deposed before it was confirmed. The write may stay, or be thrown away.");
}

#[test]
fn a_lease_comes_back_with_the_majority() {
    let mut lab = watching(Failover { by: By::Operator, fencing: Fencing::Lease, ..election() });
    let others = vec![Address::Node(B), C.into(), BEN.into()];
    act(&mut lab, Command::Partition { groups: vec![vec![A.into(), ANA.into()], others] });
    run(&mut lab, 600);
    assert_eq!(card(&lab, A).status, (Tone::Bad, "no majority · takes no writes".into()));
    act(&mut lab, Command::HealAll);
    run(&mut lab, 400);
    says(&lab, "A is in touch with a majority again and takes writes.");
    assert_eq!(rows(&lab, A), [("lease", "held".to_string())]);
}

/// Signs of life come all the time; they are told only where they fail to.
#[test]
fn heartbeats_are_no_news() {
    let mut lab = watching(election());
    write(&mut lab, 1);
    run(&mut lab, 1_000);
    let last = headline(&lab);
    assert!(last.contains("shows x = 1 now"), "{last}");
    run(&mut lab, 2_000);
    assert_eq!(headline(&lab), last);
}

#[test]
fn a_new_rule_is_told_in_words() {
    let cases = [
        (election(), "the nodes elect another. A silence of 400 ms is suspicious."),
        (Failover { fencing: Fencing::Lease, ..election() }, "; without a majority a primary takes no writes."),
        (
            Failover { detect: Detect::Phi, fencing: Fencing::Power, ..election() },
            "from φ 8 on; the old one’s power is cut first.",
        ),
        (Failover::default(), "a person decides who leads. Nobody sends heartbeats."),
    ];
    for (failover, words) in cases {
        let mut lab = quiet();
        act(&mut lab, Command::SetFailover(failover));
        let said = headline(&lab);
        assert!(said.starts_with("When the primary is gone, ") && said.ends_with(words), "{said}");
    }
}

/// Every vote travels on a line, between nodes that have nothing else to say to each other, too; in groups of any size.
#[test]
fn votes_have_a_way() {
    for count in [3, 5, 7, 10] {
        let mut scenario = presets::get("first-look").expect("the first preset");
        scenario.nodes.count = count;
        let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
        act(&mut lab, Command::SetFailover(election()));
        run(&mut lab, 1_000);
        act(&mut lab, Command::Crash { node: A });
        let (mut votes, mut found) = (0, Vec::new());
        for moment in 0..60 {
            run(&mut lab, 17);
            let world = lab.world();
            let of_votes = world.flights().filter(|flight| flight.class == MessageClass::Vote);
            let ways: Vec<(Address, Address)> = of_votes.map(|flight| (flight.from, flight.to)).collect();
            votes += ways.len();
            let sizes = if moment % 6 == 0 { &STAGES[..] } else { &STAGES[4..5] };
            for (width, height) in sizes.iter().copied().filter(|_| !ways.is_empty()) {
                let lines = stage(world, width, height).links;
                let has_line = |(from, to): &&(Address, Address)| {
                    lines.iter().any(|line| [(line.from, line.to), (line.to, line.from)].contains(&(*from, *to)))
                };
                assert!(ways.iter().all(|way| has_line(&way)), "{count} nodes, {width} × {height}");
                found.extend(
                    faults(&lab, width, height).into_iter().map(|fault| format!("{count} nodes, {width} × {height}: {fault}")),
                );
            }
        }
        assert!(votes > 0, "{count} nodes vote");
        assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
    }
}

/// What is left when a node goes: who leads if not it, and what is kept for it.
#[test]
fn a_crash_is_told_as_it_leaves_the_group() {
    let mut lab = opened("split-brain-lease");
    run(&mut lab, 4_300);
    assert_eq!(primaries(&lab).last(), Some(&C));
    act(&mut lab, Command::Crash { node: A });
    run(&mut lab, 1);
    says(&lab, "A crashed. C leads, and takes writes.");
    let mut lab = opened("log-truncated");
    run(&mut lab, 1_000);
    says(&lab, "C crashed. A keeps the last 8 entries for when it is back.");
    act(&mut lab, Command::Wipe { node: B });
    run(&mut lab, 1);
    says(&lab, "B lost its disk. When it is back it needs everything anew.");
}

/// A request that waited at a paused primary, and that its client then made elsewhere: written twice, and not lost when one of
/// the two is thrown away.
#[test]
fn what_the_new_primary_has_as_well_is_not_called_lost() {
    let mut lab = opened("false-suspicion");
    run(&mut lab, 5_000);
    says(&lab, "A throws away its own copy of x = 4: C was asked to write the same, and has it.");
    says_nothing_of(&lab, "the new primary’s log does not have");
    assert_eq!(lab.verdicts().durable, Verdict::Holds);
}

/// Many at once are counted, and those that clients were promised are named all the same.
#[test]
fn every_promise_that_is_broken_is_named() {
    let mut lab = opened("two-primaries");
    run(&mut lab, 5_000);
    says(
        &lab,
        "A throws away 6 writes up to y = 17: the new primary’s log does not have them. \
         Acknowledged of these: y = 7, y = 9, x = 11, x = 13, x = 15, y = 17.",
    );
    assert!(matches!(lab.verdicts().durable, Verdict::Broken { .. }));
}
