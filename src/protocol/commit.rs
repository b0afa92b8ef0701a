//! When a write counts as committed: which copies must have it, what happens if they do not come, and who counts.
//!
//! Named after what operators know: PostgreSQL's `synchronous_commit` and `synchronous_standby_names` (manual, 20.5 and
//! 20.6.2), MySQL's semi-synchronous replication (manual, 19.4.10), MongoDB's write concern, Redis' `min-replicas-to-write`.
//! It decides; it keeps no state and knows no protocol.

use crate::{
    sim::{id::NodeId, time::Micros},
    store::log::Lsn,
    trace::SyncState,
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// What a copy must have done with a write before its client hears OK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing: the primary has it in memory (`synchronous_commit = off`).
    Async,
    /// The primary has it on disk (`local`).
    #[default]
    LocalFlush,
    /// And replicas have taken it (`remote_write`).
    RemoteWrite,
    /// And replicas have it on disk (`on`).
    RemoteFlush,
    /// And readers of replicas see it (`remote_apply`).
    RemoteApply,
}

impl Level {
    pub fn is_remote(self) -> bool {
        self >= Level::RemoteWrite
    }
}

/// Which of the replicas count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The first ones on the list that are there (`FIRST k`).
    #[default]
    First,
    /// Whichever are quickest (`ANY k`).
    Any,
    /// So many that with the primary they are more than half of all nodes.
    Majority,
}

/// What happens when replicas do not confirm a write in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// The primary goes on alone until replicas have caught up, as MySQL does.
    #[default]
    FallBack,
    /// The client is told that the write is done here but not confirmed; it stays. As MongoDB's `wtimeout`, or PostgreSQL when
    /// the waiting client cancels.
    Warn,
}

/// The rule by which writes are acknowledged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Commit {
    pub level: Level,
    pub which: Which,
    /// How many replicas; for a majority it follows from the group.
    pub count: u8,
    /// Those who may count, the most wanted first; empty: all, in the order of their names.
    pub among: Vec<NodeId>,
    /// How long replicas are waited for; none: for ever, as PostgreSQL does.
    pub timeout: Option<Micros>,
    pub on_timeout: OnTimeout,
    /// Readers of the primary see a write before replicas have it (MySQL's `AFTER_COMMIT`).
    pub visible_early: bool,
    /// With fewer replicas in touch than this no write is taken (Redis' `min-replicas-to-write`).
    pub min_replicas: u8,
    /// A replica not heard for this long is out of touch: it counts neither there nor as one that confirms.
    pub replica_timeout: Micros,
}

impl Default for Commit {
    fn default() -> Self {
        Commit {
            level: Level::LocalFlush,
            which: Which::First,
            count: 1,
            among: Vec::new(),
            timeout: None,
            on_timeout: OnTimeout::FallBack,
            visible_early: false,
            min_replicas: 0,
            replica_timeout: Micros::from_secs(10),
        }
    }
}

/// A replica that is in touch and has caught up once, and how far it has come by the level asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub replica: NodeId,
    pub confirmed: Lsn,
}

/// The nodes for which a rule is to hold.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Those that hold data, and which of them leads, if it is known.
    pub stores: Vec<NodeId>,
    pub primary: Option<NodeId>,
    /// Those that other replicas feed, so that the primary does not see them.
    pub unseen: Vec<NodeId>,
    /// Those that show entries late on purpose.
    pub delayed: Vec<NodeId>,
}

impl Commit {
    /// How many replicas must confirm, in a group of so many nodes.
    pub fn needed(&self, members: usize) -> usize {
        match self.which {
            Which::Majority => members / 2,
            _ => self.count as usize,
        }
    }

    fn rank(&self, replica: NodeId) -> Option<usize> {
        match self.among.is_empty() || self.which == Which::Majority {
            true => Some(replica.0 as usize),
            false => self.among.iter().position(|one| *one == replica),
        }
    }

    /// The candidates that count, the most wanted first.
    fn listed(&self, candidates: &[Candidate]) -> Vec<Candidate> {
        let mut listed: Vec<Candidate> = Vec::new();
        for candidate in candidates {
            let Some(rank) = self.rank(candidate.replica) else { continue };
            let at = listed.iter().position(|other| self.rank(other.replica) > Some(rank)).unwrap_or(listed.len());
            listed.insert(at, *candidate);
        }
        listed
    }

