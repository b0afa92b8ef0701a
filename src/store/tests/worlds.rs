//! Small worlds, enumerated: everything that three peers can do in four steps, against a model that knows the whole history.
//!
//! The model has no dots, vectors or merges: a peer has a set of events, and each event knows those that its client had seen. It
//! says in the words of each strategy what must be shown.

use super::*;
use crate::store::{
    object::{
        register::{Register, Strategy, Version},
        set::{ReplicatedSet, SetKind},
    },
    version::Seen,
};

const STEPS: usize = 4;

/// A set of events, one bit each.
type Events = u32;

/// What happened, in order of time.
#[derive(Clone, Copy)]
struct Event {
    peer: usize,
    seen: Events,
    /// Of a set: which element, and whether it was added.
    element: i64,
    adds: bool,
    /// One more than of any event that had come to its peer.
    lamport: u32,
}

fn of(events: Events) -> impl Iterator<Item = usize> {
    (0..STEPS).filter(move |index| events & 1 << index != 0)
}

#[derive(Clone)]
struct World<T> {
    history: Vec<Event>,
    /// What each peer, or a client that wrote to it, had seen.
    known: [Events; PEERS],
    /// What came to the peer itself. A client's context names writes that the peer may never have met.
    met: [Events; PEERS],
    peers: [T; PEERS],
}

impl<T: Default> World<T> {
    fn new() -> World<T> {
        World { history: Vec::new(), known: [0; PEERS], met: [0; PEERS], peers: Default::default() }
    }

    /// Notes an event; returns its number, which is its time.
    fn note(&mut self, peer: usize, seen: Events, element: i64, adds: bool) -> i64 {
        let number = self.history.len();
        let lamport = of(self.met[peer]).map(|event| self.history[event].lamport).max().unwrap_or(0) + 1;
        self.history.push(Event { peer, seen, element, adds, lamport });
        self.known[peer] |= seen | 1 << number;
        self.met[peer] |= 1 << number;
        number as i64
    }
}

/// All worlds that `STEPS` steps lead to, each looked at.
fn explore<T: Clone>(
    world: &World<T>,
    steps: usize,
    moves: &dyn Fn(&World<T>) -> Vec<World<T>>,
    look: &mut dyn FnMut(&World<T>),
) {
    look(world);
    if steps > 0 {
        moves(world).iter().for_each(|next| explore(next, steps - 1, moves, look));
    }
}

fn put(world: &World<Register>, peer: usize, seen: Events, context: &Seen) -> World<Register> {
    let mut next = world.clone();
    let number = next.note(peer, seen, 0, true);
    let lamport = next.history[number as usize].lamport;
    next.peers[peer].put(actor(peer), Version { lamport, ..version(peer, number, false, number) }, context);
    next
}

fn register_moves(world: &World<Register>) -> Vec<World<Register>> {
    let mut next = Vec::new();
    for peer in 0..PEERS {
        next.push(put(world, peer, 0, &Seen::default()));
        // A client that had read here, or elsewhere.
        next.extend((0..PEERS).map(|read| put(world, peer, world.known[read], &world.peers[read].seen().clone())));
    }
    for (to, from) in meetings() {
        let mut merged = world.clone();
        merged.peers[to].merge(&world.peers[from]);
        merged.known[to] |= world.known[from];
        merged.met[to] |= world.met[from];
        next.push(merged);
    }
    next
}

/// What must be shown and dropped, by number.
fn expected(history: &[Event], known: Events, met: Events, strategy: Strategy) -> (Vec<usize>, Vec<usize>) {
    let overwritten = of(known).fold(0, |events, index| events | history[index].seen);
    let siblings: Vec<usize> = of(known & !overwritten).collect();
    let last = || siblings.iter().copied().max();
    let shown: Vec<usize> = match strategy {
        Strategy::LastWriteWins => of(met).max_by_key(|index| wall(history[*index].peer, *index as i64)).into_iter().collect(),
        Strategy::LastWriteWinsHybrid => last().into_iter().collect(),
        Strategy::LastWriteWinsLamport => {
            let order = |index: &usize| (history[*index].lamport, history[*index].peer, *index);
            siblings.iter().copied().max_by_key(order).into_iter().collect()
        }
        Strategy::FirstWriterWins => siblings.first().copied().into_iter().collect(),
        Strategy::HighestNode => {
            siblings.iter().copied().max_by_key(|index| (history[*index].peer, *index)).into_iter().collect()
        }
        Strategy::KeepSiblings => siblings.clone(),
    };
    let dropped = siblings.into_iter().filter(|index| !shown.contains(index)).collect();
    (shown, dropped)
}

