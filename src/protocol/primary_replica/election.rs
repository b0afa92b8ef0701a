//! Elections: a node that suspects the primary asks all for their votes and leads with a majority of them.
//!
//! Raft's (Ongaro, Ousterhout 2014: §5.2 leader election, §5.4.1 election restriction; thesis §9.6 PreVote, here "trial
//! vote", MongoDB's dry run): one vote a node and epoch, on disk before it is given; no vote for a log that ends before
//! one's own; time-outs with a random part, so that seldom two stand at once. Epochs are Raft's terms.

use super::{Ctx, Message, Part, PrimaryReplica, Timer};
use crate::{
    protocol::failover::{By, Fencing},
    sim::{id::NodeId, time::Micros},
    store::log::{Epoch, Lsn},
    trace::{Fact, NoVote},
};

/// The votes of an election that this node stands in.
#[derive(Clone, Debug)]
pub(super) struct Ballot {
    pub epoch: Epoch,
    pub trial: bool,
    pub votes: Vec<NodeId>,
    pub needed: usize,
    /// When it began, by the candidate's clock: a lease counts from there.
    pub since_us: i64,
    /// Number of the write that puts the candidate's own vote on disk; others are asked after that.
    unsaved: Option<u64>,
}

/// What a candidate asks.
#[derive(Clone, Copy)]
pub(super) struct Plea {
    pub epoch: Epoch,
    pub written: Lsn,
    pub last_epoch: Epoch,
    pub trial: bool,
}

/// What a voter answers.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub asked: Epoch,
    pub granted: bool,
    pub trial: bool,
}

/// Tells the draws of elections apart from others.
const STAND: u64 = 61;

impl PrimaryReplica {
    /// Stands for election after `wait` and a random time, unless there is a primary by then.
    pub(super) fn stand_later(&mut self, wait: Micros, ctx: &mut Ctx) {
        let may = match self.config.failover.by {
            By::Operator => false,
            By::Election => self.complete,
            By::Monitors => matches!(self.part, Part::Monitor(_)),
        };
        if !may {
            return;
        }
        self.guard.stood += 1;
        let random = ctx.random(self.config.failover.spread, &[STAND, self.guard.stood]);
        ctx.set_timer(Timer::Campaign, wait + random);
    }

    pub(super) fn on_campaign(&mut self, ctx: &mut Ctx) {
        if let Some(Ballot { epoch, votes, needed, .. }) = self.guard.ballot.take() {
            ctx.note(Fact::NotElected { epoch, votes: votes.len(), needed });
        }
        match self.part {
            Part::Replica(_) => self.stand(self.config.failover.trial_vote, ctx),
            Part::Monitor(_) if self.sees_need() => self.stand(false, ctx),
            Part::Primary(_) | Part::Monitor(_) => {}
        }
    }

    /// Asks for votes: for the next epoch, or first whether it would get them.
    pub(super) fn stand(&mut self, trial: bool, ctx: &mut Ctx) {
        let (epoch, me, since_us) = (self.epoch.max(ctx.epoch_floor()).next(), ctx.me(), ctx.local_us());
        ctx.note(Fact::Stands { epoch, trial });
        let unsaved = if trial { None } else { Some(self.enter(epoch, Some(me), ctx)) };
        let needed = match self.part {
            Part::Monitor(_) => self.majority(ctx).max(self.config.failover.quorum as usize),
            Part::Primary(_) | Part::Replica(_) => self.majority(ctx),
        };
        self.guard.ballot = Some(Ballot { epoch, trial, votes: vec![me], needed, since_us, unsaved });
        self.stand_later(self.config.failover.timeout, ctx);
        if trial {
            self.ask_for_votes(ctx);
            self.count_votes(ctx);
        }
    }

    fn ask_for_votes(&mut self, ctx: &mut Ctx) {
        // Only what is on disk counts: the rest could be lost while it is already sent on as if it were not.
        let (written, me) = (self.flushed, ctx.me());
        let last_epoch = self.epoch_of(written);
        let Some(Ballot { epoch, trial, .. }) = self.guard.ballot else { return };
        let others = self.electorate(ctx).into_iter().filter(|node| *node != me);
        others.for_each(|node| ctx.send(node, Message::AskVote { epoch, written, last_epoch, trial }));
    }