    /// Up to where enough replicas have confirmed; none if there are too few of them.
    pub fn confirmed(&self, members: usize, candidates: &[Candidate]) -> Option<Lsn> {
        let (needed, listed) = (self.needed(members), self.listed(candidates));
        if needed == 0 || listed.len() < needed {
            return None;
        }
        let positions = listed.iter().map(|candidate| candidate.confirmed);
        match self.which {
            Which::First => positions.take(needed).min(),
            // The furthest that so many have reached.
            Which::Any | Which::Majority => {
                let reached = |lsn: Lsn| listed.iter().filter(|candidate| candidate.confirmed >= lsn).count();
                positions.filter(|lsn| reached(*lsn) >= needed).max()
            }
        }
    }

    pub fn state_of(&self, replica: NodeId, members: usize, candidates: &[Candidate]) -> SyncState {
        let listed = self.listed(candidates);
        let place = listed.iter().position(|candidate| candidate.replica == replica);
        match (place, self.which) {
            _ if !self.level.is_remote() => SyncState::Async,
            (None, _) => SyncState::Async,
            (Some(place), Which::First) if place < self.needed(members) => SyncState::Sync,
            (Some(_), Which::First) => SyncState::Potential,
            (Some(_), _) => SyncState::Quorum,
        }
    }

    pub const COUNT: RangeInclusive<u8> = 1..=9;
    pub const TIMEOUT: RangeInclusive<Micros> = Micros::from_millis(1)..=Micros::from_secs(3_600);

    /// What contradicts itself, whatever the group: the field and why.
    pub fn problem(&self) -> Option<(&'static str, String)> {
        let listed = self.among.len();
        let twice = self.among.iter().enumerate().find(|(index, node)| self.among[..*index].contains(node));
        let within = |time: Micros| Self::TIMEOUT.contains(&time);
        let allowed = || format!("allowed is {} to {}", Self::TIMEOUT.start(), Self::TIMEOUT.end());
        if !Self::COUNT.contains(&self.count) {
            return Some((
                "count",
                format!("{} is out of range; allowed is {} to {}", self.count, Self::COUNT.start(), Self::COUNT.end()),
            ));
        }
        if self.min_replicas > *Self::COUNT.end() {
            return Some((
                "min_replicas",
                format!("{} is out of range; allowed is 0 to {}", self.min_replicas, Self::COUNT.end()),
            ));
        }
        if let Some((_, node)) = twice {
            return Some(("among", format!("{node} is listed twice")));
        }
        if listed > 0 && self.which != Which::Majority && self.count as usize > listed {
            return Some(("count", format!("{} replicas are asked for, and {listed} listed", self.count)));
        }
        if self.timeout.is_some_and(|timeout| !within(timeout)) {
            return Some(("timeout", format!("{} is out of range; {}", self.timeout.unwrap_or_default(), allowed())));
        }
        (!within(self.replica_timeout))
            .then(|| ("replica_timeout", format!("{} is out of range; {}", self.replica_timeout, allowed())))
    }

    /// The rule in words: when the client hears OK.
    pub fn words(&self) -> String {
        let what = match self.level {
            Level::Async => return "at once, before it is on any disk".into(),
            Level::LocalFlush => return "when it is on the primary’s disk".into(),
            Level::RemoteWrite => "received it",
            Level::RemoteFlush => "it on disk",
            Level::RemoteApply => "applied it",
        };
        let (first, many) = (self.which == Which::First, self.count != 1);
        let listed: Vec<String> = self.among.iter().map(NodeId::to_string).collect();
        let of = if listed.is_empty() { String::new() } else { format!(" of {}", listed.join(", ")) };
        match (self.which, first, many) {
            (Which::Majority, ..) => format!("when a majority has {what}"),
            (_, true, true) => format!("when the first {}{of} have {what}", self.count),
            (_, true, false) => format!("when the first replica{of} has {what}"),
            (_, _, true) => format!("when any {}{of} have {what}", self.count),
            (..) => format!("when any one replica{of} has {what}"),
        }
    }

