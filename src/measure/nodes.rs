//! How far each node is, followed event by event: its log, its disk, what its readers see, its queue, what it has sent.
//!
//! Lag is distance from the primary: from what the newest running primary has on disk; in time, how long that primary has had
//! the oldest entry that is missing. Without one there is nothing to be behind of, unless all peers are to have the changes of all:
//! then a peer is behind by those that some running peer has and it has not. Positions are read off the events, since looking into
//! nodes after every step would cost more than the step; whenever something turns a log around (a start, a snapshot, a promotion),
//! the node is looked at itself.

use super::Measures;
use super::bucket::{Bucket, COUNTS, GAUGES, Gauge, NodeBucket, POSITIONS, Peak};
use crate::{
    protocol::Protocol,
    sim::{id::OperationId, time::Micros},
    store::{log::Lsn, version::VersionVector},
    trace::{Fact, Kind, Role},
    world::{World, host::Load},
};

/// Positions of a log, in the order of their gauges.
const WRITTEN: usize = Gauge::Written as usize;
const FLUSHED: usize = Gauge::Flushed as usize;
const APPLIED: usize = Gauge::Applied as usize;

/// One node.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    up: bool,
    /// Whether it keeps a log, as a monitor does not.
    has_log: bool,
    positions: [Lsn; POSITIONS],
    /// What a flush under way will have put on disk.
    flushing: Lsn,
    /// The oldest entry that the primary has on disk and that is not at this position here: since when the primary has it.
    waits_since: [Option<Micros>; POSITIONS],
    queue: usize,
    /// As far as it was counted.
    load: Load,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    /// The newest running primary.
    primary: Option<usize>,
    /// What it has on disk; of peers, how many changes there are.
    reached: Lsn,
    /// Whether all peers are to have all changes.
    of_peers: bool,
    /// Changes that a peer has taken from clients and not shown yet.
    accepted: Vec<OperationId>,
    /// When a primary had its log on disk up to where; both ascend. The last one stands for `together` flushes, every other one
    /// for `each`.
    commits: Vec<(Lsn, Micros)>,
    each: u32,
    together: u32,
    /// Index of the next event to read.
    next_event: u64,
}

/// What an event does to a node's positions.
enum Moved {
    Not,
    Position(usize),
    /// They may be others in a way that events do not tell one by one.
    Turned,
}

/// Most flushes of primaries that are remembered. When a node is further behind, two, four, eight … of them count as one, at
/// the time of the last: so its lag is too small by 1/500 of itself at most, and has no bound.
const COMMITS_MAX: usize = 1_000;

impl Nodes {
    /// Reads the events that it has not seen.
    pub fn look<P: Protocol>(&mut self, world: &World<P>, open: &mut Bucket) {
        let trace = world.trace();
        let mut turned = self.nodes.is_empty() || trace.first() > self.next_event;
        // A bit for each node whose counts or queue may be others, and, by position, for each where it has moved.
        let (mut busy, mut moved) = (0u64, [0u64; POSITIONS]);
        for (_, event) in trace.range(self.next_event, trace.next()) {
            let Some(node) = event.node.map(|node| node.0 as usize).filter(|node| *node < Measures::NODES_MAX) else { continue };
            match &event.kind {
                Kind::Send { .. } | Kind::Deliver { .. } | Kind::Worked { .. } => busy |= 1 << node,
                kind => match self.read(node, kind) {
                    Moved::Not => {}
                    Moved::Position(position) => moved[position] |= 1 << node,
                    Moved::Turned => turned = true,
                },
            }
        }
        self.next_event = trace.next();
        if turned {
            return self.look_again(world, open);
        }
        bits(busy).for_each(|node| self.count(node, world, open));
        if busy != 0 {
            open.queues.take(self.queues());
        }
        for (position, moved) in moved.into_iter().enumerate() {
            bits(moved).for_each(|node| self.move_on(node, position, world.now(), open));
        }
        let reached = self.primary.map_or(self.reached, |primary| self.nodes[primary].positions[FLUSHED]);
        if reached > self.reached {
            self.reached = reached;
            self.remember(world.now());
            self.begin_to_wait(world.now());
            self.grow_old(world.now(), open);
        }
    }

