//! Charts of what was measured: which there are, their lines, and what they say at the present moment. As data; `plot.rs` draws.
//!
//! They show the branch as far as it was run, like the timeline, and on the same axis. Nothing is measured here.

#[cfg(feature = "gossip")]
mod spread;

use super::timeline::{Mark, MarkKind, Timeline};
use crate::{
    lab::Lab,
    measure::{Bucket, Count, Ended, Gauge, Latencies, Measures, Reading, Total},
    sim::{
        decimal::{fixed, short},
        id::NodeId,
        time::Micros,
    },
};
use std::ops::Range;

/// Most points of a line.
const COLUMNS: usize = 128;
/// What is said "per second", and percentiles, are of the second before.
const WINDOW: Micros = Micros::from_secs(1);
/// With more lines than these only the largest value is said; which line is whose their ends say.
const SAID_MAX: usize = 4;

#[derive(Clone, Debug, PartialEq)]
pub struct Charts {
    /// The axis goes from 0 to here.
    pub span: Micros,
    pub now: Micros,
    /// Faults and what followed from them.
    pub marks: Vec<Mark>,
    pub charts: Vec<Chart>,
    /// What operations of each name are like at the present moment, in words; none if operations have no names.
    pub by_name: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub title: &'static str,
    /// Of the numbers at the axis.
    pub unit: &'static str,
    /// What the values are divided by, to be in this unit.
    pub scale: f64,
    pub lines: Vec<Line>,
    /// Where the axis ends, and from tick to tick.
    pub top: f64,
    pub step: f64,
    /// The values at the present moment: (name, look, words).
    pub said: Vec<(String, usize, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub name: String,
    /// Which colour and dashes it has.
    pub look: usize,
    /// Value at a moment; none where there was nothing to measure.
    pub points: Vec<(Micros, Option<f64>)>,
}

/// Which of a replica's positions its distance is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behind {
    #[default]
    Visible,
    OnDisk,
    Received,
}

impl Charts {
    pub const COUNT: usize = 7
        + 2 * cfg!(feature = "primary-replica") as usize
        + cfg!(feature = "multi-primary") as usize
        + cfg!(feature = "gossip") as usize;

    pub fn title(index: usize) -> &'static str {
        CHARTS[index].0
    }
}

impl Behind {
    /// All of them, with words.
    pub const ALL: [(Behind, &str); 3] =
        [(Behind::Visible, "until visible"), (Behind::OnDisk, "until on disk"), (Behind::Received, "until received")];

    /// Of a lag until visible, the same until this position; of other figures, themselves.
    fn gauge(self, gauge: Gauge) -> Gauge {
        match (gauge, self) {
            (Gauge::Applied, Behind::OnDisk) => Gauge::Flushed,
            (Gauge::Applied, Behind::Received) => Gauge::Written,
            (Gauge::AgeApplied, Behind::OnDisk) => Gauge::AgeFlushed,
            (Gauge::AgeApplied, Behind::Received) => Gauge::AgeWritten,
            _ => gauge,
        }
    }
}

/// What a chart shows.
#[derive(Clone, Copy)]
enum What {
    Gauge(Gauge),
    /// Per second, of each node.
    Rate(&'static [Count]),
    Answers,
    Waits,
    Wrongs,
    /// How far the newest write has come, and how far it should have.
    #[cfg(feature = "gossip")]
    Spread,
}

/// Units from small to large: name, and where the next one begins.
type Units = &'static [(f64, &'static str)];
const TIME: Units = &[(1e3, "ms"), (1e6, "s")];
const NUMBER: Units = &[(1.0, "")];
const PER_SECOND: Units = &[(1.0, "per s")];
const BYTES: Units = &[(1.0, "B/s"), (1e3, "kB/s"), (1e6, "MB/s")];
#[cfg(feature = "gossip")]
const NODES: Units = &[(1.0, "nodes")];
const SO_FAR: Units = &[(1.0, "so far")];

#[cfg(feature = "gossip")]
const SPREAD: (&str, Units, f64, What) = ("Who knows it, and theory", NODES, 10.0, What::Spread);

