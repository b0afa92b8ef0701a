//! Who asks what, when: settings of a client, and the draws of its workload.
//!
//! What an operation is called is drawn again from its identity whenever somebody wants to know, so no event has to carry it.

use crate::sim::{
    distribution::Distribution,
    draw::{Chance, Draw, Lineage, Purpose},
    id::{ClientId, Key, NodeId, OperationId, Origin, Value},
    operation::{Action, Concern, Function, KeyType},
    time::Micros,
};
use serde::{Deserialize, Serialize};

/// The node a client turns to first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The node it believes to be primary.
    #[default]
    Primary,
    /// A random one of the others.
    Replica,
    /// A random node.
    Any,
    /// This node and no other.
    Node(NodeId),
    /// The one with the shortest way.
    Nearest,
    /// A random one, and then always the same, until it does not answer.
    Sticky,
}

/// One client session, or several alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientSettings {
    /// How many sessions are set up like this.
    pub count: u16,
    pub writes_to: Target,
    pub reads_from: Target,
    /// How long a try may take before its outcome counts as unknown.
    pub timeout: Micros,
    /// After a refusal: how many other nodes are asked.
    pub redirects: u8,
    /// After a time-out: how often the operation is tried again. It may then happen twice.
    pub retries: u8,
    /// Pause before such another try.
    pub retry_wait: Micros,
    pub workload: Option<Workload>,
    /// Reads show nothing older than what the session wrote and read before: it carries the position in the log that it has
    /// seen, and nodes that are not that far let it wait (MongoDB's causal sessions, MySQL's `WAIT_FOR_EXECUTED_GTID_SET`).
    pub token: bool,
    /// How sure its reads must be of what they show.
    pub concern: Concern,
}

impl Default for ClientSettings {
    fn default() -> Self {
        ClientSettings {
            count: 1,
            writes_to: Target::Primary,
            reads_from: Target::Primary,
            timeout: Micros::from_millis(2_000),
            redirects: 16,
            retries: 0,
            retry_wait: Micros::from_millis(100),
            workload: None,
            token: false,
            concern: Concern::Local,
        }
    }
}

/// What a client does on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Workload {
    pub pace: Pace,
    /// No operation before this.
    pub start: Micros,
    /// No new operation from here on.
    pub stop: Option<Micros>,
    /// Share of reads among operations without a name, 0 to 1.
    pub read_share: f64,
    pub keys: Popularity,
    /// What it does by name, each so often; the share of reads follows from them.
    pub operations: Option<Vec<NamedOperation>>,
}

/// Something that clients do, as its users call it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedOperation {
    pub name: String,
    #[serde(rename = "do")]
    pub does: Does,
    /// How often, relative to the others.
    pub weight: u32,
}

/// What a named operation is to the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    Read,
    Write,
    /// Writes what the node makes of it.
    Next,
    Clock,
    Random,
    /// Takes away, as the type of the key has it.
    Remove,
}

/// Clients put so many different elements into sets, count by at most so much, and type at one of so many places: few enough to meet.
const ELEMENTS: u64 = 8;

impl Does {
    fn action(self, key: Key, holds: KeyType, value: Value, draw: &mut Draw) -> Action {
        let generate = |function| Action::Generate { key, function };
        let mut number = || draw.below(ELEMENTS);
        match (self, holds) {
            (Does::Write, KeyType::Counter) => return Action::Add { key, amount: number() as Value + 1 },
            (Does::Remove, KeyType::Counter) => return Action::Add { key, amount: -(number() as Value + 1) },
            (Does::Write, KeyType::Set | KeyType::Cart) => return Action::AddElement { key, element: number() as Value + 1 },
            (Does::Remove, KeyType::Set | KeyType::Cart) => return Action::RemoveElement { key, element: number() as Value + 1 },
            (Does::Write, KeyType::Text) => {
                let character = char::from(b'a' + value.rem_euclid(26) as u8);
                return Action::Insert { key, place: number() as u16, character };
            }
            (Does::Remove, KeyType::Text) => return Action::Erase { key, place: number() as u16 },
            _ => {}
        }
        match self {
            Does::Read => Action::Read { key },
            Does::Write => Action::Write { key, value },
            Does::Remove => Action::Delete { key },
            Does::Next => generate(Function::Next),
            Does::Clock => generate(Function::Clock),
            Does::Random => generate(Function::Random),
        }
    }
}

impl Default for Workload {
    fn default() -> Self {
        Workload {
            pace: Pace::Poisson { per_s: 1.0 },
            start: Micros::ZERO,
            stop: None,
            read_share: 0.5,
            keys: Popularity::Uniform,
            operations: None,
        }
    }
}

