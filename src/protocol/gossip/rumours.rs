//! Rumour mongering: what a node has heard lately it tells others, round by round, until it has told too many who knew.
//!
//! Demers et al., "Epidemic Algorithms for Replicated Database Maintenance", 1987, §1.4. A node knows a rumour and spreads it
//! (infective), knows it and does not (removed), or has not heard of it (susceptible). The tables of the paper are of synchronous
//! cycles: what happens in a cycle is judged by what was so when it began. So here: with synchronous rounds a rumour is news to
//! whoever did not have it when the round began, and nobody tells on what it has heard since then.

use super::{
    Ctx, Gossip, Timer,
    config::Lose,
    disk::{DiskChange, Entry},
    message::{Message, Told},
};
use crate::{
    sim::{
        id::{Key, NodeId},
        operation::Write,
        time::Micros,
    },
    store::{object::register::Strategy, stamp::Stamp},
    trace::Fact,
};

/// A rumour that a node spreads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rumour {
    /// Rounds in vain so far.
    pub counter: u8,
    /// What contacts of this round came to.
    was_news: bool,
    was_known: bool,
    /// Whether there was any, so that it counts for a blind node.
    was_told: bool,
}

/// Draws of a node, so that each has a chance of its own.
const PARTNERS: u64 = 1;
const COIN: u64 = 2;
const PHASE: u64 = 3;

impl Gossip {
    /// Begins the next round when it is time, if there is anything to do in it.
    pub(super) fn expect_round(&mut self, ctx: &mut Ctx) {
        if self.expects_round || self.spreads.is_empty() && !self.config.mode.pulls() {
            return;
        }
        self.expects_round = true;
        let since = self.since_round_began(ctx);
        ctx.set_timer(Timer::Round, Micros(self.config.interval.0 - since));
    }

    /// How long ago the present round began.
    fn since_round_began(&self, ctx: &Ctx) -> u64 {
        let interval = self.config.interval;
        let phase = if self.config.synchronous { Micros::ZERO } else { ctx.random(interval, &[PHASE]) };
        (ctx.local_us() - phase.0 as i64).rem_euclid(interval.0 as i64) as u64
    }

    fn round_began_us(&self, ctx: &Ctx) -> i64 {
        ctx.local_us() - self.since_round_began(ctx) as i64
    }

    pub(super) fn round(&mut self, ctx: &mut Ctx) {
        self.expects_round = false;
        self.end_round(ctx);
        let mode = self.config.mode;
        let rumours: Vec<Entry> = if mode.pushes() { self.spread_entries().copied().collect() } else { Vec::new() };
        if !rumours.is_empty() || mode.pulls() {
            let rumours: std::sync::Arc<[Entry]> = rumours.into();
            let partners = self.partners(self.config.fanout, PARTNERS, ctx);
            if !partners.is_empty() {
                rumours.iter().for_each(|entry| self.was_told(entry.write.key));
            }
            for partner in partners {
                ctx.send(partner, Message::Contact { rumours: rumours.clone(), asks: mode.pulls() });
            }
        }
        self.expect_round(ctx);
    }

    /// Others, none twice, and none that is taken for dead.
    pub(super) fn partners(&self, count: u16, purpose: u64, ctx: &Ctx) -> Vec<NodeId> {
        let members = ctx.members();
        let may = |node: NodeId| node != ctx.me() && !self.is_dead(node);
        let mut chosen = Vec::new();
        // Mostly the first tries are good; if few may be asked, all are looked at.
        for attempt in 0..count as u64 * 4 + 8 {
            if chosen.len() == count as usize {
                return chosen;
            }
            let node = members[ctx.below(members.len() as u64, &[purpose, ctx.local_us() as u64, attempt]) as usize];
            if may(node) && !chosen.contains(&node) {
                chosen.push(node);
            }
        }
        let mut left: Vec<NodeId> = members.iter().copied().filter(|node| may(*node) && !chosen.contains(node)).collect();
        while chosen.len() < count as usize && !left.is_empty() {
            let at = ctx.below(left.len() as u64, &[purpose, ctx.local_us() as u64, u64::MAX - chosen.len() as u64]);
            chosen.push(left.swap_remove(at as usize));
        }
        chosen
    }

    /// What it tells, of each key.
    fn spread_entries(&self) -> impl Iterator<Item = &Entry> {
        self.spreads.keys().filter_map(|key| self.data.get(*key))
    }

    fn was_told(&mut self, key: Key) {
        if let Some(rumour) = self.spreads.get_mut(&key) {
            rumour.was_told = true;
        }
    }

    /// Of every rumour: was the round in vain, and was that once too often?
    fn end_round(&mut self, ctx: &mut Ctx) {
        let interest = self.config.interest;
        let mut lost = Vec::new();
        for key in self.spreads.keys().copied().collect::<Vec<_>>() {
            let Some(rumour) = self.spreads.get_mut(&key) else { continue };
            let Rumour { was_news, was_known, was_told, .. } = *rumour;
            let in_vain = if interest.feedback { was_known && !was_news } else { was_told };
            let was_useful = interest.feedback && was_news;
            *rumour = Rumour { counter: rumour.counter, ..Rumour::default() };
            let loses = match interest.lose {
                Lose::Never => false,
                Lose::Counter if in_vain => {
                    rumour.counter = rumour.counter.saturating_add(1);
                    rumour.counter >= interest.k
                }
                Lose::Counter => {
                    if was_useful && interest.reset {
                        rumour.counter = 0;
                    }
                    false
                }
                Lose::Coin => in_vain && ctx.below(interest.k as u64, &[COIN, ctx.local_us() as u64, key.0 as u64]) == 0,
            };
            if loses {
                lost.push(key);
            }
        }
        for key in lost {
            self.spreads.remove(&key);
            if let Some(entry) = self.data.get(key) {
                ctx.note_about(entry.write.id, Fact::LostInterest { write: entry.write });
            }
        }
    }

