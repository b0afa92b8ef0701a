//! Writes whose value the database makes: on the wire what is asked for, at the client and in sentences what came of it.

use super::covered::{STAGES, faults};
use super::*;
use replicarium::{
    explain::why_lost,
    protocol::primary_replica::Shipping,
    scenario::ProtocolSettings,
    scene::flights::words,
    sim::{id::Origin, operation::Function},
};

/// As [`quiet`], with replicas that are sent this.
fn sent(shipping: Shipping) -> Lab {
    let mut scenario = presets::get("first-look").expect("the first preset");
    scenario.clients.iter_mut().for_each(|client| client.workload = None);
    let ProtocolSettings::PrimaryReplica(config) = &mut scenario.protocol else { unreachable!("as it is by default") };
    config.shipping = shipping;
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
    run(&mut lab, 1_000);
    lab
}

fn generate(lab: &mut Lab, function: Function) {
    act(lab, Command::Issue { client: ANA, action: Action::Generate { key: X, function }, at: None });
}

fn held(lab: &Lab, node: NodeId) -> Option<i64> {
    lab.world().view(node)?.copies.first().map(|write| write.value)
}

/// What Ana's label says, and all that is on the wire, in words.
fn seen(lab: &Lab) -> (String, Vec<String>) {
    let ana = picture(lab).clients.into_iter().find(|figure| figure.client == ANA).expect("Ana");
    (ana.status.1.clone(), lab.world().flights().map(|flight| words(lab.world(), flight)).collect())
}

#[test]
fn a_number_has_a_value_once_it_is_made() {
    let mut lab = sent(Shipping::Row);
    write(&mut lab, 41);
    run(&mut lab, 1_000);
    generate(&mut lab, Function::Next);
    run(&mut lab, 20);
    let (ana, wire) = seen(&lab);
    assert_eq!((ana.as_str(), wire.contains(&"write x = next, Ana to A".into())), ("writes x = next…", true), "{wire:?}");
    run(&mut lab, 50);
    let (_, wire) = seen(&lab);
    assert!(wire.contains(&"answer x = 42, A to Ana".into()), "{wire:?}");
    assert!(wire.contains(&"log entry x = 42, A to B".into()), "{wire:?}");
    run(&mut lab, 30);
    assert_eq!(headline(&lab), "Ana’s write is acknowledged by A, which made the value: x = 42. It has yet to reach B and C.");
    assert_eq!(seen(&lab).0, "x = 42 · OK");
    run(&mut lab, 1_000);
    assert_eq!([A, B, C].map(|node| held(&lab, node)), [Some(42); 3]);
    assert_eq!(why_old(lab.world(), B, X), None);
}

#[test]
fn two_values_of_one_statement_are_told_apart() {
    let mut lab = sent(Shipping::Statement);
    generate(&mut lab, Function::Random);
    let (mut told, mut on_the_wire) = (Vec::new(), Vec::new());
    while lab.world().now() < Micros::from_secs(2) && lab.step() {
        on_the_wire.extend(seen(&lab).1);
        let now = headline(&lab);
        if told.last() != Some(&now) {
            told.push(now);
        }
        for (width, height) in STAGES {
            assert_eq!(faults(&lab, width, height), Vec::<String>::new(), "{width} × {height}");
        }
    }
    assert!(on_the_wire.contains(&"statement x = random, A to B".into()), "{on_the_wire:?}");
    assert!(!on_the_wire.iter().any(|words| words.starts_with("log entry")), "no value is sent: {on_the_wire:?}");
    assert_eq!(told[0], "Ana wants a random number to be written to x.");
    let [at_a, at_b, at_c] = [A, B, C].map(|node| held(&lab, node).expect("a value"));
    assert!(at_a != at_b && at_b != at_c);
    let differ = format!(
        "B made a value of its own of the same statement: x = {at_b}, and the primary has x = {at_a}. Nothing failed; the copies differ."
    );
    assert!(told.contains(&differ), "{told:#?}");
    let why = plain(&why_old(lab.world(), C, X).expect("it holds something else"));
    assert_eq!(why, format!("C was sent the statement, not the value, and made x = {at_c} of it; A has x = {at_a}."));
    let stage = picture(&lab);
    let cell = |card: usize| stage.nodes[card].log.iter().flatten().last().cloned().expect("an entry");
    assert_eq!((cell(0).diverged, cell(1).diverged, cell(1).chip.map(|chip| chip.value())), (false, true, Some(at_b)));
}

/// Replicas that must show a write before it is acknowledged vouch for its place in the log, not for its value.
#[test]
fn an_acknowledgement_says_who_made_another_value() {
    for (shipping, words) in [
        (Shipping::Row, "Every running node has it."),
        (Shipping::Statement, "Of the same statement another value was made by B and C."),
    ] {
        let mut lab = sent(shipping);
        act(&mut lab, Command::SetCommit(Commit { level: Level::RemoteApply, count: 2, ..Commit::default() }));
        generate(&mut lab, Function::Random);
        let mut told = Vec::new();
        while lab.world().now() < Micros::from_secs(3) && lab.step() {
            told.push(headline(&lab));
        }
        let value = held(&lab, A).expect("a value");
        let expected = format!("Ana’s write is acknowledged by A, which made the value: x = {value}. {words}");
        assert!(told.contains(&expected), "{expected}\n{:#?}", told.last());
    }
}

#[test]
fn a_number_that_is_lost_is_named() {
    let mut lab = sent(Shipping::Row);
    lag(&mut lab, B, 2_000);
    lag(&mut lab, C, 2_000);
    generate(&mut lab, Function::Next);
    run(&mut lab, 300);
    act(&mut lab, Command::Partition { groups: vec![vec![A.into()], vec![B.into(), C.into(), ANA.into(), BEN.into()]] });
    act(&mut lab, Command::Promote { node: B });
    run(&mut lab, 500);
    let lost = lab.verdicts().lost;
    assert_eq!(lost.iter().map(|one| (one.write.id.origin, one.write.value)).collect::<Vec<_>>(), [(Origin::Hand, 1)]);
    assert!(plain(&why_lost(&lost[0])).starts_with("x = 1 was acknowledged to Ana by A at"), "{}", plain(&why_lost(&lost[0])));
}
