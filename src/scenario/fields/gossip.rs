//! The rows of groups that gossip.

use super::{
    Field,
    Form::*,
    table::{row, whole},
};
use crate::scenario::Scenario;

const MODES: [&str; 3] = ["push", "pull", "push_pull"];
const LOSE: [&str; 3] = ["never", "counter", "coin"];
const COMPARE: [&str; 2] = ["digests", "recent"];

pub(super) fn gossip() -> Vec<Field> {
    [rumours(), beside()].concat()
}

fn rumours() -> Vec<Field> {
    vec![
        row(
            "protocol.gossip",
            Group,
            "",
            "Gossip: any node takes writes, and each tells a few others, picked by chance, what it has heard (Demers et al. 1987). There may \
             be up to 1000 nodes.",
        ),
        row(
            "protocol.gossip.mode",
            Word(&MODES),
            r#""push""#,
            "Whether those who spread a rumour tell others, everybody asks others, or both.",
        ),
        row(
            "protocol.gossip.fanout",
            whole(Scenario::FANOUT, "nodes"),
            "1",
            "With how many others a node gets in touch in each round; not more than there are others.",
        ),
        row("protocol.gossip.interval", Time(Scenario::WAIT), r#""1s""#, "How long a round is."),
        row(
            "protocol.gossip.synchronous",
            Switch,
            "true",
            "Whether all begin their rounds at the same moments of their clocks, and what happens in a round is judged by what was so when \
             it began; else each has rounds of its own.",
        ),
        row("protocol.gossip.interest", Group, "", "When a node has told a rumour often enough."),
        row(
            "protocol.gossip.interest.lose",
            Word(&LOSE),
            r#""counter""#,
            "Never, after k rounds in vain, or with probability 1/k after each. In vain: it was in contact with others, and none of them \
             needed the rumour.",
        ),
        row("protocol.gossip.interest.k", whole(Scenario::INTEREST, ""), "2", "That k."),
        row(
            "protocol.gossip.interest.feedback",
            Switch,
            "true",
            "Whether who is told says if it knew; without it, every round with a contact counts as in vain.",
        ),
        row(
            "protocol.gossip.interest.reset",
            Switch,
            "true",
            "Whether a round in which somebody needed the rumour makes the counter begin anew.",
        ),
    ]
}

fn beside() -> Vec<Field> {
    let wait = || Time(Scenario::WAIT);
    vec![
        row(
            "protocol.gossip.anti_entropy",
            Group,
            "none",
            "Now and then each node compares all it has with one other; absent: what rumours left out stays out.",
        ),
        row("protocol.gossip.anti_entropy.every", wait(), r#""10s""#, "How often."),
        row(
            "protocol.gossip.anti_entropy.mode",
            Word(&MODES),
            r#""push_pull""#,
            "Whether it gives the other what is newer here, takes what is newer there, or both.",
        ),
        row(
            "protocol.gossip.anti_entropy.compare",
            Word(&COMPARE),
            r#""digests""#,
            "By the timestamps of all keys, or first by what was learned lately and a checksum of the rest.",
        ),
        row("protocol.gossip.anti_entropy.recent", wait(), r#""30s""#, "How far back “lately” goes."),
        row("protocol.gossip.anti_entropy.again", Switch, "false", "Whether what was missing becomes a rumour once more."),
        row(
            "protocol.gossip.members",
            Group,
            "none",
            "Nodes watch each other (SWIM), and do not gossip with those they take for dead; absent: nobody watches.",
        ),
        row("protocol.gossip.members.period", wait(), r#""1s""#, "How often each pings one other, all in turn."),
        row(
            "protocol.gossip.members.timeout",
            wait(),
            r#""300ms""#,
            "How long it waits before it asks others to try; shorter than the period.",
        ),
        row("protocol.gossip.members.indirect", whole(Scenario::INDIRECT, "nodes"), "3", "How many others it asks."),
        row(
            "protocol.gossip.members.suspicion",
            wait(),
            r#""5s""#,
            "How long who answered nobody is suspected, and may deny it, before it is declared dead.",
        ),
    ]
}
