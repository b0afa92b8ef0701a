//! The selected thing: what it is, why it is so, and what can be done to it.

use super::leptos::*;
use super::{
    chip::{said, value_chip},
    concern::{concerns, set_concern},
    element::{Inside, Words, changing, element, moving},
    forms::{DELAYS_MS, LOSSES, delay_index, delay_name, loss_index, loss_name},
    icons::{CLOSE, picture},
    parting::parting,
    parts::{Slider, button, check, either, only_when, picture_button, rows, select},
    state::{App, Selection},
    upstream::upstream,
    watched::{Derived, Watched},
};
use crate::{
    client::workload::Target,
    explain::{
        Sentence,
        chip::Chip,
        why_old,
        words::{counted, duration, moment},
    },
    scene::{
        flights::words,
        parting::{Parting, parting as parted},
        stage::what,
        status::watch_rows,
    },
    sim::{
        clock::Clock,
        distribution::Distribution,
        id::{Address, ClientId, Key, MessageId, NodeId},
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::{Action, Function},
        time::Micros,
    },
    trace::Role,
    world::command::Command,
};

/// What can be asked of the database instead of a value.
const MADE: [Function; 3] = [Function::Next, Function::Clock, Function::Random];

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
fn heading(app: App, text: impl Into<Words>) -> AnyView {
    let close = picture_button(picture(CLOSE), "Select nothing", move || app.select(None)).class("quiet").title("Esc").view();
    let heading = element("div").class("heading").with(element("h2").with(text.into())).with(close);
    vec![
        heading.view(),
        element("p").class("sub").with("selected").with(element("span").class("by-key").with(" · Esc to close")).view(),
    ]
    .into_any()
}

