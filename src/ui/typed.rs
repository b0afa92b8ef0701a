//! What can be asked of keys that hold more than a value: counting, adding and removing, typing and erasing. Only peers have such keys.

use super::leptos::*;
use super::{
    element::{Inside, changing},
    inspector::{label, pick},
    parts::{button, only_when, select},
    state::App,
    watched::Watched,
};
use crate::{
    client::workload::Target,
    protocol::conflicts::Conflicts,
    sim::{
        id::{ClientId, Key, NodeId, Value},
        operation::{Action, KeyType},
    },
    store::object::{counter::CounterKind, set::SetKind},
    world::command::Command,
};

/// Whether keys of all types are on board.
const TYPES: bool = cfg!(feature = "multi-primary");

/// Most characters that are typed at once: each is an operation of its own.
const TYPED_MAX: usize = 12;

/// What a key holds.
pub fn holds(app: App, key: Key) -> KeyType {
    if !TYPES {
        return KeyType::Register;
    }
    app.world(|world| world.setup().config.key_type(key))
}

/// What “write” means for a key of this type, where nothing more is said.
pub fn usual(app: App, key: Key, value: Value, at: Option<NodeId>) -> Action {
    match holds(app, key) {
        _ if !TYPES => Action::Write { key, value },
        KeyType::Register => Action::Write { key, value },
        KeyType::Counter => Action::Add { key, amount: 1 },
        KeyType::Set | KeyType::Cart => Action::AddElement { key, element: value },
        KeyType::Text => {
            let letter = (b'a' + (value.rem_euclid(26)) as u8) as char;
            Action::Insert { key, place: length(app, key, at.unwrap_or(NodeId(0))), character: letter }
        }
    }
}

/// How many characters a text has at a node.
fn length(app: App, key: Key, node: NodeId) -> u16 {
    let view = app.world(|world| world.remains(node));
    view.map_or(0, |view| view.copies.iter().filter(|write| write.key == key).count() as u16)
}

/// Who asks what of whom, as the panel of a client has it at the moment.
#[derive(Clone, Copy)]
pub struct Asking {
    pub client: ClientId,
    pub key: Watched<Key>,
    pub value: Watched<String>,
    pub at: Watched<Option<NodeId>>,
}

/// Buttons for a key: `write` for one that holds a value, else what its type allows.
pub fn acts(app: App, asking: Asking, write: impl Fn() + Clone + Send + Sync + 'static) -> AnyView {
    if !TYPES {
        return button("Write", write).view();
    }
    changing(move || {
        let of = move |name: &'static str, deed: Deed| button(name, move || act(app, asking, deed)).view();
        match holds(app, asking.key.get()) {
            KeyType::Register => vec![button("Write", write.clone()).view(), of("Delete", Deed::Delete)],
            KeyType::Counter => vec![of("Add", Deed::Add), of("Take away", Deed::Remove)],
            KeyType::Set | KeyType::Cart => vec![of("Add", Deed::Add), of("Remove", Deed::Remove)],
            KeyType::Text => vec![
                of("Type at the end", Deed::TypeLast),
                of("Type at the start", Deed::TypeFirst),
                of("Erase the last", Deed::Erase),
            ],
        }
    })
}

#[derive(Clone, Copy)]
enum Deed {
    Add,
    Remove,
    Delete,
    TypeLast,
    TypeFirst,
    Erase,
}

