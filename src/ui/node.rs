//! The panel of a node: what it is, why a value of it is old, and what can be done to it.

use super::leptos::*;
use super::{
    chip::{said, value_chip},
    element::{Inside, changing, element, moving},
    forms::{
        CLOCKS, DELAYS_MS, SLOWNESS, clock_index, clock_name, clock_us, delay_index, delay_name, slowness_index, slowness_name,
    },
    inspector::{heading, key_picker, lag_to},
    parting::parting,
    parts::{Slider, button, either, only_when, rows},
    peer::version_list,
    replica::{delay, upstream},
    state::App,
    watched::{Derived, Watched},
};
use crate::{
    explain::{
        Sentence,
        chip::Chip,
        why_old,
        words::{clock_off, counted},
    },
    scene::{
        parting::{Parting, parting as parted},
        peers::rows as peer_rows,
        stage::role_of,
        status::watch_rows,
    },
    sim::{
        clock::Clock,
        id::{Address, Key, NodeId},
        network::{End, MessageClass},
        time::Micros,
    },
    trace::Role,
    world::command::Command,
};

#[derive(Clone, Default, PartialEq)]
struct NodeFacts {
    role: &'static str,
    up: bool,
    paused: bool,
    primary: bool,
    peer: bool,
    promotable: bool,
    rows: Vec<(&'static str, String)>,
    /// For a key whose value here is old: what is shown, and why.
    why: Option<(Key, Option<Chip>, Sentence)>,
    /// Where its log and the primary’s part, and whether it has stopped for that.
    parting: Option<(Parting, bool)>,
    lag: Micros,
    clock: Clock,
    slow: f64,
}

/// By how much a clock is wrong, and whether it runs too fast or too slow.
fn clock_row(Clock { skew_us, drift_ppm }: Clock) -> String {
    let off = clock_off(skew_us);
    let sign = if drift_ppm < 0 { "−" } else { "+" };
    if drift_ppm == 0 { off } else { format!("{off}, {sign}{} ppm", drift_ppm.unsigned_abs()) }
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
            ("clock", clock_row(host.clock)),
            ("served", format!("{}, {}", counted(host.load.reads, "read"), counted(host.load.writes, "write"))),
            ("waiting here", host.queue_len().to_string()),
            ("sent", format!("{} messages, {} bytes", host.load.messages_out, host.load.bytes_out)),
        ];
        let is_monitor = view.role == Role::Monitor;
        if let Some(peer) = view.peer.as_deref().filter(|_| PEERS) {
            // It has no log that all share.
            rows.splice(0..4, peer_rows(world, node, &view, peer));
        }
        if view.role == Role::Replica && host.is_up() {
            rows.insert(0, ("is", role_of(world, lead.as_ref(), node, &view)));
        }
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
        let other = world.stores().iter().copied().find(|other| *other != node);
        let source = view.source.or(world.primary()).or(other).unwrap_or(node);
        let lag = world.network().settings(source.into(), node.into(), MessageClass::Replicate).latency.typical();
        Some(NodeFacts {
            role: match view.role {
                Role::Primary => "Primary",
                Role::Replica => "Replica",
                Role::Candidate => "Candidate",
                Role::Monitor => "Monitor",
                Role::Peer => "Peer",
            },
            up: host.is_up(),
            paused: host.paused,
            primary,
            peer: view.role == Role::Peer,
            promotable: world.can_promote(node),
            rows,
            why,
            parting: parted(world, node).map(|both| (both, view.stopped)),
            lag,
            clock: host.clock,
            slow: host.slow,
        })
    })
}

/// Whether peers are on board at all.
const PEERS: bool = cfg!(feature = "peers");

/// A part that only groups with a primary have.
fn of_primary(facts: Derived<NodeFacts>, part: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    if PEERS { only_when(move || facts.with(|facts| !facts.peer), part) } else { part() }
}

pub fn node_panel(app: App, node: NodeId) -> AnyView {
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
    let exact = move || clock_off(facts.with(|facts| facts.clock.skew_us));
    let skew = Slider { id: "skew", label: "Clock off by".into(), count: CLOCKS, name: clock_name, exact: Some(Box::new(exact)) };
    let skew = skew.view(
        move || clock_index(facts.with(|facts| facts.clock.skew_us)),
        move |index| {
            let clock = app.world(|world| world.host(node).map(|host| host.clock)).unwrap_or_default();
            app.act(Command::SetClock { node, clock: Clock { skew_us: clock_us(index), ..clock } });
        },
    );
    let slow =
        Slider { id: "slow", label: "Takes for everything".into(), count: SLOWNESS.len(), name: slowness_name, exact: None };
    let slow = slow.view(
        move || slowness_index(facts.with(|facts| facts.slow)),
        move |index| app.act(Command::Slow { node, factor: SLOWNESS[index] as f64 }),
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
        of_primary(facts, move || {
            act("Promote", "Makes this node primary, whoever was (P)", Command::Promote { node })
                .disabled(move || facts.with(|facts| !facts.promotable))
                .view()
        }),
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
        if PEERS { only_when(move || facts.with(|facts| facts.peer), move || version_list(app, node, key)) } else { None.view() },
        element("div").class("acts").with(acts).view(),
        only_when(move || facts.with(|facts| !facts.primary), lag),
        skew,
        slow,
        of_primary(facts, move || vec![upstream(app, node), delay(app, node)].into_any()),
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
