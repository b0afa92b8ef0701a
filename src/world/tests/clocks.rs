//! Wrong clocks: what drifts, what does not.

use super::play::*;
use crate::{
    sim::{clock::Clock, id::Address, network::MessageClass, time::Micros},
    trace::Kind,
    world::command::Command,
};

/// When B, whose primary is dead, asked to be sent the log.
fn questions(clock: Clock) -> Vec<u64> {
    let mut scenario = group(2);
    scenario.nodes.each.clock = clock;
    let mut play = Play::new(scenario);
    play.run_to(Micros(1)).act(Command::CrashMachine { node: A }).run_to(ms(10_500));
    let asked = |event: &crate::trace::Event| match event.kind {
        Kind::Send { class: MessageClass::Control, from: Address::Node(B), .. } => Some(event.at.0),
        _ => None,
    };
    play.events().filter_map(asked).collect()
}

#[test]
fn drift_moves_timers_and_skew_does_not() {
    let every = 2_000_000;
    for (skew_us, drift_ppm, expected) in [
        (0, 0, every),
        (Clock::SKEW_US_MAX, 0, every),
        (-Clock::SKEW_US_MAX, 0, every),
        (0, 50_000, every * 100 / 105),
        (-7, -50_000, every * 100 / 95),
    ] {
        let asked = questions(Clock { skew_us, drift_ppm });
        let gaps: Vec<u64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.len() >= 4 && gaps.iter().all(|gap| gap.abs_diff(expected) <= 1), "{skew_us} {drift_ppm}: {gaps:?}");
    }
}

#[test]
fn a_clock_set_in_the_middle_does_not_confuse_the_group() {
    let mut play = Play::group(3);
    for (step, skew_us) in [3_600_000_000, -3_600_000_000, 0].into_iter().enumerate() {
        play.write(ANA, X, step as i64);
        play.run(2);
        for node in [A, B, C] {
            play.act(Command::SetClock { node, clock: Clock { skew_us, drift_ppm: 0 } });
        }
        play.run(5_000);
        assert_eq!([play.held(B, X), play.held(C, X)], [Some(step as i64); 2]);
    }
    play.act(Command::SetClock { node: A, clock: Clock { skew_us: i64::MAX, drift_ppm: 0 } });
    assert_eq!(play.last_idle(), Some("the clock would be wrong by more than is allowed"));
}
