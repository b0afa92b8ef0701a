//! What real systems do, row by row: each scenario in this folder is one row of a table of documented behaviour, or a part of
//! one, played from its file and nothing else. P: PostgreSQL, M: MySQL, G: MongoDB, R: Redis, Q: Dynamo,
//! Cassandra and Riak, C: CouchDB and PouchDB, ph: phenomena that all know. Of a
//! test the table has the beginning of its name.
//!
//! | row | file | test |
//! |---|---|---|
//! | P0 | p0-on-disk | postgresql::p0 |
//! | P1, M1, R1, ph-06 | p1-promote-the-nearer, p1-promote-the-farther | postgresql::p1 |
//! | P2, ph-13 | p2-next-in-line, p2-catching-up | postgresql::p2 |
//! | P3, ph-12 | p3-hang | postgresql::p3 |
//! | P4 | p4-told-not-confirmed | postgresql::p4 |
//! | P5 | p5-restart-while-waiting | postgresql::p5 |
//! | P6 | p6-promote-the-synchronous | postgresql::p6 |
//! | P7 | p7-promote-an-asynchronous | postgresql::p7 |
//! | P8 | p8-any-two-of-three | postgresql::p8 |
//! | P9 | p9-remote-write-power, p9-remote-write-process | postgresql::p9 |
//! | P10, M7 | p10-on-disk-is-not-visible | postgresql::p10 |
//! | P11 | p11-remote-apply | postgresql::p11 |
//! | P12, M1, R1, ph-07 | p12-the-old-primary-returns | postgresql::p12 |
//! | P12 | p12-refuse | postgresql::p12 |
//! | G6 | g6-majority-read | mongodb::g6 |
//! | G7 | g7-linearizable-read | mongodb::g7 |
//! | R4 | r4-last-failover-wins | redis::r4 |
//! | P14 | p14-slot, p14-slot-limit, p14-disk-full | postgresql::p14 |
//! | P13, ph-15 | p13-log-truncated, ph-15-catches-up-from-the-log | postgresql::p13 |
//! | M2 | m2-after-sync | mysql::m2 |
//! | M3 | m3-after-commit | mysql::m3 |
//! | M4, ph-12 | m4-fall-back | mysql::m4 |
//! | M5 | m5-one-of-two | mysql::m5 |
//! | M6 | m6-source-restarts | mysql::m6 |
//! | M8 | m8-difference, m8-purged | mysql::m8 |
//! | G1, G5, ph-46 | g1-isolated-primary | mongodb::g1 |
//! | G2 | g2-majority-survives | mongodb::g2 |
//! | G3 | g3-time-out-undoes-nothing | mongodb::g3 |
//! | G4 | g4-replicated-before-step-down | mongodb::g4 |
//! | R2 | r2-wait | redis::r2 |
//! | R3 | r3-too-few-replicas | redis::r3 |
//! | R5 | r5-shorter-than-the-time-out, r5-longer-than-the-time-out | redis::r5 |
//! | Q1 | q1-two-and-two, q1-one-and-one | dynamo::q1 |
//! | Q2, ph-31 | q2-at-commit, q2-two-answers, q2-two-and-two | dynamo::q2; also `src/protocol/quorum/tests/staleness.rs` |
//! | Q3, ph-32 | q3-sloppy, q3-strict | dynamo::q3 |
//! | Q4, ph-33 | q4-repaired, q4-not-repaired | dynamo::q4 |
//! | Q5, ph-33 | q5-flicker, q5-repair-before-the-answer | dynamo::q5 |
//! | Q6, ph-33 | q6-restored-from-an-old-copy, q6-the-disk-stays | dynamo::q6 |
//! | Q7 | q7-last-write-wins, q7-siblings, q7-dotted | dynamo::q7 |
//! | Q8 | q8-clock-behind, q8-hybrid | dynamo::q8 |
//! | Q9 | q9-read-repair, q9-no-read-repair | dynamo::q9 |
//! | Q10 | q10-nothing-differs, q10-two-keys | dynamo::q10; also `src/protocol/quorum/merkle.rs` |
//! | C1 | c1-one-length | couchdb::c1 |
//! | C2 | c2-longer-line | couchdb::c2; also `src/store/revisions/tests.rs` |
//! | C3 | c3-two-roots | couchdb::c3; also `src/store/revisions/tests.rs` |
//! | C4 | c4-deleted-winner | couchdb::c4 |
//! | C5 | c5-refused-here, c5-not-between-nodes | couchdb::c5 |
//! | C6 | c6-deletion-loses | couchdb::c6 |
//! | C7 | c7-checkpoint, c7-wiped | couchdb::c7; also `src/protocol/documents/tests/ways.rs` |
//! | R6, ph-48 | r6-the-primary-comes-back-empty | redis::r6 |
//! | R8 | r8-on-two-disks | redis::r8 |
//! | ph-01 | ph-01-lag | phenomena::ph_01 |
//! | ph-02 | ph-02-own-write-without-token, ph-02-own-write-with-token | phenomena::ph_02 |
//! | ph-03 | ph-03-the-other-device | phenomena::ph_03 |
//! | ph-04 | ph-04-back-in-time-without-token, ph-04-back-in-time-with-token | phenomena::ph_04 |
//! | ph-05 | ph-05-answer-before-question, ph-05-answer-after-question | phenomena::ph_05 |
//! | ph-08 | ph-08-numbers-twice | phenomena::ph_08 |
//! | ph-09, ph-46 | ph-09-two-primaries | phenomena::ph_09 |
//! | ph-10 | ph-10-power, ph-10-lease | phenomena::ph_10 |
//! | ph-11 | ph-11-too-short, ph-11-long-enough, ph-11-late-heartbeats, ph-11-late-heartbeats-phi | phenomena::ph_11 |
//! | ph-14 | ph-14-a-newcomer | phenomena::ph_14 |
//! | ph-16 | ph-16-row, ph-16-statement | phenomena::ph_16 |
//! | ph-17 | ph-17-cascade, ph-17-the-upstream-takes-over | phenomena::ph_17 |
//! | ph-18 | ph-18-three-replicas, ph-18-no-replica, ph-18-write-ceiling | phenomena::ph_18; also `tests/engine/load.rs` |
//! | ph-19 | ph-19-a-replica-too-slow | phenomena::ph_19; also `tests/engine/load.rs` |
//! | ph-29 | ph-29-the-newer-of-two | dynamo::ph_29 |
//! | ph-30 | ph-30-comparing, ph-30-not-comparing | dynamo::ph_30 |
//! | ph-36 | ph-36-a-cart-in-one-value | dynamo::ph_36 |
//! | ph-40 | ph-40-rumours-alone, ph-40-with-anti-entropy | phenomena::ph_40 |
//! | ph-41 | ph-41-split-vote | phenomena::ph_41; also `tests/engine/elections.rs` |
//! | ph-42 | ph-42-pause-too-long, ph-42-pause-forgiven | phenomena::ph_42 |
//! | ph-46 | ph-46-the-minority-refuses | phenomena::ph_46 |
//! | ph-47 | ph-47-five-snapshots, ph-47-one-snapshot | phenomena::ph_47 |
//!
//! Left out, and why:
//!
//! * P15: a read takes one moment; there are none for whom a replica would have to wait with applying.
//! * R7: one group in a world; the keys are not shared out among several.
//! * ph-05, partitions: two replicas stand for them; one group in a world.
//! * ph-47, the time it takes: links have a bandwidth each; a node's own is not limited.

