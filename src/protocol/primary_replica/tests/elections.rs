//! Failures noticed and followed by a takeover without anybody's hand.

use super::*;
use crate::{
    protocol::{
        commit::{Commit, Level, Which},
        detector::Detect,
        failover::{Failover, Fencing},
    },
    sim::{
        id::NodeId,
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::{Action, Outcome, Refusal},
    },
    store::log::Epoch,
    trace::{Fact, Kind, NoVote, Role},
    world::command::Command,
};

fn electing(count: u16, failover: Failover) -> Play {
    let mut scenario = group(count);
    scenario.network.latency = constant(10);
    config(&mut scenario).failover = failover;
    scenario.clients.iter_mut().for_each(|client| (client.timeout, client.retries) = (ms(1_500), 1));
    Play::new(scenario)
}

fn primaries(play: &Play) -> Vec<(NodeId, Epoch)> {
    let standing = |node| play.world.standing(node).filter(|one| one.role == Role::Primary).map(|one| (node, one.epoch));
    play.world.members().into_iter().filter_map(standing).collect()
}

fn facts(play: &Play) -> Vec<(NodeId, Fact)> {
    let fact = |event: &crate::trace::Event| match &event.kind {
        Kind::Fact(fact) => Some((event.node?, fact.clone())),
        _ => None,
    };
    play.world.trace().iter().filter_map(|(_, event)| fact(event)).collect()
}

fn count(play: &Play, wanted: impl Fn(&Fact) -> bool) -> usize {
    facts(play).iter().filter(|(_, fact)| wanted(fact)).count()
}

#[test]
fn the_nodes_elect_another_when_the_primary_dies_and_the_old_one_follows_it() {
    for failover in [election(), Failover { trial_vote: false, ..election() }, Failover { detect: Detect::Phi, ..election() }] {
        let mut play = electing(3, failover);
        play.write(ANA, X, 1);
        play.run(1_000).act(Command::Crash { node: A }).run(4_000);
        let now = primaries(&play);
        assert!(matches!(now[..], [(B | C, Epoch(2))]), "{now:?}");
        play.write(ANA, X, 2);
        play.run(500);
        play.act(Command::Restart { node: A }).run(2_000);
        assert_eq!(primaries(&play), now, "it comes back as a replica");
        assert_eq!(play.view(A).follows, Some(now[0].0));
        assert_eq!(play.view(A).copies[0].value, 2);
        assert_eq!(play.view(A).copies, play.view(B).copies);
    }
}

#[test]
fn nobody_takes_over_from_a_primary_that_lives_nor_without_a_majority() {
    let mut play = electing(3, election());
    play.run(20_000);
    assert_eq!((primaries(&play), count(&play, |fact| matches!(fact, Fact::Suspects { .. }))), (vec![(A, Epoch(1))], 0));
    play.act(Command::Crash { node: A }).act(Command::Crash { node: B }).run(20_000);
    assert_eq!((primaries(&play), play.view(C).epoch), (vec![], Epoch(1)), "its trials fail, so no epoch begins");
    assert!(count(&play, |fact| matches!(fact, Fact::NotElected { votes: 1, needed: 2, .. })) > 10);
    play.act(Command::Restart { node: B }).run(2_000);
    assert_eq!(primaries(&play).len(), 1, "two are enough");
}

/// Raft §5.4.1.
#[test]
fn no_one_is_elected_who_lacks_what_a_voter_has() {
    let mut refusals = 0;
    for seed in 0..20 {
        let mut scenario = group(3);
        scenario.seed = seed;
        config(&mut scenario).failover = election();
        let mut play = Play::new(scenario);
        let copies = |to| LinkRule {
            from: End::One(A.into()),
            to: End::One(to),
            both: false,
            class: Some(MessageClass::Replicate),
            set: LinkChange { loss: Some(1.0), ..Default::default() },
        };
        play.act(Command::SetLink(copies(B.into())));
        play.write(ANA, X, 1);
        play.run(300);
        assert_eq!((play.view(B).written.0, play.view(C).written.0), (0, 1));
        play.act(Command::Crash { node: A }).run(8_000);
        assert!(matches!(primaries(&play)[..], [(C, _)]), "seed {seed}");
        let behind = |fact: &Fact| matches!(fact, Fact::VoteRefused { candidate: B, why: NoVote::LogBehind, .. });
        refusals += count(&play, behind);
    }
    assert!(refusals > 3, "B stood first now and then, and was refused: {refusals}");
}