fn act(app: App, asking: Asking, deed: Deed) {
    let Asking { client, key, value, at } = asking;
    let (key, text, at) = (key.get_untracked(), value.get_untracked(), at.get_untracked());
    let issue = |action| app.act(Command::Issue { client, action, at });
    let node = at.unwrap_or_else(|| turns_to(app, client));
    match deed {
        Deed::Delete => issue(Action::Delete { key }),
        Deed::Erase => issue(Action::Erase { key, place: length(app, key, node).saturating_sub(1) }),
        Deed::TypeLast | Deed::TypeFirst => {
            let text: Vec<char> = text.chars().filter(|one| !one.is_control()).collect();
            if text.is_empty() || text.len() > TYPED_MAX {
                return app.say_bad(format!("Write 1 to {TYPED_MAX} characters; each is an operation of its own."));
            }
            let start = if matches!(deed, Deed::TypeFirst) { 0 } else { length(app, key, node) };
            for (index, character) in text.into_iter().enumerate() {
                issue(Action::Insert { key, place: start + index as u16, character });
            }
        }
        Deed::Add | Deed::Remove => {
            let Ok(number) = text.trim().parse::<Value>() else {
                return app.say_bad(format!("“{text}” is no whole number; write something like 7."));
            };
            let add = matches!(deed, Deed::Add);
            issue(match (holds(app, key), add) {
                (KeyType::Counter, true) => Action::Add { key, amount: number },
                (KeyType::Counter, false) => Action::Add { key, amount: number.saturating_neg() },
                (_, true) => Action::AddElement { key, element: number },
                (_, false) => Action::RemoveElement { key, element: number },
            });
        }
    }
}

/// The node that a client writes at if nothing else is said.
fn turns_to(app: App, client: ClientId) -> NodeId {
    let target = app.world(|world| world.session(client).map(|session| session.settings.writes_to));
    if let Some(Target::Node(node)) = target { node } else { NodeId(0) }
}

/// What a kind of set is called.
fn set_name(kind: SetKind) -> &'static str {
    match kind {
        SetKind::GrowOnly => "grow-only (G-Set)",
        SetKind::TwoPhase => "two-phase (2P-Set)",
        SetKind::LastWriteWins => "last write wins (LWW-element-Set)",
        SetKind::ObservedRemove => "observed-remove (OR-Set)",
        SetKind::PositiveNegative => "counted (PN-Set)",
    }
}

fn counter_name(kind: CounterKind) -> &'static str {
    match kind {
        CounterKind::PositiveNegative => "go up and down (PN-Counter)",
        CounterKind::GrowOnly => "only grow (G-Counter)",
    }
}

const COUNTERS: [CounterKind; 2] = [CounterKind::PositiveNegative, CounterKind::GrowOnly];

/// Of which kind sets and counters are, where the group has any.
pub fn kinds(app: App) -> AnyView {
    if !TYPES {
        return None.view();
    }
    let rule = move || app.rules.with(|rules| rules.conflicts.clone()).unwrap_or_default();
    let change = move |change: &dyn Fn(&mut Conflicts)| {
        let mut now = app.rules.with_untracked(|rules| rules.conflicts.clone()).unwrap_or_default();
        change(&mut now);
        app.act(Command::SetConflicts(now));
    };
    let sets = move || {
        let option = |(place, kind): (usize, SetKind)| (place.to_string(), set_name(kind).to_string(), rule().set == kind);
        SetKind::ALL.into_iter().enumerate().map(option).collect()
    };
    let choose_set = move |text: String| {
        if let Some(set) = text.parse().ok().and_then(|place: usize| SetKind::ALL.get(place).copied()) {
            change(&|now| now.set = set);
        }
    };
    let counters = move || {
        let option =
            |(place, kind): (usize, CounterKind)| (place.to_string(), counter_name(kind).to_string(), rule().counter == kind);
        COUNTERS.into_iter().enumerate().map(option).collect()
    };
    let choose_counter = move |text: String| {
        if let Some(counter) = text.parse().ok().and_then(|place: usize| COUNTERS.get(place).copied()) {
            change(&|now| now.counter = counter);
        }
    };
    let any = move |wanted: KeyType| {
        app.watch(|lab| (0..lab.world().setup().keys).any(|key| lab.world().setup().config.key_type(Key(key)) == wanted))
    };
    let set = move || pick(label("set-kind", "Sets are"), select("set-kind", sets, choose_set));
    let counter = move || pick(label("counter-kind", "Counters"), select("counter-kind", counters, choose_counter));
    vec![only_when(move || any(KeyType::Set), set), only_when(move || any(KeyType::Counter), counter)].into_any()
}