    /// Votes that are on disk now, the own and those for others, are given.
    pub(super) fn votes_on_disk(&mut self, up_to: u64, ctx: &mut Ctx) {
        let mut pledges = std::mem::take(&mut self.guard.pledges);
        // Another epoch may have begun meanwhile; then the vote is worth nothing, and harmless.
        pledges.extract_if(.., |(number, ..)| *number <= up_to).for_each(|(_, to, vote)| ctx.send(to, vote));
        self.guard.pledges = pledges;
        let own = |ballot: &mut Ballot| ballot.unsaved.take_if(|number| *number <= up_to).is_some();
        if self.guard.ballot.as_mut().is_some_and(own) {
            self.ask_for_votes(ctx);
            self.count_votes(ctx);
        }
    }

    pub(super) fn on_plea(&mut self, candidate: NodeId, plea: Plea, ctx: &mut Ctx) {
        let Plea { epoch, written, last_epoch, trial } = plea;
        let (own_written, own_epoch) = self.log_end();
        let (now_us, failover) = (ctx.local_us(), &self.config.failover);
        let alive = match &self.part {
            Part::Primary(leading) => !leading.fenced,
            Part::Replica(_) => self.guard.hears_primary(now_us, failover.timeout),
            Part::Monitor(_) => false,
        };
        // A trial is to depose nobody who works; under a lease no vote may.
        let spared = alive && (trial || failover.fencing == Fencing::Lease);
        let why = match () {
            _ if epoch < self.epoch || (trial && epoch == self.epoch) => Some(NoVote::OldEpoch),
            _ if !self.complete => Some(NoVote::NotReady),
            _ if spared => Some(NoVote::PrimaryAlive),
            _ => None,
        };
        if why.is_none() && !trial && epoch > self.epoch {
            self.know_newer(epoch, ctx);
        }
        let taken = self.guard.voted.is_some_and(|voted| voted != candidate) || matches!(self.part, Part::Primary(_));
        let why = why.or(match () {
            _ if !trial && taken => Some(NoVote::VotedAlready),
            _ if (last_epoch, written) < (own_epoch, own_written) => Some(NoVote::LogBehind),
            _ => None,
        });
        let vote = Message::Vote { epoch: self.epoch, asked: epoch, granted: why.is_none(), trial };
        match why {
            Some(why) => {
                ctx.note(Fact::VoteRefused { candidate, epoch, trial, why });
                ctx.send(candidate, vote);
            }
            None if trial => {
                ctx.note(Fact::Voted { candidate, epoch, trial });
                ctx.send(candidate, vote);
            }
            None => {
                ctx.note(Fact::Voted { candidate, epoch, trial });
                self.guard.voted = Some(candidate);
                self.guard.primary_heard_us = Some(now_us);
                let number = self.save_identity(ctx);
                self.guard.pledges.push((number, candidate, vote));
                self.stand_later(self.config.failover.timeout, ctx);
            }
        }
    }

    pub(super) fn on_vote(&mut self, voter: NodeId, known: Epoch, word: Word, ctx: &mut Ctx) {
        let Word { asked, granted, trial } = word;
        if known > self.epoch {
            return self.know_newer(known, ctx);
        }
        let Some(ballot) = &mut self.guard.ballot else { return };
        if granted && (ballot.epoch, ballot.trial) == (asked, trial) && !ballot.votes.contains(&voter) {
            ballot.votes.push(voter);
            self.count_votes(ctx);
        }
    }

    fn count_votes(&mut self, ctx: &mut Ctx) {
        let Some(ballot) = self.guard.ballot.take_if(|ballot| ballot.votes.len() >= ballot.needed) else { return };
        let Ballot { epoch, votes, needed, since_us, .. } = ballot;
        if ballot.trial {
            return self.stand(false, ctx);
        }
        ctx.note(Fact::Elected { epoch, votes: votes.len(), needed });
        match self.part {
            Part::Monitor(_) => self.appoint(epoch, ctx),
            Part::Primary(_) | Part::Replica(_) => self.take_over(epoch, Some(since_us), ctx),
        }
    }
}
