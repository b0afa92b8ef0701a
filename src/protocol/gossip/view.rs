//! What of a gossiping node can be looked at: from outside, and at any time. It changes nothing.

use super::{Disk, Gossip, disk::Data};
use crate::{
    protocol::{GossipView, KeyView, NodeView, PeerView, RumourView, VersionView, parts::Parts},
    sim::{id::NodeId, operation::KeyType},
    store::{
        log::Lsn,
        version::{Actor, Seen, VersionVector},
    },
    trace::Role,
};

/// What a start would find on a disk.
pub(super) fn remains(me: NodeId, disk: &Disk) -> NodeView {
    view(me.into(), &disk.data)
}

/// How many keys it has something for; there is no other position.
pub(super) fn position(data: &Data) -> Lsn {
    Lsn(data.iter().count() as u64)
}

fn view(actor: Actor, data: &Data) -> NodeView {
    let position = position(data);
    let key = |entry: &super::disk::Entry| KeyView {
        key: entry.write.key,
        holds: KeyType::Register,
        seen: Seen::default(),
        versions: vec![VersionView {
            dot: None,
            write: entry.write,
            deleted: false,
            stamp: entry.stamp,
            hybrid: entry.stamp,
            lamport: 0,
            shown: true,
        }],
        parts: Parts::default(),
    };
    NodeView {
        role: Role::Peer,
        copies: data.iter().map(|entry| entry.write).collect(),
        written: position,
        flushed: position,
        applied: position,
        peer: Some(Box::new(PeerView {
            actor,
            vector: VersionVector::default(),
            keys: data.iter().map(key).collect(),
            ready: true,
            held: 0,
            unconfirmed: Vec::new(),
            hints: Vec::new(),
            gossip: Some(GossipView::default()),
            #[cfg(feature = "documents")]
            documents: None,
        })),
        ..NodeView::default()
    }
}

impl Gossip {
    /// The running node.
    pub(super) fn seen(&self) -> NodeView {
        let mut view = view(self.actor, &self.data);
        let rumour = |(key, rumour): (&_, &super::rumours::Rumour)| {
            Some(RumourView { write: self.data.get(*key)?.write, counter: rumour.counter })
        };
        let gossip = GossipView {
            spreads: self.spreads.iter().filter_map(rumour).collect(),
            doubts: self.members.iter().flat_map(|members| members.doubts()).collect(),
        };
        view.suspects = gossip.doubts.iter().map(|doubt| doubt.node).collect();
        if let Some(peer) = &mut view.peer {
            peer.gossip = Some(gossip);
        }
        view
    }
}
