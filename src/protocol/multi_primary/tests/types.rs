//! Keys that are no registers: what they are there for, what becomes of them when peers cannot hear each other, and what no
//! merging can keep.

use super::*;
use crate::{
    protocol::{NodeView, parts::Parts},
    sim::{
        clock::Clock,
        id::OperationId,
        network::MessageClass,
        operation::{Action, Refusal},
        time::Micros,
    },
    store::{object::counter::CounterKind, version::Actor},
    trace::Kind,
    world::command::Command,
};

fn with_set(kind: SetKind) -> impl Fn(&mut Config) {
    move |config| {
        typed(config);
        config.conflicts.set = kind;
    }
}

fn add(key: Key, element: i64) -> Action {
    Action::AddElement { key, element }
}

fn remove(key: Key, element: i64) -> Action {
    Action::RemoveElement { key, element }
}

/// What these tests do with a run.
trait Doing {
    fn ask(&mut self, client: ClientId, action: Action) -> OperationId;
    fn done(&mut self, client: ClientId, action: Action);
    fn refused(&mut self, client: ClientId, action: Action) -> Option<Refusal>;
    fn cut(&mut self);
    fn meet(&mut self);
    fn text(&self, node: NodeId) -> String;
    fn types(&mut self, client: ClientId, place: u16, word: &str);
}

impl Doing for Play {
    fn ask(&mut self, client: ClientId, action: Action) -> OperationId {
        let operation = self.issue(client, action, None);
        self.run(100);
        operation
    }

    fn done(&mut self, client: ClientId, action: Action) {
        let operation = self.ask(client, action);
        assert_eq!(self.outcome(operation), OK, "{action:?}");
    }

