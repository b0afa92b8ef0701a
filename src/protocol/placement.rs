//! Which nodes keep which key, for those who look: judges, pictures, sentences. Mostly all keep all; where the keys are shared
//! out, a node that is no home of a key lacks nothing when it has no copy of it.
//!
//! It must not say what nodes have, only what they are to have; nor decide anything for them.

#[cfg(feature = "quorum")]
use super::quorum::Ring;
use crate::sim::id::{Key, NodeId};

/// Of one group, as it is now.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    members: Vec<NodeId>,
    /// Where the nodes stand, and how many of those that come after a key keep it; none: all do.
    #[cfg(feature = "quorum")]
    ring: Option<(Ring, u8)>,
}

impl Placement {
    /// All of them keep all keys.
    pub fn everywhere(members: &[NodeId]) -> Placement {
        Placement {
            members: members.to_vec(),
            #[cfg(feature = "quorum")]
            ring: None,
        }
    }

    /// The first `n` that come after a key keep it.
    #[cfg(feature = "quorum")]
    pub fn on_ring(ring: Ring, n: u8) -> Placement {
        Placement { members: ring.members().to_vec(), ring: Some((ring, n)) }
    }

    /// The home nodes of a key; on a ring the first comes first.
    pub fn homes(&self, key: Key) -> Vec<NodeId> {
        #[cfg(feature = "quorum")]
        if let Some((ring, n)) = &self.ring {
            return ring.homes(key, *n);
        }
        let _ = key;
        self.members.clone()
    }

    pub fn is_home(&self, node: NodeId, key: Key) -> bool {
        if self.is_everywhere() { self.members.contains(&node) } else { self.homes(key).contains(&node) }
    }

    /// Whether every node keeps every key.
    pub fn is_everywhere(&self) -> bool {
        #[cfg(feature = "quorum")]
        if let Some((_, n)) = &self.ring {
            return *n as usize >= self.members.len();
        }
        true
    }

    /// Whether a node’s copy of a key has nothing to do with its copies of others, since each key has homes of its own.
    pub fn is_by_key(&self) -> bool {
        #[cfg(feature = "quorum")]
        if self.ring.is_some() {
            return true;
        }
        false
    }

    /// Where the nodes stand, if on a ring, and how many keep each key.
    #[cfg(feature = "quorum")]
    pub fn ring(&self) -> Option<(&Ring, u8)> {
        self.ring.as_ref().map(|(ring, n)| (ring, *n))
    }
}

#[cfg(all(test, feature = "quorum"))]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_at_home_where_the_ring_says_or_everywhere() {
        let members: Vec<NodeId> = (0..5).map(NodeId).collect();
        let ring = Ring::new(&members, 8);
        for (placement, homes, everywhere) in [
            (Placement::everywhere(&members), members.clone(), true),
            (Placement::on_ring(ring.clone(), 3), ring.homes(Key(0), 3), false),
            (Placement::on_ring(ring.clone(), 1), ring.homes(Key(0), 1), false),
            (Placement::on_ring(ring.clone(), 5), ring.preference(Key(0)), true),
        ] {
            assert_eq!((placement.homes(Key(0)), placement.is_everywhere()), (homes.clone(), everywhere));
            for node in (0..7).map(NodeId) {
                assert_eq!(placement.is_home(node, Key(0)), homes.contains(&node), "{node} of {homes:?}");
            }
        }
    }
}
