//! What every replicated type owes: merging is commutative, associative and idempotent, nothing that was seen is lost, and changes
//! in any order, doubled, make the same state. Over random histories of three peers.

use super::*;
use crate::store::{
    object::{cart::Cart, counter::Counter, register::Register, set::ReplicatedSet, text::Text},
    siblings::Siblings,
    version::Seen,
    words::{Words, digest},
};
use proptest::prelude::*;
use std::fmt::Debug;

/// A replicated type, played with numbers that it may read as it likes.
trait Replicated: Clone + PartialEq + Debug + Default + Words {
    /// One change at a peer; returns it.
    fn act(peers: &mut [Self; PEERS], who: usize, what: u8, argument: u8, time: i64) -> Self;
    fn join(&mut self, other: &Self);
}

/// The context a client brings along: what it read here, at another peer, or nothing.
fn context(seen: [&Seen; PEERS], who: usize, what: u8) -> Seen {
    match what % 4 {
        0 => Seen::default(),
        1 => seen[(who + 1) % PEERS].clone(),
        _ => seen[who].clone(),
    }
}

impl Replicated for Siblings<i64> {
    fn act(peers: &mut [Self; PEERS], who: usize, what: u8, _: u8, time: i64) -> Self {
        let context = context(peers.each_ref().map(Siblings::seen), who, what);
        peers[who].put(actor(who), time, &context)
    }
    fn join(&mut self, other: &Self) {
        self.merge(other);
    }
}

impl Replicated for Register {
    fn act(peers: &mut [Self; PEERS], who: usize, what: u8, argument: u8, time: i64) -> Self {
        let context = context(peers.each_ref().map(Register::seen), who, what);
        // Wall clocks that do not move on between two writes.
        let version = Version { stamp: wall(who, time / 2), ..version(who, time, argument.is_multiple_of(3), time) };
        peers[who].put(actor(who), version, &context)
    }
    fn join(&mut self, other: &Self) {
        self.merge(other);
    }
}

impl Replicated for Counter {
    fn act(peers: &mut [Self; PEERS], who: usize, _: u8, argument: u8, time: i64) -> Self {
        peers[who].add(actor(who), argument as i64 % 9 - 4, mark(who, time))
    }
    fn join(&mut self, other: &Self) {
        self.merge(other);
    }
}

impl Replicated for ReplicatedSet {
    fn act(peers: &mut [Self; PEERS], who: usize, what: u8, argument: u8, time: i64) -> Self {
        let (element, mark) = (argument as i64 % 3, mark(who, time));
        match what % 3 {
            0 => peers[who].remove(actor(who), element, mark),
            _ => peers[who].add(actor(who), element, mark),
        }
    }
    fn join(&mut self, other: &Self) {
        self.merge(other);
    }
}

impl Replicated for Cart {
    fn act(peers: &mut [Self; PEERS], who: usize, what: u8, argument: u8, time: i64) -> Self {
        let item = argument as i64 % 3;
        match what % 3 {
            0 => peers[who].remove(actor(who), item),
            _ => peers[who].add(actor(who), item, mark(who, time).id),
        }
    }
    fn join(&mut self, other: &Self) {
        self.merge(other);
    }
}

impl Replicated for Text {
    fn act(peers: &mut [Self; PEERS], who: usize, what: u8, argument: u8, time: i64) -> Self {
        let length = peers[who].characters().len();
        let position = argument as usize % (length + 1);
        match what % 4 {
            0 => peers[who].erase(position),
            _ => peers[who].insert(actor(who), position, (b'a' + argument % 26) as char, mark(who, time).id),
        }
    }
    fn join(&mut self, other: &Self) {
        self.merge(other);
    }
}

type Step = (usize, u8, u8);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..PEERS, any::<u8>(), any::<u8>()), 0..16)
}

fn joined<T: Replicated>(a: &T, b: &T) -> T {
    let mut joined = a.clone();
    joined.join(b);
    joined
}

