//! Primary–replica as a specification: what flows where, what survives what, and that nothing makes copies differ for good.
//!
//! Runs whole worlds, and so looks up to rooms that the protocol itself must not know.

#[cfg(test)]
mod cascade;
#[cfg(test)]
mod catch_up;
#[cfg(test)]
mod delayed;
#[cfg(test)]
mod elections;
#[cfg(test)]
mod failover;
#[cfg(test)]
mod flow;
#[cfg(test)]
mod hearsay;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod lost_words;
#[cfg(test)]
mod middle;
#[cfg(test)]
mod monitors;
#[cfg(test)]
mod parted;
#[cfg(test)]
mod read_laws;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod rejoin;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod timelines;

pub use crate::world::tests::play::*;

use crate::{
    protocol::{
        detector::Detect,
        failover::{By, Failover},
        primary_replica::{Config, Upstream},
    },
    sim::operation::Concern,
};

/// The nodes elect, after a silence of 0.4 to 0.6 s.
fn election() -> Failover {
    let (heartbeat_every, timeout, spread) = (ms(100), ms(400), ms(200));
    Failover { by: By::Election, detect: Detect::Timeout, heartbeat_every, timeout, spread, ..Failover::default() }
}

/// What the group goes by now.
fn rules(play: &Play) -> &Config {
    play.world.setup().config.primary_replica().expect("it has a primary")
}

/// A feeds B, and B feeds C, 10 ms apart; Ben's reads are as sure as said.
fn chain(concern: Concern, change: impl Fn(&mut Config)) -> Play {
    let mut scenario = group(3);
    scenario.network.latency = constant(10);
    scenario.clients.iter_mut().for_each(|client| client.timeout = ms(60_000));
    scenario.clients[BEN.0 as usize].concern = concern;
    config(&mut scenario).upstreams = vec![Upstream { node: C, from: B }];
    config(&mut scenario).follow_every = ms(200);
    change(config(&mut scenario));
    let mut play = Play::new(scenario);
    play.run(1_000);
    play
}
