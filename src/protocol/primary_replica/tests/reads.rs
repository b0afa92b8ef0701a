//! Reads that ask for more than what happens to be there.

use super::*;
use crate::{
    protocol::commit::{Commit, Level, Which},
    sim::{
        id::{Address, OperationId},
        operation::{Action, Concern, Outcome, Refusal, Write},
        time::Micros,
    },
    trace::Fact,
    world::command::Command,
};

/// Three nodes that elect, 10 ms apart; Ben reads as told.
fn reading(concern: Concern) -> Play {
    let mut scenario = group(3);
    scenario.network.latency = constant(10);
    config(&mut scenario).failover = election();
    scenario.clients.iter_mut().for_each(|client| client.timeout = ms(1_000));
    scenario.clients[ANA.0 as usize].retries = 1;
    scenario.clients[BEN.0 as usize].concern = concern;
    let mut play = Play::new(scenario);
    play.run(300);
    play
}

fn alone(play: &mut Play) {
    let (one, other): (Vec<Address>, Vec<Address>) =
        play.world.addresses().into_iter().partition(|address| [A.into(), BEN.into()].contains(address));
    play.act(Command::Partition { groups: vec![one, other] });
}

fn value(play: &Play, read: OperationId) -> Option<i64> {
    match play.outcome(read) {
        Some(Outcome::Read(write)) => write.map(|write: Write| write.value),
        other => panic!("it ended with {other:?}"),
    }
}

#[test]
fn a_majority_read_shows_nothing_that_only_one_node_has() {
    for (concern, shows) in [(Concern::Local, Some(2)), (Concern::Majority, Some(1))] {
        let mut play = reading(concern);
        play.write(ANA, X, 1);
        play.run(500);
        for replica in [B, C] {
            play.act(Command::Cut { from: A.into(), to: replica.into(), both: true });
        }
        play.write(ANA, X, 2);
        play.run(50);
        let read = play.read(BEN, X, A);
        play.run(100);
        assert_eq!(value(&play, read), shows, "{concern:?}");
    }
}

/// A replica learns from heartbeats what a majority has, though nothing is written any more.
#[test]
fn replicas_answer_majority_reads_as_well() {
    let mut play = reading(Concern::Majority);
    play.write(ANA, X, 1);
    play.run(35);
    let early = play.read(BEN, X, B);
    play.run(300);
    assert_eq!(value(&play, early), None, "B has it, but does not know who else");
    let late = play.read(BEN, X, B);
    play.run(100);
    assert_eq!(value(&play, late), Some(1));
    // After a restart it knows nothing, until it is told.
    play.act(Command::Crash { node: B }).act(Command::Restart { node: B });
    let again = play.read(BEN, X, B);
    play.run(300);
    assert_eq!(play.outcome(again), Some(Outcome::Refused(Refusal::NotReady)));
    let later = play.read(BEN, X, B);
    play.run(100);
    assert_eq!(value(&play, later), Some(1));
}

/// What an old primary alone shows, and what it must not.
#[test]
fn a_deposed_primary_answers_plain_reads_and_no_linearizable_ones() {
    let mut play = reading(Concern::Local);
    play.write(ANA, X, 1);
    play.run(500);
    alone(&mut play);
    play.run(2_000);
    play.write(ANA, X, 2);
    play.run(2_500);
    let stale = play.read(BEN, X, A);
    play.run(500);
    assert_eq!(value(&play, stale), Some(1), "there is a newer one, on the other side");
    play.act(Command::SetConcern { client: BEN, concern: Concern::Linearizable });
    let none = play.read(BEN, X, A);
    play.run(2_500);
    assert_eq!(play.outcome(none), Some(Outcome::TimedOut), "nobody tells A that it still leads");
    play.act(Command::HealAll).run(3_000);
    let fresh = play.issue(BEN, Action::Read { key: X }, None);
    play.run(500);
    // The new primary must have something of its own on a majority's disks; Ana's second write is.
    assert_eq!(value(&play, fresh), Some(2));
}

#[test]
fn a_linearizable_read_costs_a_round_trip() {
    let mut play = reading(Concern::Linearizable);
    play.write(ANA, X, 1);
    play.run(500);
    let asked = play.world.now();
    let read = play.issue(BEN, Action::Read { key: X }, None);
    play.run(300);
    assert_eq!(value(&play, read), Some(1));
    let told = play.world.history().iter().rfind(|(_, row)| row.operation == read).expect("it ended").1.at;
    let took = told.saturating_sub(asked);
    assert!(took >= ms(40) && took < ms(50), "there and back twice: {took}");
    assert_eq!(play.facts(A).filter(|(_, fact)| matches!(fact, Fact::ReadConfirms { needed: 2 })).count(), 1);
    let at_replica = play.read(BEN, X, B);
    play.run(300);
    assert_eq!(play.outcome(at_replica), Some(Outcome::Refused(Refusal::NotPrimary { primary: Some(A) })));
}

