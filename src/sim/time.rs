//! Simulated time: whole microseconds since the start of the run.
//!
//! Integers only, so that ordering never depends on rounding. People read and write durations as
//! `40ms` or `1.5s`; binary forms store the integer. Nothing here knows of wall clocks.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// A moment or a duration, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u64);

impl Micros {
    pub const ZERO: Micros = Micros(0);
    /// Longest moment a run can reach: about 31 years. Keeps every sum far from overflow.
    pub const MAX: Micros = Micros(1_000_000_000_000_000);

    pub const fn from_millis(millis: u64) -> Micros {
        Micros(millis * 1_000)
    }

    pub const fn from_secs(secs: u64) -> Micros {
        Micros(secs * 1_000_000)
    }

    /// Nearest whole microsecond to `micros`; negative and NaN become 0, the rest is capped at [`Micros::MAX`].
    pub fn from_f64(micros: f64) -> Micros {
        // `as` saturates and turns NaN into 0, on every target alike.
        Micros((micros + 0.5) as u64).min(Micros::MAX)
    }

    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }

    pub fn saturating_sub(self, other: Micros) -> Micros {
        Micros(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Add for Micros {
    type Output = Micros;
    /// Sums stop at [`Micros::MAX`]: a run cannot go further.
    fn add(self, other: Micros) -> Micros {
        Micros(self.0.saturating_add(other.0)).min(Micros::MAX)
    }
}

/// Shortest exact form: `0s`, `250us`, `40ms`, `1.5s`.
impl fmt::Display for Micros {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let (unit, name) = match self.0 {
            0 => return out.write_str("0s"),
            1..1_000 => (1, "us"),
            1_000..1_000_000 => (1_000, "ms"),
            _ => (1_000_000, "s"),
        };
        let (whole, rest) = (self.0 / unit, self.0 % unit);
        if rest == 0 {
            return write!(out, "{whole}{name}");
        }
        let width = if unit == 1_000 { 3 } else { 6 };
        let digits = format!("{rest:0width$}");
        write!(out, "{whole}.{}{name}", digits.trim_end_matches('0'))
    }
}

/// Accepts a number with a unit: `us`, `µs`, `ms`, `s`, `min` or `h`, at most six decimals.
impl FromStr for Micros {
    type Err = String;

    fn from_str(text: &str) -> Result<Micros, String> {
        let wrong = || format!("`{text}` is not a duration; write a number and a unit, like 250us, 40ms, 1.5s, 2min or 1h");
        let trimmed = text.trim();
        let split = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, unit) = trimmed.split_at(split);
        let unit_us: u64 = match unit.trim() {
            "us" | "µs" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "min" => 60_000_000,
            "h" => 3_600_000_000,
            _ => return Err(wrong()),
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        if decimals.len() > 6 || (whole.is_empty() && decimals.is_empty()) {
            return Err(wrong());
        }
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
        let millionths: u64 = format!("{decimals:0<6}").parse().map_err(|_| wrong())?;
        let exact = whole as u128 * unit_us as u128 + millionths as u128 * unit_us as u128 / 1_000_000;
        if exact > Micros::MAX.0 as u128 {
            return Err(format!("`{text}` is too long; the longest duration is {}h", Micros::MAX.0 / 3_600_000_000));
        }
        Ok(Micros(exact as u64))
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Micros, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            let micros = u64::deserialize(deserializer)?;
            if micros > Micros::MAX.0 { Err(de::Error::custom("time out of range")) } else { Ok(Micros(micros)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_durations() {
        for (text, micros, shown) in [
            ("0s", 0, "0s"),
            ("250us", 250, "250us"),
            ("40ms", 40_000, "40ms"),
            ("1.5s", 1_500_000, "1.5s"),
            ("0.25 ms", 250, "250us"),
            ("1.000001s", 1_000_001, "1.000001s"),
            ("2min", 120_000_000, "120s"),
            (".5s", 500_000, "500ms"),
        ] {
            assert_eq!(text.parse(), Ok(Micros(micros)), "{text}");
            assert_eq!(Micros(micros).to_string(), shown);
            assert_eq!(shown.parse(), Ok(Micros(micros)));
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "5", "ms", "-1s", "1.2.3s", "1e3s", "5 parsecs", "9999999999h", "1.1234567s"] {
            assert!(text.parse::<Micros>().is_err(), "{text}");
        }
    }

    #[test]
    fn floats_round_and_saturate() {
        assert_eq!(Micros::from_f64(1.5), Micros(2));
        assert_eq!(Micros::from_f64(-3.0), Micros(0));
        assert_eq!(Micros::from_f64(f64::NAN), Micros(0));
        assert_eq!(Micros::from_f64(f64::INFINITY), Micros::MAX);
    }
}
