//! Is the other one still alive? A guess from the heartbeats that came.
//!
//! Silence can mean a crash, a pause, a slow or a cut link: a detector cannot tell these apart, it only says when the
//! silence is long enough to act on. Two kinds: a fixed time-out, and φ accrual (Hayashibara, Défago, Yared, Katayama: "The
//! φ accrual failure detector", SRDS 2004) with an exponential tail, as Cassandra has it (`FailureDetector.java`):
//! φ(t) = t / (mean · ln 10), t being the silence and mean that of the last intervals between heartbeats. It keeps no time
//! of its own and does nothing about what it finds.

use crate::sim::time::Micros;
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, f64::consts::LN_10};

/// By what a node is suspected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detect {
    /// Nobody sends heartbeats.
    #[default]
    Nothing,
    /// No heartbeat for a fixed time.
    Timeout,
    /// So improbable a silence after the heartbeats before it.
    Phi,
}

/// Intervals of which the mean is taken.
const WINDOW: usize = 100;

/// What one node heard of another.
#[derive(Clone, Debug)]
pub struct Detector {
    /// When it last heard, by its own clock.
    heard_us: i64,
    intervals: VecDeque<u32>,
    sum_us: u64,
}

impl Detector {
    /// Starts to listen now; until more is known the heartbeats count as coming every `expected`.
    pub fn new(now_us: i64, expected: Micros) -> Detector {
        let first = expected.0.min(u32::MAX as u64) as u32;
        Detector { heard_us: now_us, intervals: VecDeque::from([first]), sum_us: first as u64 }
    }

    pub fn heard(&mut self, now_us: i64) {
        let interval = self.silence(now_us).0.min(u32::MAX as u64) as u32;
        self.heard_us = now_us;
        self.intervals.push_back(interval);
        self.sum_us += interval as u64;
        if self.intervals.len() > WINDOW {
            self.sum_us -= self.intervals.pop_front().unwrap_or_default() as u64;
        }
    }

    /// How long it has heard nothing.
    pub fn silence(&self, now_us: i64) -> Micros {
        Micros(now_us.saturating_sub(self.heard_us).max(0) as u64)
    }

    fn mean_us(&self) -> f64 {
        self.sum_us as f64 / self.intervals.len() as f64
    }

    /// 1: a silence so long comes by chance once in ten times; 2: once in a hundred; and so on.
    pub fn phi(&self, now_us: i64) -> f64 {
        self.silence(now_us).0 as f64 / (self.mean_us() * LN_10)
    }

    /// The silence after which φ reaches the threshold.
    pub fn patience(&self, threshold: f64) -> Micros {
        Micros::from_f64(threshold * self.mean_us() * LN_10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beating(every_us: i64, times: i64) -> Detector {
        let mut detector = Detector::new(0, Micros(every_us as u64));
        (1..=times).for_each(|beat| detector.heard(beat * every_us));
        detector
    }

    #[test]
    fn phi_8_convicts_after_18_and_a_half_mean_intervals() {
        let detector = beating(1_000, 10);
        assert_eq!(detector.patience(8.0), Micros(18_421));
        assert!(detector.phi(10_000 + 18_420) < 8.0 && detector.phi(10_000 + 18_422) > 8.0);
    }

    #[test]
    fn phi_grows_patient_with_those_who_come_seldom_and_forgets_the_distant_past() {
        assert!(beating(2_000, 10).patience(8.0) > beating(1_000, 10).patience(8.0));
        let mut changed = beating(1_000, 50);
        (1..=2 * WINDOW as i64).for_each(|beat| changed.heard(50_000 + beat * 3_000));
        assert_eq!(changed.patience(1.0), beating(3_000, 1).patience(1.0));
    }

    #[test]
    fn a_clock_set_back_is_no_silence() {
        let detector = beating(1_000, 3);
        assert_eq!((detector.silence(2_000), detector.phi(2_000)), (Micros::ZERO, 0.0));
    }
}
