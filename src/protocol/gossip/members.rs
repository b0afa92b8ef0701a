//! Who is there: each node pings one other in each period, asks some others to try when no answer comes, suspects who answers nobody,
//! and tells news of members along with its pings.
//!
//! Das, Gupta, Motivala, "SWIM: Scalable Weakly-consistent Infection-style Process Group Membership Protocol", 2002: probing and
//! indirect probing (§3.1), news carried by pings (§4.1), suspicion and incarnations (§4.2), every member once in each pass
//! (§4.3). Two things are as in its successors (memberlist) rather than in the paper: who is declared dead and is not says so with a
//! higher incarnation and is back; and now and then one of the dead is pinged, or two halves of a group that each declared the other
//! dead would never meet again.

use super::{Ctx, Gossip, Timer, message::Message};
use crate::{
    protocol::MemberView,
    sim::{id::NodeId, small::SmallMap},
    trace::{Fact, MemberState},
};

/// What is said of a member. Of two the one with the greater incarnation is right, and of these the worse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    pub member: NodeId,
    pub incarnation: u32,
    pub state: MemberState,
}

impl News {
    fn outdoes(&self, other: &News) -> bool {
        (self.incarnation, self.state) > (other.incarnation, other.state)
    }
}

/// A ping whose answer is waited for.
#[derive(Clone, Copy, Debug)]
struct Probe {
    call: u32,
    member: NodeId,
}

/// A ping for another.
#[derive(Clone, Copy, Debug)]
struct Errand {
    asker: NodeId,
    /// Under which number it asked.
    call: u32,
    /// The own period in which it did.
    period: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Members {
    /// The own one. Starts count high, refutations low.
    incarnation: u32,
    /// What is known of those of whom there was news.
    known: SmallMap<NodeId, News>,
    /// Which of it is still passed on, and how often it was.
    telling: SmallMap<NodeId, u8>,
    probe: Option<Probe>,
    errands: SmallMap<u32, Errand>,
    next_call: u32,
    period: u32,
    /// The present pass through all members: where it stands, and by which steps it goes.
    place: u32,
    left: u32,
    step: u32,
}

/// Most news in one message.
const NEWS_MAX: usize = 6;
/// News is passed on as often as this times the logarithm of the number of members (§5).
const TELL_FACTOR: u32 = 3;
/// In every so many periods one of the dead is pinged.
const TRY_DEAD_EVERY: u32 = 4;

/// Draws of a node.
const PASS: u64 = 6;
const HELPERS: u64 = 7;
const DEAD: u64 = 8;
const PHASE: u64 = 9;

impl Members {
    fn new(ctx: &Ctx) -> Members {
        Members {
            incarnation: ctx.boot() << 16,
            known: SmallMap::new(),
            telling: SmallMap::new(),
            probe: None,
            errands: SmallMap::new(),
            next_call: 0,
            period: 0,
            place: 0,
            left: 0,
            step: 1,
        }
    }

    /// The member as it was when nobody had said anything, or as it is said to be.
    fn news_of(&self, member: NodeId) -> News {
        self.known.get(&member).copied().unwrap_or(News { member, incarnation: 0, state: MemberState::Alive })
    }

    fn call(&mut self) -> u32 {
        self.next_call += 1;
        self.next_call
    }

    /// Those of whom there is something to say.
    pub fn doubts(&self) -> impl Iterator<Item = MemberView> {
        let doubtful = self.known.values().filter(|news| news.state != MemberState::Alive);
        doubtful.map(|news| MemberView { node: news.member, state: news.state, incarnation: news.incarnation })
    }

    /// What to tell with the next message: what was told least, and always what concerns its receiver.
    fn news_for(&mut self, receiver: NodeId, members: usize) -> Vec<News> {
        let most = TELL_FACTOR * (usize::BITS - members.leading_zeros());
        let mut news = Vec::new();
        let own = self.known.get(&receiver).filter(|own| own.state != MemberState::Alive);
        news.extend(own.copied());
        for times in 0..most as u8 {
            for (member, told) in self.telling.iter().filter(|(member, told)| **told == times && **member != receiver) {
                debug_assert_eq!(*told, times);
                if news.len() < NEWS_MAX {
                    news.extend(self.known.get(member).copied());
                }
            }
        }
        for one in &news {
            if let Some(told) = self.telling.get_mut(&one.member) {
                *told = told.saturating_add(1);
            }
        }
        self.telling.retain(|_, told| (*told as u32) < most);
        news
    }
}

impl Gossip {
    pub(super) fn is_dead(&self, node: NodeId) -> bool {
        let known = self.members.as_ref().and_then(|members| members.known.get(&node));
        known.is_some_and(|news| news.state == MemberState::Dead)
    }

