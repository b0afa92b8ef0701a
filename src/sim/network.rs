//! The wire: who reaches whom, how late, and what gets lost.
//!
//! Datagrams over directed links. Settings are rules: a base, then rules that match some links or message
//! classes and change some numbers; the last that speaks wins. State is kept only for links that were used.
//! It must not know what messages mean.

use super::{
    distribution::Distribution,
    draw::{Chance, Lineage, Purpose},
    id::Address,
    small::{SmallMap, SmallSet, sorted_once},
    time::Micros,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::sync::Arc;

/// What a message is for; latency and loss can be set for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageClass {
    /// Client to node.
    Request,
    /// Node to client.
    Response,
    /// Log entries or writes on their way to a copy.
    Replicate,
    /// How far a copy has got.
    Acknowledge,
    /// All data at once, for a copy that cannot catch up from the log.
    Snapshot,
    /// Everything that keeps the group together: who is primary, who follows.
    Control,
    /// Signs of life and their answers.
    Heartbeat,
    /// Elections.
    Vote,
    /// A coordinator asks for a copy.
    Fetch,
    /// The copy that it asked for.
    Fetched,
}

impl MessageClass {
    pub const ALL: [MessageClass; 10] = [
        MessageClass::Request,
        MessageClass::Response,
        MessageClass::Replicate,
        MessageClass::Acknowledge,
        MessageClass::Snapshot,
        MessageClass::Control,
        MessageClass::Heartbeat,
        MessageClass::Vote,
        MessageClass::Fetch,
        MessageClass::Fetched,
    ];
}

/// One end of the links that a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Any,
    Nodes,
    Clients,
    One(Address),
}

impl End {
    pub fn matches(self, address: Address) -> bool {
        match self {
            End::Any => true,
            End::Nodes => address.node().is_some(),
            End::Clients => address.client().is_some(),
            End::One(one) => one == address,
        }
    }
}

impl Serialize for End {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            let word: Option<Option<Address>> = match self {
                End::Any => None,
                End::Nodes => Some(None),
                End::One(address) => Some(Some(*address)),
                // No address has the largest number, so it can stand for "any client".
                End::Clients => return Some(Some(u32::MAX)).serialize(serializer),
            };
            return word.serialize(serializer);
        }
        match self {
            End::Any => serializer.serialize_str("any"),
            End::Nodes => serializer.serialize_str("nodes"),
            End::Clients => serializer.serialize_str("clients"),
            End::One(address) => address.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for End {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<End, D::Error> {
        if !deserializer.is_human_readable() {
            return Ok(match Option::<Option<u32>>::deserialize(deserializer)? {
                None => End::Any,
                Some(None) => End::Nodes,
                Some(Some(u32::MAX)) => End::Clients,
                Some(Some(word)) if word % 2 == 0 => End::One(Address::Node(super::id::NodeId((word / 2) as u16))),
                Some(Some(word)) => End::One(Address::Client(super::id::ClientId((word / 2) as u16))),
            });
        }
        match String::deserialize(deserializer)?.as_str() {
            "any" => Ok(End::Any),
            "nodes" => Ok(End::Nodes),
            "clients" => Ok(End::Clients),
            text => text.parse().map(End::One).map_err(|_| {
                de::Error::custom(format!(
                    "`{text}` is no end of a link; write any, nodes, clients, a node (A, B …) or a client (Ana, Ben …)"
                ))
            }),
        }
    }
}

/// Numbers of a link that a rule changes; what is absent stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkChange {
    /// One-way travel time.
    pub latency: Option<Distribution>,
    /// Added to the latency, uniform from 0 to this.
    pub jitter: Option<Micros>,
    /// Probability that a message is lost on the way.
    pub loss: Option<f64>,
    /// Probability that a message arrives twice.
    pub duplicate: Option<f64>,
    /// Whether a message can overtake an earlier one on the same link (false) or not (true).
    pub in_order: Option<bool>,
    /// Bytes per second that fit on the link; 0 for no limit.
    pub bandwidth_bytes_per_s: Option<u64>,
}

/// A change and the links it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRule {
    #[serde(default = "any")]
    pub from: End,
    #[serde(default = "any")]
    pub to: End,
    /// Also for the way back.
    #[serde(default)]
    pub both: bool,
    /// Only for messages of this class.
    #[serde(default)]
    pub class: Option<MessageClass>,
    pub set: LinkChange,
}

fn any() -> End {
    End::Any
}

