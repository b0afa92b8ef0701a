//! Nodes without data that watch those with data, agree that the primary is gone, and make another one primary.
//!
//! After Redis Sentinel (documentation, "High availability with Redis Sentinel": subjectively and objectively down, quorum
//! and majority, configuration epochs). A monitor that suspects the primary accuses it before the others; when `quorum` of
//! them do, one stands for election among the monitors, as nodes do in `election`; who is elected appoints the replica
//! that has most. Monitors promise nothing about a primary that is only cut off: it goes on until it hears of the new one
//! ("last failover wins").

use super::{Ctx, Message, Part, PrimaryReplica, Timer};
use crate::{
    protocol::failover::Fencing,
    sim::{id::NodeId, small::SmallMap, time::Micros},
    store::log::{Epoch, Lsn},
    trace::Fact,
};

/// What a monitor knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Monitoring {
    /// The primary of the newest epoch that it has heard of.
    pub primary: Option<NodeId>,
    epoch_led: Epoch,
    /// What each node that holds data said last.
    said: SmallMap<NodeId, Said>,
    /// Monitors that accuse the primary, and when they last did so, by this one's clock.
    accusers: SmallMap<NodeId, i64>,
    agreed: bool,
    /// Who was made primary and has not said so itself yet.
    appointed: Option<(NodeId, Epoch)>,
}

/// How far a node's log goes, and whether it leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub leads: bool,
    pub last_epoch: Epoch,
    pub written: Lsn,
}

/// An accusation holds for so many heartbeats.
const ACCUSED_FOR: i64 = 3;

impl PrimaryReplica {
    fn monitoring(&mut self) -> Option<&mut Monitoring> {
        match &mut self.part {
            Part::Monitor(monitoring) => Some(monitoring),
            Part::Primary(_) | Part::Replica(_) => None,
        }
    }

    fn other_monitors(&self, ctx: &Ctx) -> Vec<NodeId> {
        let me = ctx.me();
        self.electorate(ctx).into_iter().filter(|node| *node != me).collect()
    }

    /// Asks all that hold data whether they live, and says again whom it accuses.
    pub(super) fn patrol(&mut self, ctx: &mut Ctx) {
        ctx.set_timer(Timer::Heartbeat, self.config.failover.heartbeat_every);
        let (epoch, progress) = (self.epoch, self.own_progress(ctx));
        self.stores(ctx).into_iter().for_each(|node| ctx.send(node, Message::Heartbeat { epoch, progress }));
        if let Some((node, epoch)) = self.monitoring().and_then(|monitoring| monitoring.appointed) {
            ctx.send(node, Message::Appoint { epoch });
        }
        self.accuse(ctx);
    }

    /// The primary that this monitor takes for gone: it is silent, or says that it does not lead.
    fn accused(&self) -> Option<NodeId> {
        let Part::Monitor(monitoring) = &self.part else { return None };
        let denies = |node: &NodeId| monitoring.said.get(node).is_some_and(|said| !said.leads);
        monitoring.primary.filter(|primary| self.guard.suspects.contains(primary) || denies(primary))
    }

    fn accuse(&mut self, ctx: &mut Ctx) {
        let Some(primary) = self.accused() else { return };
        let Some(epoch) = self.monitoring().map(|monitoring| monitoring.epoch_led) else { return };
        self.other_monitors(ctx).into_iter().for_each(|other| ctx.send(other, Message::Accuse { epoch, primary }));
        self.confer(ctx);
    }

    /// Another monitor suspects the primary of `epoch`.
    pub(super) fn on_accusation(&mut self, from: NodeId, epoch: Epoch, primary: NodeId, ctx: &mut Ctx) {
        let now_us = ctx.local_us();
        let Some(monitoring) = self.monitoring() else { return };
        if (monitoring.primary, monitoring.epoch_led) == (Some(primary), epoch) {
            monitoring.accusers.insert(from, now_us);
            self.confer(ctx);
        }
    }