fn numbers(versions: &[&Version]) -> Vec<usize> {
    let mut numbers: Vec<usize> = versions.iter().map(|version| version.write.value as usize).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn registers_show_what_the_whole_history_says() {
    let mut looked = 0;
    explore(&World::new(), STEPS, &register_moves, &mut |world| {
        let mut whole = world.peers[0].clone();
        (1..PEERS).for_each(|peer| whole.merge(&world.peers[peer]));
        let all = world.known.iter().fold(0, |all, known| all | known);
        let states = (0..PEERS).map(|peer| (&world.peers[peer], world.known[peer], world.met[peer]));
        for (state, known, met) in states.chain([(&whole, all, all)]) {
            for strategy in Strategy::ALL {
                let view = state.view(strategy);
                let found = (numbers(&view.shown), numbers(&view.dropped));
                assert_eq!(found, expected(&world.history, known, met, strategy), "{strategy:?} of {state:?}");
                looked += 1;
            }
        }
    });
    assert_eq!(looked, (1 + 18 + 18_usize.pow(2) + 18_usize.pow(3) + 18_usize.pow(4)) * 4 * Strategy::ALL.len());
}

fn set_moves(world: &World<ReplicatedSet>) -> Vec<World<ReplicatedSet>> {
    let mut next = Vec::new();
    for (peer, element, adds) in
        (0..PEERS).flat_map(|peer| [(peer, 0, true), (peer, 0, false), (peer, 1, true), (peer, 1, false)])
    {
        let mut changed = world.clone();
        let number = changed.note(peer, world.known[peer], element, adds);
        let (set, mark) = (&mut changed.peers[peer], mark(peer, number));
        let _ = if adds { set.add(actor(peer), element, mark) } else { set.remove(actor(peer), element, mark) };
        next.push(changed);
    }
    for (to, from) in meetings() {
        let mut merged = world.clone();
        merged.peers[to].merge(&world.peers[from]);
        merged.known[to] |= world.known[from];
        merged.met[to] |= world.met[from];
        next.push(merged);
    }
    next
}

fn is_in(history: &[Event], known: Events, kind: SetKind, element: i64) -> bool {
    let of_it = |adds: bool| of(known).filter(move |index| history[*index].element == element && history[*index].adds == adds);
    let latest = |adds: bool| of_it(adds).map(|index| wall(history[index].peer, index as i64)).max();
    match kind {
        SetKind::GrowOnly => of_it(true).next().is_some(),
        SetKind::TwoPhase => of_it(true).next().is_some() && of_it(false).next().is_none(),
        SetKind::LastWriteWins => latest(true).is_some() && latest(true) >= latest(false),
        SetKind::ObservedRemove => of_it(true).any(|add| of_it(false).all(|removal| history[removal].seen & 1 << add == 0)),
        SetKind::PositiveNegative => of_it(true).count() > of_it(false).count(),
    }
}

#[test]
fn sets_have_what_the_whole_history_says() {
    explore(&World::new(), STEPS, &set_moves, &mut |world| {
        let mut whole = world.peers[0].clone();
        (1..PEERS).for_each(|peer| whole.merge(&world.peers[peer]));
        let all = world.known.iter().fold(0, |all, known| all | known);
        for (state, known) in world.peers.iter().zip(world.known).chain([(&whole, all)]) {
            for kind in SetKind::ALL {
                let expected: Vec<i64> = (0..2).filter(|element| is_in(&world.history, known, kind, *element)).collect();
                assert_eq!(state.elements(kind), expected, "{kind:?} of {state:?}");
            }
        }
    });
}