/// When operations come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Pace {
    /// One every so often, whether the last one is done or not.
    Regular { every: Micros },
    /// At random moments, so many a second on average, whether the last one is done or not.
    Poisson { per_s: f64 },
    /// The next one so long after the last one is done.
    Think { time: Distribution },
}

/// Which keys are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Popularity {
    /// All alike.
    Uniform,
    /// The i-th key with weight 1 / i^exponent.
    Zipf { exponent: f64 },
}

impl Workload {
    /// Identity of the k-th operation of a client.
    fn draw(chance: Chance, purpose: Purpose, client: ClientId, number: u32) -> Draw {
        chance.draw(purpose, Lineage::root(&[client.0 as u64, number as u64]))
    }

    /// When operation `number` comes, the one before having come (or, with think time, having ended) at `before`.
    pub fn next_at(&self, chance: Chance, client: ClientId, number: u32, before: Micros) -> Micros {
        let mut draw = Self::draw(chance, Purpose::Arrival, client, number);
        let before = before.max(self.start);
        match &self.pace {
            Pace::Regular { .. } if number == 0 => before,
            Pace::Regular { every } => before + *every,
            Pace::Poisson { per_s } => {
                before + Distribution::Exponential { mean: Micros::from_f64(1e6 / per_s) }.sample(&mut draw)
            }
            // Never at once: where nothing takes time, time would stand still.
            Pace::Think { time } => before + time.sample(&mut draw).max(Micros(1)),
        }
    }

    pub fn is_closed_loop(&self) -> bool {
        matches!(self.pace, Pace::Think { .. })
    }

    /// What operation `number` of one of `clients` does to one of `keys`; values that clients write are different in the whole run.
    /// `holds`: of what type a key is.
    pub fn action(
        &self,
        chance: Chance,
        (client, number): (ClientId, u32),
        (clients, keys): (u16, u16),
        holds: impl Fn(Key) -> KeyType,
    ) -> Action {
        let mut draw = Self::draw(chance, Purpose::Action, client, number);
        let which = draw.unit();
        let unnamed = || if which < self.read_share { Does::Read } else { Does::Write };
        let does = self.named(which).map_or_else(unnamed, |named| named.does);
        let key = self.keys.pick(keys, &mut draw);
        does.action(key, holds(key), number as i64 * clients as i64 + client.0 as i64 + 1, &mut draw)
    }

    /// What operation `number` of a client is called: the same draw as that of its action.
    pub fn name(&self, chance: Chance, client: ClientId, number: u32) -> Option<&str> {
        self.operations.as_ref()?;
        let named = self.named(Self::draw(chance, Purpose::Action, client, number).unit())?;
        Some(&named.name)
    }

    /// The named operation at this place between 0 and 1, if operations have names.
    fn named(&self, place: f64) -> Option<&NamedOperation> {
        let all = self.operations.as_deref()?;
        let mut rest = place * Self::weight(all);
        let found = all.iter().find(|named| {
            rest -= named.weight as f64;
            rest < 0.0
        });
        found.or(all.last())
    }

    fn weight<'a>(some: impl IntoIterator<Item = &'a NamedOperation>) -> f64 {
        some.into_iter().map(|named| named.weight as f64).sum()
    }

    /// Share of reads among the operations, 0 to 1.
    pub fn reads(&self) -> f64 {
        let Some(all) = &self.operations else { return self.read_share };
        Self::weight(all.iter().filter(|named| named.does == Does::Read)) / Self::weight(all)
    }

    pub fn operation(client: ClientId, number: u32) -> OperationId {
        OperationId { client, origin: Origin::Workload, number }
    }
}

