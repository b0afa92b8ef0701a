//! The settings that matter in the first scene: lag, loss, how many replicas, partitions.

use super::leptos::*;
use super::{
    commit::commit,
    element::{element, moving},
    failover::failover,
    forms::{DELAYS_MS, LOSSES, delay_index, delay_name, loss_index, loss_name},
    inspector::lag_to,
    logs::log_settings,
    parts::{Slider, button, either, only_when, picture_button},
    peer::conflict_rule,
    rules::Rules,
    state::{App, Dialog},
};
use crate::{
    explain::words::duration,
    lab::Lab,
    sim::{
        id::NodeId,
        network::{End, LinkChange, LinkRule, MessageClass},
        time::Micros,
    },
    world::command::Command,
};

/// Most replicas that the controls offer.
const REPLICAS_MAX: usize = 9;

/// The shortest and the longest of the delays from the primary to the others.
fn lags(lab: &Lab) -> (Micros, Micros) {
    let world = lab.world();
    let primary = world.primary().unwrap_or(NodeId(0));
    let others = world.stores().iter().copied().filter(|node| *node != primary);
    let lag = |node: NodeId| world.network().settings(primary.into(), node.into(), MessageClass::Replicate).latency.typical();
    let lags: Vec<Micros> = others.map(lag).collect();
    let [least, most] = [lags.iter().min(), lags.iter().max()].map(|lag| lag.copied().unwrap_or_default());
    (least, most)
}

fn loss_between_nodes(lab: &Lab) -> f64 {
    let world = lab.world();
    let mut members = world.stores().iter().copied();
    let pair = members.next().zip(members.next());
    pair.map_or(0.0, |(a, b)| world.network().settings(a.into(), b.into(), MessageClass::Replicate).loss)
}

/// Whether peers are on board at all.
const PEERS: bool = cfg!(feature = "peers");

/// How many nodes beside the primary there are, or how many peers.
fn replicas(app: App) -> usize {
    app.rules.with(|rules| rules.stores.len().saturating_sub(usize::from(!rules.are_peers())))
}

/// One of these words, by what the nodes are to each other.
fn word(app: App, replica: &'static str, peer: &'static str) -> String {
    if PEERS && app.rules.with(Rules::are_peers) { peer.into() } else { replica.into() }
}

/// What only peers go by.
fn of_peers(app: App) -> AnyView {
    #[cfg(feature = "quorum")]
    if app.rules.with_untracked(|rules| rules.quorums.is_some()) {
        use super::quorum::{placement, quorum_rule};
        return vec![quorum_rule(app), placement(app), conflict_rule(app)].into_any();
    }
    #[cfg(feature = "documents")]
    if app.rules.with_untracked(|rules| rules.documents.is_some()) {
        return super::documents::rule(app);
    }
    conflict_rule(app)
}

pub fn settings(app: App) -> AnyView {
    let last = move || app.world(|world| world.stores().iter().copied().rfind(|node| Some(*node) != world.primary()));
    let fewer = move || {
        if let Some(node) = last() {
            app.act(Command::RemoveNode { node });
        }
    };
    let exact = move || match app.watch(lags) {
        (least, most) if least < most => format!("up to {}", duration(most)),
        (_, most) => duration(most),
    };
    let lag = Slider {
        id: "lag",
        label: if app.rules.with_untracked(Rules::are_peers) {
            "Lag between peers".into()
        } else {
            "Lag to every replica".into()
        },
        count: DELAYS_MS.len(),
        name: delay_name,
        exact: Some(Box::new(exact)),
    };
    let loss =
        Slider { id: "loss", label: "Messages lost between nodes".into(), count: LOSSES.len(), name: loss_name, exact: None };
    let lag = lag.view(move || delay_index(app.watch(lags).1), move |index| app.act(lag_to(End::Nodes, DELAYS_MS[index])));
    let loss = loss.view(
        move || loss_index(app.watch(loss_between_nodes)),
        move |index| {
            let set = LinkChange { loss: Some(LOSSES[index] as f64 / 100.0), ..LinkChange::default() };
            app.act(Command::SetLink(LinkRule { from: End::Nodes, to: End::Nodes, both: false, class: None, set }));
        },
    );
    let less = picture_button("−", moving(move || word(app, "One replica less", "One peer less")), fewer)
        .disabled(move || replicas(app) <= 1);
    let more =
        picture_button("+", moving(move || word(app, "One replica more", "One peer more")), move || app.act(Command::AddNode));
    let stepper = element("div")
        .class("stepper")
        .attribute("role", "group")
        .attribute("aria-label", moving(move || word(app, "Replicas", "Peers")))
        .with(element("span").with(moving(move || word(app, "Replicas", "Peers"))))
        .with(less.view())
        .with(element("output").id("replicas").with(moving(move || replicas(app).to_string())))
        .with(more.disabled(move || replicas(app) >= REPLICAS_MAX).view());
    let heal = button("Heal the network", move || app.act(Command::HealAll));
    let acts = element("div")
        .class("acts")
        .with(button("Partition…", move || app.dialog.set(Some(Dialog::Partition))).view())
        .with(heal.disabled(move || !app.watch(|lab| lab.world().network().any_cut())).view());
    let of_primary = move || vec![commit(app), failover(app), log_settings(app)].into_any();
    let rules = match PEERS {
        true => either(
            move || app.rules.with(Rules::are_peers),
            move || only_when(move || app.rules.with(Rules::has_rules_of_peers), move || of_peers(app)),
            of_primary,
        ),
        false => of_primary(),
    };
    element("section")
        .class("settings")
        .attribute("aria-label", "Settings")
        .with(element("h2").with("The whole group"))
        .with(vec![lag, loss, stepper.view(), rules, acts.view()])
        .view()
}
