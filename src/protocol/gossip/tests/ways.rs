//! Small groups, word by word: who tells whom, what is told in vain, what is kept and what is said of it.

use super::*;
use crate::{
    protocol::gossip::{AntiEntropy, Compare},
    sim::{
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::Outcome,
    },
    trace::Fact,
};

const OK: Option<Outcome> = Some(Outcome::Written);

fn play(count: u16, change: impl Fn(&mut Config)) -> Play {
    let mut scenario = gossips(count, change);
    // Another client at B.
    let mut ben = scenario.clients[0].clone();
    (ben.writes_to, ben.reads_from) = (Target::Node(B), Target::Node(B));
    scenario.clients.push(ben);
    Play::new(scenario)
}

fn sent(play: &Play, class: MessageClass) -> usize {
    play.sent(|_, _, own| own == class)
}

#[test]
fn a_write_waits_for_its_own_disk_only() {
    let mut play = play(3, |_| {});
    let write = play.write(ANA, X, 1);
    play.run(11);
    assert_eq!(play.held(A, X), Some(1), "shown when it is on disk");
    play.run(5);
    assert_eq!(play.outcome(write), OK);
    assert_eq!(play.held(B, X), None, "the next round begins at 100 ms");
    play.run_to(ms(99));
    assert_eq!(play.sent(|from, to, _| from.node().is_some() && to.node().is_some()), 0);
    play.run(10);
    assert!(play.held(B, X).is_some() || play.held(C, X).is_some());
}

/// Two nodes, one rumour, one contact a round: what crosses between them in each mode until nobody tells anything any more.
#[test]
fn modes_differ_in_who_asks_whom() {
    for (mode, feedback, expected) in [
        // A tells B at 100 ms; both tell each other at 200 and 300 ms in vain, and stop.
        (Mode::Push, true, [5, 5, 0, 0]),
        // Without feedback A stops after two rounds, B as well.
        (Mode::Push, false, [4, 0, 0, 0]),
    ] {
        let mut play = play(2, |config| (config.mode, config.interest.feedback) = (mode, feedback));
        play.write(ANA, X, 1);
        play.run_to(ms(950));
        let classes = [MessageClass::Replicate, MessageClass::Acknowledge, MessageClass::Fetch, MessageClass::Fetched];
        assert_eq!(classes.map(|class| sent(&play, class)), expected, "{mode:?}, feedback {feedback}");
        assert!(![A, B].iter().any(|node| play.world.spreads(*node, X)));
    }
}

#[test]
fn who_is_asked_answers_with_what_it_spreads() {
    let mut play = play(2, |config| config.mode = Mode::Pull);
    play.write(ANA, X, 1);
    play.run_to(ms(950));
    assert_eq!(play.held(B, X), Some(1));
    // Both ask in each of nine rounds. B hears of it in the first, and then each tells the other in vain twice.
    assert_eq!([sent(&play, MessageClass::Fetch), sent(&play, MessageClass::Fetched)], [18, 5]);
    assert!(![A, B].iter().any(|node| play.world.spreads(*node, X)));
}

#[test]
fn the_newest_write_wins_and_what_it_hides_is_named() {
    let mut play = play(2, |_| {});
    play.write(ANA, X, 1);
    play.run(20);
    // Ben has not heard of it.
    play.write(BEN, X, 2);
    play.run_to(ms(950));
    assert_eq!([A, B].map(|node| play.held(node, X)), [Some(2), Some(2)]);
    let dropped: Vec<i64> = play
        .facts(A)
        .filter_map(|(_, fact)| match fact {
            Fact::Dropped { writes, kept: Some(kept), .. } if kept.value == 2 => Some(writes[0].value),
            _ => None,
        })
        .collect();
    assert_eq!(dropped, [1]);
    // Who has heard of what it writes over hides nothing.
    play.write(ANA, X, 3);
    play.run(900);
    assert_eq!(play.held(B, X), Some(3));
    let drops = |node| play.facts(node).filter(|(_, fact)| matches!(fact, Fact::Dropped { .. })).count();
    assert_eq!([drops(A), drops(B)], [1, 0]);
}

/// One pair, one key that only A has, nobody spreads anything: what one comparison begun by each does.
#[test]
fn comparing_gives_and_takes_as_it_is_told() {
    for compare in [Compare::Digests, Compare::Recent] {
        for mode in [Mode::Push, Mode::Pull, Mode::PushPull] {
            let rule = AntiEntropy { every: ms(50), mode, compare, ..AntiEntropy::default() };
            let mut play = play(2, |config| {
                config.interval = ms(60_000);
                config.anti_entropy = Some(rule);
            });
            play.write(ANA, X, 1);
            play.write(BEN, Y, 2);
            play.run(300);
            assert_eq!((play.held(B, X), play.held(A, Y)), (Some(1), Some(2)), "{compare:?} {mode:?}");
            let found = |node| play.facts(node).filter(|(_, fact)| matches!(fact, Fact::FoundMissing { .. })).count();
            assert_eq!([found(A), found(B)], [1, 1], "{compare:?} {mode:?}");
        }
    }
}

