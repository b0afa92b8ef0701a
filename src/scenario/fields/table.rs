//! The table. In the order in which a person would read it; shapes that are used in several places come last.

use super::{Field, Form, documents, gossip::gossip, quorum, shapes::shapes};
use crate::{
    scenario::Scenario,
    sim::{network::Network, time::Micros},
    world::command::{COMMANDS_MAX, SLOW_FACTOR},
};
use Form::*;
use std::ops::RangeInclusive;

pub(super) const CLASSES: [&str; 10] =
    ["request", "response", "replicate", "acknowledge", "snapshot", "control", "heartbeat", "vote", "fetch", "fetched"];
pub(super) const LEVELS: [&str; 5] = ["async", "local_flush", "remote_write", "remote_flush", "remote_apply"];
const REJOIN: [&str; 3] = ["clone", "rewind", "refuse"];
pub(super) const CONTEXTS: [&str; 3] = ["everything", "dotted", "plain"];
pub(super) const TOPOLOGIES: [&str; 5] = ["all_to_all", "ring", "star", "tree", "custom"];
const SHIPPING: [&str; 2] = ["row", "statement"];
pub(super) const DELAY: Form = Shape("delay");
pub(super) const ANY_TIME: RangeInclusive<Micros> = Micros::ZERO..=Micros::MAX;
pub(super) const UP_TO_DELAY: RangeInclusive<Micros> = Micros::ZERO..=Scenario::DELAY_MAX;

pub(super) fn whole<T: Copy + Into<i128>>(range: RangeInclusive<T>, unit: &'static str) -> Form {
    Whole((*range.start()).into()..=(*range.end()).into(), unit)
}

pub(super) fn row(path: &'static str, form: Form, default: &'static str, meaning: &'static str) -> Field {
    Field { path, form, default, meaning }
}

/// Every field and every command, in the order of reading.
pub fn table() -> Vec<Field> {
    [
        run(),
        peers(),
        quorum::quorum(),
        gossip(),
        documents::documents(),
        nodes(),
        network(),
        clients(),
        commands(),
        quorum::command(),
        documents::command(),
        shapes(),
    ]
    .concat()
}

