//! Which part a node takes: primary, replica of one, replica of nobody yet; how it changes, and what of it is on disk.

use super::{Change, Ctx, Message, Part, PrimaryReplica, Timer, disk::Identity, primary::Leading, timeline::begin_epoch};
use crate::{
    protocol::failover::{By, Fencing},
    sim::id::NodeId,
    store::log::Epoch,
    trace::{Fact, Role},
};

impl PrimaryReplica {
    /// Writes down who this node is; on disk with the next flush. Returns the number of the write.
    pub(super) fn write_identity(&self, ctx: &mut Ctx) -> u64 {
        let (leads, follows) = match &self.part {
            Part::Primary(_) => (true, None),
            Part::Replica(following) => (false, following.primary()),
            Part::Monitor(_) => (false, None),
        };
        let (epoch, log_id, history, complete) = (self.epoch, self.log_id, self.history.clone(), self.complete);
        let voted = self.guard.voted;
        ctx.write(Change::Identity(Identity { epoch, leads, follows, voted, log_id, history, complete }), None)
    }

    pub(super) fn save_identity(&self, ctx: &mut Ctx) -> u64 {
        let number = self.write_identity(ctx);
        ctx.flush();
        number
    }

    /// Another node is primary of `epoch`: follow it, whatever this node was.
    pub(super) fn follow(&mut self, primary: NodeId, epoch: Epoch, ctx: &mut Ctx) {
        self.stand_aside(ctx);
        self.drop_followers(ctx);
        if epoch > self.epoch {
            self.guard.voted = None;
        }
        self.epoch = epoch;
        self.part = Part::Replica(self.behind_primary(Some(primary), ctx));
        self.save_identity(ctx);
        ctx.note(Fact::RoleChanged { role: Role::Replica, epoch, last: self.log.last() });
        self.connect(ctx);
        self.watch(ctx);
    }

    /// This node leads `epoch` from here on; it tells the others once that is on disk.
    pub(super) fn lead(&mut self, epoch: Epoch, ctx: &mut Ctx) {
        self.epoch = epoch;
        begin_epoch(&mut self.history, epoch, self.log.last().next());
        let leading = match std::mem::replace(&mut self.part, Part::Primary(Leading::default())) {
            Part::Primary(leading) => leading,
            Part::Replica(_) | Part::Monitor(_) => Leading::default(),
        };
        let saved = self.save_identity(ctx);
        self.part = Part::Primary(leading.known_from(saved));
        ctx.note(Fact::RoleChanged { role: Role::Primary, epoch, last: self.log.last() });
        self.watch(ctx);
    }

    /// A person makes this node primary.
    pub(super) fn promote(&mut self, ctx: &mut Ctx) -> Result<(), &'static str> {
        // The operator numbers promotions, so that no two nodes ever lead the same epoch.
        let epoch = ctx.promotion_epoch();
        match (&self.part, self.config.failover.by) {
            (Part::Monitor(_), _) => return Err("it holds no data"),
            (Part::Primary(_), By::Operator) if self.epoch.next() == epoch => return Err("it is primary already"),
            (Part::Primary(_), By::Election | By::Monitors) => return Err("it is primary, as far as it knows"),
            (_, By::Operator) => self.take_over(epoch, None, ctx),
            // Where nodes elect, a person can only have one stand (MongoDB's `replSetStepUp`).
            (_, By::Election) if !self.complete => return Err("it has not got the group’s data yet"),
            (_, By::Election) => self.stand(false, ctx),
            (_, By::Monitors) => return Err("the monitors decide who leads"),
        }
        Ok(())
    }

    /// Makes this node primary of a new epoch. `since_us`: when those who chose it said so, if its lease counts from there.
    pub(super) fn take_over(&mut self, epoch: Epoch, since_us: Option<i64>, ctx: &mut Ctx) {
        let me = ctx.me();
        if let Some(old) = self.guard.last_primary.filter(|old| *old != me && self.config.failover.fencing == Fencing::Power) {
            ctx.note(Fact::PowerCut { node: old });
            ctx.cut_power(old);
        }
        if let Part::Primary(leading) = &mut self.part {
            // Others were promoted since, and may be gone for good. A new epoch makes this one lead again; its
            // followers are told of it like everybody else.
            leading.stop(ctx);
            leading.forget_informed();
        }
        self.drop_followers(ctx);
        // What was received counts: what is on disk is replayed now, the rest when it is, before any new write.
        self.replay(ctx);
        ctx.cancel_timer(Timer::Follow);
        self.forget_held_back(ctx);
        self.complete = true;
        debug_assert!(self.epoch <= epoch, "no epoch but what the operator numbered or a majority voted for");
        self.lead(epoch, ctx);
        if let Part::Primary(leading) = std::mem::replace(&mut self.part, Part::Primary(Leading::default())) {
            self.part = Part::Primary(leading.granted(since_us));
        }
        if self.config.failover.by == By::Election {
            self.append_no_op(ctx);
        }
    }

    /// The sender is mistaken about who leads: it missed a promotion, or the operator pointed it at the wrong node. Whoever
    /// knows better says so to a primary deposed, or to one that asks to follow; to answer more would be talk without end.
    pub(super) fn correct(&self, from: NodeId, message: &Message, ctx: &mut Ctx) {
        let primary = match &self.part {
            Part::Primary(leading) if leading.is_known() => Some(ctx.me()),
            Part::Replica(following) if matches!(message, Message::Follow { .. }) => following.primary(),
            _ => None,
        };
        if let Some(primary) = primary {
            let end = match message {
                Message::Follow { connection, .. } if primary == ctx.me() => Some((*connection, self.log.last())),
                _ => None,
            };
            ctx.send(from, Message::Announce { epoch: self.epoch, primary, end });
        }
    }
}