/// Raft, §5.2: a follower's time-out begins anew with a vote it gives or a word of the leader, not with pleas that it refuses.
/// Else one who lacks something could keep the only one who has everything from standing.
#[test]
fn who_is_refused_does_not_put_off_the_one_who_could_win() {
    let mut refused_first = 0;
    for seed in 0..30 {
        let mut scenario = group(3);
        scenario.seed = seed;
        config(&mut scenario).failover = Failover { trial_vote: false, timeout: ms(2_000), spread: ms(1_000), ..election() };
        let mut play = Play::new(scenario);
        play.act(Command::Cut { from: A.into(), to: B.into(), both: true });
        play.write(ANA, X, 1);
        play.run(1_000).act(Command::Crash { node: A });
        let behind =
            |play: &Play| count(play, |fact| matches!(fact, Fact::VoteRefused { candidate: B, why: NoVote::LogBehind, .. }));
        while behind(&play) == 0 && primaries(&play).is_empty() {
            play.run(50);
        }
        if primaries(&play).is_empty() {
            refused_first += 1;
            // B has heard nothing of A for a while, so it may stand long before C knows of the crash.
            play.run(50 + 2_000 + 1_000 + 200);
            assert!(matches!(primaries(&play)[..], [(C, _)]), "seed {seed}");
        }
    }
    assert!(refused_first > 20, "B stood first in {refused_first} runs of 30");
}

/// A replica that hears nothing stands, but a trial deposes nobody; without trials it comes back with a newer epoch (Raft
/// thesis §9.6).
#[test]
fn who_was_only_cut_off_deposes_a_primary_that_works_unless_it_tries_first() {
    for (trial_vote, leads_on) in [(true, true), (false, false)] {
        let mut play = electing(3, Failover { trial_vote, ..election() });
        for other in [A, B] {
            play.act(Command::Cut { from: other.into(), to: C.into(), both: true });
        }
        play.run(3_000).act(Command::HealAll).run(3_000);
        assert_eq!(primaries(&play) == [(A, Epoch(1))], leads_on);
        assert_eq!(primaries(&play).len(), 1);
    }
}

/// ph-42, ph-11: the detector cannot tell a pause from a crash.
#[test]
fn a_pause_is_taken_for_a_crash_and_the_primary_finds_itself_deposed() {
    let mut play = electing(3, election());
    play.write(ANA, X, 1);
    play.run(1_000).act(Command::Pause { node: A }).run(3_000);
    let new = primaries(&play).into_iter().find(|(node, _)| *node != A).expect("another leads");
    play.act(Command::Resume { node: A }).run(1_000);
    assert_eq!(primaries(&play), [new]);
    // A shorter one is forgiven, and the suspicion taken back.
    let mut play = electing(3, Failover { spread: ms(2_000), ..election() });
    play.run(1_000).act(Command::Pause { node: A }).run(450).act(Command::Resume { node: A }).run(1_000);
    assert!(count(&play, |fact| matches!(fact, Fact::Suspects { suspect: A, .. })) > 0);
    if primaries(&play) == [(A, Epoch(1))] {
        assert_eq!(
            count(&play, |fact| matches!(fact, Fact::Trusts { suspect: A, .. })),
            count(&play, |fact| matches!(fact, Fact::Suspects { suspect: A, .. }))
        );
    }
}

