//! The bytes are those of postcard, and no bytes do harm.

use super::*;
use crate::scenario::{
    link::{Shared, Source},
    presets,
};
use crate::{
    client::workload::{Pace, Target},
    sim::{
        clock::Clock,
        distribution::{Distribution, Part},
        id::{Address, ClientId, Key, MessageId, NodeId},
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::{Action, Function},
        revision::{Revision, RevisionId},
        time::Micros,
    },
    world::{
        Position,
        command::{Command, TimedCommand},
    },
};

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
    prop_oneof![any::<u16>().prop_map(|id| Address::Node(NodeId(id))), any::<u16>().prop_map(|id| Address::Client(ClientId(id)))]
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
    let function = prop::sample::select(vec![Function::Next, Function::Clock, Function::Random]);
    let action = prop_oneof![
        any::<u16>().prop_map(|key| Action::Read { key: Key(key) }),
        (any::<u16>(), any::<i64>()).prop_map(|(key, value)| Action::Write { key: Key(key), value }),
        (any::<u16>(), function).prop_map(|(key, function)| Action::Generate { key: Key(key), function }),
        (any::<u16>(), any::<i64>()).prop_map(|(key, amount)| Action::Add { key: Key(key), amount }),
        (any::<u16>(), any::<i64>()).prop_map(|(key, element)| Action::AddElement { key: Key(key), element }),
        (any::<u16>(), any::<i64>()).prop_map(|(key, element)| Action::RemoveElement { key: Key(key), element }),
        (any::<u16>(), any::<u16>(), any::<char>()).prop_map(|(key, place, character)| Action::Insert {
            key: Key(key),
            place,
            character
        }),
        (any::<u16>(), any::<u16>()).prop_map(|(key, place)| Action::Erase { key: Key(key), place }),
        any::<u16>().prop_map(|key| Action::Delete { key: Key(key) }),
        (any::<u16>(), 1..=u32::MAX, any::<[u8; 16]>()).prop_map(|(key, generation, id)| Action::DeleteRevision {
            key: Key(key),
            revision: Revision { generation, id: RevisionId(id) }
        }),
    ];
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
    let names: Vec<String> = presets::names().collect();
    let parts = (any::<u64>(), prop::collection::vec(timed, 0..6), delay(), rule(), any::<bool>());
    (prop::sample::select(names), parts, (micros(), any::<u64>())).prop_map(|(name, parts, (at, steps))| {
        let (seed, commands, delay, rule, inline) = parts;
        let mut scenario = presets::get(&name).unwrap();
        scenario.links.push(rule);
        scenario.nodes.each.flush = delay.clone();
        if let Some(workload) = scenario.clients.last_mut().and_then(|client| client.workload.as_mut()) {
            workload.pace = Pace::Think { time: delay };
        }
        let source = if inline { Source::Inline(Box::new(scenario)) } else { Source::Preset(name) };
        Shared::new(source, seed, commands, Position { at, steps })
    })
}

/// Every field, every choice and every command there is.
#[test]
fn writes_everything_as_postcard_does() {
    for scenario in crate::scenario::fields::all() {
        let commands = scenario.commands.clone();
        let shared = Shared::new(Source::Inline(Box::new(scenario)), 1, commands, Position { at: Micros::ZERO, steps: 0 });
        let bytes = put(&shared);
        assert_eq!(bytes, postcard::to_allocvec(&shared).unwrap());
        assert_eq!(Shared::take(&mut Bytes::new(&bytes)), Some(shared));
    }
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
