//! The settings that matter in the first scene: lag, loss, how many replicas, partitions.

use super::{
    forms::{DELAYS_MS, LOSSES, Slider, delay_index, delay_name, loss_index},
    inspector::lag_to,
    state::{App, Dialog},
};
use crate::{
    sim::{
        id::NodeId,
        network::{End, LinkChange, LinkRule, MessageClass},
        time::Micros,
    },
    world::command::Command,
};
use leptos::prelude::*;

/// Most replicas that the controls offer.
const REPLICAS_MAX: usize = 9;

#[component]
pub fn Settings() -> impl IntoView {
    let app = expect_context::<App>();
    let farthest = Memo::new(move |_| {
        app.watch(|lab| {
            let world = lab.world();
            let primary = world.primary().unwrap_or(NodeId(0));
            let others = world.members().into_iter().filter(|node| *node != primary);
            let lag = |node: NodeId| world.network().settings(primary.into(), node.into(), MessageClass::Replicate).latency.typical();
            others.map(lag).max().unwrap_or(Micros::ZERO)
        })
    });
    let loss = Memo::new(move |_| {
        app.watch(|lab| {
            let world = lab.world();
            let mut members = world.members().into_iter();
            let pair = members.next().zip(members.next());
            pair.map_or(0.0, |(a, b)| world.network().settings(a.into(), b.into(), MessageClass::Replicate).loss)
        })
    });
    let replicas = Memo::new(move |_| app.watch(|lab| lab.world().members().len().saturating_sub(1)));
    let last = move || app.world(|world| world.members().into_iter().rev().find(|node| Some(*node) != world.primary()));
    let cut = Memo::new(move |_| app.watch(|lab| lab.world().network().any_cut()));
    view! {
        <section class="settings" aria-label="Settings">
            <h2>"The whole group"</h2>
            <Slider id="lag" label="Lag to every replica" count=DELAYS_MS.len() name=delay_name
                value=Signal::derive(move || delay_index(farthest.get()))
                act=move |index| app.act(lag_to(End::Nodes, DELAYS_MS[index]))/>
            <Slider id="loss" label="Messages lost between nodes" count=LOSSES.len() name=|index| format!("{} %", LOSSES[index])
                value=Signal::derive(move || loss_index(loss.get()))
                act=move |index| {
                    let set = LinkChange { loss: Some(LOSSES[index] as f64 / 100.0), ..LinkChange::default() };
                    app.act(Command::SetLink(LinkRule { from: End::Nodes, to: End::Nodes, both: false, class: None, set }));
                }/>
            <div class="stepper" role="group" aria-label="Replicas">
                <span>"Replicas"</span>
                <button type="button" aria-label="One replica less" disabled=move || { replicas.get() <= 1 }
                    on:click=move |_| if let Some(node) = last() { app.act(Command::RemoveNode { node }) }>"−"</button>
                <output id="replicas">{move || replicas.get().to_string()}</output>
                <button type="button" aria-label="One replica more" disabled=move || { replicas.get() >= REPLICAS_MAX }
                    on:click=move |_| app.act(Command::AddNode)>"+"</button>
            </div>
            <div class="acts">
                <button type="button" on:click=move |_| app.dialog.set(Some(Dialog::Partition))>"Partition…"</button>
                <button type="button" disabled=move || !cut.get() on:click=move |_| app.act(Command::HealAll)>"Heal the network"</button>
            </div>
        </section>
    }
}
