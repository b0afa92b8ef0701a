//! How far each node is, followed event by event: its log, its disk, what its readers see, its queue, what it has sent.
//!
//! Lag is distance from the primary: from what the newest running primary has on disk. Without one there is nothing to be
//! behind of. Positions are read off the events, since looking into nodes after every step would cost more than the step;
//! whenever something turns a log around (a start, a snapshot, a promotion), the node is looked at itself.

use super::Measures;
use super::bucket::{Bucket, COUNTS, GAUGES, Gauge, NodeBucket, Peak};
use crate::{
    protocol::Protocol,
    sim::{id::NodeId, time::Micros},
    store::log::Lsn,
    trace::{Fact, Kind},
    world::{World, host::Load},
};

/// One node.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    up: bool,
    written: Lsn,
    flushed: Lsn,
    /// What a flush under way will have put on disk.
    flushing: Lsn,
    applied: Lsn,
    /// The oldest entry that the primary has on disk and readers do not see here: since when the primary has it.
    waits_since: Option<Micros>,
    queue: usize,
    /// As far as it was counted.
    load: Load,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    /// The newest running primary.
    primary: Option<usize>,
    /// What it has on disk.
    reached: Lsn,
    /// When a primary had its log on disk up to where; both ascend. The last one stands for `together` flushes, every other one
    /// for `each`.
    commits: Vec<(Lsn, Micros)>,
    each: u32,
    together: u32,
    /// Index of the next event to read.
    next_event: u64,
}

/// Most flushes of primaries that are remembered. When a node is further behind, two, four, eight … of them count as one, at
/// the time of the last: so its lag is too small by 1/500 of itself at most, and has no bound.
const COMMITS_MAX: usize = 1_000;

impl Nodes {
    /// Reads the events that it has not seen.
    pub fn look<P: Protocol>(&mut self, world: &World<P>, open: &mut Bucket) {
        let trace = world.trace();
        let mut turned = self.nodes.is_empty() || trace.first() > self.next_event;
        // A bit for each node whose counts or queue may be others, and for each whose readers see more.
        let (mut busy, mut shown) = (0u64, 0u64);
        for (_, event) in trace.range(self.next_event, trace.next()) {
            let Some(node) = event.node.map(|node| node.0 as usize).filter(|node| *node < Measures::NODES_MAX) else { continue };
            match &event.kind {
                Kind::Send { .. } | Kind::Deliver { .. } | Kind::Worked { .. } => busy |= 1 << node,
                Kind::Fact(Fact::Applied { .. }) => shown |= 1 << node,
                kind => turned |= self.read(node, kind),
            }
        }
        self.next_event = trace.next();
        if turned {
            return self.look_again(world, open);
        }
        bits(busy).for_each(|node| self.count(node, world, open));
        bits(shown).for_each(|node| self.show(node, world, open));
        let reached = self.primary.map_or(self.reached, |primary| self.nodes[primary].flushed);
        if reached > self.reached {
            self.reached = reached;
            self.remember(world.now());
            self.compare(world.now(), open);
        }
    }

    /// Whether positions may have changed in a way that events do not tell one by one.
    fn read(&mut self, index: usize, kind: &Kind) -> bool {
        let Some(node) = self.nodes.get_mut(index) else { return true };
        match kind {
            Kind::Fact(Fact::Appended { lsn, .. } | Fact::Received { lsn, .. }) => node.written = *lsn,
            // Whatever was written so far goes with it.
            Kind::FlushStarted { .. } => node.flushing = node.written,
            Kind::Flushed { .. } => node.flushed = node.flushing.min(node.written),
            Kind::Fact(Fact::SnapshotInstalled { lsn, .. }) => {
                (node.written, node.flushed) = (*lsn, Lsn::ZERO);
                return true;
            }
            Kind::Crash { .. } | Kind::Restart | Kind::Added | Kind::Removed => return true,
            Kind::Fact(Fact::RoleChanged { .. } | Fact::Recovered { .. } | Fact::Discarded { .. }) => return true,
            _ => {}
        }
        false
    }

    /// Takes every node as it is.
    fn look_again<P: Protocol>(&mut self, world: &World<P>, open: &mut Bucket) {
        self.grow_old(world.now(), open);
        let known = world.hosts().len().min(Measures::NODES_MAX);
        self.nodes.resize(known, Node::default());
        open.nodes.resize(known, NodeBucket::default());
        for (node, host) in self.nodes.iter_mut().zip(world.hosts()) {
            let view = world.view(host.id);
            node.up = view.is_some();
            if let Some(view) = view {
                (node.written, node.flushed, node.applied) = (view.written, view.flushed, view.applied);
            }
        }
        (0..known).for_each(|index| self.count(index, world, open));
        self.primary = world.primary().map(|node| node.0 as usize).filter(|node| *node < known);
        if let Some(primary) = self.primary {
            self.reached = self.nodes[primary].flushed;
            // What another primary had beyond is not in this one's log.
            let shared = self.commits.partition_point(|(lsn, _)| *lsn <= self.reached);
            self.commits.truncate(shared);
            self.remember(world.now());
        }
        self.compare(world.now(), open);
    }