#[derive(Clone, Default, PartialEq)]
struct NodeFacts {
    role: &'static str,
    up: bool,
    paused: bool,
    primary: bool,
    promotable: bool,
    rows: Vec<(&'static str, String)>,
    /// For a key whose value here is old: what is shown, and why.
    why: Option<(Key, Option<Chip>, Sentence)>,
    /// Where its log and the primary’s part, and whether it has stopped for that.
    parting: Option<(Parting, bool)>,
    lag: Micros,
    skew_us: i64,
}

fn node_facts(app: App, node: NodeId) -> Option<NodeFacts> {
    app.watch(|lab| {
        let world = lab.world();
        let (host, view) = (world.host(node)?, world.remains(node)?);
        let lead = world.primary().and_then(|primary| world.view(primary));
        let of = lead.as_ref().map(|lead| format!(" of {}", lead.flushed)).unwrap_or_default();
        let primary = view.role == Role::Primary;
        let mut rows = vec![
            ("visible up to", format!("LSN {}{}", view.applied, if primary { String::new() } else { of })),
            ("in the log", format!("LSN {}–{}", view.first.0.min(view.written.0), view.written)),
            ("on disk up to", format!("LSN {}", view.flushed)),
            ("epoch", view.epoch.to_string()),
            ("clock", format!("{:+} ms", host.clock.skew_us / 1_000)),
            ("served", format!("{}, {}", counted(host.load.reads, "read"), counted(host.load.writes, "write"))),
            ("waiting here", host.queue_len().to_string()),
            ("sent", format!("{} messages, {} bytes", host.load.messages_out, host.load.bytes_out)),
        ];
        let is_monitor = view.role == Role::Monitor;
        if is_monitor {
            // It has no log.
            rows.drain(..3);
        }
        rows.splice(0..0, watch_rows(world, node, &view));
        if let Some(follows) = view.follows.filter(|_| host.is_up()) {
            let by_way = view.source.filter(|source| *source != follows).map(|source| format!(", by way of {source}"));
            let whom = format!("{follows}{}", by_way.unwrap_or_default());
            rows.insert(0, (if is_monitor { "watches" } else { "follows" }, whom));
        }
        let keys = (0..world.setup().keys.max(1)).map(Key);
        let why = keys.filter_map(|key| Some((key, why_old(world, node, key)?))).next().map(|(key, sentence)| {
            let shown = view.copies.iter().find(|write| write.key == key).copied().map(Chip::of);
            (key, shown, sentence)
        });
        let source = view.source.or(world.primary()).unwrap_or(node);
        let lag = world.network().settings(source.into(), node.into(), MessageClass::Replicate).latency.typical();
        Some(NodeFacts {
            role: match view.role {
                Role::Primary => "Primary",
                Role::Replica => "Replica",
                Role::Candidate => "Candidate",
                Role::Monitor => "Monitor",
            },
            up: host.is_up(),
            paused: host.paused,
            primary,
            promotable: world.can_promote(node),
            rows,
            why,
            parting: parted(world, node).map(|both| (both, view.stopped)),
            lag,
            skew_us: host.clock.skew_us,
        })
    })
}

fn node_panel(app: App, node: NodeId) -> AnyView {
    let facts = Derived::new(move || node_facts(app, node).unwrap_or_default());
    let key = Watched::new(Key(0));
    let up = move || facts.with(|facts| facts.up);
    let act = move |name: &'static str, title: &'static str, command: Command| {
        button(name, move || app.act(command.clone())).title(title)
    };
    let crash = either(
        up,
        move || act("Crash", "The process dies; what it wrote survives (C)", Command::Crash { node }).view(),
        move || act("Restart", "Starts with what survived (C)", Command::Restart { node }).view(),
    );
    let pause = either(
        move || facts.with(|facts| facts.paused),
        move || act("Resume", "It goes on", Command::Resume { node }).view(),
        move || {
            let title = "Nothing runs here for a while, as in a long garbage collection";
            act("Pause", title, Command::Pause { node }).disabled(move || !up()).view()
        },
    );
    let lag = move || {
        let slider =
            Slider { id: "lag-here", label: format!("Lag to {node}"), count: DELAYS_MS.len(), name: delay_name, exact: None };
        let value = move || delay_index(facts.with(|facts| facts.lag));
        slider.view(value, move |index| app.act(lag_to(End::One(node.into()), DELAYS_MS[index])))
    };
    let skew = Slider { id: "skew", label: "Clock ahead by".into(), count: DELAYS_MS.len(), name: delay_name, exact: None };
    let skew = skew.view(
        move || delay_index(Micros(facts.with(|facts| facts.skew_us.max(0) as u64))),
        move |index| {
            let skew_us = DELAYS_MS[index] as i64 * 1_000;
            app.act(Command::SetClock { node, clock: Clock { skew_us, drift_ppm: 0 } });
        },
    );
    let title = move || facts.with(|facts| format!("{} {node}{}", facts.role, if facts.up { "" } else { ", down" }));
    let acts = vec![
        button("Read here", move || app.read(app.reader(), key.get_untracked(), Some(node)))
            .title("The reading client asks this node and no other (R)")
            .view(),
        button("Write here", move || app.write(app.writer(), key.get_untracked(), app.fresh_value(), Some(node)))
            .title("The writing client asks this node and no other (W)")
            .view(),
        crash,
        act("Promote", "Makes this node primary, whoever was (P)", Command::Promote { node })
            .disabled(move || facts.with(|facts| !facts.promotable))
            .view(),
        pause,
        button("Cut off", move || cut_off(app, node)).title("No link to this node works any more").view(),
        act("Power off", "The machine dies: only what was flushed to disk survives", Command::CrashMachine { node })
            .disabled(move || !up())
            .view(),
        act("Wipe disk", "The machine dies and its disk is empty", Command::Wipe { node }).view(),
    ];
    let remove = act("Remove from the group", "It leaves for good", Command::RemoveNode { node }).class("quiet");
    vec![
        heading(app, moving(title)),
        changing(move || facts.with(|facts| facts.why.clone()).map(|why| why_box(app, why))),
        changing(move || facts.with(|facts| facts.parting.clone()).map(|(both, stopped)| parting(app, node, both, stopped))),
        key_picker(app, key),
        element("div").class("acts").with(acts).view(),
        only_when(move || facts.with(|facts| !facts.primary), lag),
        skew,
        upstream(app, node),
        rows(move || facts.with(|facts| facts.rows.clone())),
        element("p").with(remove.view()).view(),
    ]
    .into_any()
}

fn why_box(app: App, (key, shown, sentence): (Key, Option<Chip>, Sentence)) -> AnyView {
    let shown = shown.map_or_else(|| "empty".view(), value_chip);
    let question = element("b").with(format!("Why is {key} still ")).with(shown).with("?");
    element("div").class("why").with(question).with(element("p").with(said(app, sentence))).view()
}

fn cut_off(app: App, node: NodeId) {
    let all = app.world(|world| world.addresses());
    let (own, others) = all.into_iter().partition(|address| *address == Address::Node(node));
    app.act(Command::Partition { groups: vec![own, others] });
}

/// The command that sets how long log entries take to a node, or to all nodes.
pub fn lag_to(to: End, ms: u64) -> Command {
    let set = LinkChange { latency: Some(Distribution::Constant(Micros::from_millis(ms))), ..LinkChange::default() };
    Command::SetLink(LinkRule { from: End::Nodes, to, both: false, class: Some(MessageClass::Replicate), set })
}

/// A line with a name and something to choose.
fn pick(name: AnyView, what: AnyView) -> AnyView {
    element("div").class("pick").with(name).with(what).view()
}

/// A label that belongs to the field with this id.
fn label(id: &'static str, words: &'static str) -> AnyView {
    element("label").attribute("for", id).with(words).view()
}

/// Most keys that can be chosen by button.
const KEYS_MAX: u16 = 8;

/// Chooses one of the run's keys.
fn key_picker(app: App, key: Watched<Key>) -> AnyView {
    let keys = app.world(|world| world.setup().keys.clamp(1, KEYS_MAX));
    let one = |own: Key| button(own.to_string(), move || key.set(own)).pressed(move || key.get() == own).view();
    let all: Vec<AnyView> = (0..keys).map(Key).map(one).collect();
    let segments = element("span").class("segments").attribute("role", "group").attribute("aria-label", "Key").with(all);
    pick(element("span").with("Key").view(), segments.view())
}

fn client_rows(app: App, client: ClientId) -> Vec<(&'static str, String)> {
    app.watch(|lab| {
        let Some(session) = lab.world().session(client) else { return Vec::new() };
        let doing = match &session.open {
            Some(open) => {
                let name = lab.world().operation_name(open.intent.operation);
                format!("{}, at {} since {}", what(open.intent.action, name), open.node, moment(open.invoked_at))
            }
            None => "nothing".into(),
        };
        vec![
            ("doing", doing),
            ("waiting after that", session.waiting.len().to_string()),
            ("believes primary is", session.believed_primary().to_string()),
            ("gives up after", duration(session.settings.timeout)),
        ]
    })
}

/// Where a client usually reads: value of the option, words, whether it is so now.
fn read_targets(app: App, client: ClientId) -> Vec<(String, String, bool)> {
    app.watch(|lab| {
        let now = lab.world().session(client).map(|session| session.settings.reads_from);
        let fixed = [
            ("primary", "the primary", Target::Primary),
            ("replica", "a random replica", Target::Replica),
            ("any", "any node", Target::Any),
            ("nearest", "the nearest", Target::Nearest),
            ("sticky", "one it sticks to", Target::Sticky),
        ];
        let fixed = fixed.map(|(value, words, target)| (value.to_string(), words.to_string(), now == Some(target)));
        let node = |node: NodeId| (node.to_string(), format!("node {node}"), now == Some(Target::Node(node)));
        fixed.into_iter().chain(lab.world().stores().iter().copied().map(node)).collect()
    })
}

fn target_of(value: &str) -> Option<Target> {
    match value {
        "primary" => Some(Target::Primary),
        "replica" => Some(Target::Replica),
        "any" => Some(Target::Any),
        "nearest" => Some(Target::Nearest),
        "sticky" => Some(Target::Sticky),
        node => node.parse().ok().map(Target::Node),
    }
}

fn client_panel(app: App, client: ClientId) -> AnyView {
    let key = Watched::new(Key(0));
    let value = Watched::new(app.fresh_value().to_string());
    let target = Watched::new(None::<NodeId>);
    let nodes = move || {
        let node = |node: NodeId| (node.to_string(), node.to_string(), target.get() == Some(node));
        let usual = (String::new(), "as usual".to_string(), target.get().is_none());
        std::iter::once(usual).chain(app.watch(|lab| lab.world().stores().to_vec()).into_iter().map(node)).collect()
    };
    // What the database makes is asked for by name.
    let made = |text: &str| MADE.into_iter().find(|one| one.to_string() == text);
    let write = move || {
        let (text, key) = (value.get_untracked(), key.get_untracked());
        let action = match (made(text.trim()), text.trim().parse()) {
            (Some(function), _) => Action::Generate { key, function },
            (None, Ok(value)) => Action::Write { key, value },
            _ => return app.say_bad(format!("“{text}” is no whole number; write something like 7, or next, clock or random.")),
        };
        app.act(Command::Issue { client, action, at: target.get_untracked() });
        if made(text.trim()).is_none() {
            value.set(app.fresh_value().to_string());
        }
    };
    let on = move || app.watch(|lab| lab.world().session(client).is_some_and(|session| session.workload_on));
    let has_workload = app.world(|world| world.session(client).is_some_and(|session| session.settings.workload.is_some()));
    let toggle = move || {
        app.act(Command::SetWorkload {
            client,
            on: !app.world(|world| world.session(client).is_some_and(|session| session.workload_on)),
        })
    };
    let field = element("input")
        .id("value")
        .attribute("type", "text")
        .attribute("size", "6")
        .attribute("list", "made")
        .attribute("title", "A whole number; or what the database makes: next, clock, random")
        .property("value", move || value.get())
        .on("input", move |event| value.set(event_target_value(&event)));
    let reads_from = move |value: String| {
        if let Some(target) = target_of(&value) {
            app.act(Command::SetReadsFrom { client, target });
        }
    };
    let read = move || app.read(client, key.get_untracked(), target.get_untracked());
    let acts = element("div").class("acts").with(button("Read", read).view()).with(button("Write", write).view());
    vec![
        heading(app, format!("Client {client}")),
        key_picker(app, key),
        pick(label("ask-node", "At"), select("ask-node", nodes, move |value| target.set(value.parse().ok()))),
        pick(label("value", "Value"), field.view()),
        element("datalist")
            .id("made")
            .with(Vec::from(MADE.map(|one| element("option").attribute("value", one.to_string()).view())))
            .view(),
        acts.view(),
        pick(label("reads-from", "Usually reads at"), select("reads-from", move || read_targets(app, client), reads_from)),
        pick(
            label("concern", "And must be"),
            select("concern", move || concerns(app, client), move |value| set_concern(app, client, &value)),
        ),
        check(
            "reads wait for what it has seen",
            move || app.watch(|lab| lab.world().session(client).is_some_and(|session| session.settings.token)),
            move || {
                let on = app.world(|world| world.session(client).is_some_and(|session| session.settings.token));
                app.act(Command::SetToken { client, on: !on });
            },
        ),
        has_workload.then(|| check("acts on its own", on, toggle)).view(),
        rows(move || client_rows(app, client)),
    ]
    .into_any()
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
    let loss = Slider { id: "link-loss", label: "Messages lost".into(), count: LOSSES.len(), name: loss_name, exact: None };
    let loss = loss.view(
        move || loss_index(settings().loss),
        move |index| change(LinkChange { loss: Some(LOSSES[index] as f64 / 100.0), ..LinkChange::default() }),
    );
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
        check("messages stay in order", move || settings().in_order, in_order),
        element("h3").with("On the wire").view(),
        changing(move || on_the_wire(app, from, to)),
    ]
    .into_any()
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
