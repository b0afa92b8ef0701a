//! What replicas are called: by what they are to the primary's writes, by who feeds them, by how late they show things.

use super::*;
use replicarium::{protocol::commit::Which, scenario::ProtocolSettings};

/// A group of four, with this rule from the beginning.
fn group_with(commit: Commit) -> Lab {
    let mut scenario = presets::get("first-look").expect("the first preset");
    scenario.nodes.count = 4;
    let ProtocolSettings::PrimaryReplica(config) = &mut scenario.protocol else { unreachable!("as it is by default") };
    config.commit = commit;
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
    run(&mut lab, 2_000);
    lab
}

fn roles(lab: &Lab) -> Vec<String> {
    picture(lab).nodes.iter().map(|card| card.role.clone()).collect()
}

#[test]
fn replicas_are_called_by_what_they_are_to_writes() {
    let rule = |which, count, among: &[NodeId]| Commit {
        level: Level::RemoteFlush,
        which,
        count,
        among: among.to_vec(),
        ..Commit::default()
    };
    let cases = [
        (Commit::default(), ["primary", "replica", "replica", "replica"]),
        (rule(Which::First, 1, &[B, C]), ["primary", "sync replica", "potential sync", "async replica"]),
        (rule(Which::Any, 1, &[C, D]), ["primary", "async replica", "quorum replica", "quorum replica"]),
        (rule(Which::Majority, 1, &[]), ["primary", "quorum replica", "quorum replica", "quorum replica"]),
    ];
    for (commit, expected) in cases {
        let words = commit.words();
        assert_eq!(roles(&group_with(commit)), expected, "{words}");
    }
}

/// Cards of two lines say it in a word; who does not see them is told in full.
#[test]
fn small_cards_say_it_too() {
    let commit = Commit { level: Level::RemoteFlush, among: vec![B, C], ..Commit::default() };
    let mut lab = group_with(commit);
    act(&mut lab, Command::SetUpstream { node: D, from: Some(B) });
    run(&mut lab, 500);
    let stage = stage(lab.world(), 500.0, 420.0);
    let roles: Vec<&str> = stage.nodes.iter().map(|card| card.role.as_str()).collect();
    assert_eq!(roles, ["primary", "sync", "potential", "of B"]);
    let spoken: Vec<&str> = stage.nodes.iter().map(|card| card.spoken.split('.').next().unwrap_or_default()).collect();
    assert_eq!(spoken[1..], ["Node B, sync replica", "Node C, potential sync", "Node D, replica of B"]);
}

#[test]
fn a_replica_that_is_late_on_purpose_says_so() {
    let mut lab = group_with(Commit::default());
    act(&mut lab, Command::SetWorkload { client: ANA, on: false });
    run(&mut lab, 1_000);
    act(&mut lab, Command::SetDelay { node: C, by: Some(Micros::from_secs(5)) });
    run(&mut lab, 1);
    assert_eq!(headline(&lab), "C shows what it gets 5.0 s late from now on, on purpose.");
    write(&mut lab, 77);
    run(&mut lab, 2_000);
    assert_eq!(roles(&lab)[2], "delayed replica");
    let why = plain(&why_old(lab.world(), C, X).expect("it is held back"));
    assert!(why.starts_with("The write x = 77 arrived at "), "{why}");
    assert!(why.ends_with("and is held back: C shows everything 5.0 s late, on purpose."), "{why}");
    assert_eq!(why_old(lab.world(), B, X), None);
    act(&mut lab, Command::SetDelay { node: C, by: None });
    run(&mut lab, 100);
    assert_eq!((why_old(lab.world(), C, X), roles(&lab)[2].as_str()), (None, "replica"));
}
