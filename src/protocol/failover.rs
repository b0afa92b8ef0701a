//! Who makes another node primary when the primary is gone, by what it is taken for gone, and what keeps two from
//! leading at once.
//!
//! Settings only; what nodes do about them is the protocol's. Named after what operators know: Raft (Ongaro,
//! Ousterhout: "In search of an understandable consensus algorithm", 2014) and MongoDB's elections (manual, "Replica set
//! elections"), Redis Sentinel, fencing as Pacemaker has it (STONITH).

use super::detector::Detect;
use crate::sim::{id::NodeId, time::Micros};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Who makes another node primary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A person.
    #[default]
    Operator,
    /// The nodes: one that suspects the primary asks the others for their votes and leads with a majority of all.
    Election,
    /// Nodes that hold no data and watch the others (Redis Sentinel): enough of them agree, and one of them appoints the
    /// replica that has most.
    Monitors,
}

/// What keeps a deposed primary from taking writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fencing {
    /// Nothing, until it hears of the new one.
    #[default]
    Nothing,
    /// Its lease: it takes no write when it has not heard from a majority for the time-out, and nobody votes sooner.
    Lease,
    /// Whoever takes over has its power cut first, past the network (STONITH).
    Power,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Failover {
    pub by: By,
    pub detect: Detect,
    /// How often a heartbeat is sent.
    pub heartbeat_every: Micros,
    /// A silence this long is suspicious; also the length of a lease.
    pub timeout: Micros,
    /// Who suspects the primary stands for election after a further random time, up to this long.
    pub spread: Micros,
    /// From which φ on a silence is suspicious.
    pub phi_threshold: f64,
    /// Whether a candidate asks first if it would be elected, so that one that was merely cut off deposes nobody.
    pub trial_vote: bool,
    pub fencing: Fencing,
    /// Nodes that hold no data and watch the others.
    pub monitors: Vec<NodeId>,
    /// How many monitors must suspect the primary.
    pub quorum: u8,
}

impl Default for Failover {
    fn default() -> Self {
        Failover {
            by: By::Operator,
            detect: Detect::Nothing,
            heartbeat_every: Micros::from_millis(500),
            timeout: Micros::from_millis(2_000),
            spread: Micros::from_millis(1_000),
            phi_threshold: 8.0,
            trial_vote: true,
            fencing: Fencing::Nothing,
            monitors: Vec::new(),
            quorum: 1,
        }
    }
}

impl Failover {
    pub const WAIT: RangeInclusive<Micros> = Micros::from_millis(1)..=Micros::from_secs(3_600);
    pub const PHI: RangeInclusive<f64> = 0.1..=100.0;

    pub fn is_monitor(&self, node: NodeId) -> bool {
        self.monitors.contains(&node)
    }

    /// What contradicts itself, whatever the group: the field and why.
    pub fn problem(&self) -> Option<(&'static str, String)> {
        for (field, value) in [("heartbeat_every", self.heartbeat_every), ("timeout", self.timeout), ("spread", self.spread)] {
            if !Self::WAIT.contains(&value) {
                return Some((
                    field,
                    format!("{value} is out of range; allowed is {} to {}", Self::WAIT.start(), Self::WAIT.end()),
                ));
            }
        }
        let twice = self.monitors.iter().enumerate().find(|(index, node)| self.monitors[..*index].contains(node));
        let deaf = self.detect == Detect::Nothing;
        let problem = match () {
            _ if !Self::PHI.contains(&self.phi_threshold) => {
                ("phi_threshold", "it is out of range; allowed is 0.1 to 100".into())
            }
            _ if deaf && self.by != By::Operator => {
                ("detect", "without heartbeats nobody notices that the primary is gone; choose timeout or phi".into())
            }
            _ if self.by == By::Monitors && self.fencing == Fencing::Lease => {
                ("fencing", "monitors vote for no lease; choose the power cut, or an election".into())
            }
            _ if deaf && self.fencing == Fencing::Lease => {
                ("detect", "a lease is prolonged by heartbeats; choose timeout or phi".into())
            }
            _ if self.detect == Detect::Timeout && self.heartbeat_every >= self.timeout => {
                ("heartbeat_every", "heartbeats must come more often than the time-out, or everybody is always suspected".into())
            }
            _ if !(1..=10).contains(&self.quorum) => ("quorum", format!("{} is out of range; allowed is 1 to 10", self.quorum)),
            _ if twice.is_some() => ("monitors", "a node is listed twice".into()),
            _ if self.by == By::Monitors && self.monitors.is_empty() => {
                ("monitors", "no node of this scenario is a monitor".into())
            }
            _ if self.by == By::Monitors && !(1..=self.monitors.len()).contains(&(self.quorum as usize)) => {
                ("quorum", format!("{} of {} monitors cannot agree", self.quorum, self.monitors.len()))
            }
            _ => return None,
        };
        Some(problem)
    }

    /// What can happen with settings that are allowed, to be said where they are made. `stores`: nodes that hold data.
    pub fn warning(&self, stores: usize) -> Option<&'static str> {
        match self.by {
            By::Operator => None,
            By::Election if stores < 3 => {
                Some("With fewer than three nodes no majority is left when one is down: nobody takes over.")
            }
            By::Monitors if self.fencing == Fencing::Nothing => {
                Some("A primary that is only cut off goes on taking writes while another is appointed: two primaries.")
            }
            By::Election if self.fencing == Fencing::Nothing => {
                Some("A primary cut off from the majority goes on taking writes until it hears of the new one.")
            }
            _ if self.timeout.0 < 3 * self.heartbeat_every.0 && self.detect == Detect::Timeout => {
                Some("A heartbeat or two lost, or a short pause, is enough for a needless failover.")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_contradicts_itself_is_said() {
        let good = Failover { detect: Detect::Timeout, ..Failover::default() };
        let ms = Micros::from_millis;
        let cases = [
            (Failover::default(), None),
            (good.clone(), None),
            (Failover { by: By::Election, ..good.clone() }, None),
            (Failover { by: By::Election, ..Failover::default() }, Some("detect")),
            (Failover { fencing: Fencing::Lease, ..Failover::default() }, Some("detect")),
            (Failover { fencing: Fencing::Power, ..Failover::default() }, None),
            (Failover { timeout: ms(0), ..good.clone() }, Some("timeout")),
            (Failover { heartbeat_every: ms(2_000), ..good.clone() }, Some("heartbeat_every")),
            (Failover { detect: Detect::Phi, heartbeat_every: ms(2_000), ..good.clone() }, None),
            (Failover { phi_threshold: f64::NAN, ..good.clone() }, Some("phi_threshold")),
            (Failover { by: By::Monitors, ..good.clone() }, Some("monitors")),
            (Failover { monitors: vec![NodeId(3), NodeId(3)], ..good.clone() }, Some("monitors")),
            (Failover { by: By::Monitors, monitors: vec![NodeId(3)], quorum: 2, ..good.clone() }, Some("quorum")),
            (Failover { by: By::Monitors, monitors: vec![NodeId(3), NodeId(4)], quorum: 2, ..good.clone() }, None),
        ];
        for (settings, field) in cases {
            assert_eq!(settings.problem().map(|(field, _)| field), field, "{settings:?}");
        }
    }
}
