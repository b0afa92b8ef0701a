//! Charts and their drawings without a browser: what they say, and that they stay in their frame.

use super::*;
use crate::{
    client::workload::Pace,
    scenario::{
        OneNode,
        link::{FIRST, Source},
        presets,
    },
    scene::{
        plot::{self, moment_at, of_theme, plot},
        timeline::timeline,
    },
    sim::{distribution::Distribution, id::NodeId},
    world::command::Command,
};

fn lab() -> Lab {
    let scenario = presets::get(FIRST).unwrap();
    Lab::new(Source::Preset(FIRST.into()), scenario)
}

fn all(lab: &Lab) -> Charts {
    charts(lab, &timeline(lab, lab.furthest_run().judge().stale_reads(), None), Behind::Visible)
}

#[test]
fn steps_of_the_axis_are_round() {
    for (least, step) in
        [(0.0, 0.001), (0.9, 1.0), (1.0, 1.0), (1.1, 2.0), (3.0, 5.0), (6.0, 10.0), (333.4, 500.0), (667.0, 1000.0)]
    {
        assert!((nice_step(least) / step - 1.0).abs() < 1e-9, "{least}: {}", nice_step(least));
    }
}

#[test]
fn quantities_have_the_unit_that_suits_them() {
    for (value, units, words) in [
        (0.0, TIME, "0 ms"),
        (1_500.0, TIME, "1.5 ms"),
        (84_000.0, TIME, "84 ms"),
        (1_640_000.0, TIME, "1.6 s"),
        (3.0, NUMBER, "3"),
        (0.5, PER_SECOND, "0.5"),
        (96.0, BYTES, "96 B/s"),
        (1_440.0, BYTES, "1.4 kB/s"),
    ] {
        assert_eq!(quantity(value, units), words);
    }
}

#[test]
fn charts_say_what_is_now_and_show_what_is_known() {
    let mut lab = lab();
    let empty = all(&lab);
    assert_eq!(empty.charts.len(), Charts::COUNT);
    assert_eq!(empty.charts[0].spoken(), "B 0 ms, C 0 ms");
    lab.run_until(Micros::from_millis(2_000), u64::MAX);
    lab.act(Command::Crash { node: NodeId(2) }).unwrap();
    lab.run_until(Micros::from_millis(4_000), u64::MAX);
    let end = all(&lab);
    assert!(end.charts[0].spoken().starts_with("B ") && !end.charts[0].spoken().contains('C'), "C is down");
    let line = |chart: usize, name: &str| end.charts[chart].lines.iter().find(|line| line.name == name).unwrap();
    // A's line of lag is not there; C's ends where it crashes.
    assert!(end.charts[0].lines.iter().all(|line| line.name != "A"));
    let last = line(0, "C").points.iter().rfind(|(_, value)| value.is_some()).unwrap().0;
    assert!((1_960..=2_040).contains(&(last.0 / 1_000)), "{last}");
    assert!(end.marks.iter().any(|mark| mark.label == "C crashes" && mark.kind == MarkKind::Fault));
    assert!(end.marks.iter().all(|mark| mark.kind != MarkKind::Write));
    // Back in time the lines stay, and the words are of then.
    lab.seek(Micros::from_millis(1_000), u64::MAX);
    let back = all(&lab);
    assert_eq!(back.now, Micros::from_millis(1_000));
    assert_eq!(back.charts[0].lines, end.charts[0].lines);
    assert!(back.charts[0].spoken().contains("C "));
}

