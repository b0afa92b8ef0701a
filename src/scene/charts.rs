//! Charts of what was measured: which there are, their lines, and what they say at the present moment. As data; `plot.rs` draws.
//!
//! They show the branch as far as it was run, like the timeline, and on the same axis. Nothing is measured here.

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
    pub const COUNT: usize = 9;
}

impl Behind {
    /// All of them, with words.
    pub const ALL: [(Behind, &str); 3] =
        [(Behind::Visible, "until visible"), (Behind::OnDisk, "until on disk"), (Behind::Received, "until received")];

    fn gauge(self) -> Gauge {
        match self {
            Behind::Visible => Gauge::Applied,
            Behind::OnDisk => Gauge::Flushed,
            Behind::Received => Gauge::Written,
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
}

/// Units from small to large: name, and where the next one begins.
type Units = &'static [(f64, &'static str)];
const TIME: Units = &[(1e3, "ms"), (1e6, "s")];
const NUMBER: Units = &[(1.0, "")];
const PER_SECOND: Units = &[(1.0, "per s")];
const BYTES: Units = &[(1.0, "B/s"), (1e3, "kB/s"), (1e6, "MB/s")];
const SO_FAR: Units = &[(1.0, "so far")];

/// Title, unit, the smallest height of the axis.
const CHARTS: [(&str, Units, f64, What); Charts::COUNT] = [
    ("Time behind the primary", TIME, 1e5, What::Gauge(Gauge::Age)),
    ("Writes behind the primary", NUMBER, 3.0, What::Gauge(Gauge::Applied)),
    ("How long clients wait", TIME, 1e5, What::Waits),
    ("Answers to clients", PER_SECOND, 3.0, What::Answers),
    ("What went wrong", SO_FAR, 3.0, What::Wrongs),
    ("Waiting at the node", NUMBER, 3.0, What::Gauge(Gauge::Queue)),
    ("Requests served", PER_SECOND, 3.0, What::Rate(&[Count::Reads, Count::Writes])),
    ("Messages sent", PER_SECOND, 10.0, What::Rate(&[Count::Messages])),
    ("Bytes sent", BYTES, 1e3, What::Rate(&[Count::Bytes])),
];
const WRONGS: [(&str, Total); 3] = [("refused", Total::Refused), ("no answer", Total::Unknown), ("old", Total::Stale)];

/// The charts of the current branch.
pub fn charts(lab: &Lab, line: &Timeline, behind: Behind) -> Charts {
    let run = lab.furthest_run();
    let reading = run.reading();
    let now = lab.world().now();
    let columns = Columns::new(&reading, line.span);
    let chart = |(title, units, least, what): (&'static str, Units, f64, What)| {
        let what = if let What::Gauge(Gauge::Applied) = what { What::Gauge(behind.gauge()) } else { what };
        let lines = columns.lines(what);
        let said = lines.iter().filter_map(|line| {
            let value = match what {
                What::Gauge(gauge) => lab.measures().gauge(NodeId(line.look as u16), gauge, now).map(|value| value as f64),
                _ => line.at(now),
            };
            Some((line, value?))
        });
        let said: Vec<(&Line, f64)> = said.collect();
        let values = lines.iter().flat_map(|line| &line.points).filter_map(|(_, value)| *value);
        let most = said.iter().map(|(_, value)| *value).chain(values).fold(least, f64::max);
        let (scale, unit) = *units.iter().rfind(|(from, _)| most >= 2.0 * from).unwrap_or(&units[0]);
        let step = nice_step(most / scale / 3.0).max(if scale > 1.0 { 0.0 } else { 1.0 }) * scale;
        let top = (most / step).ceil() * step;
        let said = in_words(&said, units);
        Chart { title, unit, scale, lines, top, step, said }
    };
    let marks = line.marks.iter().filter(|mark| mark.kind != MarkKind::Write).cloned().collect();
    Charts { span: line.span, now, marks, charts: CHARTS.into_iter().map(chart).collect() }
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
    let (scale, unit) = *units.iter().rfind(|(from, _)| value >= *from).unwrap_or(&units[0]);
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

/// What a column shows, from its own buckets and those of the window.
type Value<'a> = dyn Fn(&[&Bucket], &[&Bucket]) -> Option<f64> + 'a;

/// Buckets by columns of the picture.
struct Columns<'a> {
    reading: &'a Reading,
    buckets: Vec<&'a Bucket>,
    /// Buckets of a column, and of the second before it.
    group: usize,
    window: usize,
}

