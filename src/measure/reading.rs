//! What was measured up to a moment, to be looked at.

use super::{
    Measures,
    bucket::Bucket,
    latencies::{Ended, Latencies},
};
use crate::sim::time::Micros;
use std::sync::Arc;

/// The figures of a run up to a moment.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Of every bucket; the last one ends with the reading.
    pub width: Micros,
    pub until: Micros,
    pub(super) buckets: Vec<Arc<Bucket>>,
    /// Of the whole run.
    pub all: Latencies,
    /// What operations are called, in the order in which buckets have them.
    pub names: Arc<Vec<String>>,
}

impl Reading {
    /// From the start of the run, without gaps. At most [`Measures::BUCKETS_MAX`].
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = &Bucket> {
        debug_assert!(self.buckets.len() <= Measures::BUCKETS_MAX);
        self.buckets.iter().map(|bucket| &**bucket)
    }

    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// When a bucket begins.
    pub fn begin(&self, bucket: usize) -> Micros {
        Micros(self.width.0 * bucket as u64)
    }

    /// When a bucket ends, or the reading in it.
    pub fn end(&self, bucket: usize) -> Micros {
        self.begin(bucket + 1).min(self.until)
    }

    /// Operations of a name in the whole run.
    pub fn named(&self, name: usize) -> Latencies {
        let mut all = Latencies::default();
        self.buckets().filter_map(|bucket| bucket.named.get(name)).for_each(|named| all.merge(named));
        all
    }

    /// How many nodes were ever there.
    pub fn nodes(&self) -> usize {
        self.buckets.last().map_or(0, |bucket| bucket.nodes.len())
    }

    /// Half, 95 and 99 of 100 operations took no longer than this, in µs, in the whole run.
    pub fn percentiles(&self, ended: &[Ended]) -> [Option<u64>; 3] {
        [50, 95, 99].map(|percent| self.all.percentile(ended, percent))
    }
}