impl LinkRule {
    pub fn matches(&self, from: Address, to: Address, class: MessageClass) -> bool {
        let way = |from, to| self.from.matches(from) && self.to.matches(to);
        self.class.is_none_or(|own| own == class) && (way(from, to) || self.both && way(to, from))
    }

    fn same_links(&self, other: &LinkRule) -> bool {
        (self.from, self.to, self.both, self.class) == (other.from, other.to, other.both, other.class)
    }
}

/// The numbers of one link for one class of messages; see [`LinkChange`] for their meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkSettings {
    pub latency: Distribution,
    pub jitter: Micros,
    pub loss: f64,
    pub duplicate: f64,
    pub in_order: bool,
    pub bandwidth_bytes_per_s: u64,
}

impl Default for LinkSettings {
    fn default() -> Self {
        LinkSettings {
            latency: Distribution::Constant(Micros::from_millis(5)),
            jitter: Micros::ZERO,
            loss: 0.0,
            duplicate: 0.0,
            in_order: true,
            bandwidth_bytes_per_s: 0,
        }
    }
}

/// The same, looked up and not copied: there may be many messages.
struct Current<'a> {
    latency: &'a Distribution,
    jitter: Micros,
    loss: f64,
    duplicate: f64,
    in_order: bool,
    bandwidth_bytes_per_s: u64,
}

impl<'a> Current<'a> {
    fn of(base: &'a LinkSettings, rules: &'a [LinkRule], from: Address, to: Address, class: MessageClass) -> Current<'a> {
        let LinkSettings { latency, jitter, loss, duplicate, in_order, bandwidth_bytes_per_s } = base;
        let mut current = Current {
            latency,
            jitter: *jitter,
            loss: *loss,
            duplicate: *duplicate,
            in_order: *in_order,
            bandwidth_bytes_per_s: *bandwidth_bytes_per_s,
        };
        for rule in rules.iter().filter(|rule| rule.matches(from, to, class)) {
            let LinkChange { latency, jitter, loss, duplicate, in_order, bandwidth_bytes_per_s } = &rule.set;
            current = Current {
                latency: latency.as_ref().unwrap_or(current.latency),
                jitter: jitter.unwrap_or(current.jitter),
                loss: loss.unwrap_or(current.loss),
                duplicate: duplicate.unwrap_or(current.duplicate),
                in_order: in_order.unwrap_or(current.in_order),
                bandwidth_bytes_per_s: bandwidth_bytes_per_s.unwrap_or(current.bandwidth_bytes_per_s),
            };
        }
        current
    }
}

/// A message as the wire sees it.
#[derive(Clone, Copy, Debug)]
pub struct Parcel {
    pub from: Address,
    pub to: Address,
    pub class: MessageClass,
    pub bytes: u32,
    /// Whose chance it has.
    pub identity: Lineage,
}

/// What happens to a message put on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// When it arrives, or, if lost, when it is lost: half-way.
    pub at: Micros,
    pub lost: bool,
    /// Arrival of its duplicate.
    pub duplicate_at: Option<Micros>,
}

#[derive(Clone, Copy, Debug, Default)]
struct LinkState {
    last_arrival: Micros,
    sending_until: Micros,
}

/// All links of a run.
#[derive(Clone, Debug)]
pub struct Network {
    base: LinkSettings,
    rules: Vec<LinkRule>,
    /// Of links on which something was lately.
    links: SmallMap<(Address, Address), LinkState>,
    /// So many are looked through for those on which nothing has been for long.
    links_max: usize,
    /// Shared by keyframes: a cut through a large group has very many pairs.
    cut: Arc<SmallSet<(Address, Address)>>,
}

impl Network {
    /// A link takes at most this long a backlog of unsent bytes; what comes on top is dropped.
    pub const BACKLOG_MAX: Micros = Micros::from_secs(10);
    /// Most rules; a rule for the same links replaces the numbers of the former one.
    pub const RULES_MAX: usize = 500;

    /// Links whose state is kept though it says nothing any more.
    const LINKS_KEPT: usize = 256;

    pub fn new(base: LinkSettings, rules: Vec<LinkRule>) -> Network {
        Network { base, rules, links: SmallMap::new(), links_max: Self::LINKS_KEPT, cut: Arc::default() }
    }