impl<'a> Columns<'a> {
    fn new(reading: &'a Reading, span: Micros) -> Columns<'a> {
        debug_assert!(reading.len() <= Measures::BUCKETS_MAX);
        let width = reading.width.0.max(1);
        let group = span.0.div_ceil(width * COLUMNS as u64).max(1) as usize;
        let window = (WINDOW.0.div_ceil(width) as usize).max(group);
        Columns { reading, buckets: reading.buckets().collect(), group, window }
    }

    /// A point for every column, of the buckets up to its end: those of the column, and those of the window.
    fn points(&self, value: &Value) -> Vec<(Micros, Option<f64>)> {
        let ends = (0..self.buckets.len()).step_by(self.group).map(|from| (from, (from + self.group).min(self.buckets.len())));
        let point = |(from, to): (usize, usize)| {
            let window = &self.buckets[to.saturating_sub(self.window)..to];
            (self.reading.end(to - 1), value(&self.buckets[from..to], window))
        };
        ends.map(point).collect()
    }

    fn lines(&self, what: What) -> Vec<Line> {
        let per_s = 1e6 / (self.reading.width.0 * self.window as u64) as f64;
        let rate = |of: &dyn Fn(&Bucket) -> u64| {
            self.points(&|_, window| Some(window.iter().map(|bucket| of(bucket)).sum::<u64>() as f64 * per_s))
        };
        let named = |look: usize, name: &str, points| Line { name: name.into(), look, points };
        let nodes = 0..self.reading.nodes();
        let node = |look: usize, points| Line { name: NodeId(look as u16).to_string(), look, points };
        match what {
            What::Gauge(gauge) => {
                let most = |own: &[&Bucket], node| own.iter().filter_map(|bucket| bucket.gauge(node, gauge)).max();
                let points = |index| self.points(&|own, _| most(own, index).map(|value| value as f64));
                let lines = nodes.map(|index| node(index, points(index)));
                lines.filter(|line| line.points.iter().any(|(_, value)| value.is_some())).collect()
            }
            What::Rate(counts) => {
                let of = |index| rate(&|bucket| counts.iter().map(|count| bucket.count(index, *count)).sum());
                nodes.map(|index| node(index, of(index))).collect()
            }
            What::Answers => [("reads", Total::Reads), ("writes", Total::Writes)]
                .into_iter()
                .enumerate()
                .map(|(look, (name, total))| named(look, name, rate(&|bucket| bucket.total(total))))
                .collect(),
            What::Waits => {
                let waits = self.waits();
                let line = |(look, name): (usize, &str)| {
                    let points = waits.iter().map(|(at, waits)| (*at, waits[look].map(|value| value as f64))).collect();
                    named(look, name, points)
                };
                ["half", "95 %", "99 %"].into_iter().enumerate().map(line).collect()
            }
            What::Wrongs => {
                let so_far = |total: Total| {
                    let sum = std::cell::Cell::new(0);
                    self.points(&|own, _| {
                        sum.set(sum.get() + own.iter().map(|bucket| bucket.total(total)).sum::<u64>());
                        Some(sum.get() as f64)
                    })
                };
                let lost = self.points(&|own, _| own.last().map(|bucket| bucket.lost as f64));
                let lines = WRONGS.into_iter().enumerate().map(|(look, (name, total))| named(look, name, so_far(total)));
                // What has not happened needs no line.
                let happened = |line: &Line| line.points.last().is_some_and(|(_, sum)| *sum > Some(0.0));
                lines.chain([named(WRONGS.len(), "lost", lost)]).filter(happened).collect()
            }
        }
    }

    /// Percentiles of the operations that ended well in the second before each column's end.
    fn waits(&self) -> Vec<(Micros, [Option<u64>; 3])> {
        let of = |window: &[&Bucket]| {
            let mut all = Latencies::default();
            window.iter().for_each(|bucket| all.merge(&bucket.latencies));
            [50, 95, 99].map(|percent| all.percentile(Ended::WELL, percent))
        };
        let ends = (self.group..self.buckets.len() + self.group).step_by(self.group).map(|to| to.min(self.buckets.len()));
        ends.map(|to| (self.reading.end(to - 1), of(&self.buckets[to.saturating_sub(self.window)..to]))).collect()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
