//! How a gossiping group is set up: who tells whom how often, when a rumour has been told often enough, what is compared
//! beside it, and whether members watch each other.

use crate::sim::time::Micros;
use serde::{Deserialize, Serialize};

/// Which way rumours go when two nodes are in contact (Demers et al. 1987, §1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Who spreads something tells others.
    #[default]
    Push,
    /// Everybody asks others what they spread.
    Pull,
    PushPull,
}

impl Mode {
    pub fn pushes(self) -> bool {
        self != Mode::Pull
    }

    pub fn pulls(self) -> bool {
        self != Mode::Push
    }
}

/// How a node loses interest in telling a rumour on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lose {
    /// It never does: a simple epidemic.
    Never,
    /// After k rounds in vain.
    #[default]
    Counter,
    /// With probability 1/k after each round in vain.
    Coin,
}

/// When a rumour has been told often enough. A round is in vain if the node was in contact, and nobody it was in contact with
/// needed the rumour; without feedback every round with a contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interest {
    pub lose: Lose,
    pub k: u8,
    /// Whether who is told says if it knew already; else the teller is blind.
    pub feedback: bool,
    /// Whether somebody who needed the rumour makes the counter begin anew.
    pub reset: bool,
}

impl Default for Interest {
    fn default() -> Self {
        Interest { lose: Lose::Counter, k: 2, feedback: true, reset: true }
    }
}

/// How two nodes find out in what they differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// By the timestamps of all keys.
    #[default]
    Digests,
    /// One sends what it learned lately and a checksum of everything; all timestamps only if the checksums still differ then.
    Recent,
}

/// The slow and certain way: two nodes make their data equal, whatever rumours have done (Demers et al. 1987, §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AntiEntropy {
    pub every: Micros,
    pub mode: Mode,
    pub compare: Compare,
    /// How far back “lately” goes.
    pub recent: Micros,
    /// Whether what was missing becomes a rumour once more.
    pub again: bool,
}

impl Default for AntiEntropy {
    fn default() -> Self {
        AntiEntropy {
            every: Micros::from_secs(10),
            mode: Mode::PushPull,
            compare: Compare::Digests,
            recent: Micros::from_secs(30),
            again: false,
        }
    }
}

/// How members watch each other (Das et al. 2002: SWIM).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Membership {
    /// How often each pings one other.
    pub period: Micros,
    /// How long it waits for the answer before it asks others to try.
    pub timeout: Micros,
    /// How many others it asks.
    pub indirect: u8,
    /// How long who is suspected has to deny it.
    pub suspicion: Micros,
}

impl Default for Membership {
    fn default() -> Self {
        Membership {
            period: Micros::from_secs(1),
            timeout: Micros::from_millis(300),
            indirect: 3,
            suspicion: Micros::from_secs(5),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub mode: Mode,
    /// With how many others a node gets in touch in each round.
    pub fanout: u16,
    /// How long a round is.
    pub interval: Micros,
    /// Whether all begin their rounds at the same moments of their clocks, as in the literature; else each at its own.
    pub synchronous: bool,
    pub interest: Interest,
    /// None: what rumours have missed stays missed.
    pub anti_entropy: Option<AntiEntropy>,
    /// None: nobody watches anybody.
    pub members: Option<Membership>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            mode: Mode::Push,
            fanout: 1,
            interval: Micros::from_secs(1),
            synchronous: true,
            interest: Interest::default(),
            anti_entropy: None,
            members: None,
        }
    }
}

impl Config {
    /// What cannot be in a group of so many nodes: which field, and why.
    pub fn problem(&self, nodes: u16) -> Option<(&'static str, String)> {
        let others = nodes.saturating_sub(1);
        if self.fanout > others && nodes > 1 {
            let what = format!("{} others are to be told in each round, and the group has {others}", self.fanout);
            return Some(("fanout", what));
        }
        let members = self.members?;
        if members.timeout >= members.period {
            let what = format!("{} leaves no time to ask others within a period of {}", members.timeout, members.period);
            return Some(("members.timeout", what));
        }
        None
    }
}
