//! The chart of the newest write of a group that gossips: how many nodes know it, and how many should by theory.

use super::{COLUMNS, Line};
use crate::{lab::Lab, measure::theory::Shares, sim::time::Micros};

/// Most rounds that theory is followed.
const ROUNDS_MAX: u64 = 400;

pub(super) fn lines(lab: &Lab, span: Micros) -> Vec<Line> {
    let run = lab.furthest_run();
    let Some((rumour, config)) = run.measures().spread().rumours().last().zip(run.world().setup().config.gossip()) else {
        return Vec::new();
    };
    let nodes = run.world().stores().len();
    let known = |column: u64| {
        let at = Micros(span.0 * column / COLUMNS as u64);
        (at, (at >= rumour.began).then(|| rumour.known_at(at) as f64))
    };
    // The moment itself, too, for what is said of now.
    let end = (run.now(), Some(rumour.known_at(run.now()) as f64));
    let measured = (0..=COLUMNS as u64).map(known).filter(|(at, _)| *at < run.now()).chain([end]).collect();
    // The first round after the write: at a moment of all nodes' clocks, or, where each has its own, half a round later on average.
    let interval = config.interval.0.max(1);
    let first = if config.synchronous { rumour.began.0.next_multiple_of(interval) } else { rumour.began.0 + interval / 2 };
    let mut shares = Shares::first(config, nodes.min(u16::MAX as usize) as u16);
    let mut theory = vec![(rumour.began, Some(1.0))];
    for round in 0..ROUNDS_MAX {
        let at = Micros(first + round * interval);
        if at > span {
            break;
        }
        shares = shares.next(config);
        theory.push((at, Some(shares.known() * nodes as f64)));
    }
    vec![Line { name: "know it".into(), look: 0, points: measured }, Line { name: "theory".into(), look: 7, points: theory }]
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::scenario::{link::Source, presets};

    /// Of a hundred nodes and of a thousand: both curves begin with one node and end near each other, at what the measures say.
    #[test]
    fn both_curves_come_to_the_same_end() {
        for name in ["gossip-early-death", "gossip-pull", "gossip-thousand"] {
            let scenario = presets::get(name).expect("a preset");
            let nodes = scenario.nodes.count as f64;
            let mut lab = Lab::new(Source::Preset(name.into()), scenario);
            assert_eq!(lines(&lab, Micros::from_secs(8)), Vec::new(), "nothing is written yet");
            lab.run_until(Micros::from_secs(7), u64::MAX);
            let lines = lines(&lab, Micros::from_secs(8));
            let last = |line: &Line| line.points.last().and_then(|(_, value)| *value).expect("a value");
            let [measured, theory] = [last(&lines[0]), last(&lines[1])];
            let known = lab.measures().spread().rumours().last().map(|rumour| rumour.known());
            assert_eq!(known.map(f64::from), Some(measured), "{name}");
            assert!((measured - theory).abs() < 0.12 * nodes, "{name}: {measured} and {theory}");
            assert_eq!(lines[1].points[0].1, Some(1.0));
        }
    }
}
