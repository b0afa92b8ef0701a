//! The selected thing: what it is, why it is so, and what can be done to it.

use super::{
    chip::{Chip, Said},
    forms::{DELAYS_MS, LOSSES, Slider, delay_index, delay_name, loss_index},
    icons::{Icon, Picture},
    state::{App, Selection},
};
use crate::{
    client::workload::Target,
    explain::{Sentence, chip::Chip as ChipData, why_old, words::{duration, moment}},
    scene::flights::words,
    sim::{
        clock::Clock,
        distribution::Distribution,
        id::{Address, ClientId, Key, MessageId, NodeId},
        network::{End, LinkChange, LinkRule, MessageClass},
        time::Micros,
    },
    trace::Role,
    world::command::Command,
};
use leptos::prelude::*;

/// Most messages of a link that are listed.
const LISTED_MAX: usize = 12;

#[component]
pub fn Inspector() -> impl IntoView {
    let app = expect_context::<App>();
    view! {
        <section class="inspector" aria-label="Details">
            {move || match app.selection.get() {
                None => view! { <Nothing/> }.into_any(),
                Some(Selection::Node(node)) => view! { <Node node/> }.into_any(),
                Some(Selection::Client(client)) => view! { <Client client/> }.into_any(),
                Some(Selection::Link(from, to)) => view! { <Link from to/> }.into_any(),
                Some(Selection::Message(message)) => view! { <Message message/> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <h2>"Nothing selected"</h2>
        <p class="sub">"Click a node, a client, a link or a message, or go to it with Tab and press Enter."</p>
    }
}

/// Heading of a panel, with a way out.
#[component]
fn Heading(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let app = expect_context::<App>();
    view! {
        <div class="heading">
            <h2>{move || text.get()}</h2>
            <button type="button" class="quiet" aria-label="Select nothing" title="Esc" on:click=move |_| app.select(None)>
                <Picture icon=Icon::Close/>
            </button>
        </div>
    }
}

/// A button that gives a command.
#[component]
fn Act(
    name: &'static str,
    #[prop(optional)] about: &'static str,
    #[prop(into)] enabled: Signal<bool>,
    act: impl Fn(App) + 'static,
) -> impl IntoView {
    let app = expect_context::<App>();
    view! { <button type="button" title=about disabled=move || !enabled.get() on:click=move |_| act(app)>{name}</button> }
}

#[derive(Clone, Default, PartialEq)]
struct NodeFacts {
    role: &'static str,
    up: bool,
    paused: bool,
    primary: bool,
    rows: Vec<(&'static str, String)>,
    /// For a key whose value here is old: what is shown, and why.
    why: Option<(Key, Option<ChipData>, Sentence)>,
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
            ("clock", format!("{:+.0} ms", host.clock.skew_us as f64 / 1e3)),
            ("served", format!("{} reads, {} writes", host.load.reads, host.load.writes)),
            ("waiting here", host.queue_len().to_string()),
            ("sent", format!("{} messages, {} bytes", host.load.messages_out, host.load.bytes_out)),
        ];
        if let Some(follows) = view.follows {
            rows.insert(0, ("follows", follows.to_string()));
        }
        let keys = (0..world.setup().keys.max(1)).map(Key);
        let why = keys.filter_map(|key| Some((key, why_old(world, node, key)?))).next().map(|(key, sentence)| {
            let shown = view.copies.iter().find(|write| write.key == key).copied().map(ChipData::of);
            (key, shown, sentence)
        });
        let source = view.follows.or(world.primary()).unwrap_or(node);
        let lag = world.network().settings(source.into(), node.into(), MessageClass::Replicate).latency.typical();
        Some(NodeFacts {
            role: match (view.role, host.is_up()) {
                (Role::Primary, true) => "Primary",
                (Role::Primary, false) => "Down, was primary:",
                (Role::Replica, true) => "Replica",
                (Role::Replica, false) => "Down, replica",
            },
            up: host.is_up(),
            paused: host.paused,
            primary,
            rows,
            why,
            lag,
            skew_us: host.clock.skew_us,
        })
    })
}

#[component]
fn Node(node: NodeId) -> impl IntoView {
    let app = expect_context::<App>();
    let facts = Memo::new(move |_| node_facts(app, node).unwrap_or_default());
    let up = Signal::derive(move || facts.with(|facts| facts.up));
    let down = Signal::derive(move || !up.get());
    let running = Signal::derive(move || facts.with(|facts| facts.up && !facts.paused));
    let paused = Signal::derive(move || facts.with(|facts| facts.paused));
    let can_promote = Signal::derive(move || facts.with(|facts| facts.up && !facts.primary));
    let always = Signal::derive(|| true);
    let key = RwSignal::new(Key(0));
    let why = move || facts.with(|facts| facts.why.clone());
    view! {
        <Heading text=Signal::derive(move || facts.with(|facts| format!("{} {node}", facts.role)))/>
        <p class="sub">"selected · Esc to close"</p>
        {move || why().map(|(key, shown, sentence)| view! {
            <div class="why">
                <b>{format!("Why is {key} still ")}{match shown {
                    Some(chip) => view! { <Chip chip value_only=true/> }.into_any(),
                    None => "empty".into_any(),
                }}"?"</b>
                <p><Said sentence=Signal::stored(sentence)/></p>
            </div>
        })}
        <div class="pick">
            <span>"Key"</span>
            <KeyPicker key/>
        </div>
        <div class="acts">
            <Act name="Read here" about="The reading client asks this node and no other (R)" enabled=always
                act=move |app| app.read(app.reader(), key.get_untracked(), Some(node))/>
            <Act name="Write here" about="The writing client asks this node and no other (W)" enabled=always
                act=move |app| app.write(app.writer(), key.get_untracked(), app.fresh_value(), Some(node))/>
            <Show when=move || up.get() fallback=move || view! {
                <Act name="Restart" about="Starts with what survived (C)" enabled=down act=move |app| app.act(Command::Restart { node })/>
            }>
                <Act name="Crash" about="The process dies; what it wrote survives (C)" enabled=up act=move |app| app.act(Command::Crash { node })/>
            </Show>
            <Act name="Promote" about="Makes this node primary, whoever was (P)" enabled=can_promote
                act=move |app| app.act(Command::Promote { node })/>
            <Show when=move || paused.get() fallback=move || view! {
                <Act name="Pause" about="Nothing runs here for a while, as in a long garbage collection" enabled=running
                    act=move |app| app.act(Command::Pause { node })/>
            }>
                <Act name="Resume" enabled=paused act=move |app| app.act(Command::Resume { node })/>
            </Show>
            <Act name="Cut off" about="No link to this node works any more" enabled=always act=move |app| cut_off(app, node)/>
            <Act name="Power off" about="The machine dies: only what was flushed to disk survives" enabled=up
                act=move |app| app.act(Command::CrashMachine { node })/>
            <Act name="Wipe disk" about="The machine dies and its disk is empty" enabled=always act=move |app| app.act(Command::Wipe { node })/>
        </div>
        <Show when=move || facts.with(|facts| !facts.primary)>
            <Slider id="lag-here" label=format!("Lag to {node}") count=DELAYS_MS.len() name=delay_name
                value=Signal::derive(move || delay_index(facts.with(|facts| facts.lag)))
                act=move |index| app.act(lag_to(End::One(node.into()), DELAYS_MS[index]))/>
        </Show>
        <Slider id="skew" label="Clock ahead by" count=DELAYS_MS.len() name=delay_name
            value=Signal::derive(move || delay_index(Micros(facts.with(|facts| facts.skew_us.max(0) as u64))))
            act=move |index| {
                let skew_us = DELAYS_MS[index] as i64 * 1_000;
                app.act(Command::SetClock { node, clock: Clock { skew_us, drift_ppm: 0 } });
            }/>
        <dl>
            {move || facts.with(|facts| facts.rows.clone()).into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}
        </dl>
        <p><button type="button" class="quiet" on:click=move |_| app.act(Command::RemoveNode { node })>"Remove from the group"</button></p>
    }
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

/// Chooses one of the run's keys.
#[component]
fn KeyPicker(key: RwSignal<Key>) -> impl IntoView {
    let app = expect_context::<App>();
    let keys = app.world(|world| world.setup().keys.max(1));
    view! {
        <span class="segments" role="group" aria-label="Key">
            {(0..keys.min(8)).map(Key).map(|own| view! {
                <button type="button" aria-pressed=move || (key.get() == own).to_string() on:click=move |_| key.set(own)>{own.to_string()}</button>
            }).collect_view()}
        </span>
    }
}

#[component]
fn Client(client: ClientId) -> impl IntoView {
    let app = expect_context::<App>();
    let key = RwSignal::new(Key(0));
    let value = RwSignal::new(app.fresh_value().to_string());
    let nodes = Memo::new(move |_| app.watch(|lab| lab.world().members()));
    let target = RwSignal::new(None::<NodeId>);
    let always = Signal::derive(|| true);
    let rows = Memo::new(move |_| {
        app.watch(|lab| {
            let Some(session) = lab.world().session(client) else { return Vec::new() };
            let doing = match &session.open {
                Some(open) => format!("waits for {} since {}", open.node, moment(open.invoked_at)),
                None => "nothing".into(),
            };
            vec![
                ("doing", doing),
                ("waiting after that", session.waiting.len().to_string()),
                ("believes primary is", session.believed_primary().to_string()),
                ("gives up after", duration(session.settings.timeout)),
            ]
        })
    });
    let reads_from = Memo::new(move |_| app.watch(|lab| lab.world().session(client).map(|session| session.settings.reads_from)));
    let workload = Memo::new(move |_| {
        app.watch(|lab| lab.world().session(client).filter(|session| session.settings.workload.is_some()).map(|session| session.workload_on))
    });
    let write = move |app: App| match value.get_untracked().trim().parse() {
        Ok(number) => {
            app.write(client, key.get_untracked(), number, target.get_untracked());
            value.set(app.fresh_value().to_string());
        }
        Err(_) => app.say_bad(format!("“{}” is no whole number; write something like 7.", value.get_untracked())),
    };
    view! {
        <Heading text=format!("Client {client}")/>
        <p class="sub">"selected · Esc to close"</p>
        <div class="pick"><span>"Key"</span><KeyPicker key/></div>
        <div class="pick">
            <label for="ask-node">"At"</label>
            <select id="ask-node" on:change=move |event| target.set(event_target_value(&event).parse().ok())>
                <option value="">"as usual"</option>
                {move || nodes.get().into_iter().map(|node| view! { <option value=node.to_string()>{node.to_string()}</option> }).collect_view()}
            </select>
        </div>
        <div class="pick">
            <label for="value">"Value"</label>
            <input id="value" type="text" inputmode="numeric" size="6" prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))/>
        </div>
        <div class="acts">
            <Act name="Read" enabled=always act=move |app| app.read(client, key.get_untracked(), target.get_untracked())/>
            <Act name="Write" enabled=always act=write/>
        </div>
        <div class="pick">
            <label for="reads-from">"Usually reads at"</label>
            <select id="reads-from" on:change=move |event| {
                let target = match event_target_value(&event).as_str() {
                    "primary" => Target::Primary,
                    "replica" => Target::Replica,
                    "any" => Target::Any,
                    node => match node.parse() { Ok(node) => Target::Node(node), Err(_) => return },
                };
                app.act(Command::SetReadsFrom { client, target });
            }>
                {move || {
                    let now = reads_from.get();
                    let option = move |target: Target, value: String, name: String| view! {
                        <option value=value selected=now == Some(target)>{name}</option>
                    };
                    let fixed = [(Target::Primary, "primary", "the primary"), (Target::Replica, "replica", "a random replica"), (Target::Any, "any", "any node")];
                    let fixed = fixed.map(|(target, value, name)| option(target, value.into(), name.into()));
                    let nodes = nodes.get().into_iter().map(move |node| option(Target::Node(node), node.to_string(), format!("node {node}")));
                    view! { {fixed}{nodes.collect_view()} }
                }}
            </select>
        </div>
        {move || workload.get().map(|on| view! {
            <label class="check">
                <input type="checkbox" prop:checked=on on:change=move |_| app.act(Command::SetWorkload { client, on: !on })/>
                "acts on its own"
            </label>
        })}
        <dl>{move || rows.get().into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}</dl>
    }
}

