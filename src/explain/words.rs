//! Numbers as people read them.

use crate::sim::time::Micros;

/// A length of time in few digits: `240 ms`, `1.8 s`.
pub fn duration(span: Micros) -> String {
    match span.0 {
        0 => "0 ms".into(),
        1..1_000 => format!("{} µs", span.0),
        1_000..10_000 => format!("{:.1} ms", span.as_millis_f64()),
        10_000..1_000_000 => format!("{:.0} ms", span.as_millis_f64()),
        1_000_000..60_000_000 => format!("{:.1} s", span.as_secs_f64()),
        _ => format!("{:.0} s", span.as_secs_f64()),
    }
}

/// `1 read`, `2 reads`.
pub fn counted(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// A moment: `3.420 s`.
pub fn moment(at: Micros) -> String {
    format!("{:.3} s", at.as_secs_f64())
}
