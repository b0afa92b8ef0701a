//! The rows of leaderless groups.

use super::{
    Field,
    Form::*,
    table::{CONTEXTS, row, whole},
};
use crate::scenario::Scenario;

const READ_REPAIR: [&str; 3] = ["off", "asynchronous", "before_answer"];

/// The command that changes some of them.
pub(super) fn command() -> Vec<Field> {
    let nodes = |unit| whole(1..=*Scenario::NODES.end() as u8, unit);
    vec![
        row(
            "commands[].do.set_quorum",
            Group,
            "",
            "Changes how many copies there are and how many of them are asked. What is under way goes by what was before; copies get to new \
             home nodes by repair only.",
        ),
        row("commands[].do.set_quorum.n", nodes("nodes"), "3", "Home nodes of each key; not more than there are nodes then."),
        row("commands[].do.set_quorum.r", nodes("answers"), "2", "Answers that make a read; not more than n."),
        row("commands[].do.set_quorum.w", nodes("copies"), "2", "Copies on disk that make a write; not more than n."),
        row("commands[].do.set_quorum.sloppy", Switch, "false", "Whether others stand in for home nodes."),
        row(
            "commands[].do.set_quorum.read_repair",
            Word(&READ_REPAIR),
            r#""asynchronous""#,
            "What becomes of answers that are behind.",
        ),
        row(
            "commands[].do.set_quorum.anti_entropy_every",
            Time(Scenario::WAIT),
            "none",
            "How often home nodes compare; absent: never.",
        ),
    ]
}

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
        row(
            "protocol.quorum.contexts",
            Word(&CONTEXTS),
            r#""everything""#,
            "Over what a client's write is made: everything that its coordinator knows of the key, or what the client was shown, told by dots \
             (Dynamo, Riak) or by one plain version vector for all siblings.",
        ),
    ]
}
