//! The primary's part: order writes, acknowledge them once they are on its own disk, tell the others that it leads.

use super::{Ctx, Message, Part, PrimaryReplica, Timer, confirm::Waiting, read::Confirming};
use crate::{
    protocol::commit::Level,
    sim::{
        id::NodeId,
        operation::{Answer, Refusal, Request},
        small::SmallMap,
    },
    store::log::{Entry, Lsn},
    trace::Fact,
};
use std::collections::VecDeque;

#[derive(Clone, Debug, Default)]
pub(super) struct Leading {
    /// Writes not yet acknowledged, in the order of their LSNs.
    pub waiting: VecDeque<Waiting>,
    /// Whether the alarms of those that wait for replicas are set: their own, and that of who is in touch.
    pub alarmed: (bool, bool),
    /// Replicas did not confirm in time; nobody waits for them until they have caught up.
    pub fallen_back: bool,
    /// No majority has echoed for too long: another may lead, so no write is taken.
    pub fenced: bool,
    /// When those who made this node primary said so, by its clock; that counts as an echo of all.
    granted_us: Option<i64>,
    /// The last heartbeat each node has echoed: when it was sent.
    echoed: SmallMap<NodeId, i64>,
    /// Linearizable reads not answered yet.
    pub confirming: Vec<Confirming>,
    /// Number of the write that says on disk that this node leads, while it is under way. Until then nobody is told:
    /// after a machine crash the node would know nothing of it.
    unsaved: Option<u64>,
    /// Nodes that others feed, and that have said that they know of this primary.
    informed: Vec<NodeId>,
}

impl Leading {
    pub fn stop(&self, ctx: &mut Ctx) {
        [Timer::Announce, Timer::Confirm, Timer::Touch, Timer::Heartbeat].into_iter().for_each(|timer| ctx.cancel_timer(timer));
    }

    /// How many writes wait for replicas.
    pub fn waiting_for_replicas(&self, flushed: Lsn, level: Level) -> usize {
        self.waiting.iter().filter(|waiting| level.is_remote() && waiting.lsn <= flushed).count()
    }

    pub fn forget_informed(&mut self) {
        self.informed.clear();
    }

    pub fn granted(self, since_us: Option<i64>) -> Leading {
        Leading { granted_us: since_us, echoed: SmallMap::new(), ..self }
    }

    pub fn grant(&mut self, since_us: i64) {
        self.granted_us = Some(since_us);
    }

    pub fn echo(&mut self, from: NodeId, sent_us: i64) {
        let newest = self.echoed.get(&from).map_or(sent_us, |known| sent_us.max(*known));
        self.echoed.insert(from, newest);
    }

    pub fn echoed_us(&self, node: NodeId) -> Option<i64> {
        self.echoed.get(&node).copied().max(self.granted_us)
    }

    /// How many nodes have echoed a heartbeat sent since then.
    pub fn echoes_since(&self, since_us: i64) -> usize {
        self.echoed.values().filter(|sent_us| **sent_us >= since_us).count()
    }

    pub fn known_from(self, saved: u64) -> Leading {
        Leading { unsaved: Some(saved), ..self }
    }

    pub fn is_known(&self) -> bool {
        self.unsaved.is_none()
    }
}

impl PrimaryReplica {
    pub(super) fn leading(&mut self) -> Option<&mut Leading> {
        match &mut self.part {
            Part::Primary(leading) => Some(leading),
            Part::Replica(_) | Part::Monitor(_) => None,
        }
    }

    pub(super) fn accept_write(&mut self, request: Request, ctx: &mut Ctx) {
        if !self.see_to_lease(ctx) {
            return ctx.reply(request, Answer::Refused(Refusal::NoMajority));
        }
        if self.too_few_replicas(request, ctx) || self.disk_is_full(request, ctx) {
            return;
        }
        let lsn = self.log.last().next();
        let Some((write, function)) = self.evaluate_request(request, ctx) else { return };
        self.append(Entry { lsn, epoch: self.epoch, write: Some(write), function }, ctx);
        let since_us = ctx.local_us();
        if let Some(leading) = self.leading() {
            leading.waiting.push_back(Waiting { lsn, request, write, since_us });
        }
        if self.config.commit.level == Level::Async {
            self.release(ctx);
        }
    }

    /// A new entry of this primary.
    fn append(&mut self, entry: Entry, ctx: &mut Ctx) {
        ctx.note_about(entry.operation(), Fact::Appended { lsn: entry.lsn, epoch: entry.epoch, write: entry.write });
        self.append_to_log(entry, ctx);
        ctx.flush();
    }

    /// With its first entry an elected primary finds out what lasts: entries of earlier epochs count as committed only when
    /// one of its own is (Raft, §5.4.2 and §8; MongoDB writes one, too).
    pub(super) fn append_no_op(&mut self, ctx: &mut Ctx) {
        if self.has_no_room() {
            return;
        }
        self.append(Entry { lsn: self.log.last().next(), epoch: self.epoch, write: None, function: None }, ctx);
    }

    /// Everything after `before` up to the flushed position is durable here: sent on, and acknowledged if that is enough.
    pub(super) fn commit(&mut self, before: Lsn, ctx: &mut Ctx) {
        let up_to = self.acknowledgeable(ctx);
        for lsn in (before.0 + 1..=self.flushed.0).map(Lsn) {
            let Some(entry) = self.log.get(lsn) else { continue };
            ctx.note_about(entry.operation(), Fact::Committed { lsn, write: entry.write });
            self.release_up_to(up_to.min(lsn), lsn, ctx);
        }
        self.count_replicas(ctx);
        self.release(ctx);
        self.ship_to_all(ctx);
        self.truncate_log(ctx);
    }

    pub(super) fn identity_on_disk(&mut self, up_to: u64, ctx: &mut Ctx) {
        if self.leading().is_some_and(|leading| leading.unsaved.take_if(|saved| *saved <= up_to).is_some()) {
            self.announce(ctx);
            self.beat(ctx);
        }
    }

    /// Tells every node that does not follow yet who is primary; again until all do. Those that others feed say that they know.
    pub(super) fn announce(&mut self, ctx: &mut Ctx) {
        let (epoch, every, me, stores) = (self.epoch, self.config.announce_every, ctx.me(), self.stores(ctx));
        let Part::Primary(leading) = &self.part else { return };
        let knows = |node: &NodeId| self.followers.contains_key(node) || leading.informed.contains(node);
        let absent: Vec<NodeId> = stores.into_iter().filter(|node| *node != me && !knows(node)).collect();
        if !absent.is_empty() {
            ctx.set_timer(Timer::Announce, every);
        }
        absent.into_iter().for_each(|node| ctx.send(node, Message::Announce { epoch, primary: me, end: None }));
    }

    /// A node that another feeds knows who leads.
    pub(super) fn on_informed(&mut self, node: NodeId) {
        if let Some(leading) = self.leading().filter(|leading| !leading.informed.contains(&node)) {
            leading.informed.push(node);
        }
    }
}