impl Popularity {
    pub fn pick(self, keys: u16, draw: &mut Draw) -> Key {
        let keys = keys.max(1);
        let exponent = match self {
            Popularity::Uniform => return Key(draw.below(keys as u64) as u16),
            Popularity::Zipf { exponent } => exponent,
        };
        let weight = |rank: u16| libm::pow(rank as f64, -exponent);
        let mut rest = draw.unit() * (1..=keys).map(weight).sum::<f64>();
        for rank in 1..=keys {
            rest -= weight(rank);
            if rest < 0.0 {
                return Key(rank - 1);
            }
        }
        Key(keys - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(_: Key) -> KeyType {
        KeyType::Register
    }

    /// What is put in and taken away is what the type of the key allows.
    #[test]
    fn operations_suit_their_keys() {
        let named = |name: &str, does| NamedOperation { name: name.into(), does, weight: 1 };
        let operations = Some(vec![named("put", Does::Write), named("take", Does::Remove)]);
        let workload = Workload { operations, ..Default::default() };
        for number in 0..200 {
            let action = |holds| workload.action(Chance::new(3), (ClientId(0), number), (1, 1), |_| holds);
            let puts = matches!(action(KeyType::Register), Action::Write { .. });
            for (holds, put, taken) in [
                (KeyType::Counter, "Add {", "Add {"),
                (KeyType::Set, "AddElement", "RemoveElement"),
                (KeyType::Cart, "AddElement", "RemoveElement"),
                (KeyType::Text, "Insert", "Erase"),
                (KeyType::Register, "Write", "Delete"),
            ] {
                let shown = format!("{:?}", action(holds));
                assert!(shown.starts_with(if puts { put } else { taken }), "{holds}: {shown}");
                assert_eq!(shown.contains("amount: -"), !puts && holds == KeyType::Counter, "{shown}");
            }
        }
    }

    #[test]
    fn zipf_follows_its_weights() {
        let mut counts = [0.0; 3];
        for i in 0..60_000 {
            let mut draw = Chance::new(1).draw(Purpose::Action, Lineage::root(&[i]));
            counts[Popularity::Zipf { exponent: 1.0 }.pick(3, &mut draw).0 as usize] += 1.0 / 60_000.0;
        }
        for (count, expected) in counts.iter().zip([6.0 / 11.0, 3.0 / 11.0, 2.0 / 11.0f64]) {
            assert!((count - expected).abs() < 0.0082, "{counts:?}");
        }
    }

    fn web() -> Workload {
        let named = |name: &str, does, weight| NamedOperation { name: name.into(), does, weight };
        let all = vec![named("sign-up", Does::Write, 1), named("post", Does::Write, 4), named("browse", Does::Read, 95)];
        Workload { operations: Some(all), ..Default::default() }
    }

    /// Names come as often as their weights say, and an operation does what its name stands for.
    #[test]
    fn operations_are_what_their_names_say() {
        let (workload, chance, count) = (web(), Chance::new(7), 40_000);
        assert_eq!(workload.reads(), 0.95);
        let mut counts = [0.0; 3];
        for number in 0..count {
            let name = workload.name(chance, ClientId(3), number).expect("a name");
            let index = workload.operations.iter().flatten().position(|named| named.name == name).expect("one of them");
            assert_eq!(workload.action(chance, (ClientId(3), number), (9, 4), register).is_write(), index < 2, "{name}");
            counts[index] += 1.0 / count as f64;
        }
        for (measured, share) in counts.into_iter().zip([0.01, 0.04, 0.95f64]) {
            let tolerance = 4.0 * (share * (1.0 - share) / count as f64).sqrt();
            assert!((measured - share).abs() < tolerance, "{counts:?}");
        }
    }

    /// Names for reads and writes change no draw: the same keys, values and order as with the share of reads that follows.
    #[test]
    fn names_change_nothing_else() {
        let named = |name: &str, does, weight| NamedOperation { name: name.into(), does, weight };
        let operations = Some(vec![named("browse", Does::Read, 3), named("post", Does::Write, 1)]);
        let (with, without) = (Workload { operations, ..web() }, Workload { read_share: 0.75, ..Default::default() });
        for number in 0..1_000 {
            let action = |workload: &Workload| workload.action(Chance::new(5), (ClientId(1), number), (2, 8), register);
            assert_eq!(action(&with), action(&without));
        }
        assert_eq!(without.name(Chance::new(5), ClientId(1), 0), None);
    }

    #[test]
    fn poisson_arrivals_come_at_their_rate() {
        let workload = Workload { pace: Pace::Poisson { per_s: 50.0 }, ..Default::default() };
        let mut at = Micros::ZERO;
        (0..20_000).for_each(|k| at = workload.next_at(Chance::new(2), ClientId(0), k, at));
        assert!((at.as_secs_f64() / 400.0 - 1.0).abs() < 0.03, "{at}");
    }

    #[test]
    fn values_are_different_in_the_whole_run() {
        let workload = Workload { read_share: 0.0, ..Default::default() };
        let mut seen = std::collections::BTreeSet::new();
        for client in 0..7 {
            for number in 0..50 {
                let action = workload.action(Chance::new(2), (ClientId(client), number), (7, 3), register);
                let Action::Write { value, .. } = action else { panic!("a read with read share 0") };
                assert!(seen.insert(value));
            }
        }
    }
}
