//! Numbers with a point, in words. The standard library's own way is exact to the last digit of 1e308, and a fiftieth
//! of the page.

/// What is larger is not written out.
const LARGEST: f64 = 1e15;

/// `value` rounded to so many places behind the point, halves away from zero.
pub fn fixed(value: f64, places: u32) -> String {
    if value.is_nan() {
        return "no number".into();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    if value.abs() > LARGEST {
        return format!("{sign}{} or more", LARGEST as u64);
    }
    let unit = 10u64.pow(places);
    // Below 1e15 · 1e3 every step fits; what a float cannot hold was never there.
    let whole = (value.abs() * unit as f64 + 0.5) as u64;
    let sign = if whole == 0 { "" } else { sign };
    let (before, behind, width) = (whole / unit, whole % unit, places as usize);
    if places == 0 { format!("{sign}{before}") } else { format!("{sign}{before}.{behind:0width$}") }
}

/// `value`, or the nearer of the two ends if it is beyond them. (The library's own `clamp` can fail, and to say so
/// with the numbers it brings all of float formatting along.)
pub fn between(value: f64, low: f64, high: f64) -> f64 {
    value.min(high).max(low)
}

/// `value` with up to three places, and none that say nothing.
pub fn short(value: f64) -> String {
    let text = fixed(value, 3);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers() {
        for (value, places, text) in [
            (0.0, 0, "0"),
            (-0.0, 1, "0.0"),
            (1.25, 1, "1.3"),
            (-1.26, 1, "-1.3"),
            (-0.01, 1, "0.0"),
            (0.999, 2, "1.00"),
            (3.007, 3, "3.007"),
            (12_345.6, 0, "12346"),
            (f64::NAN, 1, "no number"),
            (f64::NEG_INFINITY, 1, "-1000000000000000 or more"),
            (1e300, 1, "1000000000000000 or more"),
        ] {
            assert_eq!(fixed(value, places), text);
        }
        for (value, text) in [(1.0, "1"), (0.25, "0.25"), (100.0, "100"), (0.001, "0.001"), (-2.5, "-2.5"), (1e9, "1000000000")] {
            assert_eq!(short(value), text);
        }
    }
}
