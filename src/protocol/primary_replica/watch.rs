//! Signs of life: who sends them, who misses them, and what a primary may do as long as they are answered.
//!
//! A primary sends heartbeats to the nodes that hold data and they echo them. A replica that hears none for too long
//! suspects its primary; a primary that hears no echo from a majority loses its lease. What follows from a suspicion is
//! decided in `election` and `monitor`.

use super::{Ctx, Message, Part, PrimaryReplica, Progress, Timer, election::Ballot, replica::Following, timeline::epoch_at};
use crate::{
    protocol::{
        detector::{Detect, Detector},
        failover::{By, Failover, Fencing},
    },
    sim::{id::NodeId, small::SmallMap, time::Micros},
    store::log::{Epoch, Lsn},
    trace::Fact,
};

/// What a node knows of who is alive, and of the votes it takes part in.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    /// Those from whom heartbeats are expected.
    pub detectors: SmallMap<NodeId, Detector>,
    pub suspects: Vec<NodeId>,
    /// When it last heard from a primary or promised a candidate its vote, by its own clock.
    pub primary_heard_us: Option<i64>,
    /// The last primary it knew.
    pub last_primary: Option<NodeId>,
    pub ballot: Option<Ballot>,
    /// For whom it voted in the epoch known here.
    pub voted: Option<NodeId>,
    /// Votes given that are not on disk yet: the number of the write, to whom, and the answer.
    pub pledges: Vec<(u64, NodeId, Message)>,
    /// How often it stood for election since the start.
    pub stood: u64,
}

impl Guard {
    /// Whether a primary was heard of within the time-out: then a vote would depose one that works.
    pub fn hears_primary(&self, now_us: i64, timeout: Micros) -> bool {
        self.primary_heard_us.is_some_and(|heard_us| now_us.saturating_sub(heard_us) < timeout.0 as i64)
    }
}

/// The silence that is too long.
pub(super) fn patience(failover: &Failover, detector: &Detector) -> Micros {
    match failover.detect {
        Detect::Phi => detector.patience(failover.phi_threshold),
        Detect::Timeout | Detect::Nothing => failover.timeout,
    }
}

/// An alarm set for the moment when a silence becomes too long must not ring a moment before.
const AFTER: Micros = Micros(1);

impl PrimaryReplica {
    /// The nodes that hold data, this one included.
    pub(super) fn stores(&self, ctx: &Ctx) -> Vec<NodeId> {
        ctx.members().iter().copied().filter(|node| !self.config.failover.is_monitor(*node)).collect()
    }

    pub(super) fn store_count(&self, ctx: &Ctx) -> usize {
        match self.config.failover.monitors.is_empty() {
            true => ctx.members().len(),
            false => self.stores(ctx).len(),
        }
    }

    /// Those who vote in the elections that this node takes part in: monitors among themselves, nodes with data likewise.
    /// A monitor that is down or was removed still counts.
    pub(super) fn electorate(&self, ctx: &Ctx) -> Vec<NodeId> {
        match self.part {
            Part::Monitor(_) => self.config.failover.monitors.clone(),
            Part::Primary(_) | Part::Replica(_) => self.stores(ctx),
        }
    }

    pub(super) fn majority(&self, ctx: &Ctx) -> usize {
        let voters = match self.part {
            Part::Monitor(_) => self.config.failover.monitors.len(),
            Part::Primary(_) | Part::Replica(_) => self.store_count(ctx),
        };
        voters / 2 + 1
    }

    /// Where monitors watch, the nodes with data need not watch each other.
    fn is_watching(&self) -> bool {
        let failover = &self.config.failover;
        failover.detect != Detect::Nothing && (failover.by != By::Monitors || matches!(self.part, Part::Monitor(_)))
    }

    /// This node has taken another part: whom does it listen to now, and who hears from it?
    pub(super) fn watch(&mut self, ctx: &mut Ctx) {
        ctx.cancel_timer(Timer::Campaign);
        self.attend(ctx);
        if matches!(&self.part, Part::Replica(following) if following.primary().is_none()) && self.is_watching() {
            self.stand_later(self.config.failover.timeout, ctx);
        }
    }