    fn refused(&mut self, client: ClientId, action: Action) -> Option<Refusal> {
        let operation = self.ask(client, action);
        match self.outcome(operation) {
            Some(Outcome::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    fn cut(&mut self) {
        self.act(Command::Cut { from: A.into(), to: B.into(), both: true });
    }

    fn meet(&mut self) {
        self.act(Command::HealAll);
        self.run(3_000);
        assert_equal(self);
    }

    fn text(&self, node: NodeId) -> String {
        values(self, node, TEXT).into_iter().filter_map(|point| char::from_u32(point as u32)).collect()
    }

    fn types(&mut self, client: ClientId, place: u16, word: &str) {
        for (index, character) in word.chars().enumerate() {
            self.done(client, Action::Insert { key: TEXT, place: place + index as u16, character });
        }
    }
}

fn facts<'a>(play: &'a Play, node: NodeId, like: impl Fn(&Fact) -> Option<&Vec<Write>> + 'a) -> Vec<i64> {
    play.facts(node).filter_map(|(_, fact)| like(fact)).flatten().map(|write| write.value).collect()
}

/// What a reader there is told.
fn read(play: &mut Play, node: NodeId, key: Key) -> Option<Outcome> {
    let client = ClientId(node.0);
    let read = play.read(client, key, node);
    play.run(100);
    play.outcome(read)
}

#[test]
fn nothing_counted_or_put_in_is_lost_across_a_partition() {
    let mut play = Play::new(peers(2, typed));
    play.cut();
    for (client, amount, element) in [(ANA, 3, 1), (BEN, -5, 2), (ANA, 4, 3), (BEN, 1, 3)] {
        play.done(client, Action::Add { key: COUNTER, amount });
        play.done(client, add(SET, element));
    }
    assert_eq!((values(&play, A, COUNTER), values(&play, B, COUNTER)), (vec![7], vec![-4]));
    play.meet();
    assert_eq!((values(&play, A, COUNTER), values(&play, A, SET)), (vec![3], vec![1, 2, 3]));
    let (at_a, at_b) = (read(&mut play, A, COUNTER), read(&mut play, B, COUNTER));
    assert!(matches!(at_a, Some(Outcome::Read(Some(Write { value: 3, .. })))), "{at_a:?}");
    assert_eq!(at_a, at_b, "equal states give equal answers");
    let Some(Outcome::Several(elements)) = read(&mut play, A, SET) else { panic!("a set") };
    assert_eq!(elements.iter().map(|write| write.value).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(read(&mut play, B, CART), Some(Outcome::Several([].into())), "an empty cart is no missing value");
    assert_eq!(read(&mut play, B, PLAIN), Some(Outcome::Read(None)));
}

/// What is looked at is what the state is made of.
#[test]
fn a_view_says_what_a_key_is_made_of() {
    let mut play = Play::new(peers(2, typed));
    play.done(ANA, Action::Add { key: COUNTER, amount: 3 });
    play.done(BEN, Action::Add { key: COUNTER, amount: -1 });
    play.done(ANA, add(SET, 7));
    play.done(BEN, add(CART, 8));
    play.types(ANA, 0, "ab");
    play.done(BEN, Action::Erase { key: TEXT, place: 0 });
    play.run(200);
    let view: NodeView = play.view(B);
    let keys = view.peer.expect("a peer").keys;
    let shown: Vec<String> = keys
        .iter()
        .map(|key| match &key.parts {
            Parts::Register => "register".into(),
            Parts::Counter { plus, minus } => {
                let all = |side: &[(Actor, u64)]| side.iter().map(|(actor, total)| format!("{actor}{total}")).collect::<String>();
                format!("+{} -{}", all(plus), all(minus))
            }
            Parts::Set(elements) => elements.iter().map(|one| format!("{}:{}{}", one.element, one.live[0], one.shown)).collect(),
            Parts::Cart(carts) => carts.iter().map(|cart| format!("{} {:?}", cart.dot, cart.items[0].0)).collect(),
            Parts::Text(all) => all.iter().map(|one| format!("{}{}{} ", one.value, one.dot, one.erased)).collect(),
        })
        .collect();
    assert_eq!(shown, ["+A3 -B1", "7:A1true", "B1 8", "aA1true bA2false "]);
    assert_eq!(
        keys.iter().map(|key| key.holds).collect::<Vec<_>>(),
        [KeyType::Counter, KeyType::Set, KeyType::Cart, KeyType::Text]
    );
}

#[test]
fn what_a_key_cannot_do_is_refused() {
    let wrong = |holds| Some(Refusal::WrongType { holds });
    let mut play = Play::new(peers(2, typed));
    for (action, refusal) in [
        (Action::Write { key: COUNTER, value: 1 }, wrong(KeyType::Counter)),
        (add(TEXT, 1), wrong(KeyType::Text)),
        (Action::Insert { key: PLAIN, place: 0, character: 'a' }, wrong(KeyType::Register)),
        (Action::Delete { key: SET }, wrong(KeyType::Set)),
        (Action::Add { key: CART, amount: 1 }, wrong(KeyType::Cart)),
        (remove(SET, 1), Some(Refusal::Absent)),
        (remove(CART, 1), Some(Refusal::Absent)),
        (Action::Erase { key: TEXT, place: 0 }, Some(Refusal::Absent)),
        (Action::Delete { key: PLAIN }, Some(Refusal::Absent)),
        (add(SET, 1), None),
        (remove(SET, 1), None),
    ] {
        assert_eq!(play.refused(ANA, action), refusal, "{action:?}");
    }
    let accepted = play.facts(A).filter(|(_, fact)| matches!(fact, Fact::Accepted { .. })).count();
    assert_eq!(accepted, 2, "what is refused leaves nothing");
    let mut play = Play::new(peers(2, with_set(SetKind::GrowOnly)));
    play.done(ANA, add(SET, 1));
    assert_eq!(play.refused(ANA, remove(SET, 1)), Some(Refusal::GrowsOnly));
    play.act(Command::SetConflicts(Conflicts { counter: CounterKind::GrowOnly, ..Conflicts::default() }));
    assert_eq!(play.refused(ANA, Action::Add { key: COUNTER, amount: -1 }), Some(Refusal::GrowsOnly));
    // Groups with a primary have registers, and these are not deleted.
    let mut play = Play::group(2);
    for action in [Action::Add { key: X, amount: 1 }, Action::Delete { key: X }] {
        assert_eq!(play.refused(ANA, action), wrong(KeyType::Register));
    }
}

#[test]
fn a_key_has_room_for_so_much() {
    let mut play = Play::new(peers(2, typed));
    let full = super::super::PARTS_MAX as i64;
    for element in 0..full {
        play.issue(ANA, add(SET, element), None);
        play.run(2);
    }
    play.run(8_000);
    assert_eq!(values(&play, B, SET).len() as i64, full);
    assert_eq!(play.refused(ANA, add(SET, full)), Some(Refusal::Full));
    assert_eq!(play.refused(ANA, remove(SET, 0)), None);
}

/// A removes the element while B adds it again. What each kind makes of it, and what it says.
#[test]
fn kinds_of_sets_decide_between_addition_and_removal() {
    let hidden = |play: &Play| facts(play, A, |fact| if let Fact::Hidden { writes, .. } = fact { Some(writes) } else { None });
    for (kind, elements, expected) in [
        (SetKind::TwoPhase, vec![], vec![7]),
        // Ben came later.
        (SetKind::LastWriteWins, vec![7], vec![]),
        (SetKind::ObservedRemove, vec![7], vec![]),
        (SetKind::PositiveNegative, vec![7], vec![]),
    ] {
        let mut play = Play::new(peers(2, with_set(kind)));
        play.done(ANA, add(SET, 7));
        play.cut();
        play.done(ANA, remove(SET, 7));
        play.done(BEN, add(SET, 7));
        play.meet();
        assert_eq!((values(&play, A, SET), hidden(&play)), (elements, expected), "{kind:?}");
        if kind == SetKind::TwoPhase {
            assert_eq!(play.refused(BEN, add(SET, 7)), Some(Refusal::Gone), "it is never taken back");
        }
    }
}

/// Switching the kind changes the view and nothing else, at once and on all peers, and is said.
#[test]
fn sets_of_another_kind_show_something_else() {
    let mut play = Play::new(peers(2, typed));
    for action in [add(SET, 1), add(SET, 2), remove(SET, 1)] {
        play.done(ANA, action);
    }
    let switched = |play: &Play| {
        let mut both = play.facts(B).filter_map(|(_, fact)| match fact {
            Fact::SetSwitched { back, gone, .. } => Some((back.len(), gone.len())),
            _ => None,
        });
        both.next_back()
    };
    for (set, elements, said) in [
        (SetKind::GrowOnly, vec![1, 2], Some((1, 0))),
        (SetKind::TwoPhase, vec![2], Some((0, 1))),
        (SetKind::ObservedRemove, vec![2], Some((0, 1))),
    ] {
        play.act(Command::SetConflicts(Conflicts { set, ..Conflicts::default() }));
        play.run(50);
        assert_equal(&play);
        assert_eq!((values(&play, B, SET), switched(&play)), (elements, said), "{set:?}");
    }
}

/// Under the clocks of the peers a removal can come too early: B's clock is an hour behind.
#[test]
fn a_removal_at_a_peer_whose_clock_is_behind_does_nothing() {
    let mut play = Play::new(peers(2, with_set(SetKind::LastWriteWins)));
    let clock = Clock { skew_us: -3_600_000_000, drift_ppm: 0 };
    play.act(Command::SetClock { node: B, clock });
    play.done(ANA, add(SET, 7));
    play.run(200);
    play.done(BEN, remove(SET, 7));
    play.run(200);
    assert_eq!(values(&play, A, SET), [7]);
    let ignored = |node| {
        let like = |fact: &Fact| matches!(fact, Fact::RemovalIgnored { writes, .. } if writes[0].value == 7);
        play.facts(node).filter(|(_, fact)| like(fact)).count()
    };
    assert_eq!((ignored(A), ignored(B)), (1, 1));
}

/// ph-34, ph-35: carts at once are merged by union, and what was taken out is back. A set without that fault stands beside it.
#[test]
fn what_was_taken_out_of_a_cart_comes_back_and_of_a_set_does_not() {
    let mut play = Play::new(peers(2, typed));
    for key in [CART, SET] {
        play.done(ANA, add(key, 1));
    }
    play.run(200);
    play.cut();
    for key in [CART, SET] {
        play.done(ANA, remove(key, 1));
        play.done(BEN, add(key, 2));
    }
    assert_eq!((values(&play, A, CART), values(&play, B, CART)), (vec![], vec![1, 2]));
    play.meet();
    assert_eq!((values(&play, A, CART), values(&play, A, SET)), (vec![1, 2], vec![2]));
    let back = |node| facts(&play, node, |fact| if let Fact::BroughtBack { writes } = fact { Some(writes) } else { None });
    assert_eq!((back(A), back(B)), (vec![1], vec![]), "only who took it out can know");
}

/// Two people type at one place; forwards, and Ben erases in between.
#[test]
fn what_two_people_type_at_one_place_stays_whole() {
    let mut play = Play::new(peers(2, typed));
    play.types(ANA, 0, "()");
    play.cut();
    play.types(ANA, 1, "milk");
    play.types(BEN, 1, "eggz");
    play.done(BEN, Action::Erase { key: TEXT, place: 4 });
    play.types(BEN, 4, "s");
    play.meet();
    assert!(["(milkeggs)", "(eggsmilk)"].contains(&play.text(A).as_str()), "{}", play.text(A));
    let writes = play.view(A).copies;
    let mut names: Vec<OperationId> = writes.iter().map(|write| write.id).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), writes.len(), "each character is its typist's");
}

/// What a change replaces for readers: nothing of a counter, an addition by the same element, what is removed.
#[test]
fn accepted_says_what_is_gone() {
    let mut play = Play::new(peers(1, typed));
    let count = |amount| Action::Add { key: COUNTER, amount };
    for action in [count(1), count(2), add(SET, 5), add(SET, 5), remove(SET, 5), add(CART, 5), add(CART, 6), remove(CART, 5)] {
        play.done(ANA, action);
    }
    let over = play.facts(A).filter_map(|(_, fact)| match fact {
        Fact::Accepted { over, .. } => Some(over.len()),
        _ => None,
    });
    assert_eq!(over.collect::<Vec<_>>(), [0, 0, 0, 1, 1, 0, 0, 1]);
}

/// ph-25: what every peer keeps for itself, all together do not: one item is sold twice, and one name is given twice.
#[test]
fn constraints_over_all_peers_are_not_kept() {
    let mut play = Play::new(peers(2, typed));
    play.done(ANA, Action::Add { key: COUNTER, amount: 1 });
    play.run(200);
    play.cut();
    for (client, node) in [(ANA, A), (BEN, B)] {
        let (stock, name) = (read(&mut play, node, COUNTER), read(&mut play, node, PLAIN));
        assert!(matches!(stock, Some(Outcome::Read(Some(Write { value: 1, .. })))), "one is left, as far as {node} knows");
        assert_eq!(name, Some(Outcome::Read(None)), "the name is free, as far as {node} knows");
        play.done(client, Action::Add { key: COUNTER, amount: -1 });
        play.done(client, Action::Write { key: PLAIN, value: client.0 as i64 });
    }
    play.meet();
    assert_eq!((values(&play, A, COUNTER), values(&play, A, PLAIN)), (vec![-1], vec![0, 1]));
}

/// How long changes were on their way in all, beyond what the shortest takes: where the link is narrow, a matter of their bytes.
fn time_on_the_wire(play: &Play) -> u64 {
    let mut sent = std::collections::BTreeMap::new();
    let mut took = Vec::new();
    for event in play.events() {
        match event.kind {
            Kind::Send { message, class: MessageClass::Replicate, .. } => drop(sent.insert(message, event.at)),
            Kind::Deliver { message, .. } => took.extend(sent.get(&message).map(|at: &Micros| event.at.0 - at.0)),
            _ => {}
        }
    }
    took.iter().map(|one| one - 10_000).sum()
}

/// Whole keys instead of changes: more bytes, and the same in the end.
#[test]
fn states_are_larger_than_operations_and_do_the_same() {
    let run = |delivery| {
        let mut scenario = peers(3, move |config| {
            typed(config);
            config.delivery = delivery;
            config.topology = Topology::Ring;
        });
        scenario.network.bandwidth_bytes_per_s = 100_000;
        let mut play = Play::new(scenario);
        for round in 0..4 {
            let cuts = round % 2 == 1;
            if cuts {
                play.cut();
            }
            for (client, place) in [(ANA, 0), (BEN, 1)] {
                play.done(client, add(SET, place * 2 + round));
                play.done(client, add(CART, place + 1));
                play.done(client, Action::Add { key: COUNTER, amount: round - 2 });
                play.done(client, Action::Insert { key: TEXT, place: place as u16, character: 'a' });
                play.done(client, Action::Write { key: PLAIN, value: round });
            }
            play.done(BEN, remove(CART, 2));
            play.act(Command::HealAll);
            play.run(2_500);
        }
        assert_equal(&play);
        (play.view(A).copies, time_on_the_wire(&play))
    };
    let ((operations, short), (states, long)) = (run(Delivery::Operations), run(Delivery::States));
    assert_eq!(operations, states);
    assert!(long > short * 5 / 4, "{long} µs and {short} µs");
}
