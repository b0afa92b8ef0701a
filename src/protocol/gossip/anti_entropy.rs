//! Anti-entropy: now and then two nodes compare all that they have, and each gives the other what it lacks. Slow, and certain: what
//! rumours have left out is found in the end.
//!
//! Demers et al. 1987, §1.3 (comparison, checksums, lists of recent updates), §1.5 (as a back-up for rumours).

use super::{
    Ctx, Gossip, Timer,
    config::{AntiEntropy, Compare},
    disk::Entry,
    message::Message,
};
use crate::{
    sim::{
        id::{Key, NodeId},
        time::Micros,
    },
    store::stamp::Stamp,
    trace::Fact,
};

/// Draws of a node.
const PARTNER: u64 = 4;
const PHASE: u64 = 5;

impl Gossip {
    /// A node that comes back, or joins, begins with it; the others each at a moment of its own.
    pub(super) fn begin_comparing(&mut self, ctx: &mut Ctx) {
        let Some(AntiEntropy { every, .. }) = self.config.anti_entropy else { return };
        if ctx.is_first_boot() {
            let wait = ctx.random(every, &[PHASE]);
            ctx.set_timer(Timer::Compare, wait + Micros(1));
        } else {
            self.compare(ctx);
        }
    }

    pub(super) fn compare(&mut self, ctx: &mut Ctx) {
        let Some(rule) = self.config.anti_entropy else { return };
        if let Some(partner) = self.partners(1, PARTNER, ctx).first() {
            let (pushes, pulls) = (rule.mode.pushes(), rule.mode.pulls());
            let message = match rule.compare {
                Compare::Digests => Message::Digest { stamps: self.digest(), pushes, pulls },
                Compare::Recent => {
                    let since = ctx.local_us() - rule.recent.0 as i64;
                    let is_recent =
                        |entry: &&Entry| pushes && self.heard_us.get(&entry.write.key).is_some_and(|heard| *heard >= since);
                    let entries = self.data.iter().filter(is_recent).copied().collect();
                    Message::Recent { checksum: self.data.checksum(), entries, pushes, pulls }
                }
            };
            ctx.send(*partner, message);
        }
        ctx.set_timer(Timer::Compare, rule.every);
    }

    fn digest(&self) -> Vec<(Key, Stamp)> {
        self.data.iter().map(|entry| (entry.write.key, entry.stamp)).collect()
    }

    /// If what was learned lately does not make both equal, all is compared, the other way round.
    pub(super) fn on_recent(&mut self, from: NodeId, entries: &[Entry], sum: u64, ways: (bool, bool), ctx: &mut Ctx) {
        self.take_missing(from, entries, ctx);
        if self.data.checksum() != sum {
            let (pushes, pulls) = ways;
            ctx.send(from, Message::Digest { stamps: self.digest(), pushes: pulls, pulls: pushes });
        }
    }

    /// `ways`: whether the other gives what is newer there, and wants what is newer here.
    pub(super) fn on_digest(&mut self, from: NodeId, stamps: &[(Key, Stamp)], ways: (bool, bool), ctx: &mut Ctx) {
        let (pushes, pulls) = ways;
        let theirs = |key: Key| stamps.iter().find(|(own, _)| *own == key).map(|(_, stamp)| *stamp);
        let newer = self.data.iter().filter(|entry| pulls && theirs(entry.write.key) < Some(entry.stamp));
        let entries: Vec<Entry> = newer.copied().collect();
        let older = stamps.iter().filter(|(key, stamp)| pushes && self.data.stamp(*key) < Some(*stamp));
        let wants: Vec<Key> = older.map(|(key, _)| *key).collect();
        if !entries.is_empty() || !wants.is_empty() {
            ctx.send(from, Message::Difference { entries, wants });
        }
    }

    pub(super) fn on_difference(&mut self, from: NodeId, entries: &[Entry], wants: &[Key], ctx: &mut Ctx) {
        self.take_missing(from, entries, ctx);
        let wanted: Vec<Entry> = wants.iter().filter_map(|key| self.data.get(*key)).copied().collect();
        if !wanted.is_empty() {
            ctx.send(from, Message::Difference { entries: wanted, wants: Vec::new() });
        }
    }

    fn take_missing(&mut self, from: NodeId, entries: &[Entry], ctx: &mut Ctx) {
        let mut new = Vec::new();
        for entry in entries {
            if self.learn(entry, ctx) {
                new.push(*entry);
            }
        }
        if new.is_empty() {
            return;
        }
        ctx.note(Fact::FoundMissing { writes: new.iter().map(|entry| entry.write).collect(), from });
        let again = self.config.anti_entropy.is_some_and(|rule| rule.again);
        for entry in &new {
            self.store(entry, ctx);
            // An older rumour about the key has nothing to tell any more.
            self.spreads.remove(&entry.write.key);
            if again {
                self.spread(entry.write.key, ctx);
            }
        }
    }
}