    /// What an event says of a node's positions, which are then as it says.
    fn read(&mut self, index: usize, kind: &Kind) -> Moved {
        let Some(node) = self.nodes.get_mut(index) else { return Moved::Turned };
        let (position, lsn) = match kind {
            Kind::Fact(Fact::Appended { lsn, .. } | Fact::Received { lsn, .. }) => (WRITTEN, *lsn),
            // Whatever was written so far goes with it.
            Kind::FlushStarted { .. } => {
                node.flushing = node.positions[WRITTEN];
                return Moved::Not;
            }
            Kind::Flushed { .. } => (FLUSHED, node.flushing.min(node.positions[WRITTEN])),
            Kind::Fact(Fact::Applied { lsn, .. }) => (APPLIED, *lsn),
            Kind::Fact(Fact::Accepted { write, .. }) => {
                self.accepted.push(write.id);
                return Moved::Not;
            }
            Kind::Fact(Fact::Merged { write, .. }) if self.of_peers => {
                if let Some(place) = self.accepted.iter().position(|id| *id == write.id) {
                    self.accepted.swap_remove(place);
                    self.reached.0 += 1;
                }
                (APPLIED, Lsn(node.positions[APPLIED].0 + 1))
            }
            Kind::Crash { .. } | Kind::Restart | Kind::Added | Kind::Removed => return Moved::Turned,
            Kind::Fact(Fact::RoleChanged { .. } | Fact::Recovered { .. }) => return Moved::Turned,
            Kind::Fact(Fact::Discarded { .. } | Fact::SnapshotInstalled { .. }) => return Moved::Turned,
            _ => return Moved::Not,
        };
        node.positions[position] = lsn;
        Moved::Position(position)
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
                node.has_log = view.role != Role::Monitor;
                node.positions = [view.written, view.flushed, view.applied];
            }
        }
        (0..known).for_each(|index| self.count(index, world, open));
        self.look_at_peers(world);
        self.primary = world.primary().map(|node| node.0 as usize).filter(|node| *node < known);
        if let Some(primary) = self.primary {
            self.reached = self.nodes[primary].positions[FLUSHED];
            // What another primary had beyond is not in this one's log.
            let shared = self.commits.partition_point(|(lsn, _)| *lsn <= self.reached);
            self.commits.truncate(shared);
            self.remember(world.now());
        }
        for index in 0..known {
            self.nodes[index].waits_since = std::array::from_fn(|position| self.waits_since(index, position));
        }
        self.grow_old(world.now(), open);
    }

    /// How many changes the running peers have between them.
    fn look_at_peers<P: Protocol>(&mut self, world: &World<P>) {
        let mut all = VersionVector::default();
        let peers = world.hosts().iter().filter_map(|host| world.view(host.id)?.peer);
        let count = peers.map(|peer| all.merge(&peer.vector)).count();
        self.of_peers = count > 0 && !world.placement().is_by_key() && !P::gossips(&world.setup().config);
        self.accepted.clear();
        if self.of_peers {
            self.reached = Lsn(all.iter().map(|dot| dot.counter as u64).sum());
        }
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

    /// Makes room: what all nodes have on disk and show nobody will ask for, and of the rest two may count as one.
    fn forget_commits(&mut self) {
        let with_log = self.nodes.iter().filter(|node| node.has_log);
        let passed = with_log.flat_map(|node| node.positions).min().unwrap_or_default();
        self.commits.drain(..self.commits.partition_point(|(lsn, _)| *lsn <= passed));
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
    fn since(&self, position: Lsn) -> Option<Micros> {
        let after = self.commits.partition_point(|(lsn, _)| *lsn <= position);
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
            bucket.gauges[Gauge::Queue as usize].take(Peak::of(queue as u64));
        }
        node.queue = queue;
    }

    /// What waits at all running nodes together.
    fn queues(&self) -> Peak {
        let up = || self.nodes.iter().filter(|node| node.up);
        up().next().map_or(Peak::default(), |_| Peak::of(up().map(|node| node.queue as u64).sum()))
    }

    /// A position of a node has moved: for how long it lacked an entry goes into the bucket, and it waits for another or none.
    fn move_on(&mut self, index: usize, position: usize, now: Micros, open: &mut Bucket) {
        if let (Some(since), Some(bucket)) = (self.nodes[index].waits_since[position], open.nodes.get_mut(index)) {
            bucket.gauges[POSITIONS + position].take(Peak::of(now.saturating_sub(since).0));
        }
        self.nodes[index].waits_since[position] = self.waits_since(index, position);
    }

    /// Since when this position of a node waits for an entry, if it is behind.
    fn waits_since(&self, index: usize, position: usize) -> Option<Micros> {
        let lsn = self.nodes[index].positions[position];
        if self.is_compared(index) && lsn < self.reached { self.since(lsn) } else { None }
    }

    /// The primary has something new on disk. Who had all waits for it from now on; the others wait for what they waited for.
    fn begin_to_wait(&mut self, now: Micros) {
        for index in 0..self.nodes.len() {
            if self.is_compared(index) {
                let Node { positions, waits_since, .. } = &mut self.nodes[index];
                let behind = positions.iter().zip(waits_since).filter(|(lsn, _)| **lsn < self.reached);
                behind.for_each(|(_, since)| *since = since.or(Some(now)));
            }
        }
    }

    /// Whether it runs and has a log that can be behind that of the primary.
    fn is_compared(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        node.up && node.has_log && self.primary.is_some_and(|primary| primary != index)
    }

    /// The gauges as they are at `now` go into the bucket.
    pub fn grow_old(&self, now: Micros, open: &mut Bucket) {
        for (index, bucket) in open.nodes.iter_mut().enumerate() {
            let Some(gauges) = self.gauges(index, now) else { continue };
            bucket.gauges.iter_mut().zip(gauges).for_each(|(own, other)| own.take(other));
        }
        open.queues.take(self.queues());
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
        if self.of_peers && self.reached.0 > 0 {
            gauges[APPLIED] = Peak::of(self.reached.0.saturating_sub(node.positions[APPLIED].0));
        }
        if self.is_compared(index) {
            for (position, (lsn, since)) in node.positions.iter().zip(node.waits_since).enumerate() {
                gauges[position] = Peak::of(self.reached.0.saturating_sub(lsn.0));
                gauges[POSITIONS + position] = Peak::of(since.map_or(0, |since| now.saturating_sub(since).0));
            }
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
