//! The selected thing: what it is, why it is so, and what can be done to it.

use super::leptos::*;
use super::{
    client::client_panel,
    element::{Inside, Words, changing, element, moving},
    forms::{DELAYS_MS, LOSSES, ROOMS_BYTES_PER_S, delay_index, delay_name, loss_index, loss_name, room_name},
    icons::{CLOSE, picture},
    node::node_panel,
    parts::{Slider, button, check, picture_button, rows, select},
    state::{App, Selection},
    watched::{Derived, Watched},
};
use crate::{
    explain::words::{duration, moment},
    scene::flights::words,
    sim::{
        distribution::Distribution,
        id::{Address, Key, MessageId},
        network::{End, LinkChange, LinkRule, MessageClass},
        time::Micros,
    },
    world::command::Command,
};

/// Most messages of a link that are listed.
const LISTED_MAX: usize = 12;

pub fn inspector(app: App) -> AnyView {
    let inside = move || match app.selection.get() {
        None => nothing(),
        Some(Selection::Node(node)) => node_panel(app, node),
        Some(Selection::Client(client)) => client_panel(app, client),
        Some(Selection::Link(from, to)) => link_panel(app, from, to),
        Some(Selection::Message(message)) => message_panel(app, message),
    };
    element("section").class("inspector").attribute("aria-label", "Details").with(changing(inside)).view()
}

fn nothing() -> AnyView {
    let how = "Click a node, a client, a link or a message, or go to it with Tab and press Enter.";
    vec![element("h2").with("Nothing selected").view(), element("p").class("sub").with(how).view()].into_any()
}

/// Heading of a panel, with a way out.
pub fn heading(app: App, text: impl Into<Words>) -> AnyView {
    let close = picture_button(picture(CLOSE), "Select nothing", move || app.select(None)).class("quiet").title("Esc").view();
    let heading = element("div").class("heading").with(element("h2").with(text.into())).with(close);
    vec![
        heading.view(),
        element("p").class("sub").with("selected").with(element("span").class("by-key").with(" · Esc to close")).view(),
    ]
    .into_any()
}

/// The command that sets how long log entries take to a node, or to all nodes.
pub fn lag_to(to: End, ms: u64) -> Command {
    let set = LinkChange { latency: Some(Distribution::Constant(Micros::from_millis(ms))), ..LinkChange::default() };
    Command::SetLink(LinkRule { from: End::Nodes, to, both: false, class: Some(MessageClass::Replicate), set })
}

/// A line with a name and something to choose.
pub fn pick(name: AnyView, what: AnyView) -> AnyView {
    element("div").class("pick").with(name).with(what).view()
}

/// A label that belongs to the field with this id.
pub fn label(id: &'static str, words: &'static str) -> AnyView {
    element("label").attribute("for", id).with(words).view()
}

/// Most keys that can be chosen by button.
const KEYS_MAX: u16 = 8;

/// Chooses one of the run's keys.
pub fn key_picker(app: App, key: Watched<Key>) -> AnyView {
    let keys = app.world(|world| world.setup().keys.clamp(1, KEYS_MAX));
    let one = |own: Key| button(own.to_string(), move || key.set(own)).pressed(move || key.get() == own).view();
    let all: Vec<AnyView> = (0..keys).map(Key).map(one).collect();
    let segments = element("span").class("segments").attribute("role", "group").attribute("aria-label", "Key").with(all);
    pick(element("span").with("Key").view(), segments.view())
}

fn link_panel(app: App, from: Address, to: Address) -> AnyView {
    let class = if from.node().is_some() && to.node().is_some() { MessageClass::Replicate } else { MessageClass::Request };
    let settings = move || app.watch(|lab| lab.world().network().settings(from, to, class));
    let change = move |set: LinkChange| {
        app.act(Command::SetLink(LinkRule { from: End::One(from), to: End::One(to), both: true, class: None, set }));
    };
    let delay = |id, label: &str| Slider { id, label: label.into(), count: DELAYS_MS.len(), name: delay_name, exact: None };
    let latency = delay("link-latency", "One way takes").view(
        move || delay_index(settings().latency.typical()),
        move |index| {
            let latency = Some(Distribution::Constant(Micros::from_millis(DELAYS_MS[index])));
            change(LinkChange { latency, ..LinkChange::default() });
        },
    );
    let jitter = delay("link-jitter", "Plus up to, at random").view(
        move || delay_index(settings().jitter),
        move |index| change(LinkChange { jitter: Some(Micros::from_millis(DELAYS_MS[index])), ..LinkChange::default() }),
    );
    let share = |id, label: &str| Slider { id, label: label.into(), count: LOSSES.len(), name: loss_name, exact: None };
    let loss = share("link-loss", "Messages lost").view(
        move || loss_index(settings().loss),
        move |index| change(LinkChange { loss: Some(LOSSES[index] as f64 / 100.0), ..LinkChange::default() }),
    );
    let duplicate = share("link-duplicate", "Messages doubled").view(
        move || loss_index(settings().duplicate),
        move |index| change(LinkChange { duplicate: Some(LOSSES[index] as f64 / 100.0), ..LinkChange::default() }),
    );
    let rooms = move || {
        let now = settings().bandwidth_bytes_per_s;
        let other = Some(now).filter(|now| !ROOMS_BYTES_PER_S.contains(now));
        let all = ROOMS_BYTES_PER_S.into_iter().chain(other);
        all.map(|bytes| (bytes.to_string(), room_name(bytes), bytes == now)).collect()
    };
    let room = select("link-room", rooms, move |text| {
        if let Ok(bytes) = text.parse() {
            change(LinkChange { bandwidth_bytes_per_s: Some(bytes), ..LinkChange::default() });
        }
    });
    let in_order = move || {
        let now = app.world(|world| world.network().settings(from, to, class).in_order);
        change(LinkChange { in_order: Some(!now), ..LinkChange::default() });
    };
    vec![
        heading(app, format!("Link {from} – {to}")),
        element("div").class("acts").with(changing(move || cut_buttons(app, from, to))).view(),
        latency,
        jitter,
        loss,
        duplicate,
        pick(label("link-room", "Room on the link"), room),
        check("messages stay in order", move || settings().in_order, in_order),
        hash_trees(app, from, to),
        element("h3").with("On the wire").view(),
        changing(move || on_the_wire(app, from, to)),
    ]
    .into_any()
}

