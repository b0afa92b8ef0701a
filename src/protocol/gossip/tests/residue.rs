//! Rumours leave some out; comparing finds them (Demers et al. 1987, §1.5).

use super::*;
use crate::{explain::gossip, protocol::gossip::AntiEntropy};

/// With k = 1 about a sixth of the nodes never hears of a write, and stays without; with anti-entropy all have it in the end.
#[test]
fn a_residue_stays_unless_nodes_compare() {
    for seed in 0..10 {
        for compares in [false, true] {
            let setup = |config: &mut Config| {
                config.interest.k = 1;
                config.anti_entropy = compares.then(|| AntiEntropy { every: ms(1_000), ..AntiEntropy::default() });
            };
            let mut scenario = gossips(200, setup);
            scenario.seed = seed;
            let mut play = Play::new(scenario);
            play.write(ANA, X, 1);
            play.run(60_000);
            let world = &play.world;
            let write = world.copy(A, X).expect("its own");
            let residue = gossip::residue(world, &write);
            assert!(gossip::is_over(world, &write));
            assert!(residue.iter().all(|node| world.copy(*node, X).is_none()));
            if compares {
                assert_eq!(residue, [], "seed {seed}");
            } else {
                assert!((12..=60).contains(&residue.len()), "seed {seed}: {} of 200", residue.len());
            }
        }
    }
}

/// Found by comparing alone, where nobody spreads rumours to others in time: it takes about as long as an epidemic of that pace.
#[test]
fn comparing_alone_reaches_everybody() {
    let setup = |config: &mut Config| {
        config.interval = ms(3_600_000);
        config.anti_entropy = Some(AntiEntropy { every: ms(100), ..AntiEntropy::default() });
    };
    let mut play = Play::new(gossips(100, setup));
    play.write(ANA, X, 1);
    play.run(1_500);
    let write = play.world.copy(A, X).expect("its own");
    assert_eq!(gossip::residue(&play.world, &write), []);
}
