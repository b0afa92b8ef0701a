//! Numbers as people read them.

use crate::sim::{decimal::fixed, time::Micros};

/// A length of time in few digits: `240 ms`, `1.8 s`.
pub fn duration(span: Micros) -> String {
    match span.0 {
        0 => "0 ms".into(),
        1..1_000 => format!("{} µs", span.0),
        1_000..10_000 => format!("{} ms", fixed(span.as_millis_f64(), 1)),
        10_000..1_000_000 => format!("{} ms", fixed(span.as_millis_f64(), 0)),
        1_000_000..60_000_000 => format!("{} s", fixed(span.as_secs_f64(), 1)),
        _ => format!("{} s", fixed(span.as_secs_f64(), 0)),
    }
}

/// `1 read`, `2 reads`.
pub fn counted(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// What a clock says, which may be behind the beginning: `12.400 s`, `−0.100 s`.
pub fn clock(us: i64) -> String {
    format!("{}{}", if us < 0 { "−" } else { "" }, moment(Micros(us.unsigned_abs())))
}

/// How far a clock is off: `+1.0 s`, `−200 ms`.
pub fn clock_off(skew_us: i64) -> String {
    let sign = match skew_us {
        ..0 => "−",
        0 => "",
        1.. => "+",
    };
    format!("{sign}{}", duration(Micros(skew_us.unsigned_abs())))
}

/// A moment: `3.420 s`.
pub fn moment(at: Micros) -> String {
    format!("{} s", fixed(at.as_secs_f64(), 3))
}
