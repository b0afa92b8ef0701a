//! How documents get from node to node: what is asked, what is sent and what is not, and where a node goes on after a fault.

use super::*;
use crate::{
    protocol::topology::Topology,
    sim::network::{LinkChange, MessageClass},
    world::command::Command,
};

/// How many revisions were sent, and how many questions for some.
fn copied(play: &Play) -> (usize, usize) {
    (play.sent(|_, _, class| class == MessageClass::Replicate), play.sent(|_, _, class| class == MessageClass::Fetch))
}

fn asked_since(play: &Play, node: NodeId, source: NodeId) -> Vec<u64> {
    let since = play.facts(node).filter_map(|(_, fact)| match fact {
        Fact::Document(DocumentFact::FeedAsked { of, since }) if *of == source => Some(*since),
        _ => None,
    });
    since.collect()
}

fn values(play: &Play, key: Key) -> Vec<Option<i64>> {
    play.world.members().iter().map(|node| play.held(*node, key)).collect()
}

/// One write gets to everybody, on each way that leads somewhere new, and then nothing more is sent.
#[test]
fn every_topology_copies_what_is_missing_and_nothing_else() {
    // On a ring, a star and a tree there is one way to each; all to all, it comes to B and C from A before they can ask each other.
    for topology in [Topology::AllToAll, Topology::Ring, Topology::Star, Topology::Tree] {
        let mut play = Play::new(nodes(5, |config| config.topology = topology));
        play.run(300);
        play.write(ANA, X, 1);
        play.run(1_500);
        assert_eq!(values(&play, X), [Some(1); 5], "{topology:?}");
        assert_eq!(copied(&play), (4, 4), "{topology:?}: one for each node that lacks it");
        play.run(20_000);
        assert_eq!(copied(&play), (4, 4), "{topology:?}: what is known is not fetched again");
    }
}

/// What goes round a circle comes to rest, though each copy is a change of its node.
#[test]
fn a_second_round_sends_nothing() {
    let mut play = Play::new(nodes(3, |config| config.topology = Topology::Ring));
    play.write(ANA, X, 1);
    play.run(1_000);
    let compared = play.facts(A).filter(
        |(_, fact)| matches!(fact, Fact::Document(DocumentFact::RevisionsCompared { missing: 0, with, .. }) if *with == C),
    );
    assert_eq!(compared.count(), 1, "A is told of its own edit by C, and fetches nothing");
    let before = copied(&play);
    for node in [A, B, C] {
        play.act(Command::Crash { node }).run(10);
        play.act(Command::Restart { node }).run(300);
    }
    assert_eq!(copied(&play), before, "nor after a start");
}

/// Of two documents one is known by the time; only the other is asked for.
#[test]
fn only_what_is_missing_is_fetched() {
    let mut play = Play::new(nodes(2, |_| {}));
    play.act(Command::Partition { groups: vec![vec![A.into()], vec![B.into()]] });
    play.write(ANA, X, 1);
    play.write(ANA, Key(1), 2);
    play.write(BEN, X, 1);
    play.run(200);
    play.act(Command::HealAll);
    play.run(12_000);
    let fetched = |node| {
        let writes = play.facts(node).filter_map(|(_, fact)| match fact {
            Fact::Document(DocumentFact::Fetched { writes, .. }) => {
                Some(writes.iter().map(|write| (write.key, write.value)).collect::<Vec<_>>())
            }
            _ => None,
        });
        writes.collect::<Vec<_>>().concat()
    };
    assert_eq!((fetched(B), fetched(A)), (vec![(Key(1), 2)], vec![]), "the same first edit of x is one revision");
}

#[test]
fn a_node_goes_on_from_its_checkpoint() {
    let mut play = Play::new(nodes(2, |_| {}));
    play.write(ANA, X, 1);
    play.write(ANA, Key(1), 2);
    play.run(500);
    let before = copied(&play);
    play.act(Command::CrashMachine { node: B }).run(50);
    play.write(ANA, Key(2), 3);
    play.run(200);
    play.act(Command::Restart { node: B }).run(500);
    assert_eq!(asked_since(&play, B, A), [0, 2]);
    let told = play
        .facts(A)
        .rfind(|(_, fact)| matches!(fact, Fact::Document(DocumentFact::FeedTold { since: 2, documents: 1, last: 3, .. })));
    assert!(told.is_some(), "only the third document is told");
    assert_eq!((copied(&play).0 - before.0, play.held(B, Key(2))), (1, Some(3)));
}

