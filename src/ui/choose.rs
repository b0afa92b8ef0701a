//! A reader who got several values is asked: beside the client on the stage there is an offer, and behind it a small dialog in which
//! one of them is kept, another value written instead, or all left as they are. What has been answered or put off is not asked again.

use super::{
    element::{Inside, Place, changing, element, px},
    leptos::*,
    parts::{button, picture_button},
    state::App,
    watched::Watched,
};
use crate::{
    client::session::Session,
    lab::LabWorld,
    platform::dom,
    scene::geometry::Rect,
    sim::{
        id::{ClientId, Key, Value},
        operation::{Action, KeyType, Outcome, Write},
    },
};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDialogElement, KeyboardEvent};

/// What a client was shown of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    client: ClientId,
    key: Key,
    writes: Vec<Write>,
}

/// What there is to be asked, in one value: every type that is watched has its price.
#[derive(Clone, Default, PartialEq)]
pub struct Offers {
    all: Vec<Offer>,
    /// Whose dialog is open, if there is still something to be answered.
    open: Option<Offer>,
    answered: Vec<Offer>,
}

/// So many answered offers are remembered.
const REMEMBERED_MAX: usize = 100;
/// Most values that can be kept by a button.
const VALUES_MAX: usize = 6;
/// Width of the dialog, in CSS pixels.
const WIDTH: f64 = 236.0;
/// Of a letter of an offer, at most.
const LETTER: f64 = 7.5;
/// About its height.
const HEIGHT: f64 = 236.0;

/// What a client's last read showed, if that was several values.
fn offer_of(world: &LabWorld, session: &Session) -> Option<Offer> {
    let (_, action, outcome) = session.last.as_ref()?;
    match (action, outcome) {
        (Action::Read { key }, Outcome::Several(writes)) if writes.len() > 1 => {
            // What a set holds is no question.
            (world.setup().config.key_type(*key) == KeyType::Register).then_some(())?;
            Some(Offer { client: session.id, key: *key, writes: writes.to_vec() })
        }
        _ => None,
    }
}

/// Brings the offers up to date; where the run has gone on, or back, there is nothing to be answered any more.
pub fn refresh(app: App) {
    if !cfg!(feature = "siblings") {
        return;
    }
    let all: Vec<Offer> = app.world(|world| world.sessions().iter().filter_map(|session| offer_of(world, session)).collect());
    let mut now = app.choosing.get_untracked();
    now.all = all.into_iter().filter(|offer| !now.answered.contains(offer)).collect();
    now.open = now.open.filter(|open| now.all.contains(open));
    if app.choosing.with_untracked(|before| *before != now) {
        app.choosing.set(now);
    }
}

/// All offers on the stage, and the open dialog.
pub fn offers(app: App) -> AnyView {
    if !cfg!(feature = "siblings") {
        return None.view();
    }
    changing(move || {
        let Offers { all, open, .. } = app.choosing.get();
        let mut parts: Vec<AnyView> = all.into_iter().map(|offer| pill(app, offer)).collect();
        parts.extend(open.map(|offer| dialog(app, offer)));
        parts
    })
}

/// "7 and 9"
fn values(writes: &[Write], last: &str) -> String {
    let all: Vec<String> = writes.iter().map(|write| write.value.to_string()).collect();
    match all.split_last() {
        Some((end, before)) if !before.is_empty() => format!("{} {last} {end}", before.join(", ")),
        _ => all.concat(),
    }
}

/// The middle of the client on the stage, and its upper and lower edge.
fn place(app: App, client: ClientId) -> (f64, f64, f64) {
    app.stage.with(|stage| {
        let Some(figure) = stage.clients.iter().find(|figure| figure.client == client) else {
            // One of those who have no room.
            let at = stage.layout.more_at;
            return (at.x + 20.0, at.y + 22.0, at.y + 46.0);
        };
        let place = figure.place;
        (place.x + place.width / 2.0, place.y, place.y + place.height)
    })
}

