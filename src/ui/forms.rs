//! The values that sliders offer.

use crate::{
    explain::words::{clock_off, duration},
    sim::{decimal::short, time::Micros},
};

/// Delays: fine below, coarse above.
pub const DELAYS_MS: [u64; 24] =
    [0, 1, 2, 5, 10, 20, 30, 40, 60, 80, 90, 120, 160, 200, 300, 400, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000];
/// Losses in per cent.
pub const LOSSES: [u64; 11] = [0, 1, 2, 5, 10, 20, 30, 40, 60, 80, 100];

/// How fast a link takes bytes; 0: at once, however many.
pub const ROOMS_BYTES_PER_S: [u64; 4] = [0, 1_000_000, 100_000, 10_000];

/// How far the slider of a clock goes either way, in places of the delays: 5 s.
const CLOCK_FURTHEST: usize = DELAYS_MS.len() - 2;
/// Places of the slider of a clock: behind, right, ahead.
pub const CLOCKS: usize = 2 * CLOCK_FURTHEST + 1;

/// How many times as long a node takes as usual.
pub const SLOWNESS: [u64; 9] = [1, 2, 3, 5, 10, 20, 50, 100, 200];

pub fn slowness_name(index: usize) -> String {
    if index == 0 { "the usual time".into() } else { format!("{} times as long", SLOWNESS[index]) }
}

pub fn slowness_index(factor: f64) -> usize {
    let distance = |times: &u64| ((*times as f64 - factor).abs() * 1e3) as u64;
    (0..SLOWNESS.len()).min_by_key(|index| distance(&SLOWNESS[*index])).unwrap_or(0)
}

pub fn delay_name(index: usize) -> String {
    duration(Micros::from_millis(DELAYS_MS[index]))
}

pub fn loss_name(index: usize) -> String {
    format!("{} %", LOSSES[index])
}

pub fn clock_us(index: usize) -> i64 {
    let skew_us = DELAYS_MS[index.abs_diff(CLOCK_FURTHEST)] as i64 * 1_000;
    if index < CLOCK_FURTHEST { -skew_us } else { skew_us }
}

pub fn clock_name(index: usize) -> String {
    clock_off(clock_us(index))
}

pub fn clock_index(skew_us: i64) -> usize {
    let far = delay_index(Micros(skew_us.unsigned_abs())).min(CLOCK_FURTHEST);
    if skew_us < 0 { CLOCK_FURTHEST - far } else { CLOCK_FURTHEST + far }
}

pub fn room_name(bytes_per_s: u64) -> String {
    match bytes_per_s {
        0 => "without limit".into(),
        1..1_000 => format!("{bytes_per_s} bytes/s"),
        1_000..1_000_000 => format!("{} kB/s", short(bytes_per_s as f64 / 1e3)),
        _ => format!("{} MB/s", short(bytes_per_s as f64 / 1e6)),
    }
}

/// The place of the slider nearest to a delay.
pub fn delay_index(delay: Micros) -> usize {
    let distance = |ms: &u64| Micros::from_millis(*ms).0.abs_diff(delay.0);
    (0..DELAYS_MS.len()).min_by_key(|index| distance(&DELAYS_MS[*index])).unwrap_or(0)
}

pub fn loss_index(loss: f64) -> usize {
    let distance = |percent: &u64| ((*percent as f64 - loss * 100.0).abs() * 1e3) as u64;
    (0..LOSSES.len()).min_by_key(|index| distance(&LOSSES[*index])).unwrap_or(0)
}