#![cfg(not(target_arch = "wasm32"))]

mod couchdb;
mod dynamo;
mod mongodb;
mod mysql;
mod phenomena;
#[path = "../../src/world/tests/play.rs"]
#[expect(dead_code, reason = "shared with the tests inside the library, which use more of it")]
mod play;
mod postgresql;
mod redis;
mod table;

use play::*;
use replicarium::{
    check::{Difference, Verdict, Verdicts},
    explain::gossip,
    lab::Run,
    scenario::text::from_toml,
    sim::{
        id::{ClientId, NodeId, OperationId, Origin},
        network::MessageClass,
        operation::{Action, Outcome, Refusal},
        time::Micros,
    },
    store::log::{Epoch, Lsn},
    trace::{Fact, Kind, NoVote, Role, SyncState},
    world::Stop,
};
use std::sync::Arc;

const D: NodeId = NodeId(3);
const CLEO: ClientId = ClientId(2);

const OK: Option<Outcome> = Some(Outcome::Written);
const UNCONFIRMED: Option<Outcome> = Some(Outcome::Unconfirmed);
const WAITS: Option<Outcome> = None;

/// The run of a scenario, up to its end.
fn played(name: &str) -> Play {
    let path = format!("{}/tests/acceptance/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut play = Play::new(from_toml(&text).unwrap_or_else(|refused| panic!("{path}: {refused}")));
    let until = play.scenario.until;
    play.run_to(until);
    assert_eq!(play.last_idle(), None, "{name}: every command had an effect");
    play
}

/// What the judge has to say at its end.
fn judged(name: &str) -> Verdicts {
    let scenario = played(name).scenario.clone();
    let mut run = Run::new(Arc::new(scenario.setup()), Arc::new(scenario.commands.clone()));
    assert_eq!(run.run_until(scenario.until, u64::MAX), Stop::Time, "{name}");
    run.verdicts()
}

/// How the operations that a client was told to do ended, in order; none: it still waits.
fn ends(play: &Play, client: ClientId) -> Vec<Option<Outcome>> {
    let count = play.world.sessions()[client.0 as usize].next_hand;
    (0..count).map(|number| play.outcome(OperationId { client, origin: Origin::Hand, number })).collect()
}

/// What Ben read, in order; none: nothing was there. Fails if he did anything but read, or got no answer.
fn reads(play: &Play) -> Vec<Option<i64>> {
    let all = reads_of(play, BEN);
    assert_eq!(all.len(), ends(play, BEN).len(), "Ben did something else too, or a read has no answer");
    all
}

/// What a client read, in order.
fn reads_of(play: &Play, client: ClientId) -> Vec<Option<i64>> {
    let read = |end: Option<Outcome>| match end {
        Some(Outcome::Read(write)) => Some(write.map(|write| write.value)),
        _ => None,
    };
    ends(play, client).into_iter().filter_map(read).collect()
}

fn count_facts(play: &Play, node: NodeId, like: impl Fn(&Fact) -> bool) -> usize {
    play.facts(node).filter(|(_, fact)| like(fact)).count()
}

/// Facts of any node that fit: when, where.
fn everywhere(play: &Play, like: impl Fn(&Fact) -> bool) -> Vec<(Micros, NodeId)> {
    let fits = |event: &&replicarium::trace::Event| matches!(&event.kind, Kind::Fact(fact) if like(fact));
    play.events().filter(fits).filter_map(|event| Some((event.at, event.node?))).collect()
}

/// When a client was told how its operations ended, and how.
fn told(play: &Play, client: ClientId) -> Vec<(Micros, Action, Outcome)> {
    let rows = play.world.history().iter().map(|(_, row)| row).filter(|row| row.client == client);
    rows.filter_map(|row| Some((row.at, row.action, row.outcome.clone()?))).collect()
}

/// When it was told that a write is done, and which value.
fn acknowledged(play: &Play, client: ClientId) -> Vec<(Micros, i64)> {
    let rows = play.world.history().iter().map(|(_, row)| row).filter(|row| row.client == client);
    rows.filter_map(|row| Some((row.at, row.written()?.value))).collect()
}

/// How long one of Ana's operations took.
fn took(play: &Play, number: u32) -> Micros {
    let at = |ended: bool| {
        let rows = play.world.history().iter().map(|(_, row)| row);
        let mut of = rows.filter(|row| row.client == ANA && row.operation.number == number && row.outcome.is_some() == ended);
        of.next().map(|row| row.at).expect("it is in the history")
    };
    at(true).saturating_sub(at(false))
}

/// Values that a node says it has discarded.
fn thrown_away(play: &Play, node: NodeId) -> Vec<i64> {
    play.discarded(node).iter().map(|write| write.value).collect()
}

/// The nodes that take themselves for the primary at the end, and the epoch they lead.
fn leaders(play: &Play) -> Vec<(NodeId, u32)> {
    let leads = |node: NodeId| play.world.standing(node).filter(|one| one.role == Role::Primary).map(|one| (node, one.epoch.0));
    play.world.members().into_iter().filter_map(leads).collect()
}

/// All nodes hold the same.
fn agree(play: &Play) {
    let first = play.view(A).copies;
    play.world.members().into_iter().for_each(|node| assert_eq!(play.view(node).copies, first, "{node} and A"));
}
