//! Over what a write is made: everything that its peer has, or what its client was shown.

use super::*;
use crate::protocol::contexts::Contexts;

const CLEO: ClientId = ClientId(2);

fn with(contexts: Contexts) -> Play {
    Play::new(peers(3, move |config| config.contexts = contexts))
}

impl Play {
    /// The client writes at A, and what A then shows.
    fn take(&mut self, client: ClientId, value: i64) -> Vec<i64> {
        let write = self.issue(client, crate::sim::operation::Action::Write { key: X, value }, Some(A));
        self.run(50);
        assert_eq!(self.outcome(write), OK);
        crate::explain::versions::tests::assert_agrees(&self.world);
        values(self, A, X)
    }

    fn look_at(&mut self, client: ClientId, node: NodeId) {
        self.read(client, X, node);
        self.run(50);
    }
}

/// One server, two clients (ph-38): Ana reads 1, Ben writes 2 blindly, and Ana writes over what she has read.
#[test]
fn a_write_replaces_what_its_client_was_shown_and_nothing_else() {
    for (contexts, blind, last) in [
        (Contexts::Everything, vec![2], vec![3]),
        (Contexts::Dotted, vec![1, 2], vec![2, 3]),
        (Contexts::Plain, vec![1, 2], vec![1, 2, 3]),
    ] {
        let mut play = with(contexts);
        play.take(CLEO, 1);
        play.look_at(ANA, A);
        assert_eq!((play.take(BEN, 2), play.take(ANA, 3)), (blind, last), "{contexts:?}");
        // Who has been shown all of them replaces all, wherever.
        play.look_at(BEN, A);
        let write = play.issue(BEN, crate::sim::operation::Action::Write { key: X, value: 4 }, Some(C));
        play.run(100);
        assert_eq!(play.outcome(write), OK);
        for node in [A, B, C] {
            assert_eq!(values(&play, node, X), [4], "{contexts:?}");
        }
    }
}

#[test]
fn a_client_knows_of_its_own_writes() {
    for contexts in [Contexts::Dotted, Contexts::Plain] {
        let mut play = with(contexts);
        assert_eq!([play.take(ANA, 1), play.take(ANA, 2), play.take(ANA, 3)], [[1], [2], [3]], "{contexts:?}");
    }
}

/// Two clients in turn, each of which reads after its own write, so that it never sees the other's last one: with dots there are two
/// siblings, with a plain vector all that was ever written. Reading before writing is the cure.
#[test]
fn siblings_explode_without_dots() {
    for (contexts, counts) in [(Contexts::Dotted, [1, 2, 2, 2, 2, 2, 2, 2]), (Contexts::Plain, [1, 2, 3, 4, 5, 6, 7, 8])] {
        let mut play = with(contexts);
        let mut seen = Vec::new();
        for value in 1..=8 {
            let client = if value % 2 == 1 { ANA } else { BEN };
            seen.push(play.take(client, value).len());
            play.look_at(client, A);
        }
        assert_eq!(seen, counts, "{contexts:?}");
        play.look_at(ANA, A);
        assert_eq!(play.take(ANA, 99), [99]);
    }
}

/// Ana reads at A and writes at B, which has not heard of what she read: it is replaced all the same, and not lost.
#[test]
fn a_context_speaks_of_what_a_peer_has_not_heard_of() {
    let mut play = with(Contexts::Dotted);
    play.act(crate::world::command::Command::Cut { from: A.into(), to: B.into(), both: true });
    play.act(crate::world::command::Command::Cut { from: C.into(), to: B.into(), both: true });
    play.take(CLEO, 1);
    play.look_at(ANA, A);
    let write = play.issue(ANA, crate::sim::operation::Action::Write { key: X, value: 2 }, Some(B));
    play.run(100);
    assert_eq!((play.outcome(write), values(&play, B, X)), (OK, vec![2]));
    play.act(crate::world::command::Command::HealAll);
    play.run(3_000);
    for node in [A, B, C] {
        assert_eq!(values(&play, node, X), [2], "{node}");
    }
    let mut judge = crate::check::Judge::default();
    let mut again = Play::new(play.scenario.clone());
    again.world.set_commands(std::sync::Arc::new(play.commands.clone()));
    let end = play.world.now();
    assert_eq!(again.world.run_watched(end, u64::MAX, |world| judge.look(world)), crate::world::Stop::Time);
    assert_eq!(judge.verdicts(&again.world).lost, []);
}
