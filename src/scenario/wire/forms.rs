//! What stands where in each type. The order of fields and the numbers of variants are the form of all links that were
//! ever made: nothing may be moved; what is new comes last, and with a new version of the form.

use super::{Bytes, DEPTH_MAX, Wire, put_number};
#[cfg(feature = "documents")]
use crate::protocol::documents::{Config as DocumentsConfig, Edits, Terms};
#[cfg(feature = "gossip")]
use crate::protocol::gossip::{AntiEntropy, Compare, Config as GossipConfig, Interest, Lose, Membership, Mode};
#[cfg(feature = "quorum")]
use crate::protocol::quorum::{Config as QuorumConfig, Hints, Quorums, ReadRepair};
use crate::scenario::{
    link::{Shared, Source},
    model::{NodesSettings, OneNode, ProtocolSettings, Scenario},
};
#[cfg(feature = "documents")]
use crate::sim::revision::Revision;
use crate::{
    client::workload::{ClientSettings, Does, NamedOperation, Pace, Popularity, Target, Workload},
    protocol::{
        commit::{Commit, Level, OnTimeout, Which},
        conflicts::Conflicts,
        contexts::Contexts,
        detector::Detect,
        failover::{By, Failover, Fencing},
        logs::Logs,
        multi_primary::{Config as PeersConfig, Delivery},
        primary_replica::{Config, Delayed, Rejoin, Retention, Shipping, Upstream},
        topology::{Pair, Topology},
        types::TypedKey,
    },
    sim::{
        clock::Clock,
        distribution::{Distribution, Part},
        id::{Address, ClientId, Key, MessageId, NodeId},
        network::{End, LinkChange, LinkRule, LinkSettings, MessageClass},
        operation::{Action, Concern, Function, KeyType},
        time::Micros,
    },
    store::object::{counter::CounterKind, register::Strategy, set::SetKind},
    world::{
        Position,
        command::{Command, TimedCommand},
        host::NodeSettings,
    },
};

impl Wire for Micros {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        Some(Micros(bytes.number()?)).filter(|micros| *micros <= Micros::MAX)
    }
}

// Even numbers are nodes, odd ones clients.
impl Wire for Address {
    fn put(&self, out: &mut Vec<u8>) {
        let word = match self {
            Address::Node(node) => node.0 as u64 * 2,
            Address::Client(client) => client.0 as u64 * 2 + 1,
        };
        put_number(word, out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        let word = bytes.number()?;
        let id = u16::try_from(word / 2).ok()?;
        Some(if word % 2 == 0 { Address::Node(NodeId(id)) } else { Address::Client(ClientId(id)) })
    }
}

// An address, or nothing for any, or nothing twice for any node; the largest number stands for any client.
impl Wire for End {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            End::Any => out.push(0),
            End::Nodes => out.extend([1, 0]),
            End::Clients => Some(Some(u32::MAX)).put(out),
            End::One(address) => Some(Some(*address)).put(out),
        }
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        if !bool::take(bytes)? {
            return Some(End::Any);
        }
        if !bool::take(bytes)? {
            return Some(End::Nodes);
        }
        let before = bytes.rest;
        if bytes.number()? == u32::MAX as u64 {
            return Some(End::Clients);
        }
        bytes.rest = before;
        Address::take(bytes).map(End::One)
    }
}

// Programs read what they can run.
impl Wire for ProtocolSettings {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            #[cfg(feature = "primary-replica")]
            ProtocolSettings::PrimaryReplica(config) => {
                out.push(0);
                config.put(out);
            }
            #[cfg(feature = "multi-primary")]
            ProtocolSettings::MultiPrimary(config) => {
                out.push(1);
                config.put(out);
            }
            #[cfg(feature = "quorum")]
            ProtocolSettings::Quorum(config) => {
                out.push(2);
                config.put(out);
            }
            #[cfg(feature = "gossip")]
            ProtocolSettings::Gossip(config) => {
                out.push(3);
                config.put(out);
            }
            #[cfg(feature = "documents")]
            ProtocolSettings::Documents(config) => {
                out.push(4);
                config.put(out);
            }
        }
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        match bytes.number()? {
            #[cfg(feature = "primary-replica")]
            0 => Wire::take(bytes).map(ProtocolSettings::PrimaryReplica),
            #[cfg(feature = "multi-primary")]
            1 => Wire::take(bytes).map(ProtocolSettings::MultiPrimary),
            #[cfg(feature = "quorum")]
            2 => Wire::take(bytes).map(ProtocolSettings::Quorum),
            #[cfg(feature = "gossip")]
            3 => Wire::take(bytes).map(ProtocolSettings::Gossip),
            #[cfg(feature = "documents")]
            4 => Wire::take(bytes).map(ProtocolSettings::Documents),
            _ => None,
        }
    }
}