/// Received after 400 ms, on disk 300 ms later, visible 200 ms after that: both charts of lag tell of the position that is chosen.
#[test]
fn charts_of_lag_follow_what_counts_as_behind() {
    let mut scenario = presets::get(FIRST).unwrap();
    let constant = |ms| Some(Distribution::Constant(Micros::from_millis(ms)));
    let (flush, apply) = (constant(300), constant(200));
    scenario.nodes.different =
        vec![OneNode { node: NodeId(2), read: None, write: None, message: constant(0), apply, flush, clock: None }];
    let workload = scenario.clients[0].workload.as_mut().unwrap();
    workload.pace = Pace::Regular { every: Micros::from_millis(5_000) };
    let mut lab = Lab::new(Source::Preset(FIRST.into()), scenario);
    lab.run_until(Micros::from_millis(4_000), u64::MAX);
    let line = timeline(&lab, lab.furthest_run().judge().stale_reads(), None);
    let seen = Behind::ALL.map(|(behind, words)| {
        let charts = charts(&lab, &line, behind).charts;
        let most = |chart: usize| {
            let line = charts[chart].lines.iter().find(|line| line.name == "C").unwrap();
            line.points.iter().filter_map(|(_, value)| *value).fold(0.0, f64::max)
        };
        (words, most(0) / 1e3, most(1), charts[5].title)
    });
    assert_eq!(
        seen,
        [
            ("until visible", 900.0, 1.0, "Waiting at the node"),
            ("until on disk", 700.0, 1.0, "Waiting at the node"),
            ("until received", 400.0, 1.0, "Waiting at the node"),
        ]
    );
}

#[test]
fn lines_have_few_points_and_stay_in_the_frame() {
    let mut lab = lab();
    for seconds in [1, 5, 7, 60, 900] {
        lab.run_until(Micros::from_secs(seconds), u64::MAX);
        let all = all(&lab);
        for chart in &all.charts {
            assert!(
                chart.top > 0.0 && (2..=5).contains(&((chart.top / chart.step + 0.5) as u32)),
                "{}: {}",
                chart.title,
                chart.top
            );
            for line in &chart.lines {
                assert!(line.points.len() <= COLUMNS + 1 && line.points.is_sorted_by_key(|(at, _)| *at));
                let inside = |value: &f64| (0.0..=chart.top).contains(value);
                assert!(line.points.iter().filter_map(|(_, value)| value.as_ref()).all(inside), "{}", chart.title);
                assert!(line.points.iter().all(|(at, _)| *at <= all.span));
            }
        }
    }
}

/// The rate at the end is what was counted in the last second.
#[test]
fn rates_are_of_the_second_before() {
    let mut lab = lab();
    lab.run_until(Micros::from_millis(4_000), u64::MAX);
    let history = lab.world().history();
    let done = |row: &&crate::client::history::Row| row.outcome.is_some() && row.at > Micros::from_millis(3_000);
    let answered = history.values().filter(done).count() as f64;
    let all = all(&lab);
    let chart = all.charts.iter().find(|chart| chart.title == "Answers to clients").unwrap();
    let said: f64 = chart.lines.iter().filter_map(|line| line.at(all.now)).sum();
    assert!(answered > 0.0 && (said - answered).abs() < 0.01, "{said} for {answered}");
}

#[test]
fn drawings_are_whole_and_a_click_finds_its_moment() {
    let mut lab = lab();
    lab.run_until(Micros::from_millis(2_000), u64::MAX);
    lab.act(Command::Crash { node: NodeId(1) }).unwrap();
    lab.run_until(Micros::from_millis(3_000), u64::MAX);
    let all = all(&lab);
    let svg = plot(&all, &all.charts[0], &of_theme(), 300.0, 150.0);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && svg.contains("<title>B crashes</title>"));
    assert!(!svg.contains("NaN") && !svg.contains("no number"), "{svg}");
    let palette = plot::NAMES.map(|name| format!("#{}", name.len()));
    let (picture, width, height) = plot::picture(&all, &palette);
    assert!(width > 1_000.0 && height > 700.0 && !picture.contains("var("));
    let count = |what: &str| picture.matches(what).count();
    assert_eq!((count("<svg"), count("<g") - count("</g>"), count("<text") - count("</text>")), (1, 0, 0));
    for (x, ms) in [(0.0, 0), (plot::LEFT, 0), (plot::LEFT + 123.0, 2_500), (300.0 - plot::RIGHT, 5_000), (999.0, 5_000)] {
        assert_eq!(moment_at(x, 300.0, all.span), Micros::from_millis(ms), "{x}");
    }
}
