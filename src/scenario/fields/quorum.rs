//! The rows of leaderless groups.

use super::{
    Field,
    Form::*,
    table::{row, whole},
};
use crate::scenario::Scenario;

const READ_REPAIR: [&str; 3] = ["off", "asynchronous", "before_answer"];

pub(super) fn quorum() -> Vec<Field> {
    let nodes = |unit| whole(1..=*Scenario::NODES.end() as u8, unit);
    let wait = || Time(Scenario::WAIT);
    vec![
        row(
            "protocol.quorum",
            Group,
            "",
            "Without a leader: any node coordinates; a write is done with w copies on disk, a read takes the first r answers (Dynamo, Riak, \
             Cassandra).",
        ),
        row("protocol.quorum.n", nodes("nodes"), "3", "How many home nodes each key has; not more than there are nodes."),
        row("protocol.quorum.r", nodes("answers"), "2", "How many of them have to answer a read; not more than n."),
        row(
            "protocol.quorum.w",
            nodes("copies"),
            "2",
            "How many copies have to be on disk before a write is acknowledged; not more than n.",
        ),
        row(
            "protocol.quorum.sloppy",
            Switch,
            "false",
            "Whether other nodes stand in for home nodes that cannot be reached, and count for writes. Reads ask home nodes only.",
        ),
        row("protocol.quorum.hints", Group, "", "What stand-ins do with what they keep for others."),
        row("protocol.quorum.hints.window", wait(), r#""600s""#, "How long it is kept."),
        row("protocol.quorum.hints.every", wait(), r#""1s""#, "How often they try to hand it over."),
        row(
            "protocol.quorum.read_repair",
            Word(&READ_REPAIR),
            r#""asynchronous""#,
            "Whether nodes whose answers are behind are sent what they lack: no, beside the answer, or those that count before the reader is \
             answered.",
        ),
        row(
            "protocol.quorum.anti_entropy_every",
            wait(),
            "none",
            "How often home nodes compare what they have, by hash trees; absent: never.",
        ),
        row("protocol.quorum.conflicts", Shape("conflicts"), "", "What becomes of writes that did not know of each other."),
        row(
            "protocol.quorum.virtual_nodes",
            whole(Scenario::VIRTUAL_NODES, "places"),
            "8",
            "At how many places of the ring each node stands.",
        ),
        row(
            "protocol.quorum.timeout",
            wait(),
            r#""1s""#,
            "How long a coordinator waits for answers. Who gives none is taken for unreachable until something comes from it.",
        ),
        row(
            "protocol.quorum.local_shortcut",
            Switch,
            "true",
            "Whether a coordinator that is a home node itself uses its own copy without a message.",
        ),
    ]
}
