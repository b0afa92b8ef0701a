//! What is wrong with a scenario or a command: where, what, and what is allowed.

use super::model::{ProtocolSettings, Scenario};
use crate::{
    client::workload::{ClientSettings, NamedOperation, Pace, Popularity, Target},
    protocol::{commit::Commit, failover::Failover, kind::Kind, node::Node},
    sim::{
        clock::Clock,
        decimal::short,
        distribution::Distribution,
        id::{Address, NodeId},
        network::{LinkChange, Network},
        operation::{Action, Concern},
        time::Micros,
    },
    world::{
        World,
        command::{COMMANDS_MAX, Command, SLOW_FACTOR},
    },
};
use std::fmt;
use std::ops::RangeInclusive;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the field, like `clients[1].workload.read_share`.
    pub at: String,
    /// What is wrong and what is allowed.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}: {}", self.at, self.what)
    }
}

/// A number as it stands in a sentence.
pub(super) trait Shown {
    fn shown(&self) -> String;
}

macro_rules! shown {
    ($($type:ty),*) => {$(
        impl Shown for $type {
            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

shown!(u8, u16, u32, u64, usize, i32, i64, Micros);

impl Shown for f64 {
    fn shown(&self) -> String {
        short(*self)
    }
}

/// Collects problems under a path.
#[derive(Default)]
pub(super) struct Check {
    problems: Vec<Problem>,
}

impl Check {
    pub(super) fn say(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem { at: at.into(), what: what.into() });
    }

    pub(super) fn within<T: PartialOrd + Shown>(&mut self, at: &str, value: T, range: RangeInclusive<T>) {
        if !range.contains(&value) {
            let [value, low, high] = [&value, range.start(), range.end()].map(Shown::shown);
            self.say(at, format!("{value} is out of range; allowed is {low} to {high}"));
        }
    }

    fn delay(&mut self, at: &str, delay: &Distribution) {
        if let Some(what) = delay.problem() {
            self.say(at, what);
        }
        if delay.typical() > Scenario::DELAY_MAX {
            self.say(at, format!("typically {}; allowed is up to {}", delay.typical(), Scenario::DELAY_MAX));
        }
    }

    fn clock(&mut self, at: &str, clock: Clock) {
        self.within(&format!("{at}.skew_us"), clock.skew_us, -Clock::SKEW_US_MAX..=Clock::SKEW_US_MAX);
        self.within(&format!("{at}.drift_ppm"), clock.drift_ppm, -Clock::DRIFT_PPM_MAX..=Clock::DRIFT_PPM_MAX);
    }

    pub(super) fn commit(&mut self, at: &str, commit: &Commit) {
        if let Some((field, what)) = commit.problem() {
            self.say(format!("{at}.{field}"), what);
        }
    }

    pub(super) fn failover(&mut self, at: &str, failover: &Failover) {
        if let Some((field, what)) = failover.problem() {
            self.say(format!("{at}.{field}"), what);
        }
    }

    fn concern(&mut self, at: &str, concern: Concern) {
        if let Concern::Bounded(most) = concern {
            self.within(&format!("{at}.bounded"), most, Scenario::WAIT);
        }
    }

    fn link(&mut self, at: &str, change: &LinkChange) {
        if let Some(latency) = &change.latency {
            self.delay(&format!("{at}.latency"), latency);
        }
        self.within(&format!("{at}.jitter"), change.jitter.unwrap_or_default(), Micros::ZERO..=Scenario::DELAY_MAX);
        self.within(&format!("{at}.loss"), change.loss.unwrap_or(0.0), Scenario::SHARE);
        self.within(&format!("{at}.duplicate"), change.duplicate.unwrap_or(0.0), Scenario::SHARE);
        let bandwidth = change.bandwidth_bytes_per_s.unwrap_or(0);
        self.within(&format!("{at}.bandwidth_bytes_per_s"), bandwidth, 0..=Scenario::BANDWIDTH_BYTES_PER_S_MAX);
    }
}

impl Scenario {
    pub const NODES: RangeInclusive<u16> = 1..=10;
    /// Where they gossip.
    pub const NODES_GOSSIPING: RangeInclusive<u16> = 1..=1_000;
    pub const FANOUT: RangeInclusive<u16> = 1..=100;
    /// The k of counter and coin.
    pub const INTEREST: RangeInclusive<u8> = 1..=100;
    /// Others that are asked to ping somebody.
    pub const INDIRECT: RangeInclusive<u8> = 0..=20;
    pub const SESSIONS: RangeInclusive<usize> = 1..=200;
    pub const KEYS: RangeInclusive<u16> = 1..=64;
    pub const UNTIL: RangeInclusive<Micros> = Micros(1)..=Micros::from_secs(86_400);
    pub const DELAY_MAX: Micros = Micros::from_secs(3_600);
    pub const TITLE_BYTES_MAX: usize = 120;
    pub const ABOUT_BYTES_MAX: usize = 1_000;
    pub const RATE_PER_S: RangeInclusive<f64> = 0.001..=10_000.0;
    pub const BANDWIDTH_BYTES_PER_S_MAX: u64 = 1_000_000_000_000;
    /// Of a custom topology.
    pub const LINKS_MAX: usize = 45;
    /// Of each node on the ring.
    pub const VIRTUAL_NODES: RangeInclusive<u16> = 1..=256;
    /// Revisions of a branch that are remembered.
    pub const REVS: RangeInclusive<u32> = 1..=1_000;
    pub const LOG_CHANGES: RangeInclusive<u32> = 1..=10_000;
    pub const LOG_RETENTION_ENTRIES: RangeInclusive<u64> = 1..=100_000;
    pub const BATCH_ENTRIES: RangeInclusive<u32> = 1..=1_000;
    /// Of timers and time-outs.
    pub const WAIT: RangeInclusive<Micros> = Micros::from_millis(1)..=Self::DELAY_MAX;
    pub const RETRY_WAIT: RangeInclusive<Micros> = Micros(1)..=Self::DELAY_MAX;
    pub const REGULAR_EVERY: RangeInclusive<Micros> = Micros(100)..=Self::DELAY_MAX;
    pub const OPERATIONS: RangeInclusive<usize> = 1..=8;
    pub const OPERATION_NAME_BYTES_MAX: usize = 20;
    pub const WEIGHT: RangeInclusive<u64> = 1..=1_000_000;
    /// Different names of operations in all workloads together.
    pub const OPERATION_NAMES_MAX: usize = 16;
    pub const ZIPF_EXPONENT: RangeInclusive<f64> = 0.0..=10.0;
    pub const SHARE: RangeInclusive<f64> = 0.0..=1.0;

    /// Everything that is wrong; empty if the scenario can run.
    pub fn check(&self) -> Vec<Problem> {
        let mut check = Check::default();
        for (at, text, most) in [("title", &self.title, Self::TITLE_BYTES_MAX), ("about", &self.about, Self::ABOUT_BYTES_MAX)] {
            if text.len() > most {
                check.say(at, format!("{} bytes long; allowed is up to {most}", text.len()));
            }
        }
        check.within("until", self.until, Self::UNTIL);
        check.within("keys", self.keys, Self::KEYS);
        check.within("nodes.count", self.nodes.count, self.nodes_range());
        self.check_protocol(&mut check);
        self.check_nodes(&mut check);
        self.check_network(&mut check);
        check.within("clients", self.sessions(), Self::SESSIONS);
        for (index, client) in self.clients.iter().enumerate() {
            self.check_client(&mut check, &format!("clients[{index}]"), client);
        }
        let names = self.operation_names().len();
        if names > Self::OPERATION_NAMES_MAX {
            check.say(
                "clients",
                format!("{names} different names of operations; allowed are up to {}", Self::OPERATION_NAMES_MAX),
            );
        }
        self.check_commands(&mut check);
        check.problems
    }

    /// How many nodes there may be.
    pub fn nodes_range(&self) -> RangeInclusive<u16> {
        if self.protocol.kind() == Kind::Gossip { Self::NODES_GOSSIPING } else { Self::NODES }
    }

    fn check_protocol(&self, check: &mut Check) {
        match &self.protocol {
            #[cfg(feature = "primary-replica")]
            ProtocolSettings::PrimaryReplica(config) => self.check_primary_replica(check, config),
            #[cfg(feature = "multi-primary")]
            ProtocolSettings::MultiPrimary(config) => self.check_multi_primary(check, config),
            #[cfg(feature = "quorum")]
            ProtocolSettings::Quorum(config) => self.check_quorum(check, config),
            #[cfg(feature = "gossip")]
            ProtocolSettings::Gossip(config) => self.check_gossip(check, config),
            #[cfg(feature = "documents")]
            ProtocolSettings::Documents(config) => self.check_documents(check, config),
        }
    }

    pub(super) fn check_node(&self, check: &mut Check, at: &str, node: NodeId) {
        if node.0 >= self.nodes.count {
            check.say(at, format!("there is no node {node}; the nodes are A to {}", NodeId(self.nodes.count.saturating_sub(1))));
        }
    }

    fn check_nodes(&self, check: &mut Check) {
        let each = &self.nodes.each;
        for (field, delay) in [
            ("read", &each.read),
            ("write", &each.write),
            ("message", &each.message),
            ("apply", &each.apply),
            ("flush", &each.flush),
        ] {
            check.delay(&format!("nodes.each.{field}"), delay);
        }
        check.clock("nodes.each.clock", each.clock);
        check.within("nodes.different", self.nodes.different.len(), 0..=*Self::NODES.end() as usize);
        for (index, one) in self.nodes.different.iter().enumerate() {
            let at = format!("nodes.different[{index}]");
            self.check_node(check, &format!("{at}.node"), one.node);
            for (field, delay) in [
                ("read", &one.read),
                ("write", &one.write),
                ("message", &one.message),
                ("apply", &one.apply),
                ("flush", &one.flush),
            ] {
                if let Some(delay) = delay {
                    check.delay(&format!("{at}.{field}"), delay);
                }
            }
            check.clock(&format!("{at}.clock"), one.clock.unwrap_or_default());
        }
    }

    fn check_network(&self, check: &mut Check) {
        let base = &self.network;
        check.link(
            "network",
            &LinkChange {
                latency: Some(base.latency.clone()),
                jitter: Some(base.jitter),
                loss: Some(base.loss),
                duplicate: Some(base.duplicate),
                in_order: None,
                bandwidth_bytes_per_s: Some(base.bandwidth_bytes_per_s),
            },
        );
        check.within("links", self.links.len(), 0..=Network::RULES_MAX);
        for (index, rule) in self.links.iter().enumerate() {
            check.link(&format!("links[{index}].set"), &rule.set);
        }
    }

    fn check_client(&self, check: &mut Check, at: &str, client: &ClientSettings) {
        check.within(&format!("{at}.count"), client.count, 1..=*Self::SESSIONS.end() as u16);
        for (field, target) in [("writes_to", client.writes_to), ("reads_from", client.reads_from)] {
            if let Target::Node(node) = target {
                self.check_node(check, &format!("{at}.{field}"), node);
            }
        }
        check.within(&format!("{at}.timeout"), client.timeout, Self::WAIT);
        check.within(&format!("{at}.retry_wait"), client.retry_wait, Self::RETRY_WAIT);
        check.concern(&format!("{at}.concern"), client.concern);
        let Some(workload) = &client.workload else { return };
        let at = format!("{at}.workload");
        check.within(&format!("{at}.read_share"), workload.read_share, Self::SHARE);
        match &workload.pace {
            Pace::Regular { every } => {
                check.within(&format!("{at}.pace.regular.every"), *every, Self::REGULAR_EVERY);
            }
            Pace::Poisson { per_s } => check.within(&format!("{at}.pace.poisson.per_s"), *per_s, Self::RATE_PER_S),
            Pace::Think { time } => check.delay(&format!("{at}.pace.think.time"), time),
        }
        if let Popularity::Zipf { exponent } = workload.keys {
            check.within(&format!("{at}.keys.zipf.exponent"), exponent, Self::ZIPF_EXPONENT);
        }
        if let Some(operations) = &workload.operations {
            check_operations(check, &format!("{at}.operations"), operations);
        }
    }

    /// What cannot be in a group of so many nodes.
    fn check_against_group(&self, command: &Command, nodes: u16) -> Option<String> {
        if let Some(stranger) = nodes_of(command).into_iter().find(|node| node.0 >= nodes) {
            return Some(format!("there is no node {stranger} then; the nodes are A to {}", NodeId(nodes.saturating_sub(1))));
        }
        #[cfg(feature = "quorum")]
        match (self.protocol.quorum(), command) {
            (Some(_), Command::SetQuorum(rule)) => {
                return rule.problem(nodes).map(|(field, what)| format!("set_quorum.{field}: {what}"));
            }
            (None, Command::SetQuorum(_)) => {
                return Some("set_quorum: it is for groups without a leader, where each key has home nodes".into());
            }
            _ => {}
        }
        #[cfg(feature = "documents")]
        if let (None, Command::SetDocuments(_)) = (self.protocol.documents(), command) {
            return Some("set_documents: it is for databases of documents".into());
        }
        let Some(config) = self.protocol.primary_replica() else {
            let of_primary = matches!(
                command,
                Command::Promote { .. }
                    | Command::Rewind { .. }
                    | Command::Reclone { .. }
                    | Command::SetCommit(_)
                    | Command::SetFailover(_)
                    | Command::SetLogs(_)
                    | Command::SetUpstream { .. }
                    | Command::SetDelay { .. }
            );
            return of_primary.then(|| "it is for groups with a primary, and here all are peers".into());
        };
        let commit = match command {
            Command::SetConflicts(_) => {
                return Some("set_conflicts: all writes go through one primary, so none are in conflict".into());
            }
            Command::SetCommit(commit) => commit,
            _ => return None,
        };
        if let Some(monitor) = commit.among.iter().find(|node| config.failover.is_monitor(**node)) {
            return Some(format!("set_commit.among: {monitor} is a monitor and has no log"));
        }
        let others = (nodes as usize).saturating_sub(1 + config.failover.monitors.len());
        let (needed, least) = (commit.needed(others + 1), commit.min_replicas as usize);
        let most = if commit.level.is_remote() { needed.max(least) } else { least };
        (most > others).then(|| format!("set_commit: {most} replicas are asked for, and the group has {others} then"))
    }

    fn check_commands(&self, check: &mut Check) {
        check.within("commands", self.commands.len(), 0..=COMMANDS_MAX);
        for (index, pair) in self.commands.windows(2).enumerate() {
            if pair[1].at < pair[0].at {
                check.say(
                    format!("commands[{}].at", index + 1),
                    format!("{} is before the command above it ({}); commands stand in order of time", pair[1].at, pair[0].at),
                );
            }
        }
        // Whom a command may speak of: those that are there at first, and those that were added before it.
        let mut nodes = self.nodes.count;
        for (index, timed) in self.commands.iter().enumerate() {
            nodes += u16::from(matches!(timed.command, Command::AddNode));
            let found = check_command(&timed.command).or_else(|| self.check_against_group(&timed.command, nodes));
            check.problems.extend(found.into_iter().map(|what| Problem { at: format!("commands[{index}].do"), what }));
        }
    }
}

/// The nodes that a command speaks of.
fn nodes_of(command: &Command) -> Vec<NodeId> {
    let node = |address: &Address| address.node();
    let mut all: Vec<NodeId> = command.node().into_iter().collect();
    match command {
        Command::SetUpstream { from, .. } => all.extend(from),
        Command::Cut { from, to, .. } | Command::Heal { from, to, .. } => all.extend([from, to].into_iter().filter_map(node)),
        Command::Partition { groups } => all.extend(groups.iter().flatten().filter_map(node)),
        Command::SetReadsFrom { target: Target::Node(node), .. } | Command::SetWritesTo { target: Target::Node(node), .. } => {
            all.push(*node);
        }
        Command::SetCommit(commit) => all.extend(&commit.among),
        Command::SetFailover(failover) => all.extend(&failover.monitors),
        _ => {}
    }
    all
}

/// Whether texts may have it: characters get into sentences and drawings, so those that could be taken for markup may not.
fn is_typed(character: char) -> bool {
    character.is_alphanumeric() || " .,:;!?()-".contains(character)
}

/// Names get into sentences, tables and drawings, so they are words and nothing else.
fn check_operations(check: &mut Check, at: &str, operations: &[NamedOperation]) {
    check.within(at, operations.len(), Scenario::OPERATIONS);
    for (index, NamedOperation { name, weight, .. }) in operations.iter().enumerate() {
        let at = |field: &str| format!("{at}[{index}].{field}");
        let most = Scenario::OPERATION_NAME_BYTES_MAX;
        let strange = |sign: char| sign.is_ascii() && !sign.is_ascii_alphanumeric() && sign != ' ' && sign != '-';
        let has_edge = name.trim_matches(' ').len() < name.len();
        if name.is_empty() || name.len() > most || has_edge || name.contains(strange) {
            let allowed = "letters, digits and hyphens, and spaces between them";
            check.say(at("name"), format!("“{name}” is no name; allowed are 1 to {most} bytes of {allowed}"));
        } else if operations[..index].iter().any(|other| other.name == *name) {
            check.say(at("name"), format!("another operation is called {name} already"));
        }
        check.within(&at("weight"), u64::from(*weight), Scenario::WEIGHT);
    }
}

/// What is wrong with the numbers of a command. Whether what it speaks of exists is known only when it takes effect.
pub fn check_command(command: &Command) -> Option<String> {
    let mut check = Check::default();
    let most = Scenario::NODES_GOSSIPING.end().max(&(World::<Node>::NODES_MAX as u16)).to_owned();
    let address = |check: &mut Check, address: &Address| match address {
        Address::Node(node) if node.0 >= most => {
            check.say("node", format!("there can be no node {node}; a group has at most {most} nodes"))
        }
        _ => {}
    };
    // What is for groups with a primary is refused elsewhere as such.
    let of_primary = cfg!(feature = "primary-replica");
    match command {
        Command::Slow { factor, .. } => check.within("factor", *factor, SLOW_FACTOR),
        Command::SetClock { clock, .. } => check.clock("clock", *clock),
        Command::SetLink(rule) => check.link("set", &rule.set),
        Command::SetCommit(commit) if of_primary => check.commit("set_commit", commit),
        Command::SetFailover(failover) if of_primary => check.failover("set_failover", failover),
        Command::SetLogs(logs) if of_primary => {
            if let Some((field, what)) = logs.retention.problem(0) {
                check.say(format!("set_logs.retention.{field}"), what);
            }
        }
        #[cfg(feature = "quorum")]
        Command::SetQuorum(rule) => {
            if let Some((field, what)) = rule.problem(*Scenario::NODES.end()) {
                check.say(format!("set_quorum.{field}"), what);
            }
            if let Some(every) = rule.anti_entropy_every {
                check.within("set_quorum.anti_entropy_every", every, Scenario::WAIT);
            }
        }
        #[cfg(feature = "documents")]
        Command::SetDocuments(terms) => check.within("set_documents.poll_every", terms.poll_every, Scenario::WAIT),
        Command::SetTimeout { timeout, .. } => check.within("timeout", *timeout, Scenario::WAIT),
        Command::SetDelay { by: Some(by), .. } => check.within("by", *by, Scenario::WAIT),
        Command::SetConcern { concern, .. } => check.concern("concern", *concern),
        Command::DelayMessage { by, .. } => check.within("by", *by, Micros::ZERO..=Scenario::DELAY_MAX),
        Command::Issue { action, .. } => {
            check.within("key", action.key().0, 0..=Scenario::KEYS.end() - 1);
            if let Action::Insert { character, .. } = action
                && !is_typed(*character)
            {
                let what = "a text is made of letters, digits, spaces and . , : ; ! ? ( ) -";
                check.say("character", format!("“{}” is none of them; {what}", character.escape_debug()));
            }
        }
        Command::Partition { groups } => groups.iter().flatten().for_each(|one| address(&mut check, one)),
        Command::Cut { from, to, .. } | Command::Heal { from, to, .. } => {
            [from, to].into_iter().for_each(|one| address(&mut check, one));
        }
        _ => {}
    }
    check.problems.first().map(Problem::to_string)
}
