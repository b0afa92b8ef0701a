//! What of a node can be looked at: from outside, and at any time. It changes nothing.

use super::{Call, Config, Disk, Quorum, disk::Data, message::writes};
use crate::{
    protocol::{
        CallView, NodeView, PeerView,
        versions::{key_view, visible},
    },
    sim::{id::NodeId, operation::KeyType, small::SmallMap},
    store::{
        log::Lsn,
        object::Object,
        version::{Actor, Dot, VersionVector},
    },
    trace::Role,
};

/// What a start would find on a disk.
pub(super) fn remains(config: &Config, me: NodeId, disk: &Disk) -> NodeView {
    view(config, me.into(), &disk.data)
}

/// How many writes of each node it has seen, of all keys together.
fn vector(data: &Data) -> VersionVector {
    let mut counts: SmallMap<Actor, u32> = SmallMap::new();
    for object in data.objects.values() {
        let Object::Register(register) = object else { continue };
        let seen = register.seen();
        seen.vector().iter().for_each(|dot| *counts.or_default(dot.actor) += dot.counter);
        seen.beyond().for_each(|dot| *counts.or_default(dot.actor) += 1);
    }
    counts.iter().map(|(actor, counter)| Dot { actor: *actor, counter: *counter }).collect()
}

/// How many writes it has seen, as a position.
pub(super) fn position(data: &Data) -> Lsn {
    Lsn(vector(data).iter().map(|dot| dot.counter as u64).sum())
}

fn view(config: &Config, actor: Actor, data: &Data) -> NodeView {
    let position = position(data);
    let hints = data.hints.iter().flat_map(|((of, _), hint)| writes(&hint.object).into_iter().map(|write| (*of, write)));
    NodeView {
        role: Role::Peer,
        copies: data.objects.iter().flat_map(|(key, object)| visible(*key, object, &config.conflicts).shown).collect(),
        written: position,
        flushed: position,
        applied: position,
        peer: Some(Box::new(PeerView {
            actor,
            vector: vector(data),
            keys: data.objects.iter().map(|(key, object)| key_view(*key, KeyType::Register, object, &config.conflicts)).collect(),
            ready: true,
            held: 0,
            unconfirmed: Vec::new(),
            hints: hints.collect(),
            gossip: None,
            #[cfg(feature = "documents")]
            documents: None,
        })),
        ..NodeView::default()
    }
}

impl Call {
    fn view(&self) -> CallView {
        let (request, write, have, need, is_answered) = match self {
            Call::Writing(own) => (own.request, Some(own.write), own.stored.len(), own.need, own.answered),
            Call::Reading(own) => (own.request, None, own.answers.len(), own.need, own.answered),
        };
        CallView { operation: request.operation, key: request.action.key(), write, have: have as u8, need, is_answered }
    }
}

impl Quorum {
    /// The running node.
    pub(super) fn seen(&self) -> NodeView {
        let mut view = view(&self.config, self.actor, &self.data);
        view.suspects = self.unreachable.iter().copied().collect();
        view.calls = self.calls.values().map(Call::view).collect();
        view.waiting = view.calls.iter().filter(|call| !call.is_answered).count();
        if let Some(peer) = &mut view.peer {
            peer.ready = self.ready;
        }
        view
    }
}