    /// The same, but whoever waits to stand goes on waiting.
    fn attend(&mut self, ctx: &mut Ctx) {
        for (watched, _) in std::mem::take(&mut self.guard.detectors).iter() {
            ctx.cancel_timer(Timer::Suspect(*watched));
        }
        self.guard.suspects.clear();
        self.guard.ballot = None;
        ctx.cancel_timer(Timer::Heartbeat);
        match &self.part {
            Part::Replica(following) => {
                let primary = following.primary();
                self.guard.last_primary = primary.or(self.guard.last_primary);
                if let Some(primary) = primary.filter(|_| self.is_watching()) {
                    self.listen_to(primary, ctx);
                }
            }
            Part::Primary(_) => {
                self.guard.last_primary = Some(ctx.me());
                self.beat(ctx);
            }
            Part::Monitor(_) if !self.is_watching() => {}
            Part::Monitor(_) => {
                self.stores(ctx).into_iter().for_each(|node| self.listen_to(node, ctx));
                self.patrol(ctx);
            }
        }
    }

    fn listen_to(&mut self, node: NodeId, ctx: &mut Ctx) {
        let detector = Detector::new(ctx.local_us(), self.config.failover.heartbeat_every);
        ctx.set_timer(Timer::Suspect(node), patience(&self.config.failover, &detector) + AFTER);
        self.guard.detectors.insert(node, detector);
    }

    /// Sends the next heartbeats, once it is on disk that this node leads.
    pub(super) fn beat(&mut self, ctx: &mut Ctx) {
        if matches!(self.part, Part::Monitor(_)) {
            return self.patrol(ctx);
        }
        let known = self.leading().is_some_and(|leading| leading.is_known());
        if !known || !self.is_watching() {
            return;
        }
        ctx.set_timer(Timer::Heartbeat, self.config.failover.heartbeat_every);
        self.see_to_lease(ctx);
        let (epoch, progress, me) = (self.epoch, self.own_progress(ctx), ctx.me());
        let others = self.stores(ctx).into_iter().filter(|node| *node != me);
        others.for_each(|node| ctx.send(node, Message::Heartbeat { epoch, progress }));
    }

    pub(super) fn on_heartbeat(&mut self, from: NodeId, epoch: Epoch, progress: Progress, ctx: &mut Ctx) {
        let sent_us = progress.sent_us;
        if self.config.failover.is_monitor(from) {
            return self.echo(from, sent_us, ctx);
        }
        let follows = |node: &Self| matches!(&node.part, Part::Replica(following) if following.primary() == Some(from));
        let leads = matches!(self.part, Part::Primary(_));
        // An epoch has one primary, and it says so itself.
        if epoch > self.epoch || (epoch == self.epoch && !leads && !follows(self)) {
            self.follow(from, epoch, ctx);
        }
        if epoch == self.epoch && follows(self) {
            self.primary_lives(from, ctx);
            self.on_progress(progress, ctx);
        }
        self.echo(from, sent_us, ctx);
    }

    fn echo(&self, to: NodeId, sent_us: i64, ctx: &mut Ctx) {
        let (epoch, (written, last_epoch)) = (self.epoch, self.log_end());
        let leads = matches!(&self.part, Part::Primary(leading) if leading.is_known());
        ctx.send(to, Message::Echo { epoch, sent_us, written, last_epoch, leads });
    }

    /// The primary gave a sign of life.
    fn primary_lives(&mut self, primary: NodeId, ctx: &mut Ctx) {
        let now_us = ctx.local_us();
        self.guard.primary_heard_us = Some(now_us);
        self.guard.ballot = None;
        ctx.cancel_timer(Timer::Campaign);
        self.hear(primary, ctx);
    }

    /// A sign of life of one that is watched.
    pub(super) fn hear(&mut self, node: NodeId, ctx: &mut Ctx) {
        let now_us = ctx.local_us();
        let Some(detector) = self.guard.detectors.get_mut(&node) else { return };
        let silence = detector.silence(now_us);
        detector.heard(now_us);
        let after = patience(&self.config.failover, detector) + AFTER;
        if let Some(index) = self.guard.suspects.iter().position(|one| *one == node) {
            self.guard.suspects.remove(index);
            ctx.note(Fact::Trusts { suspect: node, silence });
        }
        ctx.set_timer(Timer::Suspect(node), after);
    }

    /// Nothing came for as long as may be.
    pub(super) fn on_silence(&mut self, suspect: NodeId, ctx: &mut Ctx) {
        let Some(detector) = self.guard.detectors.get(&suspect) else { return };
        let silence = detector.silence(ctx.local_us());
        let patience = patience(&self.config.failover, detector);
        // The clock may have been set back meanwhile.
        if silence < patience {
            return ctx.set_timer(Timer::Suspect(suspect), patience.saturating_sub(silence) + AFTER);
        }
        self.guard.suspects.push(suspect);
        ctx.note(Fact::Suspects { suspect, silence });
        match self.part {
            Part::Monitor(_) => self.on_watched_silent(suspect, ctx),
            Part::Primary(_) | Part::Replica(_) => self.stand_later(Micros::ZERO, ctx),
        }
    }

