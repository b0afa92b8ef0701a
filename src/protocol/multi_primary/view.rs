//! What of a peer can be looked at: from outside, and at any time. It changes nothing.

use super::{Config, Disk, MultiPrimary, accept::visible, disk::Data};
use crate::{
    protocol::{KeyView, NodeView, PeerView, VersionView},
    sim::id::NodeId,
    store::{object::Object, version::Actor},
    trace::Role,
};

/// What a start would find on a disk.
pub(super) fn remains(config: &Config, me: NodeId, disk: &Disk) -> NodeView {
    view(config, disk.actor.unwrap_or(me.into()), &disk.data)
}

fn view(config: &Config, actor: Actor, data: &Data) -> NodeView {
    let position = data.position();
    let keys: Vec<KeyView> = data
        .objects
        .iter()
        .filter_map(|(key, object)| {
            let Object::Register(register) = object else { return None };
            let (shown, _) = visible(object, &config.conflicts);
            let version = |(dot, version): (_, &crate::store::object::register::Version)| VersionView {
                dot: Some(dot),
                write: version.write,
                deleted: version.deleted,
                stamp: version.stamp,
                hybrid: version.hybrid,
                shown: shown.contains(&version.write),
            };
            let mut versions: Vec<VersionView> = register.siblings().iter().map(version).collect();
            // By the wall clock something may win that others have overwritten long ago.
            let is_there = |write| versions.iter().any(|one: &VersionView| one.write == write);
            let ghosts: Vec<_> = shown.iter().filter(|write| !is_there(**write)).copied().collect();
            let latest = register.latest().filter(|latest| ghosts.contains(&latest.write));
            versions.extend(latest.map(|latest| VersionView {
                dot: None,
                write: latest.write,
                deleted: latest.deleted,
                stamp: latest.stamp,
                hybrid: latest.hybrid,
                shown: true,
            }));
            Some(KeyView { key: *key, seen: register.seen().clone(), versions })
        })
        .collect();
    NodeView {
        role: Role::Peer,
        copies: data.objects.values().flat_map(|object| visible(object, &config.conflicts).0).collect(),
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