fn pill(app: App, offer: Offer) -> AnyView {
    let client = offer.client;
    let name = format!("{client} got {} for {}: choose", values(&offer.writes, "and"), offer.key);
    let words = match offer.writes.len() {
        2 => format!("{}?", values(&offer.writes, "|")),
        many => format!("{many} values?"),
    };
    let wide = LETTER * words.len() as f64 + 17.0;
    let style = move || {
        let (x, y, _) = place(app, client);
        let is_beside = |card: &Rect| card.x > x && card.y < y + 24.0 && card.y + card.height > y;
        // It covers neither a card nor the end of the stage.
        let end = app.stage.with(|stage| {
            let cards = stage.nodes.iter().map(|card| card.place).filter(is_beside);
            cards.fold(app.size.get().0, |end, card| end.min(card.x))
        });
        format!("left:{};top:{}", px((x + 17.0).min(end - wide - 4.0).max(0.0)), px(y - 3.0))
    };
    let show = move || {
        app.playing.set(false);
        app.choosing.update(|offers| offers.open = Some(offer.clone()));
    };
    // Placed by what is around it, since a button of the kit has no style.
    element("span").class("offer").style(style).with(picture_button(words, name, show).view()).view()
}

fn dialog(app: App, offer: Offer) -> AnyView {
    let Offer { client, key, writes } = offer.clone();
    let area = Place::new();
    // Without the browser's own modality: the stage behind is what it is about.
    area.on_load(|dialog| dialog.unchecked_ref::<HtmlDialogElement>().show());
    let done = move || {
        app.choosing.update(|offers| {
            offers.answered.push(offer.clone());
            if offers.answered.len() > REMEMBERED_MAX {
                offers.answered.remove(0);
            }
        });
        refresh(app);
        // The client may be one of those who have no room.
        dom::focus("stage");
        dom::focus(&format!("client-{client}"));
    };
    let answer = {
        let done = done.clone();
        move |value: Value| {
            done();
            app.write(client, key, value, None);
        }
    };
    let style = move || {
        let (width, height) = app.size.get();
        let (x, _, y) = place(app, client);
        let left = (x - WIDTH / 2.0).min(width - WIDTH - 8.0).max(8.0);
        format!("left:{};top:{}", px(left), px(y.min(height - HEIGHT).max(0.0)))
    };
    let escape = {
        let done = done.clone();
        move |event: Event| {
            if event.unchecked_ref::<KeyboardEvent>().key() == "Escape" {
                event.stop_propagation();
                done();
            }
        }
    };
    let keep = |write: &Write| {
        let (value, answer) = (write.value, answer.clone());
        button(format!("Keep {value}"), move || answer(value)).view()
    };
    let kept: Vec<AnyView> = writes.iter().take(VALUES_MAX).map(keep).collect();
    let text = Watched::new(app.fresh_value().to_string());
    let other = {
        let answer = answer.clone();
        move || match text.get_untracked().trim().parse() {
            Ok(value) => answer(value),
            Err(_) => app.say_bad("Only whole numbers can be written; something like 7."),
        }
    };
    let field = element("input")
        .id("other-value")
        .attribute("type", "text")
        .attribute("size", "5")
        .attribute("aria-label", "Another value")
        .property("value", move || text.get())
        .on("input", move |event| text.set(event_target_value(&event)));
    let leave = if writes.len() == 2 { "Leave both" } else { "Leave all" };
    let heading = element("b").id("choose-title").with(format!("{client} got {} for {key}", values(&writes, "and")));
    element("dialog")
        .class("choose")
        .place(area)
        .attribute("aria-labelledby", "choose-title")
        .style(style)
        .on("keydown", escape)
        .with(heading)
        .with(element("p").class("small").with("None replaced another. What is it to be?"))
        .with(element("p").class("row").with(kept))
        .with(element("p").class("row").with(field).with(button("Write", other).view()))
        .with(button(leave, done).class("quiet").view())
        .view()
}
