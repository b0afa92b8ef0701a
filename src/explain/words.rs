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

/// A moment: `3.420 s`.
pub fn moment(at: Micros) -> String {
    format!("{} s", fixed(at.as_secs_f64(), 3))
}