/// Plays the steps and looks at every law. `order` shuffles the changes.
fn check<T: Replicated>(steps: &[Step], order: &[u16]) -> Result<(), TestCaseError> {
    let mut peers: [T; PEERS] = Default::default();
    let (mut deltas, mut states): (Vec<T>, Vec<T>) = (Vec::new(), vec![T::default()]);
    for (time, (who, what, argument)) in steps.iter().copied().enumerate() {
        let before = peers[who].clone();
        let news = if what < 80 {
            let news = peers[argument as usize % PEERS].clone();
            peers[who].join(&news);
            news
        } else {
            let delta = T::act(&mut peers, who, what, argument, time as i64);
            prop_assert_eq!(&joined(&before, &delta), &peers[who], "a change is all that changed");
            deltas.push(delta.clone());
            delta
        };
        prop_assert_eq!(&joined(&before, &peers[who]), &peers[who], "nothing is lost");
        prop_assert_eq!(&joined(&peers[who], &news), &peers[who], "news are taken in");
        prop_assert_eq!(&joined(&news, &peers[who]), &peers[who], "news are not more than what they went into");
        states.push(peers[who].clone());
    }
    let [a, b, c] = &peers;
    let whole = joined(&joined(a, b), c);
    states.extend(deltas.iter().take(4).cloned());
    for a in &states {
        prop_assert_eq!(&joined(a, a), a, "idempotent");
        prop_assert_eq!(&joined(&whole, a), &whole, "all is in the end");
        for b in &states {
            prop_assert_eq!(joined(a, b), joined(b, a), "commutative");
            prop_assert_eq!(joined(&joined(a, b), c), joined(a, &joined(b, c)), "associative");
            prop_assert_eq!(digest(a) == digest(b), a == b, "a digest stands for the state");
        }
    }
    let mut places: Vec<usize> = (0..deltas.len()).chain(0..deltas.len()).collect();
    places.sort_by_key(|place| order[place * 7 % order.len()]);
    let mut arrived = T::default();
    for (index, place) in places.iter().enumerate() {
        arrived.join(&deltas[*place]);
        if index % 3 == 0 {
            arrived.join(&deltas[places[0]]);
        }
    }
    prop_assert_eq!(&arrived, &whole, "changes in any order, doubled");
    // Two that heard different halves, in states rather than changes.
    let half = |odd: usize| {
        places.iter().filter(|place| **place % 2 == odd).fold(T::default(), |state, place| joined(&state, &deltas[*place]))
    };
    prop_assert_eq!(joined(&half(0), &half(1)), whole, "states of what came out of order");
    Ok(())
}

macro_rules! laws {
    ($($name:ident: $type:ty),* $(,)?) => {
        proptest! {
            $(
                #[test]
                fn $name(steps in steps(), order in prop::collection::vec(any::<u16>(), 31)) {
                    check::<$type>(&steps, &order)?;
                }
            )*
        }
    };
}

laws! {
    siblings: Siblings<i64>,
    registers: Register,
    counters: Counter,
    sets: ReplicatedSet,
    carts: Cart,
    texts: Text,
}

proptest! {
    /// Seen is a set of names: whatever the order in which they come, and as compact as can be.
    #[test]
    fn contexts(a in prop::collection::vec((0..PEERS, 1_u32..8), 0..14), b in prop::collection::vec((0..PEERS, 1_u32..8), 0..14)) {
        let set = |dots: &[(usize, u32)]| dots.iter().map(|(peer, counter)| dot(*peer, *counter)).collect::<std::collections::BTreeSet<_>>();
        let seen = |dots: &[(usize, u32)]| dots.iter().map(|(peer, counter)| dot(*peer, *counter)).collect::<Seen>();
        let (one, two, model_one, model_two) = (seen(&a), seen(&b), set(&a), set(&b));
        for peer in 0..PEERS {
            for counter in 1..9 {
                prop_assert_eq!(one.includes(dot(peer, counter)), model_one.contains(&dot(peer, counter)));
            }
            let last = model_one.iter().filter(|dot| dot.actor == actor(peer)).map(|dot| dot.counter).max();
            prop_assert_eq!(one.next(actor(peer)), dot(peer, last.unwrap_or(0) + 1));
            let gapless = (1..9).take_while(|counter| model_one.contains(&dot(peer, *counter))).count();
            prop_assert_eq!(one.vector().get(actor(peer)), gapless as u32);
        }
        prop_assert_eq!(one.covers(&two), model_one.is_superset(&model_two));
        prop_assert_eq!(one.compare(&two).is_some(), model_one.is_superset(&model_two) || model_two.is_superset(&model_one));
        prop_assert_eq!(one == two, model_one == model_two);
        let both = set(&[a, b].concat());
        let mut merged = one.clone();
        merged.merge(&two);
        prop_assert_eq!(&merged, &both.into_iter().rev().collect::<Seen>());
        prop_assert_eq!(merged.is_empty(), one.is_empty() && two.is_empty());
    }
}