/// ph-09, ph-10: the old primary in a minority goes on taking writes, unless a lease or the loss of its power stops it.
#[test]
fn two_lead_without_fencing_and_one_with_it() {
    for (fencing, both_take) in [(Fencing::Nothing, true), (Fencing::Lease, false), (Fencing::Power, false)] {
        let mut play = electing(3, Failover { fencing, ..election() });
        let alone = vec![A.into(), ANA.into()];
        let others = vec![B.into(), C.into(), BEN.into()];
        play.run(1_000).act(Command::Partition { groups: vec![alone, others] }).run(3_000);
        play.write(ANA, X, 1);
        play.write(BEN, X, 2);
        play.run(4_000);
        let told = |client, value| {
            let mut mine = play.world.history().iter().filter(|(_, row)| row.client == client && row.outcome.is_some());
            mine.rfind(|(_, row)| matches!(row.action, Action::Write { value: own, .. } if own == value))
                .and_then(|(_, row)| row.outcome.clone())
        };
        assert_eq!(told(BEN, 2), Some(Outcome::Written), "the majority goes on");
        match fencing {
            Fencing::Nothing => assert_eq!(told(ANA, 1), Some(Outcome::Written)),
            Fencing::Lease => assert_eq!(told(ANA, 1), Some(Outcome::TimedOut), "refused by A, and nobody else answers"),
            Fencing::Power => assert!(play.world.host(A).is_some_and(|host| host.machine_down)),
        }
        assert_eq!(primaries(&play).len() == 2, fencing != Fencing::Power);
        play.act(Command::HealAll).act(Command::Restart { node: A }).run(3_000);
        assert_eq!(primaries(&play).len(), 1);
        assert_eq!(play.view(A).copies[0].value, 2);
        let lost = play.discarded(A).iter().any(|write| write.value == 1);
        assert_eq!(lost, both_take, "{fencing:?}: what the minority took is thrown away");
    }
}

/// A write that waits for a majority when its primary is deposed: the client is told that nobody can know.
#[test]
fn clients_of_a_deposed_primary_are_told_that_their_writes_are_in_doubt() {
    let mut play = electing(3, election());
    play.act(Command::SetCommit(Commit { level: Level::RemoteFlush, which: Which::Majority, ..Commit::default() }));
    let alone = vec![A.into(), ANA.into()];
    play.run(1_000).act(Command::Partition { groups: vec![alone, vec![B.into(), C.into(), BEN.into()]] });
    play.write(ANA, X, 1);
    play.run(1_200).act(Command::HealAll).run(500);
    let ana = play.world.history().iter().rfind(|(_, row)| row.client == ANA).expect("a row").1;
    assert_eq!(ana.outcome, Some(Outcome::Unconfirmed));
    assert_eq!(play.discarded(A).len(), 1, "and here it was lost");
}

#[test]
fn a_promotion_by_hand_is_an_election_too() {
    let mut play = electing(3, election());
    play.run(500).act(Command::Promote { node: C }).run(1_000);
    assert!(matches!(primaries(&play)[..], [(C, Epoch(2))]));
    play.act(Command::Crash { node: A }).act(Command::Crash { node: B }).run(100).act(Command::Promote { node: C });
    assert_eq!(play.last_idle(), Some("it is primary, as far as it knows"));
    // Alone it is refused for want of votes.
    let mut play = electing(3, election());
    play.act(Command::Crash { node: A }).act(Command::Crash { node: B }).run(100).act(Command::Promote { node: C }).run(3_000);
    assert_eq!(primaries(&play), []);
    let refused = Outcome::Refused(Refusal::NotPrimary { primary: None });
    play.write(ANA, X, 1);
    play.run(3_000);
    let last = play.world.history().iter().last().expect("a row").1;
    assert!(last.outcome == Some(refused) || last.outcome == Some(Outcome::Refused(Refusal::NoProcess)), "{last:?}");
}