    /// What can happen with settings that are allowed, to be said where they are made.
    pub fn warning(&self, group: &Group) -> Option<&'static str> {
        let listed = |node: &&NodeId| self.which == Which::Majority || self.among.is_empty() || self.among.contains(node);
        let counts = || group.stores.iter().filter(|node| group.primary != Some(**node)).filter(listed);
        let (all, needed) = (counts().count(), self.needed(group.stores.len()));
        let seen = counts().filter(|node| !group.unseen.contains(node)).count();
        let late = counts().filter(|node| group.delayed.contains(node)).count();
        let in_touch = group.stores.len().saturating_sub(1 + group.unseen.len());
        match (self.level.is_remote(), self.timeout, self.on_timeout) {
            _ if self.min_replicas as usize > in_touch => {
                Some("The primary never has so many replicas in touch: every write is refused.")
            }
            _ if self.level == Level::Async => {
                Some("A crash of the primary’s machine can lose writes that its client was told are done.")
            }
            (false, ..) => None,
            _ if needed > all => Some("There are not so many replicas that count: every write will wait."),
            _ if needed > seen => {
                Some("The primary does not see replicas that others feed, and too few are left: every write will wait.")
            }
            _ if self.level == Level::RemoteApply && needed > all - late => {
                Some("A replica that shows things late on purpose is waited for as long.")
            }
            (_, None, _) if self.which != Which::Majority && needed == all => {
                Some("If one of these replicas is down, every write waits for it, without end.")
            }
            (_, Some(_), OnTimeout::FallBack) => {
                Some("After the time-out the primary goes on alone: what it then acknowledges can be lost with it.")
            }
            _ if self.visible_early => Some("Readers can see a write that is lost with the primary, before its client is told."),
            _ if self.level == Level::RemoteWrite => {
                Some("A write is lost if the machines of the primary and of these replicas lose power together.")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(running: &[(u16, u64)]) -> Vec<Candidate> {
        running.iter().map(|(replica, lsn)| Candidate { replica: NodeId(*replica), confirmed: Lsn(*lsn) }).collect()
    }

    fn rule(which: Which, count: u8, among: &[u16]) -> Commit {
        let among = among.iter().copied().map(NodeId).collect();
        Commit { level: Level::RemoteFlush, which, count, among, ..Commit::default() }
    }

    /// The examples of PostgreSQL's own tests (src/test/recovery/t/007_sync_rep.pl), its standbys 1 to 4 being nodes 1 to 4.
    #[test]
    fn sync_states_are_those_of_postgresql() {
        use SyncState::{Async, Potential, Quorum, Sync};
        type Case = (&'static [u16], Commit, &'static [(u16, SyncState)]);
        let cases: [Case; 5] = [
            (&[1, 2, 3], rule(Which::First, 1, &[1, 2]), &[(1, Sync), (2, Potential), (3, Async)]),
            (&[2, 3], rule(Which::First, 2, &[1, 2, 3]), &[(2, Sync), (3, Sync)]),
            (&[2, 3, 1, 4], rule(Which::First, 2, &[1, 2, 3]), &[(1, Sync), (2, Sync), (3, Potential), (4, Async)]),
            (&[2, 1, 4], rule(Which::First, 2, &[1, 2]), &[(1, Sync), (2, Sync), (4, Async)]),
            (&[2, 1, 4], rule(Which::Any, 2, &[1, 2]), &[(1, Quorum), (2, Quorum), (4, Async)]),
        ];
        for (running, commit, expected) in cases {
            let running: Vec<(u16, u64)> = running.iter().map(|replica| (*replica, 0)).collect();
            for (replica, state) in expected {
                assert_eq!(
                    commit.state_of(NodeId(*replica), 5, &candidates(&running)),
                    *state,
                    "{replica} of {running:?}, {commit:?}"
                );
            }
        }
    }

    #[test]
    fn so_many_have_it() {
        let all = candidates(&[(1, 5), (2, 9), (3, 7)]);
        let cases = [
            (rule(Which::First, 1, &[]), Some(5)),
            (rule(Which::First, 1, &[2, 1]), Some(9)),
            (rule(Which::First, 2, &[2, 3]), Some(7)),
            (rule(Which::First, 2, &[2, 4]), None),
            (rule(Which::Any, 1, &[]), Some(9)),
            (rule(Which::Any, 2, &[]), Some(7)),
            (rule(Which::Any, 3, &[]), Some(5)),
            (rule(Which::Any, 1, &[1, 3]), Some(7)),
            (rule(Which::Any, 4, &[]), None),
            // Two of four nodes besides the primary make three of four.
            (rule(Which::Majority, 0, &[]), Some(7)),
        ];
        for (commit, expected) in cases {
            assert_eq!(commit.confirmed(4, &all), expected.map(Lsn), "{commit:?}");
        }
    }
}