    /// Whether enough monitors agree that the primary is gone; if so, this one stands for the right to replace it.
    fn confer(&mut self, ctx: &mut Ctx) {
        let Some(suspect) = self.accused() else { return };
        let (now_us, needed) = (ctx.local_us(), self.config.failover.quorum as usize);
        let valid_us = ACCUSED_FOR * self.config.failover.heartbeat_every.0 as i64;
        let Some(monitoring) = self.monitoring() else { return };
        let recent = monitoring.accusers.values().filter(|accused_us| now_us.saturating_sub(**accused_us) <= valid_us);
        let monitors = 1 + recent.count();
        let agreed = monitors >= needed;
        let news = agreed && !std::mem::replace(&mut monitoring.agreed, agreed);
        if news && monitoring.appointed.is_none() {
            ctx.note(Fact::Agreed { suspect, monitors, needed });
            self.stand_later(Micros::ZERO, ctx);
        }
    }

    /// Whether it still takes something for gone that should be replaced.
    pub(super) fn sees_need(&self) -> bool {
        let Part::Monitor(monitoring) = &self.part else { return false };
        self.accused().is_some() && monitoring.agreed && monitoring.appointed.is_none()
    }

    /// A node that holds data says how far its log goes, and whether it leads.
    pub(super) fn on_report(&mut self, from: NodeId, epoch: Epoch, said: Said, ctx: &mut Ctx) {
        self.hear(from, ctx);
        // One whose disk was wiped knows again what epoch it is.
        self.complete = true;
        if epoch > self.epoch {
            self.monitors_epoch(epoch, None, ctx);
        }
        let Some(monitoring) = self.monitoring() else { return };
        monitoring.said.insert(from, said);
        // It leads, if by another's word.
        monitoring.appointed.take_if(|(node, _)| said.leads && *node == from);
        if said.leads && (epoch > monitoring.epoch_led || monitoring.primary.is_none()) {
            (monitoring.primary, monitoring.epoch_led) = (Some(from), epoch);
            monitoring.accusers.clear();
            monitoring.agreed = false;
            monitoring.appointed.take_if(|(_, appointed)| *appointed <= epoch);
            self.guard.ballot = None;
            self.guard.last_primary = Some(from);
            ctx.cancel_timer(Timer::Campaign);
        } else if monitoring.primary == Some(from) {
            // It lives after all; but perhaps it has forgotten that it led.
            monitoring.agreed &= !said.leads;
            self.accuse(ctx);
        }
    }

    /// One of those that are watched is silent.
    pub(super) fn on_watched_silent(&mut self, suspect: NodeId, ctx: &mut Ctx) {
        let Some(monitoring) = self.monitoring() else { return };
        // Whoever was to be primary is gone before it said that it is; then another.
        if monitoring.appointed.take_if(|(node, _)| *node == suspect).is_some() {
            monitoring.agreed = false;
        }
        self.accuse(ctx);
    }

    /// Begins an epoch, with this vote. Returns the number of the write that says so.
    pub(super) fn monitors_epoch(&mut self, epoch: Epoch, voted: Option<NodeId>, ctx: &mut Ctx) -> u64 {
        self.epoch = epoch;
        self.guard.voted = voted;
        self.guard.ballot = None;
        self.save_identity(ctx)
    }

    /// The monitors have left it to this one: the replica that has most leads from here on.
    pub(super) fn appoint(&mut self, epoch: Epoch, ctx: &mut Ctx) {
        let suspects = self.guard.suspects.clone();
        let Some(monitoring) = self.monitoring() else { return };
        let old = monitoring.primary;
        let mut best: Option<(NodeId, Said)> = None;
        let alive = |node: &NodeId| !suspects.contains(node) && Some(*node) != old;
        for (node, said) in monitoring.said.iter().filter(|(node, _)| alive(node)) {
            if best.is_none_or(|(_, best)| (said.last_epoch, said.written) > (best.last_epoch, best.written)) {
                best = Some((*node, *said));
            }
        }
        let Some((node, Said { written, .. })) = best else {
            // Nobody left; perhaps later.
            monitoring.agreed = false;
            return;
        };
        monitoring.appointed = Some((node, epoch));
        if let Some(old) = old.filter(|_| self.config.failover.fencing == Fencing::Power) {
            ctx.note(Fact::PowerCut { node: old });
            ctx.cut_power(old);
        }
        ctx.note(Fact::Appointed { node, epoch, written });
        ctx.send(node, Message::Appoint { epoch });
    }

    /// The monitors make this node primary.
    pub(super) fn on_appointment(&mut self, epoch: Epoch, ctx: &mut Ctx) {
        if epoch > self.epoch && self.complete && matches!(self.part, Part::Replica(_)) {
            self.take_over(epoch, None, ctx);
        }
    }
}
