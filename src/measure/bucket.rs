//! What was measured in one stretch of time, and how two stretches become one. Counts add up, peaks take the larger: so a
//! merged bucket is what a bucket twice as wide would have been.

use super::latencies::Latencies;

/// The largest value of a gauge in a stretch of time; nothing if there was no gauge, as while a node is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peak(
    /// The value plus one; 0 for nothing, so that the larger of two is that of the numbers.
    u64,
);

impl Peak {
    pub fn of(value: u64) -> Peak {
        Peak(value.saturating_add(1))
    }

    pub fn get(self) -> Option<u64> {
        self.0.checked_sub(1)
    }

    /// Takes in another value, or that there was none.
    pub(super) fn take(&mut self, other: Peak) {
        *self = other.max(*self);
    }
}

/// Gauges of a node, in the order in which a bucket has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauge {
    /// Entries that the primary has on disk and this node has not: in its log, on its disk, visible to its readers. Of peers that take
    /// writes, only the last: changes that some running peer shows and this one does not.
    Written,
    Flushed,
    Applied,
    /// For how long the primary has had on disk the oldest of them, in µs, by the same three positions.
    AgeWritten,
    AgeFlushed,
    AgeApplied,
    /// Inputs that wait or are being worked on.
    Queue,
}

/// Counts of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Messages,
    Bytes,
    Reads,
    Writes,
}

/// Counts of all clients together: operations by how they ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    Reads,
    Writes,
    Refused,
    /// No answer in time, or none that says whether it happened.
    Unknown,
    /// Reads that the judge calls stale.
    Stale,
}

/// Positions of a log. Each has two gauges: how many entries are missing there, and, so many places on, for how long.
pub(super) const POSITIONS: usize = 3;
pub const GAUGES: usize = 7;
pub const COUNTS: usize = 4;
pub const TOTALS: usize = 5;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeBucket {
    pub gauges: [Peak; GAUGES],
    pub counts: [u64; COUNTS],
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// By the node's number.
    pub nodes: Vec<NodeBucket>,
    /// Inputs that wait or are being worked on, at all running nodes together.
    pub queues: Peak,
    pub totals: [u64; TOTALS],
    /// Acknowledged writes that were lost up to then, as far as was known.
    pub lost: u64,
    pub latencies: Latencies,
    /// The same of operations with names, by the place of the name in the run's list; shorter if others did not end here.
    pub named: Vec<Latencies>,
}

impl Bucket {
    pub fn gauge(&self, node: usize, gauge: Gauge) -> Option<u64> {
        self.nodes.get(node)?.gauges[gauge as usize].get()
    }

    /// Of the whole group: the largest lag of any replica, or the most inputs at all running nodes at one time.
    pub fn overall(&self, gauge: Gauge) -> Option<u64> {
        match gauge {
            Gauge::Queue => self.queues.get(),
            lag => self.nodes.iter().map(|node| node.gauges[lag as usize]).max()?.get(),
        }
    }

    pub fn count(&self, node: usize, count: Count) -> u64 {
        self.nodes.get(node).map_or(0, |node| node.counts[count as usize])
    }

    pub fn total(&self, total: Total) -> u64 {
        self.totals[total as usize]
    }

    /// Takes in the one after it.
    pub fn merge(&mut self, later: &Bucket) {
        self.nodes.resize(self.nodes.len().max(later.nodes.len()), NodeBucket::default());
        for (own, other) in self.nodes.iter_mut().zip(&later.nodes) {
            own.gauges.iter_mut().zip(other.gauges).for_each(|(own, other)| own.take(other));
            own.counts.iter_mut().zip(other.counts).for_each(|(own, other)| *own += other);
        }
        self.queues.take(later.queues);
        self.totals.iter_mut().zip(later.totals).for_each(|(own, other)| *own += other);
        self.lost = later.lost;
        self.latencies.merge(&later.latencies);
        later.named.iter().enumerate().for_each(|(name, other)| self.named(name).merge(other));
    }

    /// The place for operations of a name.
    pub(super) fn named(&mut self, name: usize) -> &mut Latencies {
        while name >= self.named.len() {
            self.named.push(Latencies::default());
        }
        &mut self.named[name]
    }
}
