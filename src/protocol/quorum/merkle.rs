//! Finding the keys in which two nodes differ without sending the copies: a hash tree over the keys (Merkle, 1987; Dynamo, §4.7).
//!
//! A binary tree of fixed depth. Places are numbered as in a heap: the root is 1, below `place` are twice that and one more. It must
//! not know who compares, nor send anything.

use crate::{sim::id::Key, trace::Compared};

/// Of one place in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash {
    pub place: u32,
    pub digest: u64,
}

/// How many steps there are from the root to a leaf.
pub const DEPTH: u32 = 6;
const LEAVES: u32 = 1 << DEPTH;

/// Of the keys that a node compares, and what it has of them.
#[derive(Clone, Debug)]
pub struct Tree {
    /// From place 1; place 0 is not used. An empty place has 0.
    digests: Vec<u64>,
    keys: Vec<Key>,
}

/// What a comparison of some places came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The places below those that differ, for the other to compare with.
    pub below: Vec<Hash>,
    /// Leaves that differ.
    pub leaves: Vec<u32>,
}

impl Tree {
    /// `copies`: keys and the digests of what is kept of them, in order of keys.
    pub fn new(copies: impl Iterator<Item = (Key, u64)>) -> Tree {
        let mut digests = vec![0; 2 * LEAVES as usize];
        let mut keys = Vec::new();
        for (key, digest) in copies {
            let leaf = &mut digests[leaf(key) as usize];
            *leaf = fold(&[*leaf, key.0 as u64, digest]);
            keys.push(key);
        }
        for place in (1..LEAVES as usize).rev() {
            let (left, right) = (digests[2 * place], digests[2 * place + 1]);
            digests[place] = if left | right == 0 { 0 } else { fold(&[left, right]) };
        }
        Tree { digests, keys }
    }

    pub fn root(&self) -> Hash {
        self.hash(1)
    }

    fn hash(&self, place: u32) -> Hash {
        Hash { place, digest: self.digests[place as usize] }
    }

    /// Side by side, what both have at these places.
    pub fn beside(&self, theirs: &[Hash]) -> Vec<Compared> {
        let there = theirs.iter().filter(|hash| (1..2 * LEAVES).contains(&hash.place));
        there.map(|hash| Compared { place: hash.place, own: self.hash(hash.place).digest, theirs: hash.digest }).collect()
    }

    /// Compares with what another has at these places. Places that do not exist are taken no notice of.
    pub fn compare(&self, theirs: &[Hash]) -> Difference {
        let mut difference = Difference::default();
        for hash in theirs.iter().filter(|hash| (1..2 * LEAVES).contains(&hash.place)) {
            if *hash == self.hash(hash.place) {
                continue;
            }
            match hash.place {
                place if place >= LEAVES => difference.leaves.push(place),
                place => difference.below.extend([self.hash(2 * place), self.hash(2 * place + 1)]),
            }
        }
        difference
    }

    /// The keys below some leaves, as far as this node has any.
    pub fn keys(&self, leaves: &[u32]) -> Vec<Key> {
        self.keys.iter().copied().filter(|key| leaves.contains(&leaf(*key))).collect()
    }
}

/// The leaf of a key.
pub fn leaf(key: Key) -> u32 {
    LEAVES + key.0 as u32 % LEAVES
}

/// FNV-1a (64 bits). Never 0, which stands for nothing.
fn fold(words: &[u64]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3));
    hash.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two nodes compare until they know: the keys that differ, and how many hashes were compared.
    fn compare(mine: &[(u16, u64)], theirs: &[(u16, u64)]) -> (Vec<u16>, usize) {
        let tree = |copies: &[(u16, u64)]| Tree::new(copies.iter().map(|(key, digest)| (Key(*key), *digest)));
        let (mut here, mut there) = (tree(theirs), tree(mine));
        let (mut hashes, mut compared, mut leaves) = (vec![there.root()], 0, Vec::new());
        while !hashes.is_empty() {
            compared += hashes.len();
            let difference = here.compare(&hashes);
            leaves.extend(difference.leaves);
            hashes = difference.below;
            std::mem::swap(&mut here, &mut there);
        }
        let mut keys: Vec<u16> = here.keys(&leaves).into_iter().chain(there.keys(&leaves)).map(|key| key.0).collect();
        keys.sort_unstable();
        keys.dedup();
        (keys, compared)
    }

    fn copies(count: u16, other: &[u16]) -> Vec<(u16, u64)> {
        (0..count).map(|key| (key, if other.contains(&key) { 7 } else { 1_000 + key as u64 })).collect()
    }

    /// Q10: d of M keys differ: of each level at most two hashes for each are compared.
    #[test]
    fn the_cost_grows_with_what_differs_and_with_the_depth() {
        for (other, compared) in
            [(vec![], 1), (vec![0], 13), (vec![63], 13), (vec![10, 11], 13), (vec![0, 63], 23), (vec![1, 20, 40, 60], 39)]
        {
            assert_eq!(compare(&copies(64, &[]), &copies(64, &other)), (other.clone(), compared), "{other:?}");
            assert!(compared <= 1 + 2 * DEPTH as usize * other.len().max(1));
        }
        let all: Vec<u16> = (0..64).collect();
        assert_eq!(compare(&copies(64, &[]), &copies(64, &all)), (all, 127));
    }

    #[test]
    fn what_only_one_has_is_found() {
        let (few, many) = (copies(3, &[]), copies(5, &[]));
        assert_eq!(compare(&few, &many).0, [3, 4]);
        assert_eq!(compare(&many, &few).0, [3, 4]);
        assert_eq!(compare(&[], &few).0, [0, 1, 2]);
        assert_eq!(compare(&[], &[]), (vec![], 1));
    }

    #[test]
    fn keys_that_share_a_leaf_are_told_apart_by_it() {
        assert_eq!(compare(&[(1, 5), (65, 6)], &[(1, 6), (65, 5)]).0, [1, 65], "swapped");
    }

    #[test]
    fn places_that_do_not_exist_do_no_harm() {
        let odd = [0, 128, u32::MAX].map(|place| Hash { place, digest: 1 });
        assert_eq!(Tree::new(std::iter::empty()).compare(&odd), Difference::default());
    }
}
