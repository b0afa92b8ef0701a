//! Figures of a run: how far nodes are behind, how much is done, how long clients wait, what goes wrong, over time.
//!
//! Watches a run from its first step on, as a judge does, and keeps what it saw in buckets of equal width from time 0 to now.
//! There are never more than [`Measures::BUCKETS_MAX`]: then neighbours become one, and the width doubles. So a run of any
//! length is covered from its start, in memory that does not grow with it. It is plain data that clones cheaply, kept beside
//! world and judge in every keyframe: the figures are those of a run straight to that moment, wherever the cursor comes from.
//!
//! It reads events, what clients saw, and how far nodes are; it knows no protocol, and passes no judgement: what is stale
//! or lost the judge has said.

mod bucket;
mod latencies;
mod nodes;
mod reading;
#[cfg(feature = "gossip")]
pub mod spread;
mod table;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
#[cfg(feature = "gossip")]
pub mod theory;

pub use bucket::{Bucket, Count, Gauge, Peak, Total};
pub use latencies::{Ended, Latencies};
pub use reading::Reading;

use crate::{
    check::Judge,
    client::history::Row,
    protocol::Protocol,
    sim::{
        id::NodeId,
        operation::{Action, Outcome},
        time::Micros,
    },
    world::World,
};
use nodes::Nodes;
use std::sync::Arc;

/// What was seen of a run up to now.
#[derive(Clone, Debug)]
pub struct Measures {
    /// Buckets that are over. Shared by clones.
    done: Vec<Arc<Bucket>>,
    /// The present one, and when it ends.
    open: Bucket,
    open_until: Micros,
    width: Micros,
    /// The whole run as one bucket, for what does not add up from a few.
    all: Latencies,
    nodes: Nodes,
    #[cfg(feature = "gossip")]
    spread: spread::Spread,
    /// Index of the next row of the history to read.
    next_row: u64,
    /// When each client began what it waits for.
    begun: Vec<Micros>,
    /// Stale reads counted so far.
    stale: u64,
    /// What operations are called in this run.
    names: Arc<Vec<String>>,
}

impl Default for Measures {
    fn default() -> Measures {
        Measures {
            done: Vec::new(),
            open: Bucket::default(),
            open_until: Self::WIDTH_MIN,
            width: Self::WIDTH_MIN,
            all: Latencies::default(),
            nodes: Nodes::default(),
            #[cfg(feature = "gossip")]
            spread: spread::Spread::default(),
            next_row: 0,
            begun: Vec::new(),
            stale: 0,
            names: Arc::default(),
        }
    }
}

impl Measures {
    /// Most buckets; with that many, a run of 5.12 s has the narrowest ones.
    pub const BUCKETS_MAX: usize = 256;
    /// Width of a bucket at first.
    pub const WIDTH_MIN: Micros = Micros::from_millis(20);
    /// Most nodes that are measured; those added later are not.
    pub const NODES_MAX: usize = 64;

    /// To be called after every step, with a judge that has looked already.
    pub fn look<P: Protocol>(&mut self, world: &World<P>, judge: &Judge) {
        self.advance(world.now());
        self.nodes.look(world, &mut self.open);
        #[cfg(feature = "gossip")]
        self.spread.look(world);
        let history = world.history();
        if history.next() > self.next_row {
            self.names = world.setup().operation_names.clone();
            history
                .range(self.next_row, history.next())
                .for_each(|(_, row)| self.count(row, world.operation_name(row.operation)));
            self.next_row = history.next();
            let stale = judge.stale_reads().next();
            self.open.totals[Total::Stale as usize] += stale - self.stale;
            self.stale = stale;
        }
        self.open.lost = judge.lost() as u64;
    }

    /// An operation begins or ends.
    fn count(&mut self, row: &Row, name: Option<&str>) {
        let client = row.client.0 as usize;
        if client >= self.begun.len() {
            self.begun.resize(client + 1, Micros::ZERO);
        }
        let (total, ended) = match (row.action, &row.outcome) {
            (_, None) => return self.begun[client] = row.at,
            (Action::Read { .. }, Some(Outcome::Read(_) | Outcome::Several(_))) => (Total::Reads, Ended::Read),
            (_, Some(Outcome::Written | Outcome::Generated(_))) => (Total::Writes, Ended::Write),
            (_, Some(Outcome::Refused(_))) => (Total::Refused, Ended::Refused),
            (_, Some(_)) => (Total::Unknown, Ended::Unknown),
        };
        let length = row.at.saturating_sub(self.begun[client]).0;
        self.open.totals[total as usize] += 1;
        self.open.latencies.add(ended, length);
        self.all.add(ended, length);
        if let Some(name) = self.names.iter().position(|own| Some(&**own) == name) {
            self.open.named(name).add(ended, length);
        }
    }

    /// Time goes on, and nothing changes: buckets that are over are put away.
    fn advance(&mut self, now: Micros) {
        while now >= self.open_until {
            self.put_away();
        }
    }

    fn put_away(&mut self) {
        let next = Bucket { lost: self.open.lost, ..self.nodes.bucket(self.open_until) };
        self.nodes.grow_old(self.open_until, &mut self.open);
        self.done.push(Arc::new(std::mem::replace(&mut self.open, next)));
        if self.done.len() == Self::BUCKETS_MAX {
            self.done = pairs(&self.done);
            self.width = self.width + self.width;
        }
        self.open_until = self.open_until + self.width;
    }

    /// All that was measured up to `now`, which is not before the last step that was looked at.
    pub fn read(&self, now: Micros) -> Reading {
        let mut own = self.clone();
        own.advance(now);
        own.nodes.grow_old(now, &mut own.open);
        own.done.push(Arc::new(own.open));
        Reading { width: own.width, until: now, buckets: own.done, all: own.all, names: own.names }
    }

    /// How far rumours have come.
    #[cfg(feature = "gossip")]
    pub fn spread(&self) -> &spread::Spread {
        &self.spread
    }

    /// A gauge of a node at `now`; none while the node is down, or while there is nothing to compare it with.
    pub fn gauge(&self, node: NodeId, gauge: Gauge, now: Micros) -> Option<u64> {
        self.nodes.gauges(node.0 as usize, now)?[gauge as usize].get()
    }
}

/// Every two neighbours as one. Their number is even.
fn pairs(buckets: &[Arc<Bucket>]) -> Vec<Arc<Bucket>> {
    let merged = |pair: &[Arc<Bucket>]| {
        let mut both = Bucket::default();
        pair.iter().for_each(|bucket| both.merge(bucket));
        Arc::new(both)
    };
    buckets.chunks(2).map(merged).collect()
}