#[cfg(feature = "multi-primary")]
const TO_COME: (&str, Units, f64, What) = ("Changes still to come", NUMBER, 3.0, What::Gauge(Gauge::Applied));

/// Title, unit, the smallest height of the axis.
const CHARTS: [(&str, Units, f64, What); Charts::COUNT] = [
    // What it is all about, where there is no other kind of group.
    #[cfg(all(feature = "gossip", not(feature = "primary-replica")))]
    SPREAD,
    #[cfg(all(feature = "multi-primary", not(feature = "primary-replica")))]
    TO_COME,
    // Nobody is behind a primary where there is none.
    #[cfg(feature = "primary-replica")]
    ("Time behind the primary", TIME, 1e5, What::Gauge(Gauge::AgeApplied)),
    #[cfg(feature = "primary-replica")]
    ("Writes behind the primary", NUMBER, 3.0, What::Gauge(Gauge::Applied)),
    ("How long clients wait", TIME, 1e5, What::Waits),
    ("Answers to clients", PER_SECOND, 3.0, What::Answers),
    ("What went wrong", SO_FAR, 3.0, What::Wrongs),
    ("Waiting at the node", NUMBER, 3.0, What::Gauge(Gauge::Queue)),
    ("Requests served", PER_SECOND, 3.0, What::Rate(&[Count::Reads, Count::Writes])),
    ("Messages sent", PER_SECOND, 10.0, What::Rate(&[Count::Messages])),
    ("Bytes sent", BYTES, 1e3, What::Rate(&[Count::Bytes])),
    #[cfg(all(feature = "multi-primary", feature = "primary-replica"))]
    TO_COME,
    #[cfg(all(feature = "gossip", feature = "primary-replica"))]
    SPREAD,
];
/// The charts of the current branch.
pub fn charts(lab: &Lab, line: &Timeline, behind: Behind) -> Charts {
    let reading = lab.furthest_run().reading();
    let columns = Columns::new(&reading, line.span);
    let marks = line.marks.iter().filter(|mark| mark.kind != MarkKind::Write).cloned().collect();
    let charts = CHARTS.iter().map(|one| chart(lab, &columns, behind, one)).collect();
    let now = lab.world().now();
    Charts { span: line.span, now, marks, charts, by_name: columns.by_name(now) }
}

fn chart(lab: &Lab, columns: &Columns, behind: Behind, one: &(&'static str, Units, f64, What)) -> Chart {
    let (title, units, least, what) = *one;
    let what = if let What::Gauge(gauge) = what { What::Gauge(behind.gauge(gauge)) } else { what };
    let now = lab.world().now();
    let lines = match what {
        #[cfg(feature = "gossip")]
        What::Spread => spread::lines(lab, columns.span),
        _ => columns.lines(what),
    };
    let (mut most, mut said) = (least, Vec::new());
    for line in &lines {
        for (_, value) in &line.points {
            most = most.max(value.unwrap_or(0.0));
        }
        let value = match what {
            What::Gauge(gauge) => lab.measures().gauge(NodeId(line.look as u16), gauge, now).map(|value| value as f64),
            _ => line.at(now),
        };
        if let Some(value) = value {
            most = most.max(value);
            said.push((line, value));
        }
    }
    let (scale, unit) = unit_of(most / 2.0, units);
    let step = nice_step(most / scale / 3.0).max(if scale > 1.0 { 0.0 } else { 1.0 }) * scale;
    let said = in_words(&said, units);
    Chart { title, unit, scale, top: (most / step).ceil() * step, step, said, lines }
}

/// The largest unit that is not larger than the value, or the smallest one.
fn unit_of(value: f64, units: Units) -> (f64, &'static str) {
    let mut found = units[0];
    for unit in units {
        if value >= unit.0 {
            found = *unit;
        }
    }
    found
}

/// The values now, or, of many, the largest.
fn in_words(values: &[(&Line, f64)], units: Units) -> Vec<(String, usize, String)> {
    let words = |(line, value): &(&Line, f64)| (line.name.clone(), line.look, quantity(*value, units));
    if values.len() <= SAID_MAX {
        return values.iter().map(words).collect();
    }
    let most = values.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    most.map(words).map(|(name, look, words)| (format!("most at {name}"), look, words)).into_iter().collect()
}

/// A value in the unit that suits it.
fn quantity(value: f64, units: Units) -> String {
    let (scale, unit) = unit_of(value, units);
    let value = value / scale;
    let places = if value >= 10.0 || value == (value as u64) as f64 { 0 } else { 1 };
    let number = fixed(value, places);
    if units.len() > 1 { format!("{number} {unit}") } else { number }
}

/// 1, 2 or 5 with as many zeroes as it takes to be at least this.
fn nice_step(least: f64) -> f64 {
    let mut step = 0.001;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            if step * factor >= least * 0.999 {
                return step * factor;
            }
        }
        step *= 10.0;
    }
}