/// A replica that is cut off answers for as long as it is sure, then refuses; who may look elsewhere finds the primary.
#[test]
fn bounded_reads_are_refused_by_who_cannot_know() {
    let mut play = reading(Concern::Bounded(ms(600)));
    play.write(ANA, X, 1);
    play.run(500).act(Command::Cut { from: A.into(), to: B.into(), both: true });
    play.write(ANA, X, 2);
    play.run(200);
    let soon = play.read(BEN, X, B);
    play.run(100);
    assert_eq!(value(&play, soon), Some(1), "old, but not older than allowed");
    play.run(500);
    let late = play.read(BEN, X, B);
    play.run(100);
    assert_eq!(play.outcome(late), Some(Outcome::Refused(Refusal::TooStale)));
    play.act(Command::SetReadsFrom { client: BEN, target: crate::client::workload::Target::Replica });
    let reads: Vec<OperationId> = (0..6).map(|_| play.issue(BEN, Action::Read { key: X }, None)).collect();
    play.run(2_000);
    assert!(reads.into_iter().all(|read| value(&play, read) == Some(2)), "C has it, and B sends its readers on");
}

/// Without heartbeats a replica of an idle primary soon cannot know.
#[test]
fn without_signs_of_life_nobody_knows_how_old_its_data_is() {
    let mut scenario = group(2);
    scenario.network.latency = constant(10);
    scenario.clients[BEN.0 as usize].concern = Concern::Bounded(ms(300));
    let mut play = Play::new(scenario);
    play.write(ANA, X, 1);
    play.run(200);
    let (soon, _) = (play.read(BEN, X, B), play.run(800));
    let late = play.read(BEN, X, B);
    play.run(200);
    assert_eq!((value(&play, soon), play.outcome(late)), (Some(1), Some(Outcome::Refused(Refusal::TooStale))));
}

/// The clock that a bound is measured by can be wrong, and then so is the bound.
#[test]
fn a_clock_that_is_behind_makes_old_data_look_fresh() {
    let mut play = reading(Concern::Bounded(ms(300)));
    play.write(ANA, X, 1);
    play.run(500);
    let clock = crate::sim::clock::Clock { skew_us: -5_000_000, drift_ppm: 0 };
    play.act(Command::SetClock { node: B, clock }).act(Command::Cut { from: A.into(), to: B.into(), both: true });
    play.write(ANA, X, 2);
    play.run(2_000);
    let read = play.read(BEN, X, B);
    play.run(100);
    assert_eq!(value(&play, read), Some(1), "two seconds old, and it believes otherwise");
}

/// Majority reads never return what a failover takes back, whatever writes wait for.
#[test]
fn what_a_majority_read_showed_is_never_taken_back() {
    for level in [Level::LocalFlush, Level::RemoteFlush] {
        let mut play = reading(Concern::Majority);
        play.act(Command::SetCommit(Commit { level, which: Which::Majority, ..Commit::default() }));
        play.write(ANA, X, 1);
        play.run(500);
        alone(&mut play);
        // Ben is with A, which takes this and cannot pass it on.
        let taken = play.issue(BEN, Action::Write { key: X, value: 9 }, Some(A));
        play.run(100);
        let expected = if level == Level::LocalFlush { Some(Outcome::Written) } else { None };
        assert_eq!(play.outcome(taken), expected, "{level:?}");
        play.run(1_000);
        let read = play.read(BEN, X, A);
        play.run(100);
        assert_eq!(value(&play, read), Some(1), "{level:?}");
        play.run(Micros::from_millis(2_000).0 / 1_000).act(Command::HealAll).run(4_000);
        assert_eq!(play.discarded(A).len(), 1);
    }
}

/// An elected primary writes a no-op first, so it soon knows what lasts, though nobody else writes.
#[test]
fn after_an_election_nobody_has_to_write_before_the_latest_can_be_read() {
    for concern in [Concern::Linearizable, Concern::Majority] {
        let mut play = reading(concern);
        play.write(ANA, X, 1);
        play.run(500);
        play.act(Command::CrashMachine { node: A });
        play.run(2_500);
        let leader = play.world.primary().expect("B or C was elected");
        let read = play.read(BEN, X, leader);
        play.run(200);
        assert_eq!(value(&play, read), Some(1), "{concern:?}");
        let no_op = |fact: &Fact| matches!(fact, Fact::Appended { write: None, epoch, .. } if *epoch == play.view(leader).epoch);
        assert_eq!(play.facts(leader).filter(|(_, fact)| no_op(fact)).count(), 1);
        assert_eq!(play.view(leader).copies.len(), 1, "which changes nothing");
    }
}
