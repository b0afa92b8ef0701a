//! Over what a write is made: everything that its coordinator knows, or what its client was shown.

use super::*;
use crate::{explain::versions::tests::assert_agrees, protocol::contexts::Contexts};

/// All have all keys, or the first three of five.
fn with(nodes: u16, contexts: Contexts) -> Play {
    Play::new(quorums(nodes, [3, 2, 2], |config| config.contexts = contexts))
}

impl Play {
    /// Any client writes at any node.
    fn write_at(&mut self, client: ClientId, node: NodeId, value: i64) {
        let write = self.issue(client, Action::Write { key: X, value }, Some(node));
        self.run(100);
        assert_eq!(self.outcome(write), OK, "{value}");
        assert_agrees(&self.world);
    }

    fn read_at(&mut self, client: ClientId, node: NodeId) {
        self.read(client, X, node);
        self.run(100);
    }

    /// What every home node shows.
    fn all_show(&self) -> Vec<i64> {
        let homes = self.preference(X);
        let shown = self.values(homes[0], X);
        homes[..3].iter().for_each(|home| assert_eq!(self.values(*home, X), shown, "{home} and {}", homes[0]));
        shown
    }
}

const CLEO: ClientId = ClientId(2);

/// Cleo writes 1, Ana reads it elsewhere, Ben writes 2 blindly, and Ana writes over what she has read.
#[test]
fn a_write_replaces_what_its_client_was_shown_and_nothing_else() {
    for (contexts, blind, last) in [
        (Contexts::Everything, vec![2], vec![3]),
        (Contexts::Dotted, vec![1, 2], vec![2, 3]),
        (Contexts::Plain, vec![1, 2], vec![1, 2, 3]),
    ] {
        let mut play = with(3, contexts);
        play.write_at(CLEO, A, 1);
        play.read_at(ANA, B);
        play.write_at(BEN, A, 2);
        assert_eq!(play.all_show(), blind, "{contexts:?}");
        play.write_at(ANA, C, 3);
        assert_eq!(play.all_show(), last, "{contexts:?}");
        // Who has been shown all of them replaces all, wherever.
        play.read_at(BEN, B);
        play.write_at(BEN, C, 4);
        assert_eq!(play.all_show(), [4], "{contexts:?}");
    }
}

#[test]
fn a_client_knows_of_its_own_writes() {
    for contexts in [Contexts::Dotted, Contexts::Plain] {
        let mut play = with(3, contexts);
        for (node, value) in [(A, 1), (A, 2), (B, 3)] {
            play.write_at(ANA, node, value);
            assert_eq!(play.all_show(), [value], "{contexts:?}");
        }
    }
}

/// It has no copy from which to count, and what it remembers is gone with its process: yet no two writes get one name.
#[test]
fn a_coordinator_that_keeps_nothing_gives_no_name_twice() {
    let mut play = with(5, Contexts::Dotted);
    let stranger = play.preference(X)[4];
    let homes = play.preference(X)[..3].to_vec();
    play.write_at(ANA, stranger, 1);
    play.write_at(BEN, stranger, 2);
    assert_eq!(play.all_show(), [1, 2], "blind, through the same coordinator");
    for (client, value) in [(CLEO, 3), (ClientId(3), 4)] {
        play.act(Command::Wipe { node: stranger });
        play.act(Command::Restart { node: stranger });
        play.run(1_000);
        play.write_at(client, stranger, value);
    }
    assert_eq!(play.all_show(), [1, 2, 3, 4]);
    // A home node that lost its disk and was given everything again.
    play.act(Command::Wipe { node: homes[0] });
    play.act(Command::Restart { node: homes[0] });
    play.run(1_000);
    play.write_at(ClientId(4), homes[0], 5);
    assert_eq!(play.all_show(), [1, 2, 3, 4, 5]);
    play.read_at(ANA, stranger);
    play.write_at(ANA, homes[1], 6);
    assert_eq!(play.all_show(), [6]);
}

/// Ana asks one node, which has missed a write: she writes over what it had, and the other write stays.
#[test]
fn an_answer_carries_what_those_had_who_gave_it() {
    let mut play = Play::new(quorums(3, [3, 1, 1], |config| {
        off(config);
        config.contexts = Contexts::Dotted;
    }));
    play.write_at(CLEO, A, 1);
    play.both_ways(&[&[A, B], &[C]]);
    play.write_at(BEN, B, 2);
    play.read_at(CLEO, C);
    play.act(Command::HealAll);
    play.write_at(CLEO, A, 3);
    assert_eq!((play.values(A, X), play.values(B, X), play.values(C, X)), (vec![3, 2], vec![3, 2], vec![3]));
    // Nothing is known of a write that is told as not confirmed: it survives beside what its client writes next.
    let mut play = with(3, Contexts::Dotted);
    play.both_ways(&[&[A], &[B, C]]);
    let write = play.put(A, X, 1);
    play.run(300);
    assert_eq!(play.outcome(write), Some(Outcome::Unconfirmed));
    play.act(Command::HealAll);
    play.run(500);
    play.write_at(ANA, A, 2);
    assert_eq!(play.values(A, X), [1, 2]);
}

/// The coordinator knows more than it was told by the client, and says what is replaced, not what it knows.
#[test]
fn what_is_told_to_be_written_over_is_replaced() {
    let mut play = with(3, Contexts::Dotted);
    play.write_at(ANA, A, 1);
    play.write_at(BEN, A, 2);
    play.write_at(ANA, A, 3);
    let over = |play: &Play| -> Vec<Vec<i64>> {
        let facts = play.facts(A).filter_map(|(_, fact)| match fact {
            Fact::Coordinates { over, .. } => Some(over.iter().map(|write| write.value).collect()),
            _ => None,
        });
        facts.collect()
    };
    assert_eq!(over(&play), [vec![], vec![], vec![1]]);
}