/// Its sequence begins anew, so what others have written down of it says nothing.
#[test]
fn a_source_that_lost_its_disk_is_copied_from_the_beginning() {
    let mut play = Play::new(nodes(2, |_| {}));
    for (key, value) in [(X, 1), (Key(1), 2), (Key(2), 3)] {
        play.write(ANA, key, value);
        play.run(200);
    }
    play.act(Command::Wipe { node: A }).run(50);
    play.act(Command::Restart { node: A });
    play.run(1);
    play.write(ANA, Key(3), 4);
    play.run(1_500);
    assert_eq!(play.held(B, Key(3)), Some(4), "its first change of the new life is not taken for an old one");
    assert_eq!([X, Key(1), Key(2)].map(|key| play.held(A, key)), [Some(1), Some(2), Some(3)], "and it got everything back");
    assert_equal(&play);
}

#[test]
fn a_target_that_lost_its_disk_gets_everything_again() {
    let mut play = Play::new(nodes(2, |_| {}));
    play.write(ANA, X, 1);
    play.run(300);
    play.act(Command::Wipe { node: B }).run(50);
    play.act(Command::Restart { node: B }).run(500);
    assert_eq!((asked_since(&play, B, A), play.held(B, X)), (vec![0, 0], Some(1)));
}

/// A word that is lost is not said again; who waits asks again in time.
#[test]
fn what_was_lost_is_asked_for_again() {
    let mut play = Play::new(nodes(2, |config| config.poll_every = ms(2_000)));
    play.run(300);
    play.act(link(A, B, LinkChange { loss: Some(1.0), ..LinkChange::default() }));
    play.write(ANA, X, 1);
    play.run(100);
    play.act(link(A, B, LinkChange { loss: Some(0.0), ..LinkChange::default() }));
    play.run(1_000);
    assert_eq!(play.held(B, X), None);
    play.run(1_500);
    assert_eq!(play.held(B, X), Some(1));
}

#[test]
fn a_long_feed_comes_in_parts() {
    let mut play = Play::new(nodes(2, |config| config.batch_documents = 2));
    play.act(Command::Cut { from: A.into(), to: B.into(), both: true });
    for key in 0..5 {
        play.write(ANA, Key(key), 1);
        play.run(50);
    }
    play.act(Command::HealAll);
    play.run(8_000);
    let parts = play.facts(A).filter_map(|(_, fact)| match fact {
        Fact::Document(DocumentFact::FeedTold { documents, .. }) if *documents > 0 => Some(*documents),
        _ => None,
    });
    assert_eq!(parts.collect::<Vec<_>>(), [2, 2, 1]);
    assert_equal(&play);
}

/// Ana alone edits x at A; C is away meanwhile.
#[test]
fn too_little_history_makes_a_conflict_of_nothing() {
    for (limit, expected) in [(2, vec![5, 1]), (1_000, vec![5])] {
        let mut play = Play::new(nodes(2, |config| config.revs_limit = limit));
        play.write(ANA, X, 1);
        play.run(300);
        play.act(Command::Crash { node: B });
        for value in 2..=5 {
            play.write(ANA, X, value);
            play.run(100);
        }
        play.act(Command::Restart { node: B });
        play.run(3_000);
        assert_equal(&play);
        assert_eq!([A, B].map(|node| kept(&play, node, X)), [expected.clone(), expected], "{limit} revisions");
    }
}

#[test]
fn a_newcomer_is_copied_to_and_from() {
    let mut play = Play::new(nodes(2, |config| config.poll_every = ms(500)));
    play.write(ANA, X, 1);
    play.run(300);
    play.act(Command::AddNode).run(800);
    assert_eq!(play.held(C, X), Some(1));
    play.issue(ANA, Action::Write { key: Key(1), value: 2 }, Some(C));
    play.run(1_500);
    assert_eq!(values(&play, Key(1)), [Some(2); 3]);
}
