//! The stage: links below, what flies above them, cards and clients on top.

use super::{
    canvas,
    card::{card, tone},
    chip::chip,
    element::px,
    parts::{Text, text},
    state::{App, Selection},
};
use crate::{
    platform::dom::SizeWatch,
    scene::{
        geometry::Point,
        stage::{ClientFigure, LinkLine, Stage},
    },
    sim::id::{Address, ClientId},
};
use leptos::{ev::MouseEvent, html, prelude::*};
use std::sync::Arc;

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
    let of = move |look: fn(&Stage) -> String| text(move || app.stage.with(|stage| look(stage)));
    let shapes = Memo::new(move |_| {
        app.stage.with(|stage| {
            let nodes = stage.nodes.iter().map(|card| Address::Node(card.node));
            nodes.chain(stage.clients.iter().map(|figure| Address::Client(figure.client))).collect::<Vec<Address>>()
        })
    });
    let shape = move |address: Address| match address {
        Address::Node(node) => card(app, node),
        Address::Client(client) => figure(app, client),
    };
    let shapes = move || shapes.get().into_iter().map(shape).collect::<Vec<AnyView>>();
    let links =
        Memo::new(move |_| app.stage.with(|stage| stage.links.iter().map(|link| (link.from, link.to)).collect::<Vec<_>>()));
    let hidden = of(|stage| match stage.layout.hidden_clients.len() {
        0 => String::new(),
        1 => "and 1 more client".into(),
        count => format!("and {count} more clients"),
    });
    // Whether there is more than is seen without scrolling.
    let class = text(move || {
        let scrolls = app.stage.with(|stage| stage.layout.height > app.size.get().1 + 2.0);
        if scrolls { "stage scrolls".into() } else { "stage".into() }
    });
    let pick = move |event: MouseEvent| {
        let point = Point { x: event.offset_x() as f64, y: event.offset_y() as f64 };
        app.select(canvas::message_at(app, point).map(Selection::Message));
    };
    view! {
        <div class=class node_ref=area>
            <div class="stage-inner" style:height=of(|stage| px(stage.layout.height))>
                // The pointer reaches messages only; the keyboard reaches them through their links.
                <svg class="links" aria-hidden="true" on:click=pick inner_html=of(lines)></svg>
                <canvas id=canvas::CANVAS_ID class="flights" aria-hidden="true"></canvas>
                {shapes}
                // Keyed: a link that is focused stays so when others come and go.
                <For each=move || links.get() key=|pair| *pair children=move |(from, to)| link_handle(app, from, to)/>
                <p class="hidden-clients" style:left=of(|stage| px(stage.layout.more_at.x)) style:top=of(|stage| px(stage.layout.more_at.y))>{hidden}</p>
            </div>
        </div>
    }
    .into_any()
}

/// The lines of all links, as markup: nothing in it comes from outside.
fn lines(stage: &Stage) -> String {
    let line = |link: &LinkLine| {
        let active = if link.active { " active" } else { "" };
        let cut = if link.cut.0 || link.cut.1 { " cut" } else { "" };
        format!("<path class=\"link{active}{cut}\" d=\"{}\"/>", link.path)
    };
    stage.links.iter().map(line).collect()
}

/// What of a link can be grasped: its delay, or a dot; a wall where it is cut.
fn link_handle(app: App, from: Address, to: Address) -> AnyView {
    let of = move |look: fn(&LinkLine) -> String| -> Text {
        text(move || {
            app.stage.with(|stage| {
                let link = stage.links.iter().find(|link| (link.from, link.to) == (from, to));
                link.map(look).unwrap_or_default()
            })
        })
    };
    let bare = of(|link| if words(link).is_empty() { " bare".into() } else { String::new() });
    let cut = of(|link| if link.cut.0 || link.cut.1 { " cut".into() } else { String::new() });
    let class = text(move || {
        let selected = if app.selection.get() == Some(Selection::Link(from, to)) { " selected" } else { "" };
        format!("link-handle{}{selected}{}", cut(), bare())
    });
    view! {
        <button type="button" class=class
            data-link=format!("{from}-{to}")
            style:left=of(|link| px(link.middle.x))
            style:top=of(|link| px(link.middle.y))
            on:click=move |_| app.select(Some(Selection::Link(from, to)))>
            <span class="unseen">{of(|link| link.spoken.clone())}</span>
            <span class="pill" aria-hidden="true">{of(words)}</span>
        </button>
    }
    .into_any()
}

fn words(link: &LinkLine) -> String {
    match link {
        LinkLine { cut: (true, true), .. } => "cut".into(),
        LinkLine { cut: (true, false), to, .. } => format!("cut to {to}"),
        LinkLine { cut: (false, true), from, .. } => format!("cut to {from}"),
        link => link.label.clone().unwrap_or_default(),
    }
}

fn figure(app: App, client: ClientId) -> AnyView {
    let find = move |stage: &Arc<Stage>| stage.clients.iter().find(|figure| figure.client == client).cloned();
    let of = move |look: fn(&ClientFigure) -> String| -> Text {
        text(move || app.stage.with(find).as_ref().map(look).unwrap_or_default())
    };
    let selected = move || app.selection.get() == Some(Selection::Client(client));
    let busy = of(|figure| if figure.busy { " busy".into() } else { String::new() });
    let class = text(move || format!("client{}{}", if selected() { " selected" } else { "" }, busy()));
    let status = Memo::new(move |_| app.stage.with(find).map(|figure| (figure.chip, figure.status.1)));
    let status = move || {
        status.get().map(|(write, words)| match write {
            Some(write) => vec!["read ".into_any(), chip(write)].into_any(),
            None => words.into_any(),
        })
    };
    view! {
        <button type="button" class=class
            data-client=client.to_string()
            aria-pressed=text(move || selected().to_string())
            style:left=of(|figure| px(figure.place.x + figure.place.width / 2.0))
            style:top=of(|figure| px(figure.place.y))
            style:width=text(move || app.stage.with(|stage| px(stage.layout.client_width)))
            on:click=move |_| app.select(Some(Selection::Client(client)))>
            <span class="unseen">{of(|figure| figure.spoken.clone())}</span>
            <svg class="person" viewBox="0 0 52 52" width=50 height=50 aria-hidden="true">
                <path class="disc" d=move || "M26 1a25 25 0 1 1-.01 0Z"/>
                <path class="line" d=move || "M26 13a7 7 0 1 1-.01 0ZM13 41c3-9 23-9 26 0"/>
            </svg>
            <span class="client-name" aria-hidden="true">{client.to_string()}</span>
            <span class=of(|figure| format!("client-status {}", tone(figure.status.0))) aria-hidden="true">{status}</span>
        </button>
    }
    .into_any()
}