    /// Whether it had this or something newer when the round began; without common rounds, whether it has.
    fn knew(&self, key: Key, stamp: Stamp, round_began_us: i64) -> bool {
        let had_then = || self.heard_us.get(&key).is_none_or(|heard| !self.config.synchronous || *heard < round_began_us);
        self.data.stamp(key) >= Some(stamp) && had_then()
    }

    /// Of rumours from another: which it knew. It hears them.
    fn be_told(&mut self, from: NodeId, rumours: &[Entry], ctx: &mut Ctx) -> Vec<Told> {
        let began = self.round_began_us(ctx);
        let mut told = Vec::new();
        for entry in rumours {
            let (key, stamp) = (entry.write.key, entry.stamp);
            told.push(Told { key, stamp, knew: self.knew(key, stamp, began) });
            self.hear(entry, from, ctx);
        }
        let known = told.iter().filter(|one| one.knew).count() as u32;
        if known > 0 {
            ctx.note(Fact::HeardAgain { rumours: known, from });
        }
        told
    }

    pub(super) fn on_contact(&mut self, from: NodeId, rumours: &[Entry], asks: bool, ctx: &mut Ctx) {
        let began = self.round_began_us(ctx);
        let is_told = |entry: &Entry| rumours.iter().any(|one| (one.write.key, one.stamp) == (entry.write.key, entry.stamp));
        // What it has heard in this round it tells from the next on.
        let may = |entry: &&Entry| !is_told(entry) && self.knew(entry.write.key, entry.stamp, began);
        let answer: Vec<Entry> = if asks { self.spread_entries().filter(may).copied().collect() } else { Vec::new() };
        if asks {
            // Who would have told what it is told has told it in vain.
            let has = |entry: &&Entry| self.knew(entry.write.key, entry.stamp, began);
            let known: Vec<Entry> = rumours.iter().filter(has).copied().collect();
            known.iter().for_each(|entry| self.mark(entry.write.key, entry.stamp, true));
        }
        answer.iter().for_each(|entry| self.was_told(entry.write.key));
        let told = self.be_told(from, rumours, ctx);
        let told = if self.config.interest.feedback { told } else { Vec::new() };
        if !answer.is_empty() || !told.is_empty() {
            ctx.send(from, Message::Reply { rumours: answer, told });
        }
    }

    pub(super) fn on_reply(&mut self, from: NodeId, rumours: &[Entry], told: &[Told], ctx: &mut Ctx) {
        told.iter().for_each(|one| self.mark(one.key, one.stamp, one.knew));
        let told = self.be_told(from, rumours, ctx);
        if self.config.interest.feedback && !told.is_empty() {
            ctx.send(from, Message::Reply { rumours: Vec::new(), told });
        }
    }

    /// Somebody was told a rumour of this node's, and knew it or not.
    fn mark(&mut self, key: Key, stamp: Stamp, knew: bool) {
        if self.data.stamp(key) != Some(stamp) {
            return;
        }
        if let Some(rumour) = self.spreads.get_mut(&key) {
            rumour.was_known |= knew;
            rumour.was_news |= !knew;
        }
    }

    /// Something comes as a rumour: if it is news, it is spread further.
    fn hear(&mut self, entry: &Entry, from: NodeId, ctx: &mut Ctx) {
        if self.learn(entry, ctx) {
            ctx.note_about(entry.write.id, Fact::Heard { write: entry.write, from });
            self.store(entry, ctx);
            self.spread(entry.write.key, ctx);
        }
    }

    pub(super) fn spread(&mut self, key: Key, ctx: &mut Ctx) {
        self.spreads.insert(key, Rumour::default());
        self.expect_round(ctx);
    }

    /// Takes an entry in if it is newer, and says which one readers are not shown any more though its writer did not know of it.
    pub(super) fn learn(&mut self, entry: &Entry, ctx: &mut Ctx) -> bool {
        let key = entry.write.key;
        let before = self.data.get(key).copied();
        self.clock.observe(entry.stamp, ctx.local_us());
        if !self.data.take(entry) {
            return false;
        }
        self.heard_us.insert(key, ctx.local_us());
        if let Some(older) = before.filter(|older| entry.hides(older)) {
            self.note_dropped(older.write, entry.write, ctx);
        }
        true
    }

    pub(super) fn note_dropped(&self, dropped: Write, kept: Write, ctx: &mut Ctx) {
        ctx.note(Fact::Dropped { writes: vec![dropped], kept: Some(kept), strategy: Strategy::LastWriteWinsHybrid });
    }

    /// To disk with it; nobody waits for that.
    pub(super) fn store(&mut self, entry: &Entry, ctx: &mut Ctx) {
        ctx.write(DiskChange(*entry), Some(entry.write.id));
        ctx.flush();
    }
}
