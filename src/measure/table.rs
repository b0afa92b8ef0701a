//! All figures as a table: a line for each bucket and measure, as programs that draw and count like to read it.

use super::{
    bucket::{COUNTS, GAUGES, Gauge, TOTALS},
    latencies::Ended,
    reading::Reading,
};
use crate::sim::{decimal::short, id::NodeId, time::Micros};
use std::fmt::{Display, Write};

/// Name and unit of each gauge; of counts and totals in the order in which a bucket has them.
const GAUGE_NAMES: [(Gauge, &str, &str); GAUGES] = [
    (Gauge::Written, "lag_written", "entries"),
    (Gauge::Flushed, "lag_flushed", "entries"),
    (Gauge::Applied, "lag_applied", "entries"),
    (Gauge::AgeWritten, "lag_time_written", MILLIS),
    (Gauge::AgeFlushed, "lag_time_flushed", MILLIS),
    (Gauge::AgeApplied, "lag_time_applied", MILLIS),
    (Gauge::Queue, "queue", "inputs"),
];
const MILLIS: &str = "ms";
const COUNT_NAMES: [(&str, &str); COUNTS] =
    [("messages_sent", "messages"), ("bytes_sent", "bytes"), ("reads_served", "operations"), ("writes_served", "operations")];
const TOTAL_NAMES: [&str; TOTALS] = ["reads_done", "writes_done", "refused", "unknown", "stale_reads"];

/// What clients waited for, and how the table calls it.
const WAITS: [(&str, &[Ended]); 4] = [
    ("latency", Ended::WELL),
    ("read_latency", &[Ended::Read]),
    ("write_latency", &[Ended::Write]),
    ("failed_latency", Ended::ILL),
];

const HEAD: &str = "time_s,node,measure,unit,value,operation\n";
/// Of operations of one name.
const NAMED_NAMES: [(&str, &[Ended]); 3] =
    [("operation_done", Ended::WELL), ("operation_refused", &[Ended::Refused]), ("operation_unknown", &[Ended::Unknown])];
const NAMED_WAIT: &str = "operation_latency";
/// Which percentiles of a wait there are.
const PERCENTS: [u64; 3] = [50, 95, 99];

/// Every name of a measure that a table can have.
#[cfg(test)]
pub(super) fn names() -> Vec<String> {
    let waits = WAITS.iter().map(|(name, _)| *name).chain([NAMED_WAIT]);
    let waits = waits.flat_map(|name| PERCENTS.map(|percent| format!("{name}_p{percent}")));
    let nodes = GAUGE_NAMES.iter().map(|(_, name, _)| name).chain(COUNT_NAMES.iter().map(|(name, _)| name));
    let nodes = nodes.map(|name| name.to_string());
    let named = NAMED_NAMES.iter().map(|(name, _)| name);
    let totals = TOTAL_NAMES.iter().chain(&["bucket_width", "lost_writes"]).chain(named).map(|name| name.to_string());
    nodes.chain(totals).chain(waits).collect()
}

impl Reading {
    /// The table as comma-separated values; `src/bin/cli/README.md` explains every column and measure.
    pub fn to_csv(&self) -> String {
        let mut table = String::from(HEAD);
        for (index, bucket) in self.buckets().enumerate() {
            let (begin, end) = (self.begin(index), self.end(index));
            let time = seconds(begin);
            let mut line = |node: &dyn Display, measure: &dyn Display, unit: &str, value: &dyn Display| {
                // Writing to a text cannot fail.
                let _ = writeln!(table, "{time},{node},{measure},{unit},{value},");
            };
            line(&"", &"bucket_width", "s", &seconds(end.saturating_sub(begin)));
            for (name, total) in TOTAL_NAMES.iter().zip(bucket.totals) {
                line(&"", name, "operations", &total);
            }
            line(&"", &"lost_writes", "operations", &bucket.lost);
            for (name, ended) in WAITS {
                for percent in PERCENTS {
                    if let Some(length_us) = bucket.latencies.percentile(ended, percent) {
                        line(&"", &format!("{name}_p{percent}"), MILLIS, &millis(length_us));
                    }
                }
            }
            for (gauge, name, unit) in GAUGE_NAMES {
                if let Some(value) = bucket.overall(gauge) {
                    line(&"", &name, unit, &figure(value, unit));
                }
            }
            for (number, node) in bucket.nodes.iter().enumerate() {
                let id = NodeId(number as u16);
                for (gauge, name, unit) in GAUGE_NAMES {
                    if let Some(value) = bucket.gauge(number, gauge) {
                        line(&id, &name, unit, &figure(value, unit));
                    }
                }
                for ((name, unit), count) in COUNT_NAMES.iter().zip(node.counts) {
                    line(&id, name, unit, &count);
                }
            }
            for (operation, named) in self.names.iter().zip(&bucket.named) {
                for (measure, ended) in NAMED_NAMES {
                    let _ = writeln!(table, "{time},,{measure},operations,{},{operation}", named.count(ended));
                }
                for percent in PERCENTS {
                    if let Some(length_us) = named.percentile(Ended::WELL, percent) {
                        let _ = writeln!(table, "{time},,{NAMED_WAIT}_p{percent},ms,{},{operation}", millis(length_us));
                    }
                }
            }
        }
        table
    }
}

/// The value of a gauge; times are kept in µs.
fn figure(value: u64, unit: &str) -> String {
    if unit == MILLIS { millis(value) } else { value.to_string() }
}

fn millis(micros: u64) -> String {
    short(micros as f64 / 1e3)
}

fn seconds(at: Micros) -> String {
    format!("{}.{:06}", at.0 / 1_000_000, at.0 % 1_000_000)
}
