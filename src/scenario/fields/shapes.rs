//! The part of the table that several places share: actions, delays, when a write is committed, who takes over, targets.

use super::{
    Field,
    Form::*,
    table::{ANY_TIME, CLASSES, DELAY, LEVELS, UP_TO_DELAY, row, whole},
};
use crate::{
    protocol::{commit::Commit, failover::Failover, primary_replica::Retention},
    scenario::Scenario,
    sim::{clock::Clock, distribution::Distribution},
};

const STRATEGIES: [&str; 6] = [
    "last_write_wins",
    "last_write_wins_hybrid",
    "highest_node",
    "first_writer_wins",
    "keep_siblings",
    "last_write_wins_lamport",
];

const SET_KINDS: [&str; 5] = ["grow_only", "two_phase", "last_write_wins", "observed_remove", "positive_negative"];
const KEY_TYPES: [&str; 5] = ["register", "counter", "set", "cart", "text"];

pub(super) fn shapes() -> Vec<Field> {
    let key = || Key(*Scenario::KEYS.end());
    let probability = || Number(Scenario::SHARE, "");
    let (skew, drift) = (-Clock::SKEW_US_MAX..=Clock::SKEW_US_MAX, -Clock::DRIFT_PPM_MAX..=Clock::DRIFT_PPM_MAX);
    let bandwidth = whole(0..=Scenario::BANDWIDTH_BYTES_PER_S_MAX, "bytes per second");
    vec![
        row("action", Group, "", "One of the following."),
        row("action.read", Group, "", "Reads a key."),
        row("action.read.key", key(), "required", "Which key."),
        row("action.write", Group, "", "Writes a key."),
        row("action.write.key", key(), "required", "Which key."),
        row("action.write.value", whole(i64::MIN..=i64::MAX, ""), "required", "What it holds afterwards."),
        row("action.generate", Group, "", "Writes what the node makes of it."),
        row("action.generate.key", key(), "required", "Which key."),
        row(
            "action.generate.function",
            Word(&["next", "clock", "random"]),
            "required",
            "One more than the key's latest value, or 1 (auto-increment); the node's clock in ms (SQL's `SYSDATE()`); a random number \
             (`RAND()`, `UUID()`).",
        ),
        row("action.add", Group, "", "Adds to a counter."),
        row("action.add.key", key(), "required", "Which key."),
        row("action.add.amount", whole(i64::MIN..=i64::MAX, ""), "required", "How much; less than 0 takes away."),
        row("action.add_element", Group, "", "Puts an element into a set or a cart."),
        row("action.add_element.key", key(), "required", "Which key."),
        row("action.add_element.element", whole(i64::MIN..=i64::MAX, ""), "required", "Which element."),
        row("action.remove_element", Group, "", "Takes an element out of a set or a cart."),
        row("action.remove_element.key", key(), "required", "Which key."),
        row("action.remove_element.element", whole(i64::MIN..=i64::MAX, ""), "required", "Which element."),
        row("action.insert", Group, "", "Types a character into a text."),
        row("action.insert.key", key(), "required", "Which key."),
        row(
            "action.insert.place",
            whole(0..=u16::MAX, "characters"),
            "required",
            "How many are before it; the end if there are fewer.",
        ),
        row("action.insert.character", Character, "required", "Letters, digits, spaces and . , : ; ! ? ( ) - make a text."),
        row("action.erase", Group, "", "Erases a character of a text."),
        row("action.erase.key", key(), "required", "Which key."),
        row("action.erase.place", whole(0..=u16::MAX, "characters"), "required", "How many are before it."),
        row("action.delete", Group, "", "Deletes a register: leaves a tombstone."),
        row("action.delete.key", key(), "required", "Which key."),
        row(
            "action.delete_revision",
            Group,
            "",
            "Deletes one branch of a document, whichever readers are shown; only where documents sync.",
        ),
        row("action.delete_revision.key", key(), "required", "Which key."),
        row(
            "action.delete_revision.revision",
            Revision,
            "required",
            "The last revision of the branch, such as 2- and 32 digits.",
        ),
        row("concern", Group, "", "One of the following."),
        row("concern.local", Group, "", "Whatever the node has applied."),
        row(
            "concern.bounded",
            Time(Scenario::WAIT),
            "",
            "What the primary's readers saw no longer ago than this, as far as the node can know from the primary's signs of life \
             and both clocks; else it refuses. With heartbeats it knows more.",
        ),
        row("concern.majority", Group, "", "What a majority of the nodes has on disk (MongoDB: majority)."),
        row(
            "concern.linearizable",
            Group,
            "",
            "The latest: the primary asks a majority whether it still leads, and shows only what a majority has on disk. Where nobody \
             elects, a promotion by hand can still go unnoticed.",
        ),
        row("conflicts", Group, "", "A table."),
        row(
            "conflicts.register",
            Word(&STRATEGIES),
            r#""keep_siblings""#,
            "Which of several values readers are shown: the latest by the clocks of the peers, whatever was seen before \
             (`last_write_wins`: Cassandra), the latest by hybrid time or by Lamport count, that of the peer that comes last, the first one, or all of them \
             (`keep_siblings`: Riak).",
        ),
        row(
            "conflicts.set",
            Word(&SET_KINDS),
            r#""observed_remove""#,
            "Which elements a set has: all that were ever added (`grow_only`: G-Set); those never removed (`two_phase`: 2P-Set); those added no \
             earlier than removed, by the clocks of the peers (`last_write_wins`); those with an addition that no removal had seen \
             (`observed_remove`: OR-Set); those added more often than removed (`positive_negative`: PN-Set).",
        ),
        row(
            "conflicts.counter",
            Word(&["grow_only", "positive_negative"]),
            r#""positive_negative""#,
            "Whether counters go down, too.",
        ),
        row("clock", Group, "", "A table."),
        row("clock.skew_us", whole(skew, "µs"), "0", "Ahead of true time, or if negative behind it."),
        row("clock.drift_ppm", whole(drift, "µs per second"), "0", "What it gains, or if negative loses."),
        row("commit", Group, "", "A table."),
        row(
            "commit.level",
            Word(&LEVELS),
            r#""local_flush""#,
            "What a copy must have done with a write: nothing (`async`), the primary has it on disk (`local_flush`), and replicas have taken it \
             (`remote_write`), have it on disk (`remote_flush`), show it to readers (`remote_apply`). PostgreSQL's `synchronous_commit`: off, \
             local, remote_write, on, remote_apply.",
        ),
        row(
            "commit.which",
            Word(&["first", "any", "majority"]),
            r#""first""#,
            "Which replicas count: the first ones listed that are there, whichever are quickest, or so many that with the primary they are a \
             majority.",
        ),
        row("commit.count", whole(Commit::COUNT, "replicas"), "1", "How many of them; for a majority it follows from the group."),
        row("commit.among", Nodes, "[]", "Who may count, the most wanted first; empty: all."),
        row("commit.timeout", Time(Commit::TIMEOUT), "none", "How long replicas are waited for; absent: for ever."),
        row(
            "commit.on_timeout",
            Word(&["fall_back", "warn"]),
            r#""fall_back""#,
            "Then the primary goes on alone until replicas have caught up (MySQL), or the client is told that its write is not confirmed.",
        ),
        row(
            "commit.visible_early",
            Switch,
            "false",
            "Readers of the primary see a write before replicas have it (MySQL's `AFTER_COMMIT`).",
        ),
        row(
            "commit.min_replicas",
            whole(0..=*Commit::COUNT.end(), "replicas"),
            "0",
            "With fewer replicas in touch no write is taken (Redis' `min-replicas-to-write`).",
        ),
        row(
            "commit.replica_timeout",
            Time(Commit::TIMEOUT),
            r#""10s""#,
            "A replica not heard for this long is out of touch and does not count.",
        ),
        row("delay", Group, "", "A time, or one of the following."),
        row("delay.constant", Time(UP_TO_DELAY), "", "Always the same."),
        row("delay.uniform", Group, "", "Evenly between two times."),
        row("delay.uniform.low", Time(ANY_TIME), "required", "The shortest; not above `high`."),
        row("delay.uniform.high", Time(ANY_TIME), "required", "The longest."),
        row("delay.exponential", Group, "", "Memoryless: often short, sometimes long."),
        row("delay.exponential.mean", Time(ANY_TIME), "required", "The mean; the median is 0.69 of it."),
        row("delay.log_normal", Group, "", "What round trips on real networks often look like."),
        row("delay.log_normal.median", Time(ANY_TIME), "required", "Half of all are shorter."),
        row(
            "delay.log_normal.sigma",
            Above0(Distribution::SIGMA_MAX, ""),
            "required",
            "How wide: the standard deviation of its logarithm.",
        ),
        row("delay.pareto", Group, "", "Never short, and with a heavy tail."),
        row("delay.pareto.scale", Time(ANY_TIME), "required", "The shortest."),
        row(
            "delay.pareto.shape",
            Above0(Distribution::SHAPE_MAX, ""),
            "required",
            "How light the tail is: at 1 and below even the mean is infinite.",
        ),
        row("delay.mixture", List(1..=Distribution::PARTS_MAX), "", "One of its parts, by chance."),
        row(
            "delay.mixture[].weight",
            Above0(Distribution::WEIGHT_MAX, ""),
            "required",
            "How often this part, relative to the others.",
        ),
        row("delay.mixture[].delay", DELAY, "required", "Any delay but a mixture."),
        row("failover", Group, "", "A table."),
        row(
            "failover.by",
            Word(&["operator", "election", "monitors"]),
            r#""operator""#,
            "Who makes another node primary: a person, the nodes by majority vote (Raft, MongoDB), or nodes without data that watch the others \
             (Redis Sentinel).",
        ),
        row(
            "failover.detect",
            Word(&["nothing", "timeout", "phi"]),
            r#""nothing""#,
            "By what a node is suspected: never, for there are no heartbeats; by a fixed time-out; by how improbable the silence is (φ accrual, \
             Cassandra).",
        ),
        row("failover.heartbeat_every", Time(Failover::WAIT), r#""500ms""#, "How often a heartbeat is sent."),
        row(
            "failover.timeout",
            Time(Failover::WAIT),
            r#""2s""#,
            "A silence this long is suspicious; also the length of a lease.",
        ),
        row(
            "failover.spread",
            Time(Failover::WAIT),
            r#""1s""#,
            "Who suspects the primary stands for election after a further random time up to this.",
        ),
        row(
            "failover.phi_threshold",
            Number(Failover::PHI, ""),
            "8.0",
            "From which φ on a silence is suspicious: 8 is 18.4 usual intervals.",
        ),
        row(
            "failover.trial_vote",
            Switch,
            "true",
            "Whether a candidate first asks if it would be elected, so that one that was merely cut off deposes nobody (Raft's PreVote).",
        ),
        row(
            "failover.fencing",
            Word(&["nothing", "lease", "power"]),
            r#""nothing""#,
            "What keeps a deposed primary from taking writes: nothing until it hears of the new one; its lease, which lasts as long as a \
             majority answers; or whoever takes over has its power cut (STONITH).",
        ),
        row("failover.monitors", Nodes, "[]", "Nodes that hold no data and watch the others."),
        row(
            "failover.quorum",
            whole(1..=*Scenario::NODES.end() as u8, "monitors"),
            "1",
            "How many of them must suspect the primary.",
        ),
        row("retention", Group, "", "Fields as below; absent ones get their default."),
        row(
            "retention.slots",
            Switch,
            "false",
            "What a replica has not got yet is kept for it, however far behind it is (PostgreSQL: replication slots).",
        ),
        row(
            "retention.slot_limit_entries",
            whole(Retention::ENTRIES, "log entries"),
            "none",
            "But not more than this; absent: without limit (max_slot_wal_keep_size).",
        ),
        row(
            "retention.disk_entries",
            whole(Retention::ENTRIES, "log entries"),
            "none",
            "So much fits on a disk; a primary whose disk is full refuses writes. Absent: without limit.",
        ),
        row("rule", Group, "", "A table."),
        row("rule.from", End, r#""any""#, "The sending ends."),
        row("rule.to", End, r#""any""#, "The receiving ends."),
        row("rule.both", Switch, "false", "Also for the way back."),
        row("rule.class", Word(&CLASSES), "none", "Only for messages of this class; absent: for all."),
        row("rule.set", Group, "required", "What changes; what is absent stays as it was."),
        row("rule.set.latency", DELAY, "none", "As in the network."),
        row("rule.set.jitter", Time(UP_TO_DELAY), "none", "As in the network."),
        row("rule.set.loss", probability(), "none", "As in the network."),
        row("rule.set.duplicate", probability(), "none", "As in the network."),
        row("rule.set.in_order", Switch, "none", "As in the network."),
        row("rule.set.bandwidth_bytes_per_s", bandwidth, "none", "As in the network."),
        row("target", Group, "", "One of the following."),
        row("target.primary", Group, "", "The node it believes to be primary."),
        row("target.replica", Group, "", "A random one of the others."),
        row("target.any", Group, "", "A random node."),
        row("target.node", Node, "", "This node and no other."),
        row("target.nearest", Group, "", "The one with the shortest way."),
        row("target.sticky", Group, "", "A random one, and then always the same until it does not answer."),
        row("key type", Group, "", "A table."),
        row("key type.key", key(), "required", "Which key."),
        row(
            "key type.type",
            Word(&KEY_TYPES),
            "required",
            "One value; a number that many count at once; elements; elements of a cart that is written as a whole (Dynamo); characters.",
        ),
    ]
}