fn run() -> Vec<Field> {
    let (title, about) = (Text { bytes_max: Scenario::TITLE_BYTES_MAX }, Text { bytes_max: Scenario::ABOUT_BYTES_MAX });
    let (retention, batch) =
        (whole(Scenario::LOG_RETENTION_ENTRIES, "log entries"), whole(Scenario::BATCH_ENTRIES, "log entries"));
    let wait = || Time(Scenario::WAIT);
    vec![
        row("title", title, r#""Untitled""#, "What it is called."),
        row("about", about, r#""""#, "One or two sentences for the person who opens it."),
        row(
            "seed",
            whole(0..=u64::MAX, ""),
            "1",
            "All chance follows from it: same seed, same run. (TOML holds seeds up to 9223372036854775807.)",
        ),
        row("until", Time(Scenario::UNTIL), r#""10s""#, "How far the command line runs it; the page goes on."),
        row("keys", whole(Scenario::KEYS, "keys"), "2", "How many keys the workloads use."),
        row("protocol", Group, "", "How the nodes replicate: a table with one of the following."),
        row(
            "protocol.primary_replica",
            Group,
            "",
            "One primary orders all writes in its log and sends the log on, as PostgreSQL streaming replication does.",
        ),
        row("protocol.primary_replica.primary", Node, r#""A""#, "The node that is primary at first."),
        row(
            "protocol.primary_replica.log_retention_entries",
            retention,
            "1000",
            "How much of the log is kept at least. A replica that needs older entries is sent all data as a snapshot.",
        ),
        row("protocol.primary_replica.batch_entries", batch, "16", "Most log entries in one message."),
        row(
            "protocol.primary_replica.resend_after",
            wait(),
            r#""1s""#,
            "Shortest wait for an acknowledgement before entries are sent again.",
        ),
        row(
            "protocol.primary_replica.follow_every",
            wait(),
            r#""2s""#,
            "A replica that heard nothing from its primary for this long asks again to be sent the log.",
        ),
        row(
            "protocol.primary_replica.announce_every",
            wait(),
            r#""1s""#,
            "How often a promoted primary tells the nodes that do not follow it yet.",
        ),
        row(
            "protocol.primary_replica.delayed",
            List(0..=*Scenario::NODES.end() as usize),
            "[]",
            "Replicas that apply entries late on purpose (PostgreSQL's `recovery_min_apply_delay`).",
        ),
        row("protocol.primary_replica.delayed[].node", Node, "required", "Which node."),
        row(
            "protocol.primary_replica.delayed[].by",
            wait(),
            "required",
            "How long after an entry is on its disk its readers see it.",
        ),
        row(
            "protocol.primary_replica.upstreams",
            List(0..=*Scenario::NODES.end() as usize),
            "[]",
            "Replicas that other replicas feed (PostgreSQL: cascading replication). The primary does not see them, so it never waits \
             for them.",
        ),
        row("protocol.primary_replica.upstreams[].node", Node, "required", "Which replica."),
        row(
            "protocol.primary_replica.upstreams[].from",
            Node,
            "required",
            "Who feeds it; nobody may feed itself by way of others.",
        ),
        row("protocol.primary_replica.commit", Shape("commit"), "", "When a write counts as committed and its client hears OK."),
        row("protocol.primary_replica.failover", Shape("failover"), "", "Who takes over when the primary is gone."),
        row("protocol.primary_replica.retention", Shape("retention"), "", "What of the log is kept besides its last entries."),
        row(
            "protocol.primary_replica.rejoin",
            Word(&REJOIN),
            r#""clone""#,
            "What a replica does whose log and the primary's have parted: copies everything anew, takes back what is only in its own \
             log as far as that reaches back (PostgreSQL's pg_rewind), or stops until a person decides.",
        ),
        row(
            "protocol.primary_replica.shipping",
            Word(&SHIPPING),
            r#""row""#,
            "What replicas are sent of a write whose value the primary makes: the value, or what was asked for, which each then evaluates \
             itself (MySQL's `binlog_format`).",
        ),
    ]
}

fn peers() -> Vec<Field> {
    let changes = whole(Scenario::LOG_CHANGES, "changes");
    vec![
        row(
            "protocol.multi_primary",
            Group,
            "",
            "Peers: each takes writes, answers when they are on its own disk, and passes them on (MySQL circular replication, BDR, CouchDB).",
        ),
        row("protocol.multi_primary.topology", Word(&TOPOLOGIES), r#""all_to_all""#, "Who passes changes on to whom."),
        row(
            "protocol.multi_primary.links",
            List(0..=Scenario::LINKS_MAX),
            "[]",
            "Pairs that talk to each other, where the topology is custom; they must join all.",
        ),
        row("protocol.multi_primary.links[].one", Node, "required", "One end."),
        row("protocol.multi_primary.links[].other", Node, "required", "The other end."),
        row(
            "protocol.multi_primary.causal",
            Switch,
            "true",
            "Whether a change is shown only after everything that its writer could have seen; else it may come before.",
        ),
        row(
            "protocol.multi_primary.conflicts",
            Shape("conflicts"),
            "",
            "What becomes of writes that did not know of each other.",
        ),
        row(
            "protocol.multi_primary.batch_changes",
            whole(Scenario::BATCH_ENTRIES, "changes"),
            "16",
            "Most changes in one message.",
        ),
        row(
            "protocol.multi_primary.resend_after",
            Time(Scenario::WAIT),
            r#""1s""#,
            "What a neighbour has not confirmed after this long is sent again.",
        ),
        row(
            "protocol.multi_primary.compare_every",
            Time(Scenario::WAIT),
            "none",
            "How often neighbours compare what they have; absent: only after a start.",
        ),
        row(
            "protocol.multi_primary.log_changes_max",
            changes,
            "1000",
            "How many changes of each peer are kept one by one; who lacks older ones is sent all data.",
        ),
        row(
            "protocol.multi_primary.types",
            ShapeList("key type", 0..=*Scenario::KEYS.end() as usize),
            "[]",
            "Which keys hold something else than one value.",
        ),
        row(
            "protocol.multi_primary.delivery",
            Word(&["operations", "states"]),
            r#""operations""#,
            "What is sent of a write: what it changes, or the whole key. It makes no difference but in bytes.",
        ),
        row(
            "protocol.multi_primary.collect_tombstones_after",
            Time(Scenario::WAIT),
            "none",
            "How long a deleted register is remembered (Cassandra: `gc_grace_seconds`); who was away longer brings it back. Absent: for ever.",
        ),
        row(
            "protocol.multi_primary.contexts",
            Word(&CONTEXTS),
            r#""everything""#,
            "Over what a client writes a register: everything that its peer has, or what the client was shown, told by dots (Riak) or by one plain version vector for all siblings.",
        ),
    ]
}

fn nodes() -> Vec<Field> {
    vec![
        row("nodes", Group, "", "The nodes of the group."),
        row("nodes.count", whole(Scenario::NODES, "nodes"), "3", "How many there are at the start. With gossip up to 1000."),
        row("nodes.each", Group, "", "What all of them are like. A node does one thing at a time; the rest waits."),
        row("nodes.each.read", DELAY, r#""100us""#, "Answering a read."),
        row("nodes.each.write", DELAY, r#""100us""#, "Taking a write."),
        row("nodes.each.message", DELAY, r#""50us""#, "Handling any other message."),
        row("nodes.each.apply", DELAY, r#""100us""#, "Making one entry of the log visible to readers, on a replica."),
        row(
            "nodes.each.flush",
            DELAY,
            r#""1ms""#,
            "Putting on disk what was written. Does not keep the node from doing other things.",
        ),
        row("nodes.each.clock", Shape("clock"), "{ skew_us = 0, drift_ppm = 0 }", "How wrong its clock is."),
        row("nodes.different", List(0..=*Scenario::NODES.end() as usize), "[]", "Nodes that differ from the others."),
        row("nodes.different[].node", Node, "required", "Which node."),
        row("nodes.different[].read", DELAY, "none", "As above; absent: as for all."),
        row("nodes.different[].write", DELAY, "none", "As above; absent: as for all."),
        row("nodes.different[].message", DELAY, "none", "As above; absent: as for all."),
        row("nodes.different[].apply", DELAY, "none", "As above; absent: as for all."),
        row("nodes.different[].flush", DELAY, "none", "As above; absent: as for all."),
        row("nodes.different[].clock", Shape("clock"), "none", "As above; absent: as for all."),
    ]
}

fn network() -> Vec<Field> {
    let bandwidth = whole(0..=Scenario::BANDWIDTH_BYTES_PER_S_MAX, "bytes per second");
    let probability = || Number(Scenario::SHARE, "");
    vec![
        row("network", Group, "", "What all links are like."),
        row("network.latency", DELAY, r#""5ms""#, "One-way travel time of a message."),
        row("network.jitter", Time(UP_TO_DELAY), r#""0s""#, "Added to the latency: evenly from 0 to this."),
        row("network.loss", probability(), "0.0", "Probability that a message is lost on the way."),
        row("network.duplicate", probability(), "0.0", "Probability that a message arrives twice."),
        row(
            "network.in_order",
            Switch,
            "true",
            "Whether messages keep their order on a link (true) or may overtake each other (false).",
        ),
        row(
            "network.bandwidth_bytes_per_s",
            bandwidth,
            "0",
            "How much fits on a link; 0 for no limit. A message waits for those before it.",
        ),
        row("links", ShapeList("rule", 0..=Network::RULES_MAX), "[]", "Links that differ from the base."),
    ]
}

fn clients() -> Vec<Field> {
    let count = whole(1..=*Scenario::SESSIONS.end() as u16, "clients");
    vec![
        row(
            "clients",
            List(Scenario::SESSIONS),
            "",
            "Who asks; the default is one client without a workload. With their counts there may be 1 to 200 in all.",
        ),
        row("clients[].count", count, "1", "How many clients are set up like this."),
        row("clients[].writes_to", Shape("target"), r#""primary""#, "Whom it asks to write."),
        row("clients[].reads_from", Shape("target"), r#""primary""#, "Whom it asks to read."),
        row(
            "clients[].timeout",
            Time(Scenario::WAIT),
            r#""2s""#,
            "How long a try may take before its outcome counts as unknown.",
        ),
        row("clients[].redirects", whole(0..=u8::MAX, "nodes"), "16", "After a refusal: how many other nodes are asked."),
        row(
            "clients[].retries",
            whole(0..=u8::MAX, "tries"),
            "0",
            "After a time-out: how often the operation is tried again. It may then happen twice.",
        ),
        row("clients[].retry_wait", Time(Scenario::RETRY_WAIT), r#""100ms""#, "Pause before such another try."),
        row(
            "clients[].token",
            Switch,
            "false",
            "Reads show nothing older than what the session wrote and read before: nodes that are not that far let them wait.",
        ),
        row("clients[].concern", Shape("concern"), r#""local""#, "How sure its reads must be of what they show."),
        row("clients[].workload", Group, "none", "What it does on its own; absent: nothing, it waits for commands."),
        row("clients[].workload.pace", Group, "{ poisson = { per_s = 1.0 } }", "When operations come: one of the following."),
        row("clients[].workload.pace.regular", Group, "", "One every so often, whether the last one is done or not."),
        row("clients[].workload.pace.regular.every", Time(Scenario::REGULAR_EVERY), "required", "How often."),
        row("clients[].workload.pace.poisson", Group, "", "At random moments, whether the last one is done or not."),
        row(
            "clients[].workload.pace.poisson.per_s",
            Number(Scenario::RATE_PER_S, "operations per second"),
            "required",
            "How many on average.",
        ),
        row("clients[].workload.pace.think", Group, "", "The next one so long after the last one is done."),
        row("clients[].workload.pace.think.time", DELAY, "required", "How long."),
        row("clients[].workload.start", Time(ANY_TIME), r#""0s""#, "No operation before this."),
        row("clients[].workload.stop", Time(ANY_TIME), "none", "No new operation from here on; absent: it never stops."),
        row(
            "clients[].workload.read_share",
            Number(Scenario::SHARE, ""),
            "0.5",
            "Share of reads among the operations; where these have names it follows from them, and this does not count.",
        ),
        row("clients[].workload.keys", Group, r#""uniform""#, "Which keys are asked for: one of the following."),
        row("clients[].workload.keys.uniform", Group, "", "All keys alike."),
        row("clients[].workload.keys.zipf", Group, "", "The i-th key with weight 1 / i^exponent."),
        row(
            "clients[].workload.keys.zipf.exponent",
            Number(Scenario::ZIPF_EXPONENT, ""),
            "required",
            "0 is uniform; 1 is what is often measured.",
        ),
        row(
            "clients[].workload.operations",
            List(Scenario::OPERATIONS),
            "none",
            "What it does by name, in the words of an application; absent: reads and writes without a name.",
        ),
        row(
            "clients[].workload.operations[].name",
            Text { bytes_max: Scenario::OPERATION_NAME_BYTES_MAX },
            "required",
            "What it is called: letters, digits, spaces and hyphens. All workloads together have up to 16 names.",
        ),
        row(
            "clients[].workload.operations[].do",
            Word(&["read", "write", "next", "clock", "random", "remove"]),
            "required",
            "What it is to the nodes. A write does to a key what its type allows: it adds to a counter, puts something into a set or a cart, types \
             into a text. `next`, `clock` and `random` write what the node makes of such a function. `remove` takes away, and deletes a register.",
        ),
        row(
            "clients[].workload.operations[].weight",
            whole(Scenario::WEIGHT, ""),
            "required",
            "How often it comes, relative to the others.",
        ),
    ]
}

fn commands() -> Vec<Field> {
    let node = |path, meaning| row(path, Node, "required", meaning);
    let way = |path, meaning| row(path, Address, "required", meaning);
    let message = |path| row(path, Message, "required", "Which one.");
    vec![
        row("commands", List(0..=COMMANDS_MAX), "[]", "In the order of their times."),
        row("commands[].at", Time(ANY_TIME), "required", "When it acts."),
        row(
            "commands[].do",
            Group,
            "required",
            "One of the following. A command that can have no effect is skipped, and the trace says why.",
        ),
        row(
            "commands[].do.crash",
            Group,
            "",
            "The process dies. The machine stays up, says \"connection refused\", and keeps what was written.",
        ),
        node("commands[].do.crash.node", "Which node."),
        row("commands[].do.crash_machine", Group, "", "The machine dies. Only what was flushed to disk survives."),
        node("commands[].do.crash_machine.node", "Which node."),
        row("commands[].do.wipe", Group, "", "The machine dies and its disk is empty. Also of a node that is down."),
        node("commands[].do.wipe.node", "Which node."),
        row("commands[].do.restart", Group, "", "Starts a node that is down, with what survived."),
        node("commands[].do.restart.node", "Which node."),
        row("commands[].do.pause", Group, "", "Nothing runs on the node until it is resumed: timers are late, messages wait."),
        node("commands[].do.pause.node", "Which node."),
        row("commands[].do.resume", Group, "", "Ends a pause."),
        node("commands[].do.resume.node", "Which node."),
        row("commands[].do.slow", Group, "", "Changes how fast a node works."),
        node("commands[].do.slow.node", "Which node."),
        row(
            "commands[].do.slow.factor",
            Number(SLOW_FACTOR, ""),
            "required",
            "Its service times are multiplied by this; 1 is normal.",
        ),
        row("commands[].do.set_clock", Group, "", "Sets how wrong a node's clock is. Timers that run already are not changed."),
        node("commands[].do.set_clock.node", "Which node."),
        row("commands[].do.set_clock.clock", Shape("clock"), "required", "How wrong."),
        row("commands[].do.promote", Group, "", "The operator makes the node primary."),
        node("commands[].do.promote.node", "Which node."),
        row("commands[].do.rewind", Group, "", "A replica that stopped takes back what is only in its log (pg_rewind)."),
        row("commands[].do.rewind.node", Node, "required", "Which."),
        row("commands[].do.reclone", Group, "", "A replica copies everything from its primary."),
        row("commands[].do.reclone.node", Node, "required", "Which."),
        row("commands[].do.add_node", Group, "", "A new empty node joins, pointed at the present primary."),
        row("commands[].do.remove_node", Group, "", "The node leaves for good."),
        node("commands[].do.remove_node.node", "Which node."),
        row(
            "commands[].do.cut",
            Group,
            "",
            "Nothing gets from one end to the other any more, not even what is on its way already.",
        ),
        way("commands[].do.cut.from", "The sending end."),
        way("commands[].do.cut.to", "The receiving end."),
        row("commands[].do.cut.both", Switch, "required", "The other way too."),
        row("commands[].do.heal", Group, "", "Undoes a cut."),
        way("commands[].do.heal.from", "The sending end."),
        way("commands[].do.heal.to", "The receiving end."),
        row("commands[].do.heal.both", Switch, "required", "The other way too."),
        row("commands[].do.partition", Group, "", "Cuts every link between two groups and heals all others."),
        row("commands[].do.partition.groups", Groups, "required", "Who is in no group stays with everybody."),
        row("commands[].do.heal_all", Group, "", "Heals every cut."),
        row(
            "commands[].do.set_link",
            Shape("rule"),
            "",
            "From now on this rule has the last word; merged with a former one for the same links.",
        ),
        row("commands[].do.drop_message", Group, "", "Takes a message off the wire."),
        message("commands[].do.drop_message.message"),
        row("commands[].do.delay_message", Group, "", "Makes a message on the wire arrive later."),
        message("commands[].do.delay_message.message"),
        row("commands[].do.delay_message.by", Time(UP_TO_DELAY), "required", "By how much."),
        row("commands[].do.duplicate_message", Group, "", "A message on the wire arrives a second time."),
        message("commands[].do.duplicate_message.message"),
        row(
            "commands[].do.deliver_now",
            Group,
            "",
            "Makes a message on the wire arrive at once, even one that was going to be lost.",
        ),
        message("commands[].do.deliver_now.message"),
        row("commands[].do.issue", Group, "", "A client does something by hand, as soon as it has nothing else under way."),
        row("commands[].do.issue.client", Client, "required", "Who."),
        row("commands[].do.issue.action", Shape("action"), "required", "What."),
        row("commands[].do.issue.at", Node, "none", "At this node and no other; absent: as the client is set up."),
        row("commands[].do.set_workload", Group, "", "Starts or stops a client's workload."),
        row("commands[].do.set_workload.client", Client, "required", "Whose."),
        row("commands[].do.set_workload.on", Switch, "required", "Whether it goes on."),
        row("commands[].do.set_reads_from", Group, "", "Changes whom a client asks to read."),
        row("commands[].do.set_reads_from.client", Client, "required", "Which client."),
        row("commands[].do.set_reads_from.target", Shape("target"), "required", "Whom."),
        row("commands[].do.set_writes_to", Group, "", "Changes whom a client asks to write."),
        row("commands[].do.set_writes_to.client", Client, "required", "Which client."),
        row("commands[].do.set_writes_to.target", Shape("target"), "required", "Whom."),
        row("commands[].do.set_token", Group, "", "Changes whether a client's reads wait for what it has seen."),
        row("commands[].do.set_token.client", Client, "required", "Which client."),
        row("commands[].do.set_token.on", Switch, "required", "Whether they do."),
        row("commands[].do.set_commit", Shape("commit"), "", "Changes when a write counts as committed."),
        row("commands[].do.set_failover", Shape("failover"), "", "Changes who takes over when the primary is gone."),
        row("commands[].do.set_logs", Group, "", "Changes what becomes of logs; what is absent gets its default."),
        row("commands[].do.set_logs.rejoin", Word(&REJOIN), r#""clone""#, "What a replica does whose log has parted."),
        row("commands[].do.set_logs.retention", Shape("retention"), "", "What of the log is kept."),
        row("commands[].do.set_logs.shipping", Word(&SHIPPING), r#""row""#, "What is sent of what the database makes."),
        row("commands[].do.set_upstream", Group, "", "Changes who feeds a replica."),
        row("commands[].do.set_upstream.node", Node, "required", "Which replica."),
        row("commands[].do.set_upstream.from", Node, "none", "Who feeds it; absent: the primary."),
        row("commands[].do.set_delay", Group, "", "Changes how late a replica shows what it gets."),
        row("commands[].do.set_delay.node", Node, "required", "Which replica."),
        row(
            "commands[].do.set_delay.by",
            Time(Scenario::WAIT),
            "none",
            "How long after an entry is on its disk; absent: at once.",
        ),
        row("commands[].do.set_timeout", Group, "", "Changes how long a client waits for an answer."),
        row("commands[].do.set_timeout.client", Client, "required", "Which client."),
        row("commands[].do.set_timeout.timeout", Time(Scenario::WAIT), "required", "How long."),
        row("commands[].do.set_conflicts", Shape("conflicts"), "", "Changes which of several values readers are shown."),
        row("commands[].do.set_concern", Group, "", "Changes how sure a client's reads must be."),
        row("commands[].do.set_concern.client", Client, "required", "Which client."),
        row("commands[].do.set_concern.concern", Shape("concern"), "required", "How sure."),
    ]
}
