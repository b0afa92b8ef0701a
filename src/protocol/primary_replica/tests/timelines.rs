//! Which entries two logs share, after promotions: what is missing is sent, what has parted is named, and nothing else.

use super::*;
use crate::{
    client::workload::{Pace, Workload},
    store::log::Epoch,
    trace::{Fact, Kind},
    world::command::Command,
};

/// An epoch in which nothing was written leaves no trace, however the node that began it goes on: B follows C, is sent what C
/// had of the first epoch, and leads again. To who comes back with just that it has only to send what follows.
#[test]
fn an_epoch_that_stayed_empty_is_no_fork() {
    let mut play = Play::group(3);
    play.run(20).write(ANA, X, 1);
    play.run(50).act(Command::Cut { from: A.into(), to: B.into(), both: true }).write(ANA, X, 2);
    play.run(50).act(Command::Crash { node: A }).act(Command::Cut { from: B.into(), to: C.into(), both: true });
    play.act(Command::Promote { node: B }).act(Command::Promote { node: C }).run(50).act(Command::HealAll).run(3_000);
    assert_eq!((play.view(B).follows, play.held(B, X)), (Some(C), Some(2)));
    play.act(Command::Crash { node: C }).act(Command::Promote { node: B }).run(50);
    play.issue(ANA, crate::sim::operation::Action::Write { key: X, value: 3 }, Some(B));
    play.run(50).act(Command::Restart { node: A }).act(Command::Restart { node: C }).run(5_000);
    assert_eq!([A, B, C].map(|node| (play.view(node).epoch, play.held(node, X))), [(Epoch(4), Some(3)); 3]);
    let undue = |fact: &Fact| matches!(fact, Fact::Discarded { .. } | Fact::SnapshotNeeded { .. });
    assert_eq!([A, B, C].map(|node| play.facts(node).filter(|(_, fact)| undue(fact)).count()), [0; 3]);
}

/// A replica that was restarted since the last promotion knows whose entries it holds; its own promotion discards nothing.
#[test]
fn histories_survive_restarts() {
    let mut play = Play::group(3);
    play.run(20).write(ANA, X, 1);
    play.run(50).act(Command::Crash { node: A }).act(Command::Promote { node: B }).run(50);
    play.write(ANA, X, 2);
    play.run(50).act(Command::CrashMachine { node: C }).act(Command::Restart { node: C }).run(50);
    play.act(Command::Crash { node: B }).act(Command::Promote { node: C }).run(50);
    play.write(ANA, X, 3);
    play.run(2_500).act(Command::Restart { node: B }).act(Command::Restart { node: A }).run(3_000);
    assert_eq!([A, B, C].map(|node| play.held(node, X)), [Some(3); 3]);
    let undue = play.events().filter(|event| {
        matches!(event.kind, Kind::Fact(Fact::Discarded { .. } | Fact::SnapshotNeeded { .. } | Fact::SnapshotInstalled { .. }))
    });
    assert_eq!(undue.count(), 0, "the log leads everybody from where they were to the present");
}

/// Whenever it comes back, however far away it is and whatever is written meanwhile: one snapshot, one word of what is gone.
#[test]
fn who_comes_back_from_another_past_is_sent_one_snapshot() {
    for (away_ms, back_ms) in [(5, 900), (5, 1_000), (5, 1_004), (40, 950), (120, 1_200), (400, 1_000), (400, 2_900)] {
        let mut scenario = group(3);
        let workload = Workload { pace: Pace::Regular { every: ms(60) }, read_share: 0.0, ..Default::default() };
        scenario.clients[1].workload = Some(workload);
        let mut play = Play::new(scenario);
        for (one, other) in [(A, B), (B, A), (A, C), (C, A)] {
            play.act(link(one, other, latency(away_ms)));
        }
        play.run(600).act(Command::Cut { from: A.into(), to: B.into(), both: true }).write(ANA, X, 1);
        play.run(60).act(Command::Crash { node: A }).act(Command::Promote { node: B }).act(Command::HealAll);
        play.run_to(ms(back_ms)).act(Command::Restart { node: A }).run(4_000);
        let said = |node, fits: fn(&Fact) -> bool| play.facts(node).filter(|(_, fact)| fits(fact)).count();
        let case = format!("{away_ms} ms away, back at {back_ms} ms");
        assert_eq!(said(B, |fact| matches!(fact, Fact::SnapshotNeeded { replica: A, .. })), 1, "{case}");
        assert_eq!(said(A, |fact| matches!(fact, Fact::SnapshotInstalled { .. })), 1, "{case}");
        assert_eq!(said(A, |fact| matches!(fact, Fact::Discarded { .. })), 1, "{case}");
        assert!(play.view(B).written.0 - play.view(A).written.0 <= 16, "{case}: and the log from there on");
    }
}

/// B's log has parted from the new primary's at a position that it no longer lists: it names what it can, and counts the rest.
#[test]
fn what_is_discarded_and_no_longer_listed_is_counted() {
    for (common, more) in [(10, 20), (10, 3), (0, 20)] {
        let mut scenario = group(3);
        config(&mut scenario).log_retention_entries = 5;
        let mut play = Play::new(scenario);
        play.run(20);
        for value in 1..=common + more {
            if value == common + 1 {
                play.act(Command::Cut { from: A.into(), to: C.into(), both: true });
            }
            play.write(ANA, X, value);
            play.run(30);
        }
        let listed = play.view(B).written.0 - play.view(B).first.0 + 1;
        play.act(Command::Crash { node: A }).act(Command::Promote { node: C }).run(1_500);
        let said: Vec<(usize, u64)> = play
            .facts(B)
            .filter_map(|(_, fact)| match fact {
                Fact::Discarded { writes, unlisted, .. } => Some((writes.len(), *unlisted)),
                _ => None,
            })
            .collect();
        let named = listed.min(more as u64);
        assert_eq!(said, [(named as usize, more as u64 - named)], "{more} more than {common}");
        assert!(listed <= 6 && listed < more as u64 || more == 3);
        assert_eq!(play.view(B).copies, play.view(C).copies);
    }
}