    /// Adds a rule, merged into an equal one, and gives it the last word. False if there are too many.
    pub fn set(&mut self, rule: LinkRule) -> bool {
        let mut set = LinkChange::default();
        if let Some(place) = self.rules.iter().position(|old| old.same_links(&rule)) {
            set = self.rules.remove(place).set;
        } else if self.rules.len() >= Self::RULES_MAX {
            return false;
        }
        let new = rule.set.clone();
        let merged = LinkChange {
            latency: new.latency.or(set.latency),
            jitter: new.jitter.or(set.jitter),
            loss: new.loss.or(set.loss),
            duplicate: new.duplicate.or(set.duplicate),
            in_order: new.in_order.or(set.in_order),
            bandwidth_bytes_per_s: new.bandwidth_bytes_per_s.or(set.bandwidth_bytes_per_s),
        };
        self.rules.push(LinkRule { set: merged, ..rule });
        true
    }

    pub fn settings(&self, from: Address, to: Address, class: MessageClass) -> LinkSettings {
        let Current { latency, jitter, loss, duplicate, in_order, bandwidth_bytes_per_s } =
            Current::of(&self.base, &self.rules, from, to, class);
        LinkSettings { latency: latency.clone(), jitter, loss, duplicate, in_order, bandwidth_bytes_per_s }
    }

    pub fn cut(&mut self, from: Address, to: Address) {
        Arc::make_mut(&mut self.cut).insert((from, to));
    }

    /// Cuts many links at once, both ways.
    pub fn cut_all(&mut self, pairs: impl Iterator<Item = (Address, Address)>) {
        let mut all: Vec<(Address, Address)> = self.cut.iter().copied().collect();
        all.extend(pairs.flat_map(|(one, other)| [(one, other), (other, one)]));
        self.cut = Arc::new(sorted_once(all).into_iter().collect());
    }

    pub fn heal(&mut self, from: Address, to: Address) {
        Arc::make_mut(&mut self.cut).remove(&(from, to));
    }

    pub fn heal_all(&mut self) {
        self.cut = Arc::default();
    }

    pub fn is_cut(&self, from: Address, to: Address) -> bool {
        self.cut.contains(&(from, to))
    }

    pub fn any_cut(&self) -> bool {
        !self.cut.is_empty()
    }

    /// Puts a message on the wire. None: the link's backlog is full.
    pub fn send(&mut self, now: Micros, parcel: Parcel, chance: Chance) -> Option<Passage> {
        let Parcel { from, to, class, bytes, identity } = parcel;
        let current = Current::of(&self.base, &self.rules, from, to, class);
        if self.links.len() >= self.links_max {
            // What arrived before now holds nothing up any more.
            self.links.retain(|_, link| link.last_arrival > now || link.sending_until > now);
            self.links_max = Self::LINKS_KEPT.max(2 * self.links.len());
        }
        let link = self.links.or_default((from, to));
        let mut leaves = now;
        if current.bandwidth_bytes_per_s > 0 {
            let start = link.sending_until.max(now);
            if start.saturating_sub(now) > Self::BACKLOG_MAX {
                return None;
            }
            leaves = start + Micros((bytes as u128 * 1_000_000).div_ceil(current.bandwidth_bytes_per_s as u128) as u64);
            link.sending_until = leaves;
        }
        // A draw that cannot change anything is not made; each has its own key, so no other draw notices.
        let travel = |copy: u64| {
            let identity = identity.with(&[copy]);
            let latency = match current.latency {
                Distribution::Constant(latency) => *latency,
                latency => latency.sample(&mut chance.draw(Purpose::Latency, identity)),
            };
            match current.jitter {
                Micros::ZERO => latency,
                jitter => latency + Micros(chance.draw(Purpose::Jitter, identity).below(jitter.0 + 1)),
            }
        };
        let happens = |purpose, p: f64| p > 0.0 && chance.draw(purpose, identity).chance(p);
        let first = travel(0);
        if happens(Purpose::Loss, current.loss) {
            return Some(Passage { at: leaves + Micros(first.0 / 2), lost: true, duplicate_at: None });
        }
        let mut arrive = |at: Micros| {
            let at = if current.in_order { at.max(link.last_arrival) } else { at };
            link.last_arrival = link.last_arrival.max(at);
            at
        };
        let at = arrive(leaves + first);
        let duplicate_at = happens(Purpose::Duplication, current.duplicate).then(|| arrive(leaves + travel(1)));
        Some(Passage { at, lost: false, duplicate_at })
    }
}

#[cfg(test)]
mod tests {
    use super::super::id::{ClientId, NodeId};
    use super::*;

