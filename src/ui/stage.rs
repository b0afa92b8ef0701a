//! The stage: links below, what flies above them, cards and clients on top.

use super::{
    canvas,
    card::{Card, tone},
    chip::Chip,
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

#[component]
pub fn StageView() -> impl IntoView {
    let app = expect_context::<App>();
    let area = NodeRef::<html::Div>::new();
    let watch = StoredValue::new_local(None::<SizeWatch>);
    area.on_load(move |element| {
        watch.set_value(SizeWatch::new(&element, move |width, height| {
            if app.size.try_get_untracked().is_some_and(|old| old != (width, height)) && width > 0.0 {
                app.size.set((width, height));
                app.dirty.set_value(true);
            }
        }));
    });
    let nodes = Memo::new(move |_| app.stage.with(|stage| stage.nodes.iter().map(|card| card.node).collect::<Vec<NodeId>>()));
    let clients = Memo::new(move |_| app.stage.with(|stage| stage.clients.iter().map(|figure| figure.client).collect::<Vec<ClientId>>()));
    let links = Memo::new(move |_| app.stage.with(|stage| stage.links.iter().map(|link| (link.from, link.to)).collect::<Vec<_>>()));
    let hidden = move || app.stage.with(|stage| stage.layout.hidden_clients.len());
    let height = move || app.stage.with(|stage| format!("{:.0}px", stage.layout.height));
    let pick = move |event: MouseEvent| {
        let point = Point { x: event.offset_x() as f64, y: event.offset_y() as f64 };
        app.select(canvas::message_at(app, point).map(Selection::Message));
    };
    view! {
        <div class="stage" node_ref=area>
            <div class="stage-inner" style:height=height>
                // The pointer reaches messages only; the keyboard reaches them through their links.
                <svg class="links" aria-hidden="true" on:click=pick>
                    <For each=move || links.get() key=|pair| *pair let:pair>
                        <LinkCurve from=pair.0 to=pair.1/>
                    </For>
                </svg>
                <canvas id=canvas::CANVAS_ID class="flights" aria-hidden="true"></canvas>
                <For each=move || nodes.get() key=|node| *node let:node><Card node/></For>
                <For each=move || clients.get() key=|client| *client let:client><Figure client/></For>
                <For each=move || links.get() key=|pair| *pair let:pair><LinkHandle from=pair.0 to=pair.1/></For>
                <Show when=move || { hidden() > 0 }>
                    <p class="hidden-clients">{move || format!("and {} more clients", hidden())}</p>
                </Show>
            </div>
        </div>
    }
}

fn find_link(app: App, from: Address, to: Address) -> Memo<Option<LinkLine>> {
    Memo::new(move |_| app.stage.with(|stage| stage.links.iter().find(|link| (link.from, link.to) == (from, to)).cloned()))
}

#[component]
fn LinkCurve(from: Address, to: Address) -> impl IntoView {
    let app = expect_context::<App>();
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
}

/// What of a link can be grasped: its delay, or a dot; a wall where it is cut.
#[component]
fn LinkHandle(from: Address, to: Address) -> impl IntoView {
    let app = expect_context::<App>();
    let link = find_link(app, from, to);
    let selected = move || app.selection.get() == Some(Selection::Link(from, to));
    let text = move || {
        link.with(|link| match link {
            Some(LinkLine { cut: (true, true), .. }) => "cut".to_string(),
            Some(LinkLine { cut: (true, false), to, .. }) => format!("cut to {to}"),
            Some(LinkLine { cut: (false, true), from, .. }) => format!("cut to {from}"),
            Some(link) => link.label.clone().unwrap_or_default(),
            None => String::new(),
        })
    };
    let cut = move || link.with(|link| link.as_ref().is_some_and(|link| link.cut.0 || link.cut.1));
    let at = move |look: fn(Point) -> f64| link.with(|link| link.as_ref().map(|link| format!("{:.1}px", look(link.middle))));
    view! {
        <button type="button" class="link-handle" class:cut=cut class:selected=selected class:bare=move || text().is_empty()
            data-link=format!("{from}-{to}")
            aria-label=move || link.with(|link| link.as_ref().map(|link| link.spoken.clone()).unwrap_or_default())
            style:left=move || at(|point| point.x)
            style:top=move || at(|point| point.y)
            on:click=move |_| app.select(Some(Selection::Link(from, to)))>
            <span class="pill">{text}</span>
        </button>
    }
}

#[component]
fn Figure(client: ClientId) -> impl IntoView {
    let app = expect_context::<App>();
    let figure = Memo::new(move |_| app.stage.with(|stage| stage.clients.iter().find(|figure| figure.client == client).cloned()));
    let get = move |look: fn(&ClientFigure) -> String| move || figure.with(|figure| figure.as_ref().map(look).unwrap_or_default());
    let selected = move || app.selection.get() == Some(Selection::Client(client));
    let chip = move || figure.with(|figure| figure.as_ref().and_then(|figure| figure.chip));
    view! {
        <button type="button" class="client" class:selected=selected
            class:busy=move || figure.with(|figure| figure.as_ref().is_some_and(|figure| figure.busy))
            data-client=client.to_string()
            aria-label=get(|figure| figure.spoken.clone())
            aria-pressed=move || selected().to_string()
            style:left=get(|figure| format!("{:.1}px", figure.place.x + figure.place.width / 2.0))
            style:top=get(|figure| format!("{:.1}px", figure.place.y))
            on:click=move |_| app.select(Some(Selection::Client(client)))>
            <svg class="person" viewBox="0 0 52 52" width=50 height=50 aria-hidden="true">
                <circle cx=26 cy=26 r=25 class="disc"/>
                <circle cx=26 cy=20 r=7 class="line"/>
                <path d=move || "M13 41c3-9 23-9 26 0" class="line"/>
            </svg>
            <span class="client-name">{client.to_string()}</span>
            <span class=move || figure.with(|figure| figure.as_ref().map(|figure| format!("client-status {}", tone(figure.status.0))))>
                {move || match chip() {
                    Some(chip) => view! { "read "<Chip chip/> }.into_any(),
                    None => get(|figure| figure.status.1.clone())().into_any(),
                }}
            </span>
        </button>
    }
}