#[component]
fn Link(from: Address, to: Address) -> impl IntoView {
    let app = expect_context::<App>();
    let class = if from.node().is_some() && to.node().is_some() { MessageClass::Replicate } else { MessageClass::Request };
    let settings = Memo::new(move |_| app.watch(|lab| lab.world().network().settings(from, to, class)));
    let cut = Memo::new(move |_| app.watch(|lab| (lab.world().network().is_cut(from, to), lab.world().network().is_cut(to, from))));
    let change = move |set: LinkChange| Command::SetLink(LinkRule { from: End::One(from), to: End::One(to), both: true, class: None, set });
    let on_it = Memo::new(move |_| {
        app.watch(|lab| {
            let here = lab.world().flights().filter(|flight| (flight.from, flight.to) == (from, to) || (flight.to, flight.from) == (from, to));
            here.map(|flight| (flight.id, words(flight.from, flight.to, flight.class, &flight.cargo))).collect::<Vec<_>>()
        })
    });
    let toggle = move |cut: bool, from: Address, to: Address, both: bool| {
        if cut { Command::Heal { from, to, both } } else { Command::Cut { from, to, both } }
    };
    view! {
        <Heading text=format!("Link {from} – {to}")/>
        <p class="sub">"selected · Esc to close"</p>
        <div class="acts">
            {move || {
                let (there, back) = cut.get();
                let both = there && back;
                view! {
                    <button type="button" on:click=move |_| app.act(toggle(both, from, to, true))>
                        {if both { "Heal" } else { "Cut both ways" }}
                    </button>
                    <button type="button" on:click=move |_| app.act(toggle(there, from, to, false))>
                        {if there { format!("Heal {from} to {to}") } else { format!("Cut {from} to {to}") }}
                    </button>
                    <button type="button" on:click=move |_| app.act(toggle(back, to, from, false))>
                        {if back { format!("Heal {to} to {from}") } else { format!("Cut {to} to {from}") }}
                    </button>
                }
            }}
        </div>
        <Slider id="link-latency" label="One way takes" count=DELAYS_MS.len() name=delay_name
            value=Signal::derive(move || delay_index(settings.with(|settings| settings.latency.typical())))
            act=move |index| {
                let latency = Distribution::Constant(Micros::from_millis(DELAYS_MS[index]));
                app.act(change(LinkChange { latency: Some(latency), ..LinkChange::default() }));
            }/>
        <Slider id="link-jitter" label="Plus up to, at random" count=DELAYS_MS.len() name=delay_name
            value=Signal::derive(move || delay_index(settings.with(|settings| settings.jitter)))
            act=move |index| app.act(change(LinkChange { jitter: Some(Micros::from_millis(DELAYS_MS[index])), ..LinkChange::default() }))/>
        <Slider id="link-loss" label="Messages lost" count=LOSSES.len() name=|index| format!("{} %", LOSSES[index])
            value=Signal::derive(move || loss_index(settings.with(|settings| settings.loss)))
            act=move |index| app.act(change(LinkChange { loss: Some(LOSSES[index] as f64 / 100.0), ..LinkChange::default() }))/>
        <label class="check">
            <input type="checkbox" prop:checked=move || settings.with(|settings| settings.in_order)
                on:change=move |_| {
                    let in_order = Some(!settings.with_untracked(|settings| settings.in_order));
                    app.act(change(LinkChange { in_order, ..LinkChange::default() }));
                }/>
            "messages stay in order"
        </label>
        <h3>"On the wire"</h3>
        <Show when=move || on_it.with(|list| !list.is_empty()) fallback=|| view! { <p class="small">"nothing now"</p> }>
            <ul class="wire">
                {move || on_it.get().into_iter().take(LISTED_MAX).map(|(message, words)| view! {
                    <li><button type="button" class="word" on:click=move |_| {
                        app.playing.set(false);
                        app.select(Some(Selection::Message(message)));
                    }>{words}</button></li>
                }).collect_view()}
            </ul>
            <Show when=move || on_it.with(|list| list.len() > LISTED_MAX)>
                <p class="small">{move || format!("and {} more", on_it.with(|list| list.len() - LISTED_MAX))}</p>
            </Show>
        </Show>
    }
}

