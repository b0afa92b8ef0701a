//! How long to wait for an acknowledgement before sending again.
//!
//! RFC 6298, sections 2 and 5: smoothed round trip plus four times its variation, doubled on every
//! time-out; Karn's rule (section 3): what was sent twice gives no sample.

use crate::sim::time::Micros;

#[derive(Clone, Debug)]
pub struct RoundTrip {
    smoothed_us: Option<u64>,
    variation_us: u64,
    /// What the measurements call for, and how long to wait now, time-outs having doubled it.
    measured: Micros,
    timeout: Micros,
    floor: Micros,
}

impl RoundTrip {
    /// Longest wait that measurements can call for.
    pub const MEASURED_MAX: Micros = Micros::from_secs(60);
    /// Doubling goes no further than this, or what was measured. RFC 6298 allows a minute; nobody wants to watch that.
    pub const DOUBLED_MAX: Micros = Micros::from_secs(5);

    /// `floor`: never wait less than this, and this long at first.
    pub fn new(floor: Micros) -> RoundTrip {
        RoundTrip { smoothed_us: None, variation_us: 0, measured: floor, timeout: floor, floor }
    }

    pub fn timeout(&self) -> Micros {
        self.timeout
    }

    pub fn sample(&mut self, measured: Micros) {
        let measured_us = measured.0;
        let smoothed_us = match self.smoothed_us {
            None => {
                self.variation_us = measured_us / 2;
                measured_us
            }
            Some(smoothed_us) => {
                self.variation_us = (3 * self.variation_us + smoothed_us.abs_diff(measured_us)) / 4;
                (7 * smoothed_us + measured_us) / 8
            }
        };
        self.smoothed_us = Some(smoothed_us);
        self.measured = Micros(smoothed_us + 4 * self.variation_us).min(Self::MEASURED_MAX).max(self.floor);
        self.timeout = self.measured;
    }

    pub fn timed_out(&mut self) {
        self.timeout = Micros(self.timeout.0 * 2).min(Self::DOUBLED_MAX.max(self.measured));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_rfc_6298() {
        let ms = Micros::from_millis;
        let mut round_trip = RoundTrip::new(ms(200));
        assert_eq!(round_trip.timeout(), ms(200));
        round_trip.sample(ms(400));
        assert_eq!(round_trip.timeout(), ms(400 + 4 * 200));
        round_trip.timed_out();
        assert_eq!(round_trip.timeout(), ms(2400));
        round_trip.sample(ms(400));
        assert_eq!(round_trip.timeout(), ms(400 + 4 * 150), "a sample ends the doubling");
        (0..20).for_each(|_| round_trip.timed_out());
        assert_eq!(round_trip.timeout(), RoundTrip::DOUBLED_MAX);
        (0..20).for_each(|_| round_trip.sample(ms(9_000)));
        (0..20).for_each(|_| round_trip.timed_out());
        assert!(round_trip.timeout() > ms(9_000), "never less than a round trip takes");
        let mut fast = RoundTrip::new(ms(200));
        (0..10).for_each(|_| fast.sample(ms(2)));
        assert_eq!(fast.timeout(), ms(200), "never below the floor");
    }
}