    /// Each begins its periods at a moment of its own; who was there before says that it is back.
    pub(super) fn begin_watching(&mut self, ctx: &mut Ctx) {
        let Some(rule) = self.config.members else { return };
        let mut members = Box::new(Members::new(ctx));
        if !ctx.is_first_boot() {
            let own = News { member: ctx.me(), incarnation: members.incarnation, state: MemberState::Alive };
            members.known.insert(ctx.me(), own);
            members.telling.insert(ctx.me(), 0);
        }
        self.members = Some(members);
        let wait = ctx.random(rule.period, &[PHASE]);
        ctx.set_timer(Timer::Period, wait + crate::sim::time::Micros(1));
    }

    /// The period is over: who has not answered is suspected, and the next one is pinged.
    pub(super) fn period(&mut self, ctx: &mut Ctx) {
        let Some(rule) = self.config.members else { return };
        let silent = self.members.as_mut().and_then(|members| members.probe.take());
        if let Some(Probe { member, .. }) = silent.filter(|probe| ctx.members().contains(&probe.member)) {
            let incarnation = self.members.as_ref().map_or(0, |members| members.news_of(member).incarnation);
            self.take_news(News { member, incarnation, state: MemberState::Suspect }, ctx.me(), ctx);
        }
        if let Some(members) = &mut self.members {
            members.period += 1;
            let period = members.period;
            members.errands.retain(|_, errand| errand.period + 1 >= period);
        }
        if let Some(member) = self.next_in_pass(ctx)
            && let Some(members) = &mut self.members
        {
            let call = members.call();
            members.probe = Some(Probe { call, member });
            let news = members.news_for(member, ctx.members().len());
            ctx.send(member, Message::Ping { call, news });
            ctx.set_timer(Timer::NoAnswer, rule.timeout);
        }
        self.try_dead(ctx);
        ctx.set_timer(Timer::Period, rule.period);
    }

    /// All others in turn, in another order each time; whoever is dead is left out.
    fn next_in_pass(&mut self, ctx: &Ctx) -> Option<NodeId> {
        let count = ctx.members().len() as u32;
        for _ in 0..2 * count {
            let members = self.members.as_mut()?;
            if members.left == 0 || members.place >= count {
                let draw = |most: u32, which: u64| ctx.below(most as u64, &[PASS, members.period as u64, which]) as u32;
                let (place, mut step) = (draw(count, 0), 1 + draw(count, 1));
                // A step that has no divisor in common with the number of members gets to all of them.
                while divisor(step, count) > 1 {
                    step += 1;
                }
                (members.place, members.step, members.left) = (place, step, count);
            }
            members.left -= 1;
            members.place = (members.place + members.step) % count;
            let node = ctx.members()[members.place as usize];
            if node != ctx.me() && !self.is_dead(node) {
                return Some(node);
            }
        }
        None
    }

    fn try_dead(&mut self, ctx: &mut Ctx) {
        let Some(members) = &mut self.members else { return };
        if members.period % TRY_DEAD_EVERY != 0 {
            return;
        }
        let is_member = |node: &NodeId| ctx.members().contains(node);
        let dead: Vec<NodeId> =
            members.doubts().filter(|view| view.state == MemberState::Dead).map(|view| view.node).filter(is_member).collect();
        if !dead.is_empty() {
            let member = dead[ctx.below(dead.len() as u64, &[DEAD, members.period as u64]) as usize];
            let call = members.call();
            let news = members.news_for(member, ctx.members().len());
            ctx.send(member, Message::Ping { call, news });
        }
    }