/// Only what B begins to compare arrives, so the direction shows.
#[test]
fn comparing_goes_one_way_if_it_is_told_so() {
    for (mode, expected) in [(Mode::Push, (None, Some(2))), (Mode::Pull, (Some(1), None)), (Mode::PushPull, (Some(1), Some(2)))] {
        let rule = AntiEntropy { every: ms(50), mode, ..AntiEntropy::default() };
        let mut play = play(2, |config| {
            config.interval = ms(60_000);
            config.anti_entropy = Some(rule);
        });
        let (from, to) = (End::One(A.into()), End::One(B.into()));
        let set = LinkChange { loss: Some(1.0), ..Default::default() };
        play.act(Command::SetLink(LinkRule { from, to, both: false, class: Some(MessageClass::Control), set }));
        play.write(ANA, X, 1);
        play.write(BEN, Y, 2);
        play.run(400);
        assert_eq!((play.held(B, X), play.held(A, Y)), expected, "{mode:?}");
    }
}

/// A node that crashes and forgets what it was told has it again by comparing; one that nobody compares with has not.
#[test]
fn a_wiped_node_gets_everything_back_by_comparing() {
    for (anti_entropy, expected) in [(None, None), (Some(AntiEntropy { every: ms(500), ..AntiEntropy::default() }), Some(1))] {
        let mut play = play(3, |config| config.anti_entropy = anti_entropy);
        play.write(ANA, X, 1);
        play.run(2_000);
        for node in [B, C] {
            play.act(Command::Wipe { node }).act(Command::Restart { node });
        }
        play.run(1_000);
        assert_eq!([B, C].map(|node| play.held(node, X)), [expected; 2]);
    }
}

#[test]
fn what_is_found_may_become_a_rumour_again() {
    for again in [false, true] {
        let rule = AntiEntropy { every: ms(5_000), again, ..AntiEntropy::default() };
        let mut play = play(4, |config| config.anti_entropy = Some(rule));
        play.write(ANA, X, 1);
        play.run(1_500);
        let node = B;
        play.act(Command::Wipe { node }).act(Command::Restart { node });
        play.run(50);
        assert_eq!((play.held(B, X), play.world.spreads(B, X)), (Some(1), again));
    }
}

/// A node takes writes under names that it cannot have given before, whatever became of its disk and clock.
#[test]
fn a_write_after_a_crash_is_newer() {
    let mut play = play(2, |_| {});
    play.write(ANA, X, 1);
    play.run(300);
    play.act(Command::CrashMachine { node: A }).act(Command::Restart { node: A });
    play.act(Command::SetClock { node: A, clock: crate::sim::clock::Clock { skew_us: -10_000_000, drift_ppm: 0 } });
    let write = play.write(ANA, X, 2);
    play.run(1_500);
    assert_eq!(play.outcome(write), OK);
    assert_eq!([A, B].map(|node| play.held(node, X)), [Some(2), Some(2)]);
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let problems = |count: u16, change: &dyn Fn(&mut Config)| {
        let scenario = gossips(count, change);
        scenario.check().into_iter().map(|problem| problem.to_string()).collect::<Vec<_>>().join("; ")
    };
    for (count, change, expected) in [
        (1_000, (&|_: &mut Config| {}) as &dyn Fn(&mut Config), ""),
        (1_001, &|_| {}, "nodes.count: 1001 is out of range; allowed is 1 to 1000"),
        (5, &|config| config.fanout = 5, "protocol.gossip.fanout: 5 others are to be told in each round, and the group has 4"),
        (5, &|config| config.interest.k = 0, "protocol.gossip.interest.k: 0 is out of range; allowed is 1 to 100"),
        (
            5,
            &|config| config.members = Some(crate::protocol::gossip::Membership { timeout: ms(1_000), ..Default::default() }),
            "protocol.gossip.members.timeout: 1 s leaves no time to ask others within a period of 1 s",
        ),
    ] {
        assert_eq!(problems(count, change), expected.replace("1 s", &ms(1_000).to_string()));
    }
    let mut other = crate::world::tests::play::group(11);
    assert_eq!(other.check().len(), 1, "only where nodes gossip there may be many");
    other.nodes.count = 10;
    assert_eq!(other.check(), []);
    let mut play = play(2, |_| {});
    play.act(Command::Promote { node: A });
    assert_eq!(play.last_idle(), Some("all nodes are equal: there is no primary"));
}
