//! A list that only grows at the end, and whose clones share what they have in common.
//!
//! Trace, history and logs live in the world, and the lab clones worlds often; copying them whole would
//! make a keyframe cost as much as the run is long. It must not become a general container.

use std::sync::Arc;

const CHUNK: usize = 128;

/// Items keep their index for ever, also after older ones were dropped.
#[derive(Clone, Debug)]
pub struct Chunked<T> {
    chunks: std::collections::VecDeque<Arc<Vec<T>>>,
    /// Index of the first item of the first chunk.
    base: u64,
    /// Index of the first item kept; at least `base`.
    first: u64,
    next: u64,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Chunked { chunks: Default::default(), base: 0, first: 0, next: 0 }
    }
}

impl<T: Clone> Chunked<T> {
    /// An empty list whose first item will have index `first`.
    pub fn starting_at(first: u64) -> Self {
        Chunked { base: first, first, next: first, ..Default::default() }
    }

    pub fn push(&mut self, item: T) -> u64 {
        if self.chunks.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push_back(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let Some(chunk) = self.chunks.back_mut() {
            Arc::make_mut(chunk).push(item);
        }
        self.next += 1;
        self.next - 1
    }

    /// Index of the first item still kept.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Index that the next item will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// How many items are kept.
    pub fn len(&self) -> usize {
        (self.next - self.first) as usize
    }

    pub fn is_empty(&self) -> bool {
        self.next == self.first
    }

    pub fn get(&self, index: u64) -> Option<&T> {
        if index < self.first || index >= self.next {
            return None;
        }
        let offset = (index - self.base) as usize;
        self.chunks.get(offset / CHUNK)?.get(offset % CHUNK)
    }

    pub fn last(&self) -> Option<&T> {
        self.next.checked_sub(1).and_then(|index| self.get(index))
    }

    /// Drops items before `index`.
    pub fn drop_before(&mut self, index: u64) {
        self.first = index.clamp(self.first, self.next);
        while self.chunks.len() > 1 && self.base + CHUNK as u64 <= self.first {
            self.chunks.pop_front();
            self.base += CHUNK as u64;
        }
    }

    /// Drops the item at `index` and all after it.
    pub fn truncate(&mut self, index: u64) {
        let index = index.clamp(self.first, self.next);
        self.next = index;
        // Every chunk but the last is full.
        let kept = (index - self.base) as usize;
        self.chunks.truncate(kept.div_ceil(CHUNK));
        let before_last = CHUNK * self.chunks.len().saturating_sub(1);
        if let Some(last) = self.chunks.back_mut()
            && last.len() > kept - before_last
        {
            Arc::make_mut(last).truncate(kept - before_last);
        }
    }

    /// Drops all but the last `count` items.
    pub fn keep_last(&mut self, count: u64) {
        self.drop_before(self.next.saturating_sub(count));
    }

    /// The list as it was when it had `next` items, as far as it is kept.
    pub fn until(&self, next: u64) -> Self {
        let mut earlier = self.clone();
        earlier.truncate(next);
        earlier
    }

    /// Items with index in `from..to`, as far as they are kept.
    pub fn range(&self, from: u64, to: u64) -> impl DoubleEndedIterator<Item = (u64, &T)> + Clone {
        (from.max(self.first)..to.min(self.next)).filter_map(|index| self.get(index).map(|item| (index, item)))
    }

    /// The index of the first item kept for which `is_before` is false; it must be true for all before that one, and for none
    /// after.
    pub fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> u64 {
        let (mut low, mut high) = (self.first, self.next);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).is_some_and(&is_before) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    /// The items kept, without their index.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.iter().map(|(_, item)| item)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> + Clone {
        self.range(self.first, self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a plain vector, under random pushes, drops and truncations, with a clone kept aside.
        #[test]
        fn behaves_like_a_vector(steps in prop::collection::vec((0u8..12, 0u64..400), 0..200)) {
            let mut list = Chunked::default();
            let (mut model, mut first): (Vec<u64>, u64) = (Vec::new(), 0);
            let mut kept: Option<(Chunked<u64>, Vec<u64>, u64)> = None;
            for (step, n) in steps {
                match step {
                    0 => { list.drop_before(n); first = n.clamp(first, model.len() as u64); }
                    1 => { list.truncate(n); let n = n.clamp(first, model.len() as u64); model.truncate(n as usize); }
                    2 => kept = Some((list.clone(), model.clone(), first)),
                    _ => for k in 0..n % 60 { list.push(n * 1000 + k); model.push(n * 1000 + k); },
                }
                prop_assert_eq!(list.next(), model.len() as u64);
                prop_assert_eq!(list.first(), first);
            }
            let all: Vec<u64> = list.iter().map(|(_, item)| *item).collect();
            prop_assert_eq!(&all[..], &model[first as usize..]);
            // Only a sorted list can be asked for a place in it.
            if all.is_sorted() {
                let limit = all.get(all.len() / 2).copied().unwrap_or(7);
                let expected = list.first() + all.iter().take_while(|item| **item < limit).count() as u64;
                prop_assert_eq!(list.partition_point(|item| *item < limit), expected);
            }
            if let Some((list, model, first)) = kept {
                let all: Vec<u64> = list.iter().map(|(_, item)| *item).collect();
                prop_assert_eq!(&all[..], &model[first as usize..]);
            }
        }
    }
}