#[component]
fn Message(message: MessageId) -> impl IntoView {
    let app = expect_context::<App>();
    let facts = Memo::new(move |_| {
        app.watch(|lab| {
            let flight = lab.world().flight(message)?;
            let left = flight.ends_at.saturating_sub(lab.world().now());
            let rows = vec![
                ("sent", moment(flight.sent_at)),
                ("arrives in", duration(left)),
                ("number", message.0.to_string()),
            ];
            Some((words(flight.from, flight.to, flight.class, &flight.cargo), rows))
        })
    });
    let title = Signal::derive(move || facts.get().map(|(words, _)| words).unwrap_or("The message has arrived".into()));
    let there = Signal::derive(move || facts.with(Option::is_some));
    view! {
        <Heading text=title/>
        <p class="sub">"on the wire · Esc to close"</p>
        <div class="acts">
            <Act name="Drop" about="Take it off the wire" enabled=there act=move |app| app.act(Command::DropMessage { message })/>
            <Act name="Deliver now" enabled=there act=move |app| app.act(Command::DeliverNow { message })/>
            <Act name="Delay 100 ms" enabled=there
                act=move |app| app.act(Command::DelayMessage { message, by: Micros::from_millis(100) })/>
            <Act name="Delay 1 s" enabled=there act=move |app| app.act(Command::DelayMessage { message, by: Micros::from_secs(1) })/>
            <Act name="Duplicate" enabled=there act=move |app| app.act(Command::DuplicateMessage { message })/>
        </div>
        <dl>{move || facts.get().map(|(_, rows)| rows).unwrap_or_default().into_iter()
            .map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}</dl>
    }
}
