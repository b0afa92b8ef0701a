//! A node's own clock: true time, shifted and stretched.
//!
//! `local = true + skew + drift × true`. Timers and timestamps of a node use it; event order never does.

use super::time::Micros;
use serde::{Deserialize, Serialize};

/// How wrong a clock is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clock {
    /// Ahead of (positive) or behind (negative) true time, in µs.
    pub skew_us: i64,
    /// Gains (positive) or loses (negative) this many µs every second: parts per million.
    pub drift_ppm: i32,
}

impl Clock {
    pub const SKEW_US_MAX: i64 = 3_600_000_000;
    /// A twentieth: far beyond real quartz (some 100 ppm), enough to see the effect in a short run.
    pub const DRIFT_PPM_MAX: i32 = 50_000;

    /// What the clock shows at true time `now`; can be negative early in a run.
    pub fn local_us(self, now: Micros) -> i64 {
        now.0 as i64 + self.skew_us + self.drift_us(now.0)
    }

    /// True time that passes while this clock counts `span`.
    pub fn true_span(self, span: Micros) -> Micros {
        let rate = 1_000_000 + self.drift_ppm as i128;
        Micros((span.0 as i128 * 1_000_000 / rate.max(1)) as u64).min(Micros::MAX)
    }

    fn drift_us(self, span_us: u64) -> i64 {
        (span_us as i128 * self.drift_ppm as i128 / 1_000_000) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_shifts_and_drift_stretches() {
        let second = Micros::from_secs(1);
        for (skew_us, drift_ppm, local, span) in [
            (0, 0, 1_000_000, 1_000_000),
            (-250, 0, 999_750, 1_000_000),
            (0, 10_000, 1_010_000, 990_099),
            (5, -10_000, 990_005, 1_010_101),
        ] {
            let clock = Clock { skew_us, drift_ppm };
            assert_eq!(clock.local_us(second), local);
            assert_eq!(clock.true_span(second), Micros(span));
        }
    }
}
