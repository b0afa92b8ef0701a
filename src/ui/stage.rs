//! The stage: links below, what flies above them, cards and clients on top.

use super::{
    canvas,
    card::{card, tone},
    chip::chip,
    element::px,
    state::{App, Selection},
};
use crate::{
    platform::dom::SizeWatch,
    scene::{
        geometry::Point,
        stage::{ClientFigure, LinkLine},
    },
    sim::id::{Address, ClientId, NodeId},
};
use leptos::{ev::MouseEvent, html, prelude::*};

pub fn stage(app: App) -> AnyView {
    let area = NodeRef::<html::Div>::new();
    let watch = StoredValue::new_local(None::<SizeWatch>);
    area.on_load(move |element| {
        watch.set_value(SizeWatch::new(&element, move |width, height| {
            if app.size.get_if_there().is_some_and(|old| old != (width, height)) && width > 0.0 {
                app.size.set((width, height));
                app.dirty.set(true);
            }
        }));
    });
    let nodes = Memo::new(move |_| app.stage.with(|stage| stage.nodes.iter().map(|card| card.node).collect::<Vec<NodeId>>()));
    let clients =
        Memo::new(move |_| app.stage.with(|stage| stage.clients.iter().map(|figure| figure.client).collect::<Vec<_>>()));
    let links =
        Memo::new(move |_| app.stage.with(|stage| stage.links.iter().map(|link| (link.from, link.to)).collect::<Vec<_>>()));
    let cards = move || nodes.get().into_iter().map(|node| card(app, node)).collect::<Vec<AnyView>>();
    let figures = move || clients.get().into_iter().map(|client| figure(app, client)).collect::<Vec<AnyView>>();
    let curves = move || links.get().into_iter().map(|(from, to)| link_curve(app, from, to)).collect::<Vec<AnyView>>();
    let hidden = move || match app.stage.with(|stage| stage.layout.hidden_clients.len()) {
        0 => String::new(),
        count => format!("and {count} more clients"),
    };
    let height = move || app.stage.with(|stage| px(stage.layout.height));
    let pick = move |event: MouseEvent| {
        let point = Point { x: event.offset_x() as f64, y: event.offset_y() as f64 };
        app.select(canvas::message_at(app, point).map(Selection::Message));
    };
    view! {
        <div class="stage" node_ref=area>
            <div class="stage-inner" style:height=height>
                // The pointer reaches messages only; the keyboard reaches them through their links.
                <svg class="links" aria-hidden="true" on:click=pick>{curves}</svg>
                <canvas id=canvas::CANVAS_ID class="flights" aria-hidden="true"></canvas>
                {cards}
                {figures}
                // Keyed: a link that is focused stays so when others come and go.
                <For each=move || links.get() key=|pair| *pair children=move |(from, to)| link_handle(app, from, to)/>
                <p class="hidden-clients">{hidden}</p>
            </div>
        </div>
    }
    .into_any()
}

fn find_link(app: App, from: Address, to: Address) -> Memo<Option<LinkLine>> {
    Memo::new(move |_| app.stage.with(|stage| stage.links.iter().find(|link| (link.from, link.to) == (from, to)).cloned()))
}

fn link_curve(app: App, from: Address, to: Address) -> AnyView {
    let link = find_link(app, from, to);
    let class = move || {
        link.with(|link| {
            let link = link.as_ref();
            let active = link.is_some_and(|link| link.active);
            let cut = link.is_some_and(|link| link.cut.0 || link.cut.1);
            format!("link{}{}", if active { " active" } else { "" }, if cut { " cut" } else { "" })
        })
    };
    view! { <path class=class d=move || link.with(|link| link.as_ref().map(|link| link.path.clone()).unwrap_or_default())/> }
        .into_any()
}

/// What of a link can be grasped: its delay, or a dot; a wall where it is cut.
fn link_handle(app: App, from: Address, to: Address) -> AnyView {
    let link = find_link(app, from, to);
    let text = move || {
        link.with(|link| match link {
            Some(LinkLine { cut: (true, true), .. }) => "cut".to_string(),
            Some(LinkLine { cut: (true, false), to, .. }) => format!("cut to {to}"),
            Some(LinkLine { cut: (false, true), from, .. }) => format!("cut to {from}"),
            Some(link) => link.label.clone().unwrap_or_default(),
            None => String::new(),
        })
    };
    let class = move || {
        let cut = link.with(|link| link.as_ref().is_some_and(|link| link.cut.0 || link.cut.1));
        let selected = app.selection.get() == Some(Selection::Link(from, to));
        let mark = |on: bool, name: &'static str| if on { name } else { "" };
        format!("link-handle{}{}{}", mark(cut, " cut"), mark(selected, " selected"), mark(text().is_empty(), " bare"))
    };
    let at = move |look: fn(Point) -> f64| link.with(|link| link.as_ref().map(|link| px(look(link.middle))));
    view! {
        <button type="button" class=class
            data-link=format!("{from}-{to}")
            aria-label=move || link.with(|link| link.as_ref().map(|link| link.spoken.clone()).unwrap_or_default())
            style:left=move || at(|point| point.x)
            style:top=move || at(|point| point.y)
            on:click=move |_| app.select(Some(Selection::Link(from, to)))>
            <span class="pill">{text}</span>
        </button>
    }
    .into_any()
}

fn figure(app: App, client: ClientId) -> AnyView {
    let figure = Memo::new(move |_| app.stage.with(|stage| stage.clients.iter().find(|figure| figure.client == client).cloned()));
    let get =
        move |look: fn(&ClientFigure) -> String| move || figure.with(|figure| figure.as_ref().map(look).unwrap_or_default());
    let class = move || {
        let busy = figure.with(|figure| figure.as_ref().is_some_and(|figure| figure.busy));
        let selected = app.selection.get() == Some(Selection::Client(client));
        format!("client{}{}", if selected { " selected" } else { "" }, if busy { " busy" } else { "" })
    };
    let status = move || {
        figure.get().map(|figure| match figure.chip {
            Some(write) => vec!["read ".into_any(), chip(write)].into_any(),
            None => figure.status.1.into_any(),
        })
    };
    view! {
        <button type="button" class=class
            data-client=client.to_string()
            aria-label=get(|figure| figure.spoken.clone())
            aria-pressed=move || (app.selection.get() == Some(Selection::Client(client))).to_string()
            style:left=get(|figure| px(figure.place.x + figure.place.width / 2.0))
            style:top=get(|figure| px(figure.place.y))
            on:click=move |_| app.select(Some(Selection::Client(client)))>
            <svg class="person" viewBox="0 0 52 52" width=50 height=50 aria-hidden="true">
                <path class="disc" d=move || "M26 1a25 25 0 1 1-.01 0Z"/>
                <path class="line" d=move || "M26 13a7 7 0 1 1-.01 0ZM13 41c3-9 23-9 26 0"/>
            </svg>
            <span class="client-name">{client.to_string()}</span>
            <span class=get(|figure| format!("client-status {}", tone(figure.status.0)))>{status}</span>
        </button>
    }
    .into_any()
}