// The one type that may hold itself.
impl Wire for Part {
    fn put(&self, out: &mut Vec<u8>) {
        self.weight.put(out);
        self.delay.put(out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        if bytes.depth == DEPTH_MAX {
            return None;
        }
        bytes.depth += 1;
        let part = Part { weight: Wire::take(bytes)?, delay: Wire::take(bytes)? };
        bytes.depth -= 1;
        Some(part)
    }
}

/// Fields one after another.
macro_rules! record {
    ($($type:ident { $($field:tt),* })*) => {$(
        impl Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }
            fn take(bytes: &mut Bytes) -> Option<Self> {
                Some($type { $($field: Wire::take(bytes)?),* })
            }
        }
    )*};
}

/// The number of the variant, then its fields.
macro_rules! choice {
    ($($type:ident { $($(#[$meta:meta])* $number:literal $variant:ident { $($field:tt $name:ident),* })* })*) => {$(
        impl Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $($(#[$meta])* $type::$variant { $($field: $name),* } => {
                        out.push($number);
                        $($name.put(out);)*
                    })*
                }
            }
            fn take(bytes: &mut Bytes) -> Option<Self> {
                match bytes.number()? {
                    $($(#[$meta])* $number => Some($type::$variant { $($field: Wire::take(bytes)?),* }),)*
                    _ => None,
                }
            }
        }
    )*};
}

record! {
    NodeId { 0 }
    ClientId { 0 }
    Key { 0 }
    MessageId { 0 }
    Position { at, steps }
    Clock { skew_us, drift_ppm }
    LinkChange { latency, jitter, loss, duplicate, in_order, bandwidth_bytes_per_s }
    LinkRule { from, to, both, class, set }
    LinkSettings { latency, jitter, loss, duplicate, in_order, bandwidth_bytes_per_s }
    NodeSettings { read, write, message, apply, flush, clock }
    OneNode { node, read, write, message, apply, flush, clock }
    NodesSettings { count, each, different }
    Workload { pace, start, stop, read_share, keys, operations }
    NamedOperation { name, does, weight }
    ClientSettings { count, writes_to, reads_from, timeout, redirects, retries, retry_wait, workload, token, concern }
    Config { primary, log_retention_entries, batch_entries, resend_after, follow_every, announce_every, commit, delayed, failover, rejoin, retention, shipping, upstreams }
    Upstream { node, from }
    Logs { rejoin, retention, shipping }
    Retention { slots, slot_limit_entries, disk_entries }
    Delayed { node, by }
    Failover {
        by, detect, heartbeat_every, timeout, spread, phi_threshold, trial_vote, fencing, monitors, quorum
    }
    Commit { level, which, count, among, timeout, on_timeout, visible_early, min_replicas, replica_timeout }
    PeersConfig {
        topology, links, causal, conflicts, batch_changes, resend_after, compare_every, log_changes_max, types, delivery, collect_tombstones_after, contexts
    }
    TypedKey { key, holds }
    Pair { one, other }
    Conflicts { register, set, counter }
    TimedCommand { at, command }
    Scenario { title, about, seed, until, keys, protocol, nodes, network, links, clients, commands }
    Shared { engine, source, seed, commands, cursor }
}

choice! {
    Source { 0 Preset { 0 name } 1 Inline { 0 scenario } }
    Distribution {
        0 Constant { 0 value }
        1 Uniform { low low, high high }
        2 Exponential { mean mean }
        3 LogNormal { median median, sigma sigma }
        4 Pareto { scale scale, shape shape }
        5 Mixture { 0 parts }
    }
    MessageClass {
        0 Request {} 1 Response {} 2 Replicate {} 3 Acknowledge {} 4 Snapshot {} 5 Control {} 6 Heartbeat {} 7 Vote {} 8 Fetch {}
        9 Fetched {}
    }
    Target { 0 Primary {} 1 Replica {} 2 Any {} 3 Node { 0 node } 4 Nearest {} 5 Sticky {} }
    Pace { 0 Regular { every every } 1 Poisson { per_s per_s } 2 Think { time time } }
    Popularity { 0 Uniform {} 1 Zipf { exponent exponent } }
    Does { 0 Read {} 1 Write {} 2 Next {} 3 Clock {} 4 Random {} 5 Remove {} }
    Action {
        0 Read { key key }
        1 Write { key key, value value }
        2 Generate { key key, function function }
        3 Add { key key, amount amount }
        4 AddElement { key key, element element }
        5 RemoveElement { key key, element element }
        6 Insert { key key, place place, character character }
        7 Erase { key key, place place }
        8 Delete { key key }
        #[cfg(feature = "documents")] 9 DeleteRevision { key key, revision revision }
    }
    KeyType { 0 Register {} 1 Counter {} 2 Set {} 3 Cart {} 4 Text {} }
    Function { 0 Next {} 1 Clock {} 2 Random {} }
    Shipping { 0 Row {} 1 Statement {} }
    Concern { 0 Local {} 1 Bounded { 0 most } 2 Majority {} 3 Linearizable {} }
    Level { 0 Async {} 1 LocalFlush {} 2 RemoteWrite {} 3 RemoteFlush {} 4 RemoteApply {} }
    Which { 0 First {} 1 Any {} 2 Majority {} }
    OnTimeout { 0 FallBack {} 1 Warn {} }
    Rejoin { 0 Clone {} 1 Rewind {} 2 Refuse {} }
    By { 0 Operator {} 1 Election {} 2 Monitors {} }
    Topology { 0 AllToAll {} 1 Ring {} 2 Star {} 3 Tree {} 4 Custom {} }
    Strategy { 0 LastWriteWins {} 1 LastWriteWinsHybrid {} 2 HighestNode {} 3 FirstWriterWins {} 4 KeepSiblings {} 5 LastWriteWinsLamport {} }
    SetKind { 0 GrowOnly {} 1 TwoPhase {} 2 LastWriteWins {} 3 ObservedRemove {} 4 PositiveNegative {} }
    CounterKind { 0 GrowOnly {} 1 PositiveNegative {} }
    Delivery { 0 Operations {} 1 States {} }
    Contexts { 0 Everything {} 1 Dotted {} 2 Plain {} }
    Detect { 0 Nothing {} 1 Timeout {} 2 Phi {} }
    Fencing { 0 Nothing {} 1 Lease {} 2 Power {} }
    Command {
        0 Crash { node node }
        1 CrashMachine { node node }
        2 Wipe { node node }
        3 Restart { node node }
        4 Pause { node node }
        5 Resume { node node }
        6 Slow { node node, factor factor }
        7 SetClock { node node, clock clock }
        8 Promote { node node }
        9 AddNode {}
        10 RemoveNode { node node }
        11 Cut { from from, to to, both both }
        12 Heal { from from, to to, both both }
        13 Partition { groups groups }
        14 HealAll {}
        15 SetLink { 0 rule }
        16 DropMessage { message message }
        17 DelayMessage { message message, by by }
        18 DuplicateMessage { message message }
        19 DeliverNow { message message }
        20 Issue { client client, action action, at at }
        21 SetWorkload { client client, on on }
        22 SetReadsFrom { client client, target target }
        23 SetWritesTo { client client, target target }
        24 SetToken { client client, on on }
        25 SetCommit { 0 commit }
        26 SetFailover { 0 failover }
        27 SetConcern { client client, concern concern }
        28 Rewind { node node }
        29 Reclone { node node }
        30 SetLogs { 0 logs }
        31 SetUpstream { node node, from from }
        32 SetDelay { node node, by by }
        33 SetTimeout { client client, timeout timeout }
        34 SetConflicts { 0 conflicts }
        #[cfg(feature = "quorum")] 35 SetQuorum { 0 rule }
        #[cfg(feature = "documents")] 36 SetDocuments { 0 terms }
    }
}

#[cfg(feature = "quorum")]
record! {
    QuorumConfig {
        n, r, w, sloppy, hints, read_repair, anti_entropy_every, conflicts, virtual_nodes, timeout, local_shortcut, contexts
    }
    Hints { window, every }
    Quorums { n, r, w, sloppy, read_repair, anti_entropy_every }
}

#[cfg(feature = "quorum")]
choice! {
    ReadRepair { 0 Off {} 1 Asynchronous {} 2 BeforeAnswer {} }
}

#[cfg(feature = "gossip")]
record! {
    GossipConfig { mode, fanout, interval, synchronous, interest, anti_entropy, members }
    Interest { lose, k, feedback, reset }
    AntiEntropy { every, mode, compare, recent, again }
    Membership { period, timeout, indirect, suspicion }
}

#[cfg(feature = "gossip")]
choice! {
    Mode { 0 Push {} 1 Pull {} 2 PushPull {} }
    Lose { 0 Never {} 1 Counter {} 2 Coin {} }
    Compare { 0 Digests {} 1 Recent {} }
}

#[cfg(feature = "documents")]
record! {
    DocumentsConfig { topology, links, edits, revs_limit, poll_every, retry_after, batch_documents }
    Terms { edits, poll_every }
}

#[cfg(feature = "documents")]
choice! {
    Edits { 0 Shown {} 1 Latest {} }
}

// As its text.
#[cfg(feature = "documents")]
impl Wire for Revision {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_string().put(out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        String::take(bytes)?.parse().ok()
    }
}
