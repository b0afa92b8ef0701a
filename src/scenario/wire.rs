//! The bytes of a link: what stands where, type by type.
//!
//! The form is postcard's (its wire specification, version 1): whole numbers in seven bits a byte, low ones first; signed
//! ones zigzag; a length before what may be of any; a number before the variant of a choice. It is written down here,
//! and not derived, because derived readers were a tenth of the page; a test holds it to postcard's own.
//!
//! It reads what anybody may have put into a link: it never panics, asks for no memory that the bytes do not fill, and
//! follows no nesting deeper than [`DEPTH_MAX`].

use super::{
    link::{Shared, Source},
    model::{NodesSettings, OneNode, ProtocolSettings, Scenario},
};
use crate::{
    client::workload::{ClientSettings, Pace, Popularity, Target, Workload},
    protocol::primary_replica::Config,
    sim::{
        clock::Clock,
        distribution::{Distribution, Part},
        id::{Address, ClientId, Key, MessageId, NodeId},
        network::{End, LinkChange, LinkRule, LinkSettings, MessageClass},
        operation::Action,
        time::Micros,
    },
    world::{
        Position,
        command::{Command, TimedCommand},
        host::NodeSettings,
    },
};

/// Mixtures of mixtures go no deeper.
const DEPTH_MAX: u8 = 8;

/// What is still to be read.
pub struct Bytes<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Bytes<'a> {
    pub fn new(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes { rest: bytes, depth: 0 }
    }

    /// How many bytes nobody has asked for.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    fn some(&mut self, count: usize) -> Option<&'a [u8]> {
        let (some, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(some)
    }

    fn byte(&mut self) -> Option<u8> {
        self.some(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = (byte & 0x7f) as u64;
            if part << shift >> shift != part {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// What can stand in a link.
pub trait Wire: Sized {
    fn put(&self, out: &mut Vec<u8>);
    /// None if the bytes are not of this type, or not all there.
    fn take(bytes: &mut Bytes) -> Option<Self>;
}

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                put_number(*self as u64, out);
            }
            fn take(bytes: &mut Bytes) -> Option<Self> {
                bytes.number()?.try_into().ok()
            }
        }
    )*};
}

whole!(u16, u32, u64);

impl Wire for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        bytes.byte()
    }
}

impl Wire for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        put_number((self << 1 ^ self >> 63) as u64, out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        let number = bytes.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

impl Wire for i32 {
    fn put(&self, out: &mut Vec<u8>) {
        (*self as i64).put(out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        i64::take(bytes)?.try_into().ok()
    }
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        match bytes.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Wire for f64 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        Some(f64::from_le_bytes(bytes.some(8)?.try_into().ok()?))
    }
}

impl Wire for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(self.len() as u64, out);
        out.extend(self.as_bytes());
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        let length = bytes.number()?.try_into().ok()?;
        String::from_utf8(bytes.some(length)?.to_vec()).ok()
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(inner) = self {
            inner.put(out);
        }
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        Some(if bool::take(bytes)? { Some(T::take(bytes)?) } else { None })
    }
}

