//! A map and a set for few entries, as a sorted list: same order and answers as `BTreeMap`, at a fraction of its code. Each kind
//! of entry costs a B-tree 5 KB of program, and the page has to be small. Inserting moves what comes behind: keep to `BTreeMap`
//! for anything that may have thousands of entries.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        SmallMap(Vec::new())
    }
}

impl<K: Ord, V> SmallMap<K, V> {
    pub fn new() -> Self {
        SmallMap::default()
    }

    /// Where the key is, or where it belongs.
    fn find(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.cmp(key))
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find(key).ok().map(|at| &mut self.0[at].1)
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    /// Returns what was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }

    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    /// The value of this key, which is put there if need be.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let at = self.find(&key).unwrap_or_else(|at| {
            self.0.insert(at, (key, V::default()));
            at
        });
        &mut self.0[at].1
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> {
        self.0.into_iter().map(|(_, value)| value)
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SmallMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = SmallMap::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallSet<K>(SmallMap<K, ()>);

impl<K> Default for SmallSet<K> {
    fn default() -> Self {
        SmallSet(SmallMap::default())
    }
}

impl<K: Ord> SmallSet<K> {
    pub fn new() -> Self {
        SmallSet::default()
    }

    pub fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    /// Was it new?
    pub fn insert(&mut self, key: K) -> bool {
        self.0.insert(key, ()).is_none()
    }

    /// Was it there?
    pub fn remove(&mut self, key: &K) -> bool {
        self.0.remove(key).is_some()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.0.keys()
    }
}

impl<K: Ord> FromIterator<K> for SmallSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        SmallSet(keys.into_iter().map(|key| (key, ())).collect())
    }
}

/// In ascending order of their keys; equal ones stay in the order in which they are. A merge sort (Knuth, volume 3, 5.2.4) in place of
/// the standard library’s, each use of which costs 2 to 5 KB of program.
pub fn sorted_by_key<T, K: Ord>(all: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    merge_sort(all, &key)
}

/// In ascending order, each once.
pub fn sorted_once<T: Ord + Copy>(all: Vec<T>) -> Vec<T> {
    let mut all = sorted_by_key(all, |one| *one);
    all.dedup();
    all
}

fn merge_sort<T, K: Ord>(mut all: Vec<T>, key: &impl Fn(&T) -> K) -> Vec<T> {
    if all.len() < 2 {
        return all;
    }
    let right = all.split_off(all.len() / 2);
    let mut sorted = Vec::with_capacity(all.len() + right.len());
    let (mut left, mut right) = (merge_sort(all, key).into_iter().peekable(), merge_sort(right, key).into_iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(one), Some(other)) if key(other) < key(one) => right.next(),
            (Some(_), _) => left.next(),
            (None, _) => right.next(),
        };
        match next {
            Some(next) => sorted.push(next),
            None => return sorted,
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(all in prop::collection::vec((0u8..20, any::<u16>()), 0..80)) {
            let mut expected = all.clone();
            expected.sort_by_key(|one| one.0);
            prop_assert_eq!(sorted_by_key(all.clone(), |one| one.0), expected);
            let mut expected = all.clone();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(sorted_once(all), expected);
        }
    }
    use std::collections::BTreeMap;

    proptest! {
        /// Whatever is done to it, it says what a B-tree says.
        #[test]
        fn is_a_map(steps in prop::collection::vec((0u8..6, 0u8..12, any::<u8>()), 0..80)) {
            let (mut small, mut tree) = (SmallMap::new(), BTreeMap::new());
            let mut set = SmallSet::new();
            for (what, key, value) in steps {
                match what {
                    0..=2 => {
                        prop_assert_eq!(set.insert(key), !tree.contains_key(&key));
                        prop_assert_eq!(small.insert(key, value), tree.insert(key, value));
                    }
                    3 => {
                        prop_assert_eq!(set.remove(&key), tree.contains_key(&key));
                        prop_assert_eq!(small.remove(&key), tree.remove(&key));
                    }
                    4 => {
                        set.insert(key);
                        *small.or_default(key) ^= value;
                        *tree.entry(key).or_default() ^= value;
                    }
                    _ => {
                        small.values_mut().for_each(|own| *own ^= value);
                        tree.values_mut().for_each(|own| *own ^= value);
                    }
                }
                prop_assert_eq!(small.get(&key), tree.get(&key));
                prop_assert_eq!(small.get_mut(&key).copied(), tree.get(&key).copied());
                prop_assert_eq!(set.contains(&key), small.contains_key(&key));
                prop_assert_eq!((small.len(), small.is_empty(), set.is_empty()), (tree.len(), tree.is_empty(), tree.is_empty()));
                prop_assert!(small.iter().eq(tree.iter()) && small.keys().eq(tree.keys()) && small.values().eq(tree.values()));
                prop_assert!(set.iter().eq(tree.keys()));
            }
            prop_assert_eq!(&tree.clone().into_iter().rev().collect::<SmallMap<u8, u8>>(), &small);
            prop_assert!(small.clone().into_values().eq(tree.into_values()));
            small.clear();
            set.clear();
            prop_assert!(small.is_empty() && set.is_empty());
        }
    }
}
