//! Against the tables of Demers et al. 1987 and what is known of epidemics, through the whole event loop.
//!
//! How many runs are averaged stands beside each row; tolerances are three to four standard errors of that.

use super::*;
use crate::measure::theory::Shares;

const NODES: u16 = 1_000;

/// Averages over so many runs: residue, messages a node, cycle of the last who heard.
fn averages(change: impl Fn(&mut Config), runs: u64) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for seed in 0..runs {
        let run = epidemic(gossips(NODES, &change), seed, 400);
        let rumour = rumour(&run);
        let last = rumour.curve.last().map_or(0, |(at, _)| cycle(*at));
        let figures = [1.0 - rumour.known() as f64 / NODES as f64, rumour.told as f64 / NODES as f64, last as f64];
        sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure / runs as f64);
    }
    sums
}

/// Expected values and tolerances; a tolerance of 0 stands for what is not compared.
fn assert_near(name: &str, found: [f64; 3], expected: [(f64, f64); 3]) {
    for (found, (expected, within)) in found.into_iter().zip(expected) {
        assert!(within == 0.0 || (found - expected).abs() <= within, "{name}: {found} instead of {expected} ± {within}");
    }
}

fn counter(k: u8) -> impl Fn(&mut Config) {
    move |config| config.interest.k = k
}

/// Table 1: push, feedback, counter; residue, traffic, last cycle.
#[test]
fn table_1_one_contact_in_vain() {
    assert_near("k = 1", averages(counter(1), 100), [(0.174, 0.006), (1.75, 0.02), (16.8, 0.6)]);
    assert_near("k = 2", averages(counter(2), 100), [(0.0368, 0.003), (3.30, 0.03), (17.0, 0.6)]);
}

#[test]
fn table_1_more_contacts_in_vain() {
    assert_near("k = 3", averages(counter(3), 60), [(0.0107, 0.0018), (4.53, 0.04), (17.3, 0.6)]);
    assert_near("k = 4", averages(counter(4), 60), [(0.00356, 0.0011), (5.64, 0.05), (17.6, 0.7)]);
    assert_near("k = 5", averages(counter(5), 60), [(0.00126, 0.0007), (6.68, 0.05), (17.7, 0.7)]);
}

/// Table 2: push, blind, coin.
#[test]
fn table_2_who_does_not_ask_stops_too_early() {
    let blind = |k| move |config: &mut Config| config.interest = Interest { lose: Lose::Coin, k, feedback: false, reset: false };
    assert_near("k = 1", averages(blind(1), 40), [(0.96, 0.012), (0.04, 0.012), (38.0, 6.0)]);
    assert_near("k = 2", averages(blind(2), 40), [(0.205, 0.012), (1.59, 0.03), (33.0, 2.5)]);
    assert_near("k = 3", averages(blind(3), 20), [(0.060, 0.006), (2.82, 0.04), (32.0, 2.5)]);
}

/// Table 3: pull, feedback, counter.
#[test]
fn table_3_asking_leaves_fewer_out() {
    let pull = |k| move |config: &mut Config| (config.mode, config.interest.k) = (Mode::Pull, k);
    assert_near("k = 1", averages(pull(1), 40), [(0.031, 0.004), (2.70, 0.05), (17.63, 0.7)]);
    assert_near("k = 2", averages(pull(2), 30), [(0.00058, 0.0006), (4.49, 0.06), (15.39, 0.8)]);
}

/// Rounds until all know it, where nobody loses interest.
fn rounds_until_all_know(mode: Mode, nodes: u16, runs: u64) -> f64 {
    let setup = |config: &mut Config| (config.mode, config.interest.lose) = (mode, Lose::Never);
    let rounds = |seed| {
        let run = epidemic(gossips(nodes, setup), seed, 40 + nodes as u64 / 100);
        let rumour = rumour(&run);
        assert_eq!(rumour.known(), nodes as u32, "{mode:?} of {nodes}, seed {seed}");
        rumour.curve.last().map_or(0, |(at, _)| cycle(*at))
    };
    (0..runs).map(rounds).sum::<u64>() as f64 / runs as f64
}

#[test]
fn a_simple_epidemic_takes_as_many_rounds_as_known() {
    for (mode, nodes, runs, expected, within) in [
        (Mode::Push, 10, 300, 6.05, 0.25),
        (Mode::Push, 30, 200, 9.16, 0.35),
        (Mode::Push, 100, 100, 12.31, 0.5),
        (Mode::Push, 1_000, 12, 18.05, 1.2),
        (Mode::PushPull, 10, 300, 3.46, 0.15),
        (Mode::PushPull, 30, 200, 5.02, 0.2),
        (Mode::PushPull, 100, 100, 6.53, 0.2),
        (Mode::PushPull, 1_000, 12, 9.15, 0.5),
    ] {
        let found = rounds_until_all_know(mode, nodes, runs);
        assert!((found - expected).abs() <= within, "{mode:?} of {nodes}: {found} instead of {expected} ± {within}");
    }
}

/// s = e^(−(k+1)(1−s)), of a coin with feedback (§1.4).
#[test]
fn the_residue_follows_the_law() {
    for (k, law) in [(1u8, 0.2032), (2, 0.0595), (3, 0.0198)] {
        let own = |s: f64| (-(k as f64 + 1.0) * (1.0 - s)).exp();
        assert!((own(law) - law).abs() < 0.0005, "it solves the equation");
        let coin = |config: &mut Config| {
            config.interest = Interest { lose: Lose::Coin, k, feedback: true, reset: false };
            // The law is of continuous time.
            config.synchronous = false;
        };
        let [residue, ..] = averages(coin, 30);
        assert!((residue / law - 1.0).abs() < 0.2, "k = {k}: {residue} instead of {law}");
    }
}

/// Each round takes a run as far as theory says, from where it is: within four standard errors of a count of nodes.
#[test]
fn each_round_is_that_of_theory() {
    for (mode, fanout) in [(Mode::Push, 1), (Mode::Push, 3), (Mode::Pull, 1), (Mode::Pull, 2), (Mode::PushPull, 1)] {
        for seed in 0..4 {
            let config = Config {
                mode,
                fanout,
                interval: ROUND,
                interest: Interest { lose: Lose::Never, ..Interest::default() },
                ..Config::default()
            };
            let run = epidemic(gossips(NODES, |own| *own = config.clone()), seed, 25);
            let rumour = rumour(&run);
            // A round's consequences are there at its end.
            let known = |round: u64| rumour.known_at(Micros(ROUND.0 * (round + 1) - 1)) as f64 / NODES as f64;
            for round in 0..24 {
                let theory = Shares::known_by(&config, known(round)).next(&config);
                let (rest, next) = (1.0 - known(round), theory.known());
                // Of those who had not heard, each stays so by chance.
                let stays = if rest > 0.0 { theory.susceptible / rest } else { 1.0 };
                let error = (rest * stays * (1.0 - stays) / NODES as f64).sqrt();
                let found = known(round + 1);
                let within = 4.0 * error + 3.0 / NODES as f64;
                assert!(
                    (found - next).abs() <= within,
                    "{mode:?} {fanout}, seed {seed}, round {round}: {found}, not {next} ± {within}"
                );
            }
            assert_eq!(known(24), 1.0);
        }
    }
}