impl<T: Wire> Wire for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (**self).put(out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        T::take(bytes).map(Box::new)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(self.len() as u64, out);
        self.iter().for_each(|one| one.put(out));
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        // Every element takes at least a byte, so that a length which is a lie ends with the bytes.
        let length = bytes.number()?;
        let mut all = Vec::new();
        for _ in 0..length {
            all.push(T::take(bytes)?);
        }
        Some(all)
    }
}

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
    ($($type:ident { $($number:literal $variant:ident { $($field:tt $name:ident),* })* })*) => {$(
        impl Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $($type::$variant { $($field: $name),* } => {
                        out.push($number);
                        $($name.put(out);)*
                    })*
                }
            }
            fn take(bytes: &mut Bytes) -> Option<Self> {
                match bytes.number()? {
                    $($number => Some($type::$variant { $($field: Wire::take(bytes)?),* }),)*
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
    Workload { pace, start, stop, read_share, keys }
    ClientSettings { count, writes_to, reads_from, timeout, redirects, retries, retry_wait, workload }
    Config { primary, log_retention_entries, batch_entries, resend_after, follow_every, announce_every }
    TimedCommand { at, command }
    Scenario { title, about, seed, until, keys, protocol, nodes, network, links, clients, commands }
    Shared { engine, source, seed, commands, cursor }
}

choice! {
    Source { 0 Preset { 0 name } 1 Inline { 0 scenario } }
    ProtocolSettings { 0 PrimaryReplica { 0 config } }
    Distribution {
        0 Constant { 0 value }
        1 Uniform { low low, high high }
        2 Exponential { mean mean }
        3 LogNormal { median median, sigma sigma }
        4 Pareto { scale scale, shape shape }
        5 Mixture { 0 parts }
    }
    MessageClass { 0 Request {} 1 Response {} 2 Replicate {} 3 Acknowledge {} 4 Snapshot {} 5 Control {} }
    Target { 0 Primary {} 1 Replica {} 2 Any {} 3 Node { 0 node } }
    Pace { 0 Regular { every every } 1 Poisson { per_s per_s } 2 Think { time time } }
    Popularity { 0 Uniform {} 1 Zipf { exponent exponent } }
    Action { 0 Read { key key } 1 Write { key key, value value } }
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;
    use proptest::prelude::*;

    fn put(shared: &Shared) -> Vec<u8> {
        let mut out = Vec::new();
        shared.put(&mut out);
        out
    }

    fn micros() -> impl Strategy<Value = Micros> {
        (0..=Micros::MAX.0).prop_map(Micros)
    }

    fn address() -> impl Strategy<Value = Address> {
        prop_oneof![
            any::<u16>().prop_map(|id| Address::Node(NodeId(id))),
            any::<u16>().prop_map(|id| Address::Client(ClientId(id)))
        ]
    }

    fn delay() -> impl Strategy<Value = Distribution> {
        let leaf = prop_oneof![
            micros().prop_map(Distribution::Constant),
            (micros(), micros()).prop_map(|(low, high)| Distribution::Uniform { low, high }),
            micros().prop_map(|mean| Distribution::Exponential { mean }),
            (micros(), -9.0..9.0).prop_map(|(median, sigma)| Distribution::LogNormal { median, sigma }),
            (micros(), 0.0..9.0).prop_map(|(scale, shape)| Distribution::Pareto { scale, shape }),
        ];
        leaf.prop_recursive(3, 8, 3, |inner| {
            let part = (0.0..9.0, inner).prop_map(|(weight, delay)| Part { weight, delay });
            prop::collection::vec(part, 0..3).prop_map(Distribution::Mixture)
        })
    }

    fn rule() -> impl Strategy<Value = LinkRule> {
        let end = || prop_oneof![Just(End::Any), Just(End::Nodes), Just(End::Clients), address().prop_map(End::One)];
        let class = prop::option::of(prop::sample::select(MessageClass::ALL.to_vec()));
        let (share, wait) = (|| prop::option::of(0.0..1.0), prop::option::of(micros()));
        let numbers = prop::option::of((any::<bool>(), any::<u64>()));
        let set = (prop::option::of(delay()), wait, share(), share(), numbers);
        let set = set.prop_map(|(latency, jitter, loss, duplicate, numbers)| LinkChange {
            latency,
            jitter,
            loss,
            duplicate,
            in_order: numbers.map(|numbers| numbers.0),
            bandwidth_bytes_per_s: numbers.map(|numbers| numbers.1),
        });
        let all = (end(), end(), any::<bool>(), class, set);
        all.prop_map(|(from, to, both, class, set)| LinkRule { from, to, both, class, set })
    }

    fn command() -> impl Strategy<Value = Command> {
        let node = any::<u16>().prop_map(NodeId);
        let client = any::<u16>().prop_map(ClientId);
        let target = prop_oneof![
            Just(Target::Primary),
            Just(Target::Replica),
            Just(Target::Any),
            any::<u16>().prop_map(|id| Target::Node(NodeId(id)))
        ];
        let action = (any::<u16>(), prop::option::of(any::<i64>())).prop_map(|(key, value)| match value {
            Some(value) => Action::Write { key: Key(key), value },
            None => Action::Read { key: Key(key) },
        });
        let clock = (any::<i64>(), any::<i32>()).prop_map(|(skew_us, drift_ppm)| Clock { skew_us, drift_ppm });
        let groups = prop::collection::vec(prop::collection::vec(address(), 0..4), 0..4);
        let numbers = (0u8..24, node, client, target, action, clock, micros(), any::<bool>(), any::<u64>(), 0.0..9.0);
        (numbers, (address(), address()), groups, rule()).prop_map(|(numbers, (from, to), groups, rule)| {
            let (kind, node, client, target, action, clock, by, on, message, factor) = numbers;
            let (message, both, at) = (MessageId(message), on, on.then_some(node));
            match kind {
                0 => Command::Crash { node },
                1 => Command::CrashMachine { node },
                2 => Command::Wipe { node },
                3 => Command::Restart { node },
                4 => Command::Pause { node },
                5 => Command::Resume { node },
                6 => Command::Slow { node, factor },
                7 => Command::SetClock { node, clock },
                8 => Command::Promote { node },
                9 => Command::AddNode,
                10 => Command::RemoveNode { node },
                11 => Command::Cut { from, to, both },
                12 => Command::Heal { from, to, both },
                13 => Command::Partition { groups },
                14 => Command::HealAll,
                15 => Command::SetLink(rule),
                16 => Command::DropMessage { message },
                17 => Command::DelayMessage { message, by },
                18 => Command::DuplicateMessage { message },
                19 => Command::DeliverNow { message },
                20 => Command::Issue { client, action, at },
                21 => Command::SetWorkload { client, on },
                22 => Command::SetReadsFrom { client, target },
                _ => Command::SetWritesTo { client, target },
            }
        })
    }

    /// One of the presets with random commands, rules and delays.
    fn shared() -> impl Strategy<Value = Shared> {
        let timed = (micros(), command()).prop_map(|(at, command)| TimedCommand { at, command });
        let names: Vec<&str> = presets::names().collect();
        let parts = (any::<u64>(), prop::collection::vec(timed, 0..6), delay(), rule(), any::<bool>());
        (prop::sample::select(names), parts, (micros(), any::<u64>())).prop_map(|(name, parts, (at, steps))| {
            let (seed, commands, delay, rule, inline) = parts;
            let mut scenario = presets::get(name).unwrap();
            scenario.links.push(rule);
            scenario.nodes.each.flush = delay.clone();
            if let Some(workload) = scenario.clients.last_mut().and_then(|client| client.workload.as_mut()) {
                workload.pace = Pace::Think { time: delay };
            }
            let source = if inline { Source::Inline(Box::new(scenario)) } else { Source::Preset(name.into()) };
            Shared::new(source, seed, commands, Position { at, steps })
        })
    }

    proptest! {
        #[test]
        fn writes_what_postcard_writes_and_reads_it_back(shared in shared()) {
            let bytes = put(&shared);
            prop_assert_eq!(&bytes, &postcard::to_allocvec(&shared).unwrap());
            let mut all = Bytes::new(&bytes);
            prop_assert_eq!(Shared::take(&mut all), Some(shared));
            prop_assert_eq!(all.left(), 0);
        }

        /// Postcard lets pass what this refuses only where this knows better: the largest id, numbers with useless bytes.
        #[test]
        fn reads_no_more_than_postcard_does(shared in shared(), changes in prop::collection::vec(any::<(u16, u8)>(), 1..4)) {
            let mut bytes = put(&shared);
            for (at, byte) in changes {
                let at = at as usize % bytes.len();
                bytes[at] = byte;
            }
            if let Some(read) = Shared::take(&mut Bytes::new(&bytes)) {
                let by_postcard: Shared = postcard::take_from_bytes(&bytes).unwrap().0;
                // By their text: a number that is none equals not even itself.
                prop_assert_eq!(format!("{read:?}"), format!("{by_postcard:?}"));
            }
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let mut bytes = Vec::new();
        for _ in 0..50_000 {
            bytes.extend([5, 1]);
            1.0f64.put(&mut bytes);
        }
        bytes.extend([0, 0]);
        assert_eq!(Distribution::take(&mut Bytes::new(&bytes)), None);
    }
}