/// What two nodes have compared, where nodes do.
fn hash_trees(app: App, from: Address, to: Address) -> AnyView {
    #[cfg(feature = "quorum")]
    if from.node().is_some() && to.node().is_some() && app.rules.with_untracked(|rules| rules.quorums.is_some()) {
        return super::quorum::merkle(app, from, to);
    }
    let _ = (app, from, to);
    None.view()
}

fn cut_buttons(app: App, from: Address, to: Address) -> Vec<AnyView> {
    let (there, back) = app.watch(|lab| (lab.world().network().is_cut(from, to), lab.world().network().is_cut(to, from)));
    let both = there && back;
    let one = move |words: String, cut: bool, from: Address, to: Address, both: bool| {
        let command = if cut { Command::Heal { from, to, both } } else { Command::Cut { from, to, both } };
        button(words, move || app.act(command.clone())).view()
    };
    let way = |cut: bool, from: Address, to: Address| format!("{} {from} to {to}", if cut { "Heal" } else { "Cut" });
    vec![
        one(if both { "Heal" } else { "Cut both ways" }.into(), both, from, to, true),
        one(way(there, from, to), there, from, to, false),
        one(way(back, to, from), back, to, from, false),
    ]
}

/// Messages on a link, to be selected without a pointer.
fn on_the_wire(app: App, from: Address, to: Address) -> AnyView {
    let all: Vec<(MessageId, String)> = app.watch(|lab| {
        let here = lab
            .world()
            .flights()
            .filter(|flight| (flight.from, flight.to) == (from, to) || (flight.to, flight.from) == (from, to));
        here.map(|flight| (flight.id, words(lab.world(), flight))).collect()
    });
    let more = match all.len().saturating_sub(LISTED_MAX) {
        _ if all.is_empty() => "nothing now".to_string(),
        0 => String::new(),
        more => format!("and {more} more"),
    };
    let one = |(message, words): (MessageId, String)| {
        let select = move || {
            app.playing.set(false);
            app.select(Some(Selection::Message(message)));
        };
        let inside = button(words, select).class("word").view();
        element("li").with(inside).view()
    };
    let list: Vec<AnyView> = all.into_iter().take(LISTED_MAX).map(one).collect();
    vec![element("ul").class("wire").with(list).view(), element("p").class("small").with(more).view()].into_any()
}

fn message_panel(app: App, message: MessageId) -> AnyView {
    let facts = Derived::new(move || {
        app.watch(|lab| {
            let world = lab.world();
            let flight = world.flight(message)?;
            let left = flight.ends_at.saturating_sub(world.now());
            let mut facts =
                vec![("sent", moment(flight.sent_at)), ("arrives in", duration(left)), ("number", message.0.to_string())];
            if let Some((operation, name)) = flight.operation.and_then(|one| Some((one, world.operation_name(one)?))) {
                facts.insert(0, ("belongs to", format!("{}’s {name}", operation.client)));
            }
            Some((words(world, flight), facts))
        })
    });
    let act = move |name: &'static str, command: Command| {
        button(name, move || app.act(command.clone())).disabled(move || facts.with(Option::is_none)).view()
    };
    let acts = vec![
        act("Drop", Command::DropMessage { message }),
        act("Deliver now", Command::DeliverNow { message }),
        act("Delay 100 ms", Command::DelayMessage { message, by: Micros::from_millis(100) }),
        act("Delay 1 s", Command::DelayMessage { message, by: Micros::from_secs(1) }),
        act("Duplicate", Command::DuplicateMessage { message }),
    ];
    vec![
        heading(app, moving(move || facts.get().map_or("The message has arrived".into(), |(words, _)| words))),
        element("div").class("acts").with(acts).view(),
        rows(move || facts.get().map(|(_, facts)| facts).unwrap_or_default()),
    ]
    .into_any()
}
