//! The stage: links below, what flies above them, cards and clients on top.

use super::{
    canvas,
    card::{card, tone},
    chip::chip,
    choose,
    element::{Inside, Place, changing, drawn, each, element, moving, px, span},
    leptos::*,
    state::{App, Selection},
    watched::Derived,
};
use crate::{
    platform::dom::SizeWatch,
    scene::{
        geometry::Point,
        links::LinkLine,
        stage::{ClientFigure, Stage},
    },
    sim::id::{Address, ClientId},
};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{Event, MouseEvent};

pub fn stage(app: App) -> AnyView {
    let area = Place::new();
    let watch = StoredValue::new_local(None::<SizeWatch>);
    area.on_load(move |element| {
        watch.set_value(SizeWatch::new(&element, move |width, height| {
            if app.size.get_if_there().is_some_and(|old| old != (width, height)) && width > 0.0 {
                app.size.set((width, height));
                app.dirty.set(true);
            }
        }));
    });
    let of = move |look: fn(&Stage) -> String| move || app.stage.with(|stage| look(stage));
    let shapes = Derived::new(move || {
        app.stage.with(|stage| {
            let nodes = stage.nodes.iter().map(|card| Address::Node(card.node));
            nodes.chain(stage.clients.iter().map(|figure| Address::Client(figure.client))).collect::<Vec<Address>>()
        })
    });
    let shape = move |address: Address| match address {
        Address::Node(node) => card(app, node),
        Address::Client(client) => figure(app, client),
    };
    let links = Derived::new(move || {
        app.stage.with(|stage| stage.links.iter().map(|link| (link.from, link.to)).collect::<Vec<(Address, Address)>>())
    });
    let hidden = of(|stage| match stage.layout.hidden_clients.len() {
        0 => String::new(),
        1 => "and 1 more client".into(),
        count => format!("and {count} more clients"),
    });
    let hidden = element("p").class("hidden-clients").with(moving(hidden)).style(of(|stage| {
        let at = stage.layout.more_at;
        format!("left:{};top:{}", px(at.x), px(at.y))
    }));
    // Whether there is more than is seen without scrolling.
    let class = move || {
        let scrolls = app.stage.with(|stage| stage.layout.height > app.size.get().1 + 2.0);
        if scrolls { "stage scrolls".into() } else { "stage".into() }
    };
    let pick = move |event: Event| {
        let event: MouseEvent = event.unchecked_into();
        let point = Point { x: event.offset_x() as f64, y: event.offset_y() as f64 };
        #[cfg(feature = "gossip")]
        if let Some(node) = super::field::node_at(app, point) {
            return app.select(Some(node));
        }
        app.select(canvas::message_at(app, point).map(Selection::Message));
    };
    // The pointer reaches messages only; the keyboard reaches them through their links.
    let lines = element("div").on("click", pick).with(drawn(moving(of(lines))));
    let flights = element("canvas").id(canvas::CANVAS_ID).class("flights").attribute("aria-hidden", "true");
    // Keyed: a link that is focused stays so when others come and go.
    let handles = each(move || links.get(), move |(from, to)| link_handle(app, from, to));
    let inner = element("div")
        .class("stage-inner")
        .style(of(|stage| format!("height:{}", px(stage.layout.height))))
        .with(lines)
        .with(flights)
        .with(changing(move || shapes.get().into_iter().map(shape).collect::<Vec<AnyView>>()))
        .with(handles)
        .with(choose::offers(app))
        .with(hidden);
    #[cfg(feature = "gossip")]
    let inner = inner.with(super::field::around(app));
    element("div").class(moving(class)).place(area).with(inner).view()
}

/// The lines of all links, as markup: nothing in it comes from outside.
fn lines(stage: &Stage) -> String {
    let line = |link: &Arc<LinkLine>| {
        let active = if link.active { " active" } else { "" };
        let cut = if link.cut.0 || link.cut.1 { " cut" } else { "" };
        let wall = if cut.is_empty() { String::new() } else { format!("<path class=\"wall\" d=\"{}\"/>", link.wall) };
        format!("<path class=\"link{active}{cut}\" d=\"{}\"/>{wall}", link.path)
    };
    let lines: String = stage.links.iter().map(line).collect();
    format!("<svg class=\"links\">{lines}</svg>")
}