impl Line {
    /// The value at a moment, or the last before it.
    pub fn at(&self, now: Micros) -> Option<f64> {
        self.points.iter().rfind(|(at, _)| *at <= now)?.1
    }
}

impl Chart {
    /// A number at the axis.
    pub fn tick(&self, value: f64) -> String {
        short(value / self.scale)
    }

    /// What it says now, as a sentence for who does not see it.
    pub fn spoken(&self) -> String {
        let words: Vec<String> = self.said.iter().map(|(name, _, words)| format!("{name} {words}")).collect();
        if words.is_empty() { "nothing".into() } else { words.join(", ") }
    }
}

/// Buckets by columns of the picture.
struct Columns<'a> {
    reading: &'a Reading,
    buckets: Vec<&'a Bucket>,
    /// Buckets of a column, and of the second before it.
    group: usize,
    window: usize,
    /// How far the axis goes.
    #[cfg(feature = "gossip")]
    span: Micros,
}

impl<'a> Columns<'a> {
    fn new(reading: &'a Reading, span: Micros) -> Columns<'a> {
        debug_assert!(reading.len() <= Measures::BUCKETS_MAX);
        let width = reading.width.0.max(1);
        let group = span.0.div_ceil(width * COLUMNS as u64).max(1) as usize;
        let window = (WINDOW.0.div_ceil(width) as usize).max(group);
        Columns {
            reading,
            buckets: reading.buckets().collect(),
            group,
            window,
            #[cfg(feature = "gossip")]
            span,
        }
    }

    /// Which buckets a column has, and those of the window that ends with it.
    fn ranges(&self, column: usize) -> (Range<usize>, Range<usize>) {
        let from = column * self.group;
        let to = (from + self.group).min(self.buckets.len());
        (from..to, to.saturating_sub(self.window)..to)
    }

    fn lines(&self, what: What) -> Vec<Line> {
        let by_name: Vec<&str>;
        let names: &[&str] = match what {
            What::Gauge(_) | What::Rate(_) => &[],
            What::Answers if !self.reading.names.is_empty() => {
                by_name = self.reading.names.iter().map(|name| &**name).chain(["others"]).collect();
                &by_name
            }
            What::Answers => &["reads", "writes"],
            What::Waits => &["half", "95 %", "99 %"],
            What::Wrongs => &["refused", "no answer", "old", "lost"],
            #[cfg(feature = "gossip")]
            What::Spread => return Vec::new(),
        };
        let columns = self.buckets.len().div_ceil(self.group);
        let waits: Vec<Latencies> = match what {
            What::Waits => (0..columns).map(|column| self.waits(column)).collect(),
            _ => Vec::new(),
        };
        let mut lines = Vec::new();
        for look in 0..if names.is_empty() { self.reading.nodes() } else { names.len() } {
            let (mut points, mut shown) = (Vec::with_capacity(columns), false);
            for column in 0..columns {
                let value = match waits.get(column) {
                    Some(waits) => waits.percentile(Ended::WELL, [50, 95, 99][look]).map(|value| value as f64),
                    None => self.value(what, look, column),
                };
                // What never went wrong needs no line, nor what all have a name for.
                let may_lack = matches!(what, What::Wrongs) || names.get(look) == Some(&"others");
                shown |= if may_lack { value > Some(0.0) } else { value.is_some() };
                points.push((self.reading.end(self.ranges(column).0.end - 1), value));
            }
            if shown {
                let name = names.get(look).map_or_else(|| NodeId(look as u16).to_string(), |name| name.to_string());
                lines.push(Line { name, look, points });
            }
        }
        lines
    }

    /// What a line shows in a column.
    fn value(&self, what: What, look: usize, column: usize) -> Option<f64> {
        let (own, window) = self.ranges(column);
        let buckets = match what {
            What::Gauge(_) => &self.buckets[own],
            What::Wrongs => &self.buckets[..own.end],
            _ => &self.buckets[window],
        };
        let (mut most, mut sum) = (None, 0);
        for bucket in buckets {
            match what {
                What::Gauge(gauge) => most = bucket.gauge(look, gauge).max(most),
                What::Rate(counts) => counts.iter().for_each(|count| sum += bucket.count(look, *count)),
                What::Answers => sum += self.answers(bucket, look),
                What::Wrongs if look == 3 => sum = bucket.lost,
                What::Wrongs => sum += bucket.total([Total::Refused, Total::Unknown, Total::Stale][look]),
                What::Waits => {}
                #[cfg(feature = "gossip")]
                What::Spread => {}
            }
        }
        match what {
            What::Gauge(_) => most.map(|value| value as f64),
            What::Wrongs => Some(sum as f64),
            _ => Some(self.per_s(sum)),
        }
    }

    /// Answers of one name; beyond the names, those of operations without one; or reads and writes, if none has a name.
    fn answers(&self, bucket: &Bucket, look: usize) -> u64 {
        let names = self.reading.names.len();
        let totals = [Total::Reads, Total::Writes].map(|total| bucket.total(total));
        match bucket.named.get(look) {
            _ if names == 0 => totals[look],
            Some(named) => named.count(Ended::WELL),
            None if look < names => 0,
            None => totals[0] + totals[1] - bucket.named.iter().map(|named| named.count(Ended::WELL)).sum::<u64>(),
        }
    }

    /// `browse: 24 per s, half within 40 ms, 95 % within 220 ms`, of the second before `now`; and what failed up to then.
    fn by_name(&self, now: Micros) -> Vec<String> {
        let until = (now.0 / self.reading.width.0.max(1)) as usize + 1;
        let until = &self.buckets[..until.min(self.buckets.len())];
        let window = &until[until.len().saturating_sub(self.window)..];
        let merged = |buckets: &[&Bucket], name: usize| {
            let mut all = Latencies::default();
            buckets.iter().filter_map(|bucket| bucket.named.get(name)).for_each(|named| all.merge(named));
            all
        };
        let words = |(name, called): (usize, &String)| {
            let (here, failed) = (merged(window, name), merged(until, name).count(Ended::ILL));
            let per_s = self.per_s(here.count(Ended::WELL));
            let [half, most] = [50, 95].map(|percent| here.percentile(Ended::WELL, percent).unwrap_or(0) as f64);
            let [per_s, half, most] =
                [(per_s, PER_SECOND), (half, TIME), (most, TIME)].map(|(value, units)| quantity(value, units));
            format!("{called}: {per_s} per s, half within {half}, 95 % within {most}; {failed} failed so far")
        };
        self.reading.names.iter().enumerate().map(words).collect()
    }

    /// What so many in a window are in a second.
    fn per_s(&self, count: u64) -> f64 {
        count as f64 * 1e6 / (self.reading.width.0 * self.window as u64) as f64
    }

    /// How long clients waited in the second before a column's end.
    fn waits(&self, column: usize) -> Latencies {
        let mut all = Latencies::default();
        self.buckets[self.ranges(column).1].iter().for_each(|bucket| all.merge(&bucket.latencies));
        all
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