    /// How many nodes, this one included, have echoed a heartbeat sent within the time-out.
    fn in_touch(&self, ctx: &Ctx) -> usize {
        let (now_us, timeout_us, me) = (ctx.local_us(), self.config.failover.timeout.0 as i64, ctx.me());
        let Part::Primary(leading) = &self.part else { return 0 };
        let recent = |node: &NodeId| {
            *node == me || leading.echoed_us(*node).is_some_and(|sent_us| now_us.saturating_sub(sent_us) < timeout_us)
        };
        self.stores(ctx).iter().filter(|node| recent(node)).count()
    }

    /// Whether this primary may take writes; notes when that changes.
    pub(super) fn see_to_lease(&mut self, ctx: &mut Ctx) -> bool {
        let holds = self.config.failover.fencing != Fencing::Lease || self.in_touch(ctx) >= self.majority(ctx);
        let (in_touch, needed) = (self.in_touch(ctx), self.majority(ctx));
        let Some(leading) = self.leading() else { return false };
        if std::mem::replace(&mut leading.fenced, !holds) == holds {
            ctx.note(if holds { Fact::LeaseRegained } else { Fact::LeaseLost { in_touch, needed } });
        }
        holds
    }

    pub(super) fn on_echo(&mut self, from: NodeId, epoch: Epoch, sent_us: i64, ctx: &mut Ctx) {
        if epoch > self.epoch {
            return self.know_newer(epoch, ctx);
        }
        if epoch < self.epoch {
            return;
        }
        if let Some(leading) = self.leading() {
            leading.echo(from, sent_us);
            self.see_to_lease(ctx);
            self.serve_confirmed(ctx);
        }
    }

    /// Others are in a newer epoch: this node leads and follows nobody until it knows who leads that one.
    pub(super) fn know_newer(&mut self, epoch: Epoch, ctx: &mut Ctx) {
        self.enter(epoch, None, ctx);
        ctx.note(Fact::NewerEpoch { epoch });
    }

    /// Begins an epoch of which no primary is known yet, with this vote. Returns the number of the write that says so.
    pub(super) fn enter(&mut self, epoch: Epoch, voted: Option<NodeId>, ctx: &mut Ctx) -> u64 {
        if matches!(self.part, Part::Monitor(_)) {
            return self.monitors_epoch(epoch, voted, ctx);
        }
        let knew_none = matches!(&self.part, Part::Replica(following) if following.primary().is_none());
        self.stand_aside(ctx);
        self.drop_followers(ctx);
        self.epoch = epoch;
        self.guard.voted = voted;
        self.part = Part::Replica(Following::new(None, None));
        ctx.cancel_timer(Timer::Follow);
        // Who has been waiting to stand is not put off by others who ask for votes (Raft, §5.2): only a vote given or a primary does
        // that. Else one whose log lacks something could keep the only one who has it from standing.
        match knew_none {
            true => self.attend(ctx),
            false => self.watch(ctx),
        }
        self.save_identity(ctx)
    }

    /// The operator's new rule for failovers: everybody listens anew.
    pub(super) fn on_new_failover(&mut self, failover: &Failover, ctx: &mut Ctx) {
        let was_watching = self.is_watching();
        self.config.failover = failover.clone();
        let now_us = ctx.local_us();
        if let Some(leading) = self.leading().filter(|_| !was_watching) {
            leading.grant(now_us);
        }
        self.watch(ctx);
        let elects = failover.by == By::Election && matches!(self.part, Part::Primary(_));
        if elects && self.log.last() > Lsn::ZERO && self.epoch_of(self.log.last()) != self.epoch {
            self.append_no_op(ctx);
        }
    }

    /// Where the log ends, and of which epoch its last entry is.
    pub(super) fn log_end(&self) -> (Lsn, Epoch) {
        let written = self.log.last();
        (written, self.epoch_of(written))
    }

    /// Of which epoch the entry there is.
    pub(super) fn epoch_of(&self, lsn: Lsn) -> Epoch {
        self.log.get(lsn).map_or(epoch_at(&self.history, lsn), |entry| entry.epoch)
    }
}