    /// The primary has its log on disk up to where it has `reached`, now if not before.
    fn remember(&mut self, now: Micros) {
        if self.commits.last().is_none_or(|(lsn, _)| *lsn < self.reached) {
            if self.together < self.each
                && let Some(last) = self.commits.last_mut()
            {
                *last = (self.reached, now);
                self.together += 1;
                return;
            }
            if self.commits.len() == COMMITS_MAX {
                self.forget_commits();
            }
            self.commits.push((self.reached, now));
            self.together = 1;
        }
    }

    /// Makes room: what all nodes show nobody will ask for, and of the rest two may count as one.
    fn forget_commits(&mut self) {
        let shown = self.nodes.iter().map(|node| node.applied).min().unwrap_or_default();
        self.commits.drain(..self.commits.partition_point(|(lsn, _)| *lsn <= shown));
        if self.commits.len() <= COMMITS_MAX / 2 {
            self.each = self.each.max(1);
            return;
        }
        let mut second = true;
        self.commits.retain(|_| {
            second = !second;
            second
        });
        self.each = self.each.max(1) * 2;
    }

    /// Since when the primary has the entry after this one on disk.
    fn since(&self, applied: Lsn) -> Option<Micros> {
        let after = self.commits.partition_point(|(lsn, _)| *lsn <= applied);
        self.commits.get(after).map(|(_, at)| *at)
    }

    /// What a node did, and how much waits there.
    fn count<P: Protocol>(&mut self, index: usize, world: &World<P>, open: &mut Bucket) {
        let (Some(host), Some(bucket)) = (world.hosts().get(index), open.nodes.get_mut(index)) else { return };
        let node = &mut self.nodes[index];
        let (old, new) = (figures(&node.load), figures(&host.load));
        for count in 0..COUNTS {
            bucket.counts[count] += new[count] - old[count];
        }
        node.load = host.load;
        let queue = host.queue_len();
        if queue > node.queue && node.up {
            let peak = &mut bucket.gauges[Gauge::Queue as usize];
            *peak = Peak::of(queue as u64).max(*peak);
        }
        node.queue = queue;
    }

    /// Readers see more at a node.
    fn show<P: Protocol>(&mut self, index: usize, world: &World<P>, open: &mut Bucket) {
        let Some(standing) = world.standing(NodeId(index as u16)) else { return };
        if let (Some(since), Some(bucket)) = (self.nodes[index].waits_since, open.nodes.get_mut(index)) {
            let peak = &mut bucket.gauges[Gauge::Age as usize];
            *peak = Peak::of(world.now().saturating_sub(since).0).max(*peak);
        }
        self.nodes[index].applied = standing.applied;
        self.nodes[index].waits_since = self.waits_since(index);
    }

    /// Since when this node waits for an entry, if it is behind.
    fn waits_since(&self, index: usize) -> Option<Micros> {
        let node = &self.nodes[index];
        let behind = self.primary.is_some_and(|primary| primary != index) && node.up && node.applied < self.reached;
        if behind { self.since(node.applied) } else { None }
    }

    /// Every node's distance anew, after what it is measured from has moved.
    fn compare(&mut self, now: Micros, open: &mut Bucket) {
        for index in 0..self.nodes.len() {
            self.nodes[index].waits_since = self.waits_since(index);
        }
        self.grow_old(now, open);
    }

    /// The gauges as they are at `now` go into the bucket.
    pub fn grow_old(&self, now: Micros, open: &mut Bucket) {
        for (index, bucket) in open.nodes.iter_mut().enumerate() {
            let Some(gauges) = self.gauges(index, now) else { continue };
            bucket.gauges.iter_mut().zip(gauges).for_each(|(own, other)| *own = other.max(*own));
        }
    }

    /// A new bucket that begins at `now`, with the gauges as they are.
    pub fn bucket(&self, now: Micros) -> Bucket {
        let mut bucket = Bucket { nodes: vec![NodeBucket::default(); self.nodes.len()], ..Bucket::default() };
        self.grow_old(now, &mut bucket);
        bucket
    }

    /// A node's gauges at `now`; none while it is down.
    pub fn gauges(&self, index: usize, now: Micros) -> Option<[Peak; GAUGES]> {
        let node = self.nodes.get(index).filter(|node| node.up)?;
        let mut gauges = [Peak::default(); GAUGES];
        gauges[Gauge::Queue as usize] = Peak::of(node.queue as u64);
        if self.primary.is_some_and(|primary| primary != index) {
            let behind = |lsn: Lsn| Peak::of(self.reached.0.saturating_sub(lsn.0));
            gauges[Gauge::Written as usize] = behind(node.written);
            gauges[Gauge::Flushed as usize] = behind(node.flushed);
            gauges[Gauge::Applied as usize] = behind(node.applied);
            gauges[Gauge::Age as usize] = Peak::of(node.waits_since.map_or(0, |since| now.saturating_sub(since).0));
        }
        Some(gauges)
    }
}

/// The places of the bits that are set.
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(place)
    })
}

fn figures(load: &Load) -> [u64; COUNTS] {
    [load.messages_out, load.bytes_out, load.reads, load.writes]
}
