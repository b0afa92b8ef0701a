//! What of a peer can be looked at: from outside, and at any time. It changes nothing.

use super::{Config, Disk, MultiPrimary, disk::Data};
use crate::{
    protocol::{
        NodeView, PeerView,
        versions::{key_view, visible},
    },
    sim::id::NodeId,
    store::version::Actor,
    trace::Role,
};

/// What a start would find on a disk.
pub(super) fn remains(config: &Config, me: NodeId, disk: &Disk) -> NodeView {
    view(config, disk.actor.unwrap_or(me.into()), &disk.data)
}

fn view(config: &Config, actor: Actor, data: &Data) -> NodeView {
    let position = data.position();
    let keys = data.objects.iter().map(|(key, object)| key_view(*key, config.type_of(*key), object, &config.conflicts)).collect();
    NodeView {
        role: Role::Peer,
        copies: data.objects.iter().flat_map(|(key, object)| visible(*key, object, &config.conflicts).shown).collect(),
        written: position,
        flushed: position,
        applied: position,
        peer: Some(Box::new(PeerView {
            actor,
            vector: data.vector.clone(),
            keys,
            ready: true,
            held: 0,
            unconfirmed: Vec::new(),
            hints: Vec::new(),
            gossip: None,
            #[cfg(feature = "documents")]
            documents: None,
        })),
        ..NodeView::default()
    }
}

impl MultiPrimary {
    /// The running node.
    pub(super) fn seen(&self) -> NodeView {
        let mut view = view(&self.config, self.actor, &self.data);
        if let Some(peer) = &mut view.peer {
            peer.ready = self.ready;
            peer.held = self.held.len();
            peer.unconfirmed =
                self.neighbours.iter().map(|(node, one)| (*node, one.unconfirmed())).filter(|(_, count)| *count > 0).collect();
        }
        view
    }
}
