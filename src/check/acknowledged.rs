//! The acknowledged writes of a history, kept so that "what is provably later than this?" is answered fast.
//!
//! Order is that of the rows: an operation comes before another if its last row stands above the other's first row. Two
//! operations neither of which comes before the other are concurrent, and nothing is claimed about their order. Clones
//! share what they have in common, for every keyframe has one.

use crate::sim::{
    chunked::Chunked,
    id::{ClientId, Key, NodeId, Origin},
    operation::Write,
    small::SmallMap,
    time::Micros,
};

/// A write that its client knows to have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub write: Write,
    /// Rows of the history in which the write begins and ends.
    pub invoked: u64,
    pub acknowledged: u64,
    /// When it was acknowledged, and by which node.
    pub at: Micros,
    pub by: Option<NodeId>,
    /// Place in the key's list of the write that began last, among this one and those before it.
    newest: u64,
}

/// Where the list of a key has a write.
#[derive(Clone, Copy, Debug)]
struct Place {
    number: u32,
    key: Key,
    index: u64,
    invoked: u64,
    acknowledged: u64,
}

/// Acknowledged writes, in the order they were acknowledged, by key.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged {
    keys: SmallMap<Key, Chunked<Acknowledgement>>,
    /// A client has one operation open at a time and counts them, so its places ascend in every respect.
    clients: SmallMap<(ClientId, Origin), Chunked<Place>>,
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

impl Acknowledgement {
    pub(super) fn new(write: Write, (invoked, acknowledged): (u64, u64), at: Micros, by: Option<NodeId>) -> Acknowledgement {
        Acknowledgement { write, invoked, acknowledged, at, by, newest: 0 }
    }
}

impl Acknowledged {
    /// A write ended well; they come in the order of the row in which they did.
    pub(super) fn push(&mut self, one: Acknowledgement) {
        let Acknowledgement { write, invoked, acknowledged, .. } = one;
        let list = self.keys.or_default(write.key);
        let index = list.next();
        let began = |place: u64| list.get(place).map_or(0, |other| other.invoked);
        let newest = list.last().map(|last| last.newest).filter(|newest| began(*newest) > invoked).unwrap_or(index);
        list.push(Acknowledgement { newest, ..one });
        let place = Place { number: write.id.number, key: write.key, index, invoked, acknowledged };
        self.clients.or_default((write.id.client, write.id.origin)).push(place);
    }

    /// How many writes of the key were acknowledged so far.
    pub fn count(&self, key: Key) -> u64 {
        self.of(key).map_or(0, Chunked::next)
    }

    pub fn get(&self, write: &Write) -> Option<&Acknowledgement> {
        self.of(write.key)?.get(self.place(write)?.index)
    }

    /// Whether neither of two acknowledged writes comes before the other.
    pub fn are_concurrent(&self, one: &Write, other: &Write) -> bool {
        let (Some(one), Some(other)) = (self.get(one), self.get(other)) else { return false };
        one.invoked < other.acknowledged && other.invoked < one.acknowledged
    }

    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.keys.keys().copied()
    }

    fn of(&self, key: Key) -> Option<&Chunked<Acknowledgement>> {
        self.keys.get(&key)
    }

    fn place(&self, write: &Write) -> Option<&Place> {
        let places = self.clients.get(&(write.id.client, write.id.origin))?;
        let found = places.get(places.partition_point(|place| place.number < write.id.number))?;
        (found.number == write.id.number && found.key == write.key).then_some(found)
    }

    /// The acknowledged writes of a key that no acknowledged write is provably later than. They are concurrent, so there are
    /// at most as many as there are clients.
    pub fn latest(&self, key: Key) -> impl Iterator<Item = &Acknowledgement> {
        let newest = self.of(key).and_then(|list| Some((list, list.get(list.last()?.newest)?.invoked)));
        newest.into_iter().flat_map(|(list, newest)| {
            let from = list.partition_point(|one| one.acknowledged < newest);
            list.range(from, list.next()).map(|(_, one)| one)
        })
    }

    /// Of the first `known` acknowledged writes of the key: those that began after `than` was acknowledged. Without `than`,
    /// which stands for "never written", all of them. None if there are none, or if `than` itself is not among the `known`.
    /// O(c log n) for n writes by c clients.
    pub fn later(&self, key: Key, than: Option<Write>, known: u64) -> Option<Later> {
        let list = self.of(key)?;
        let newest = list.get(list.get(known.checked_sub(1)?)?.newest)?;
        let Some(than) = than else {
            return Some(Later { newest: newest.write, count: known as u32, first_at: list.get(0)?.at });
        };
        let Place { index, acknowledged: end, .. } = *self.place(&than).filter(|place| place.index < known)?;
        if newest.invoked < end {
            return None;
        }
        // A client has one operation open at most, so this skips at most one write per client.
        let (_, first) = list.range(index + 1, known).find(|(_, one)| one.invoked > end)?;
        let concurrent = self.clients.values().filter(|places| {
            let next = places.get(places.partition_point(|place| place.acknowledged <= end));
            next.is_some_and(|next| next.key == key && next.index < known && next.invoked < end)
        });
        let count = (known - index - 1) as u32 - concurrent.count() as u32;
        Some(Later { newest: newest.write, count, first_at: first.at })
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::sim::id::OperationId;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

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
                    let (write, at, by) = (write(client, row as u32), Micros(row), None);
                    let one = Acknowledgement::new(write, (invoked, row), at, by);
                    fast.push(one);
                    all.push(one);
                }
            }
            let overwritten = |one: &Acknowledgement| all.iter().any(|other| other.invoked > one.acknowledged);
            let latest: Vec<Write> = all.iter().filter(|one| !overwritten(one)).map(|one| one.write).collect();
            prop_assert_eq!(fast.latest(Key(0)).map(|one| one.write).collect::<Vec<_>>(), latest);
            for known in 0..=all.len() {
                let candidates = [None].into_iter().chain(all.iter().map(Some));
                for than in candidates {
                    let later: Vec<_> = all[..known].iter().filter(|one| than.is_none_or(|than| one.invoked > than.acknowledged)).collect();
                    let expected = later.iter().max_by_key(|one| one.invoked).map(|newest| Later {
                        newest: newest.write,
                        count: later.len() as u32,
                        first_at: later[0].at,
                    });
                    prop_assert_eq!(fast.later(Key(0), than.map(|than| than.write), known as u64), expected);
                }
            }
        }
    }
}