    const A: Address = Address::Node(NodeId(0));
    const B: Address = Address::Node(NodeId(1));
    const ANA: Address = Address::Client(ClientId(0));

    fn rule(from: End, to: End, both: bool, class: Option<MessageClass>, millis: u64) -> LinkRule {
        let latency = Some(Distribution::Constant(Micros::from_millis(millis)));
        LinkRule { from, to, both, class, set: LinkChange { latency, ..Default::default() } }
    }

    #[test]
    fn the_last_rule_that_speaks_wins() {
        let mut network = Network::new(LinkSettings::default(), vec![]);
        network.set(rule(End::Nodes, End::Nodes, false, None, 20));
        network.set(rule(End::One(A), End::One(B), true, None, 30));
        network.set(rule(End::Any, End::One(B), false, Some(MessageClass::Replicate), 40));
        let ms = |from, to, class| network.settings(from, to, class).latency.typical().0 / 1000;
        assert_eq!(ms(ANA, A, MessageClass::Request), 5);
        assert_eq!(ms(A, B, MessageClass::Control), 30);
        assert_eq!(ms(B, A, MessageClass::Control), 30);
        assert_eq!(ms(A, B, MessageClass::Replicate), 40);
        assert_eq!(network.rules.len(), 3);
        network.set(rule(End::Nodes, End::Nodes, false, None, 50));
        assert_eq!(network.rules.len(), 3, "a rule for the same links is merged");
        assert_eq!(network.settings(A, B, MessageClass::Replicate).latency.typical().0, 50_000, "and has the last word");
    }

    fn send_many(change: LinkChange, bytes: u32, count: u64) -> Vec<Passage> {
        let mut network = Network::new(LinkSettings::default(), vec![]);
        network.set(LinkRule { from: End::Any, to: End::Any, both: false, class: None, set: change });
        let parcel = Parcel { from: A, to: B, class: MessageClass::Replicate, bytes, identity: Lineage::root(&[]) };
        let send = |i: u64| network.send(Micros(i), Parcel { identity: Lineage::root(&[i]), ..parcel }, Chance::new(5));
        (0..count).filter_map(send).collect()
    }

    #[test]
    fn in_order_links_do_not_reorder_and_others_do() {
        let latency = Some(Distribution::Exponential { mean: Micros::from_millis(10) });
        for in_order in [true, false] {
            let all = send_many(LinkChange { latency: latency.clone(), in_order: Some(in_order), ..Default::default() }, 1, 500);
            assert_eq!(all.windows(2).all(|pair| pair[0].at <= pair[1].at), in_order);
        }
    }

    #[test]
    fn loss_and_duplication_follow_their_probability() {
        let all = send_many(LinkChange { loss: Some(0.2), duplicate: Some(0.3), ..Default::default() }, 1, 20_000);
        let lost = all.iter().filter(|p| p.lost).count() as f64 / 20_000.0;
        let twice = all.iter().filter(|p| p.duplicate_at.is_some()).count() as f64 / 20_000.0;
        // 4 standard errors of a proportion.
        assert!((lost - 0.2).abs() < 0.0114, "{lost}");
        assert!((twice - 0.8 * 0.3).abs() < 0.0121, "{twice}");
        assert!(all.iter().filter(|p| p.lost).all(|p| p.duplicate_at.is_none()));
    }

    #[test]
    fn bandwidth_makes_messages_queue_and_the_backlog_is_bounded() {
        let all = send_many(LinkChange { bandwidth_bytes_per_s: Some(1_000), ..Default::default() }, 100, 3);
        let at: Vec<u64> = all.iter().map(|p| p.at.0).collect();
        assert_eq!(at, [105_000, 205_000, 305_000]);
        let all = send_many(LinkChange { bandwidth_bytes_per_s: Some(1_000), ..Default::default() }, 1_000, 30);
        assert_eq!(all.len(), 11, "10 s of backlog and the one on the wire");
    }

    #[test]
    fn ends_read_back() {
        for end in [End::Any, End::Nodes, End::Clients, End::One(A), End::One(ANA)] {
            let json = serde_json::to_string(&end).unwrap();
            assert_eq!(serde_json::from_str::<End>(&json).unwrap(), end, "{json}");
            let bytes = postcard::to_allocvec(&end).unwrap();
            assert_eq!(postcard::from_bytes::<End>(&bytes).unwrap(), end);
        }
    }
}