    /// No answer in time: others are asked to try.
    pub(super) fn no_answer(&mut self, ctx: &mut Ctx) {
        let (Some(rule), Some(probe)) = (self.config.members, self.members.as_ref().and_then(|members| members.probe)) else {
            return;
        };
        let mut helpers = self.partners(rule.indirect as u16 + 1, HELPERS, ctx);
        helpers.retain(|node| *node != probe.member);
        helpers.truncate(rule.indirect as usize);
        if helpers.is_empty() {
            return;
        }
        ctx.note(Fact::AsksOthers { member: probe.member, through: helpers.clone() });
        for helper in helpers {
            let Some(members) = &mut self.members else { return };
            let news = members.news_for(helper, ctx.members().len());
            ctx.send(helper, Message::PingFor { call: probe.call, member: probe.member, news });
        }
    }

    pub(super) fn on_ping(&mut self, from: NodeId, call: u32, news: &[News], ctx: &mut Ctx) {
        self.hear_news(from, news, ctx);
        let (me, count) = (ctx.me(), ctx.members().len());
        let Some(members) = &mut self.members else { return };
        let news = members.news_for(from, count);
        ctx.send(from, Message::Ack { call, member: me, news });
    }

    pub(super) fn on_ping_for(&mut self, from: NodeId, call: u32, member: NodeId, news: &[News], ctx: &mut Ctx) {
        self.hear_news(from, news, ctx);
        let count = ctx.members().len();
        let Some(members) = &mut self.members else { return };
        let own = members.call();
        members.errands.insert(own, Errand { asker: from, call, period: members.period });
        let news = members.news_for(member, count);
        ctx.send(member, Message::Ping { call: own, news });
    }

    pub(super) fn on_ack(&mut self, from: NodeId, call: u32, member: NodeId, news: &[News], ctx: &mut Ctx) {
        self.hear_news(from, news, ctx);
        let count = ctx.members().len();
        let Some(members) = &mut self.members else { return };
        if members.probe.is_some_and(|probe| (probe.call, probe.member) == (call, member)) {
            members.probe = None;
            ctx.cancel_timer(Timer::NoAnswer);
        } else if let Some(errand) = members.errands.remove(&call) {
            let news = members.news_for(errand.asker, count);
            ctx.send(errand.asker, Message::Ack { call: errand.call, member, news });
        }
    }

    fn hear_news(&mut self, from: NodeId, news: &[News], ctx: &mut Ctx) {
        news.iter().for_each(|one| self.take_news(*one, from, ctx));
    }

    /// News of a member, from another or by the own watching.
    fn take_news(&mut self, news: News, by: NodeId, ctx: &mut Ctx) {
        let Some(members) = &mut self.members else { return };
        let member = news.member;
        if member == ctx.me() {
            self.deny(news, by, ctx);
            return;
        }
        let before = members.news_of(member);
        if !news.outdoes(&before) {
            return;
        }
        members.known.insert(member, news);
        members.telling.insert(member, 0);
        if before.state == MemberState::Suspect {
            ctx.cancel_timer(Timer::Suspicion(member));
        }
        if before.state != news.state || news.state == MemberState::Alive {
            ctx.note(Fact::MemberIs { member, state: news.state, incarnation: news.incarnation, by });
        }
        if let (MemberState::Suspect, Some(rule)) = (news.state, self.config.members) {
            ctx.set_timer(Timer::Suspicion(member), rule.suspicion);
        }
    }

    /// Somebody says that this node is gone: under a number that it has used, so it takes a higher one, or under an old one, so that
    /// it only has to be told once more.
    fn deny(&mut self, news: News, by: NodeId, ctx: &mut Ctx) {
        let Some(members) = self.members.as_mut().filter(|_| news.state != MemberState::Alive) else { return };
        let is_new = news.incarnation >= members.incarnation;
        members.incarnation = members.incarnation.max(news.incarnation + 1);
        let own = News { member: ctx.me(), incarnation: members.incarnation, state: MemberState::Alive };
        members.known.insert(own.member, own);
        members.telling.insert(own.member, 0);
        if is_new {
            ctx.note(Fact::Refutes { was: news.state, by, incarnation: own.incarnation });
        }
    }

    /// Nobody has denied a suspicion in time.
    pub(super) fn suspicion_is_over(&mut self, member: NodeId, ctx: &mut Ctx) {
        let Some(news) = self.members.as_ref().map(|members| members.news_of(member)) else { return };
        if news.state == MemberState::Suspect && ctx.members().contains(&member) {
            self.take_news(News { state: MemberState::Dead, ..news }, ctx.me(), ctx);
        }
    }
}

/// The greatest common one.
fn divisor(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { divisor(other, one % other) }
}
