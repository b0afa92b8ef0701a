//! The acknowledged writes of a history, kept so that "what is provably later than this?" is answered fast.
//!
//! Order is that of the rows: an operation comes before another if its last row stands above the other's first row. Two
//! operations neither of which comes before the other are concurrent, and nothing is claimed about their order.

use crate::sim::{
    id::{ClientId, Key, OperationId},
    operation::Write,
    small::SmallMap,
    time::Micros,
};
use std::collections::BTreeMap;

/// A write that its client knows to have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub write: Write,
    /// Rows of the history in which the write begins and ends.
    pub invoked: u64,
    pub acknowledged: u64,
    /// When it was acknowledged.
    pub at: Micros,
    /// Place in the key's list of the write that began last, among this one and those before it.
    newest: usize,
}

/// Acknowledged writes, in the order they were acknowledged, by key.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged {
    keys: SmallMap<Key, Vec<Acknowledgement>>,
    /// Place of each write in its key's list.
    places: BTreeMap<OperationId, usize>,
    /// Places of each client's writes in the key's list, ascending.
    clients: SmallMap<Key, SmallMap<ClientId, Vec<usize>>>,
}

/// The writes of a key that are provably later than a given one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Later {
    /// The one that began last.
    pub newest: Write,
    pub count: u32,
    /// When the first of them was acknowledged.
    pub first_at: Micros,
}

impl Acknowledged {
    /// A write ended well in row `acknowledged`; rows come in ascending order.
    pub(super) fn push(&mut self, write: Write, invoked: u64, acknowledged: u64, at: Micros) {
        let list = self.keys.or_default(write.key);
        let place = list.len();
        let newest = list.last().map(|last| last.newest).filter(|newest| list[*newest].invoked > invoked).unwrap_or(place);
        list.push(Acknowledgement { write, invoked, acknowledged, at, newest });
        self.places.insert(write.id, place);
        self.clients.or_default(write.key).or_default(write.id.client).push(place);
    }

    /// How many writes of the key were acknowledged so far.
    pub fn count(&self, key: Key) -> usize {
        self.of(key).len()
    }

    /// How many writes were acknowledged.
    pub fn total(&self) -> usize {
        self.places.len()
    }

    pub fn get(&self, write: &Write) -> Option<&Acknowledgement> {
        self.of(write.key).get(*self.places.get(&write.id)?)
    }

    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.keys.keys().copied()
    }

    fn of(&self, key: Key) -> &[Acknowledgement] {
        self.keys.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The acknowledged writes of a key that no acknowledged write is provably later than. They are concurrent, so there are
    /// at most as many as there are clients.
    pub fn latest(&self, key: Key) -> &[Acknowledgement] {
        let list = self.of(key);
        let Some(newest) = list.last().map(|last| list[last.newest].invoked) else { return &[] };
        &list[list.partition_point(|one| one.acknowledged < newest)..]
    }

    /// Of the first `known` acknowledged writes of the key: those that began after `than` was acknowledged. Without `than`,
    /// which stands for "never written", all of them. None if there are none, or if `than` itself is not among the `known`.
    /// O(c log n) for n writes by c clients.
    pub fn later(&self, key: Key, than: Option<Write>, known: usize) -> Option<Later> {
        let list = self.of(key).get(..known)?;
        let newest = list[list.last()?.newest];
        let Some(than) = than else {
            return Some(Later { newest: newest.write, count: known as u32, first_at: list[0].at });
        };
        let place = *self.places.get(&than.id)?;
        let end = list.get(place)?.acknowledged;
        if newest.invoked < end {
            return None;
        }
        // A client has one operation open at most, so this skips at most one write per client.
        let first = list[place + 1..].iter().find(|one| one.invoked > end)?;
        let concurrent = self.clients.get(&key)?.values().filter(|places| {
            let next = places.get(places.partition_point(|own| *own <= place));
            next.and_then(|next| list.get(*next)).is_some_and(|next| next.invoked < end)
        });
        let count = (known - place - 1 - concurrent.count()) as u32;
        Some(Later { newest: newest.write, count, first_at: first.at })
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::sim::id::Origin;
    use proptest::prelude::*;

    fn write(client: u16, number: u32) -> Write {
        let id = OperationId { client: ClientId(client), origin: Origin::Hand, number };
        Write { id, key: Key(0), value: number as i64 }
    }

    proptest! {
        /// Against the definition, read word by word, on random histories of writes by four clients.
        #[test]
        fn agrees_with_the_definition(turns in prop::collection::vec((0u16..4, 0u8..5), 0..60)) {
            let (mut fast, mut all) = (Acknowledged::default(), Vec::<Acknowledgement>::new());
            let mut open: BTreeMap<u16, u64> = BTreeMap::new();
            for (row, (client, turn)) in turns.into_iter().enumerate() {
                let row = row as u64;
                let Some(invoked) = open.remove(&client) else {
                    open.insert(client, row);
                    continue;
                };
                // One in five writes is never acknowledged.
                if turn > 0 {
                    let one = Acknowledgement { write: write(client, row as u32), invoked, acknowledged: row, at: Micros(row), newest: 0 };
                    fast.push(one.write, invoked, row, Micros(row));
                    all.push(one);
                }
            }
            let overwritten = |one: &Acknowledgement| all.iter().any(|other| other.invoked > one.acknowledged);
            let latest: Vec<Write> = all.iter().filter(|one| !overwritten(one)).map(|one| one.write).collect();
            prop_assert_eq!(fast.latest(Key(0)).iter().map(|one| one.write).collect::<Vec<_>>(), latest);
            for known in 0..=all.len() {
                let candidates = [None].into_iter().chain(all.iter().map(Some));
                for than in candidates {
                    let later: Vec<_> = all[..known].iter().filter(|one| than.is_none_or(|than| one.invoked > than.acknowledged)).collect();
                    let expected = later.iter().max_by_key(|one| one.invoked).map(|newest| Later {
                        newest: newest.write,
                        count: later.len() as u32,
                        first_at: later[0].at,
                    });
                    prop_assert_eq!(fast.later(Key(0), than.map(|than| than.write), known), expected);
                }
            }
        }
    }
}
