//! Anti-entropy: home nodes compare their trees level by level, and exchange the copies of keys that differ. An empty node is
//! given in the same way what it lacks, before it answers readers.
//!
//! Every message stands for itself, so it does not matter if one is lost or comes twice, nor if copies change meanwhile.

use super::{
    Ctx, Quorum, Timer,
    disk::DiskChange,
    merkle::{Hash, Tree, leaf},
    message::{Copies, Message},
    store::{Then, includes},
};
use crate::{
    sim::{
        id::{Key, NodeId},
        small::sorted_by_key,
    },
    store::object::Object,
    trace::Fact,
};
use std::sync::Arc;

/// How far an empty node has got with what it lacks.
#[derive(Clone, Debug, Default)]
pub(super) struct Restoring {
    /// Who has given all it has.
    done: Vec<NodeId>,
    /// Who said anything since everybody was last asked.
    talking: Vec<NodeId>,
}

impl Quorum {
    /// The others, if any two nodes can be home of the same key.
    fn partners(&self, ctx: &Ctx) -> Vec<NodeId> {
        let others = || ctx.members().iter().copied().filter(|node| *node != ctx.me());
        if self.config.n > 1 { others().collect() } else { Vec::new() }
    }

    /// Over the keys whose home both are.
    fn tree(&self, partner: NodeId, ctx: &Ctx) -> Tree {
        Tree::new(
            self.data.objects.iter().filter(|(key, _)| self.shares(partner, **key, ctx)).map(|(key, one)| (*key, one.digest())),
        )
    }

    fn shares(&self, partner: NodeId, key: Key, ctx: &Ctx) -> bool {
        let homes = self.homes(key);
        homes.contains(&partner) && homes.contains(&ctx.me())
    }

    pub(super) fn schedule_compare(&self, ctx: &mut Ctx) {
        if let Some(every) = self.config.anti_entropy_every {
            ctx.set_timer(Timer::Compare, every);
        }
    }

    /// Of any two the first begins.
    pub(super) fn compare_all(&mut self, ctx: &mut Ctx) {
        let later = self.partners(ctx).into_iter().filter(|node| *node > ctx.me());
        later.collect::<Vec<_>>().into_iter().for_each(|partner| self.compare_with(partner, ctx));
        self.move_out(ctx);
        self.schedule_compare(ctx);
    }

    fn compare_with(&self, partner: NodeId, ctx: &mut Ctx) {
        let hashes = vec![self.tree(partner, ctx).root()];
        ctx.send(partner, Message::Compare { hashes, compared: 0 });
    }

    pub(super) fn on_compare(&mut self, from: NodeId, hashes: &[Hash], compared: u32, ctx: &mut Ctx) {
        self.talks(from);
        if hashes.is_empty() {
            ctx.note(Fact::TreesCompared { with: from, hashes: compared, keys: Vec::new() });
            return self.is_given(from, ctx);
        }
        let tree = self.tree(from, ctx);
        let difference = tree.compare(hashes);
        ctx.note(Fact::HashesCompared { with: from, hashes: tree.beside(hashes) });
        let compared = compared.saturating_add(hashes.len() as u32);
        if difference.leaves.is_empty() {
            return ctx.send(from, Message::Compare { hashes: difference.below, compared });
        }
        let copy = |key: &Key| (*key, self.data.objects.get(key).cloned().map(Arc::new));
        let copies = tree.keys(&difference.leaves).iter().map(copy).collect();
        ctx.send(from, Message::Exchange { leaves: difference.leaves, copies, back: true, compared });
    }

    pub(super) fn on_exchange(
        &mut self,
        from: NodeId,
        (leaves, theirs): (&[u32], Copies),
        back: bool,
        compared: u32,
        ctx: &mut Ctx,
    ) {
        self.talks(from);
        if back {
            self.send_back(from, leaves, &theirs, compared, ctx);
        }
        for (key, object) in theirs {
            if let Some(object) = object.filter(|_| self.shares(from, key, ctx)) {
                self.take(key, object, None, Then::Nothing, None, ctx);
            }
        }
        self.is_given(from, ctx);
    }

    /// Sends what this node has and the other lacks, of all keys below these leaves.
    fn send_back(&self, to: NodeId, leaves: &[u32], theirs: &Copies, compared: u32, ctx: &mut Ctx) {
        let own = self.data.objects.iter().filter(|(key, _)| leaves.contains(&leaf(**key)) && self.shares(to, **key, ctx));
        let of_theirs = |key: Key| theirs.iter().find(|(own, _)| *own == key).and_then(|(_, object)| object.as_deref());
        let mut differ: Vec<Key> = Vec::new();
        let mut lacks: Copies = Vec::new();
        for (key, object) in own {
            let their = of_theirs(*key);
            if their != Some(object) {
                differ.push(*key);
            }
            if their.is_none_or(|their: &Object| !includes(their, object)) {
                lacks.push((*key, Some(Arc::new(object.clone()))));
            }
        }
        differ.extend(theirs.iter().map(|(key, _)| *key).filter(|key| !self.data.objects.contains_key(key)));
        let keys = sorted_by_key(differ, |key| *key);
        ctx.note(Fact::TreesCompared { with: to, hashes: compared, keys });
        ctx.send(to, Message::Exchange { leaves: Vec::new(), copies: lacks, back: false, compared });
    }

    /// An empty node asks everybody.
    pub(super) fn restore(&mut self, ctx: &mut Ctx) {
        if self.ready {
            return;
        }
        let missing = self.missing(ctx);
        missing.iter().for_each(|partner| self.compare_with(*partner, ctx));
        if missing.is_empty() {
            return self.check_ready(ctx);
        }
        ctx.set_timer(Timer::Restore, self.config.timeout);
    }

    /// Who has not given yet what it has.
    fn missing(&self, ctx: &Ctx) -> Vec<NodeId> {
        self.partners(ctx).into_iter().filter(|node| !self.restoring.done.contains(node)).collect()
    }

    fn talks(&mut self, from: NodeId) {
        if !self.ready && !self.restoring.talking.contains(&from) {
            self.restoring.talking.push(from);
        }
    }

    fn is_given(&mut self, by: NodeId, ctx: &mut Ctx) {
        if !self.ready && !self.restoring.done.contains(&by) {
            self.restoring.done.push(by);
            self.check_ready(ctx);
        }
    }

    /// Time is up: who says nothing is not waited for, if there is at least one who gave what it has.
    pub(super) fn restore_again(&mut self, ctx: &mut Ctx) {
        if self.ready {
            return;
        }
        let talking = std::mem::take(&mut self.restoring.talking);
        let is_enough = !self.restoring.done.is_empty() && !self.missing(ctx).iter().any(|node| talking.contains(node));
        if is_enough && self.pending.is_empty() {
            return self.is_restored(ctx);
        }
        self.restore(ctx);
    }

    /// It answers readers once it has what all others had.
    pub(super) fn check_ready(&mut self, ctx: &mut Ctx) {
        if !self.ready && self.pending.is_empty() && self.missing(ctx).is_empty() {
            self.is_restored(ctx);
        }
    }

    fn is_restored(&mut self, ctx: &mut Ctx) {
        self.ready = true;
        ctx.note(Fact::Restored { from: std::mem::take(&mut self.restoring.done) });
        ctx.cancel_timer(Timer::Restore);
        ctx.write(DiskChange::Ready, None);
        ctx.flush();
    }
}