/// What of a link can be grasped: its delay, or a dot; a wall where it is cut.
fn link_handle(app: App, from: Address, to: Address) -> AnyView {
    let find = move |stage: &Arc<Stage>| stage.links.iter().find(|link| (link.from, link.to) == (from, to)).cloned();
    let own = Derived::new(move || app.stage.with(find));
    let of = move |look: fn(&LinkLine) -> String| move || own.with(|link| link.as_deref().map(look).unwrap_or_default());
    let marks = of(|link| {
        let cut = match (link.cut, link.is_low) {
            ((false, false), _) => "",
            (_, true) => " cut low",
            _ => " cut",
        };
        let bare = if link.words.is_empty() { " bare" } else { "" };
        format!("{cut}{bare}")
    });
    let class = move || {
        let selected = if app.selection.get() == Some(Selection::Link(from, to)) { " selected" } else { "" };
        format!("link-handle{selected}{}", marks())
    };
    element("button")
        .attribute("type", "button")
        .class(moving(class))
        .attribute("data-link", format!("{from}-{to}"))
        .style(of(|link| format!("left:{};top:{}", px(link.covers.centre().x), px(link.covers.centre().y))))
        .on("click", move |_| app.select(Some(Selection::Link(from, to))))
        .with(span("unseen", moving(of(|link| link.spoken.clone()))))
        .with(element("span").class("pill").attribute("aria-hidden", "true").with(moving(of(|link| link.words.clone()))))
        .view()
}

fn figure(app: App, client: ClientId) -> AnyView {
    let find = move |stage: &Arc<Stage>| stage.clients.iter().find(|figure| figure.client == client).cloned();
    let own = Derived::new(move || app.stage.with(find));
    let of = move |look: fn(&ClientFigure) -> String| move || own.with(|figure| figure.as_deref().map(look).unwrap_or_default());
    let selected = move || app.selection.get() == Some(Selection::Client(client));
    let busy = of(|figure| if figure.busy { " busy".into() } else { String::new() });
    let class = move || format!("client{}{}", if selected() { " selected" } else { "" }, busy());
    let status = move || {
        own.get().map(|figure| match figure.chip {
            Some(write) => vec![figure.saw.clone().view(), " ".view(), chip(write)].view(),
            None => figure.status.1.clone().view(),
        })
    };
    let style = move || {
        let width = app.stage.with(|stage| stage.layout.client_width);
        let place = own.get().map(|figure| figure.place).unwrap_or_default();
        format!("left:{};top:{};width:{}", px(place.x + place.width / 2.0), px(place.y), px(width))
    };
    element("button")
        .attribute("type", "button")
        .class(moving(class))
        .attribute("id", format!("client-{client}"))
        .attribute("data-client", client.to_string())
        .truth("aria-pressed", selected)
        .style(style)
        .on("click", move |_| app.select(Some(Selection::Client(client))))
        .with(span("unseen", moving(of(|figure| figure.spoken.clone()))))
        .with(drawn(PERSON))
        .with(element("span").class("client-name").attribute("aria-hidden", "true").with(client.to_string()))
        .with(
            element("span")
                .class(moving(of(|figure| format!("client-status {}", tone(figure.status.0)))))
                .attribute("aria-hidden", "true")
                .with(changing(status)),
        )
        .view()
}

const PERSON: &str = "<svg class=\"person\" viewBox=\"0 0 52 52\" width=\"50\" height=\"50\">\
    <path class=\"disc\" d=\"M26 1a25 25 0 1 1-.01 0Z\"/>\
    <path class=\"line\" d=\"M26 13a7 7 0 1 1-.01 0ZM13 41c3-9 23-9 26 0\"/></svg>";
