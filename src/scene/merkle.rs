//! The last comparison of two nodes’ hash trees, level by level, as their facts tell it.

use crate::{
    lab::LabWorld,
    sim::{
        id::{Key, NodeId},
        time::Micros,
    },
    trace::{Compared, Fact, Kind},
};

/// How many recent events are searched.
const RECENT_EVENTS: u64 = 20_000;
/// Most hashes of a level that are shown.
pub const SHOWN_MAX: usize = 16;

/// Of nodes A and B, in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// When the roots were compared.
    pub at: Micros,
    /// From the root on; of each place A’s hash, then B’s.
    pub levels: Vec<Vec<Place>>,
    /// In which keys they differed, when that is known.
    pub keys: Option<Vec<Key>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub place: u32,
    pub hashes: [u64; 2],
}

impl Place {
    pub fn differs(&self) -> bool {
        self.hashes[0] != self.hashes[1]
    }

    /// The beginning of a hash, as it is written; an empty place has none.
    pub fn written(hash: u64) -> String {
        if hash == 0 { "–".into() } else { format!("{:04x}", hash >> 48) }
    }
}

/// The last one between these two that is still known.
pub fn comparison(world: &LabWorld, a: NodeId, b: NodeId) -> Option<Comparison> {
    let trace = world.trace();
    let (mut levels, mut keys) = (Vec::new(), None);
    for (_, event) in trace.range(trace.next().saturating_sub(RECENT_EVENTS), trace.next()).rev() {
        let is_pair = |with: &NodeId| [(Some(a), b), (Some(b), a)].contains(&(event.node, *with));
        match &event.kind {
            // Of one that came later.
            Kind::Fact(Fact::TreesCompared { with, keys: found, .. }) if is_pair(with) && levels.is_empty() => {
                keys = Some(found.clone());
            }
            Kind::Fact(Fact::HashesCompared { with, hashes }) if is_pair(with) => {
                let is_own = event.node == Some(a);
                let place = |one: &Compared| Place {
                    place: one.place,
                    hashes: if is_own { [one.own, one.theirs] } else { [one.theirs, one.own] },
                };
                levels.push(hashes.iter().map(place).collect::<Vec<_>>());
                if hashes.first().is_some_and(|one| one.place == 1) {
                    levels.reverse();
                    return Some(Comparison { at: event.at, levels, keys });
                }
            }
            _ => {}
        }
    }
    None
}
