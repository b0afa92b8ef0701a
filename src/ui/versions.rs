//! How a key came to what it is, in the drawer of the measures: its versions as a drawing, the steps in which a conflict came about and was
//! decided, and the same run replayed under another rule beside it.
//!
//! Everything is at the page's one moment: to step is to go there.

use super::{
    chip::said,
    element::{Inside, Place, changing, drawn, element, moving, span},
    inspector::key_picker,
    leptos::*,
    parts::{button, picture_button, select},
    state::{App, STEPS_PER_FRAME},
    watched::Watched,
};
use crate::{
    explain::{
        Sentence,
        peers::strategy_words,
        plain,
        versions::{Graph, between, said as said_of},
        words::moment,
    },
    lab::{LabWorld, Replay},
    platform::dom::{self, SizeWatch},
    protocol::NodeView,
    scene::{
        peers::is_conflict,
        versions::{Drawing, drawing},
    },
    sim::{
        id::{Key, NodeId},
        operation::KeyType,
        time::Micros,
    },
    store::object::register::Strategy,
};
use wasm_bindgen::JsCast;
use web_sys::{Event, KeyboardEvent};

/// Most steps that are listed; those around the present one.
const LISTED_MAX: usize = 12;
/// A replay that takes more frames than these shows how far it is.
const QUICK_FRAMES: u32 = 20;

/// Whether peers that take writes alone are on board; the other pages need nothing of all this.
const PEERS: bool = cfg!(feature = "siblings");

/// What the panel knows. Numbers where they say enough: every type of value that is watched has its price.
#[derive(Clone, Copy)]
pub struct Versioning {
    key: Watched<Key>,
    /// Of the panel; 0 while it is not seen.
    width: Watched<f64>,
    /// One more than the number of the event of the step that was gone to; others of the same moment are not meant then.
    chosen: Watched<u64>,
    /// One more than the place of the rule under which the run is replayed beside it; 0: under none.
    beside: Watched<usize>,
    /// One more than how much of the replay is done, in percent, if it takes long.
    progress: Watched<usize>,
    /// Counts how often the versions were looked at.
    looks: Watched<u64>,
    known: StoredValue<Known, LocalStorage>,
}

/// What was found last.
#[derive(Default)]
struct Known {
    /// For which key and rule.
    of: (u16, usize),
    replay: Option<Replay>,
    /// How many frames it has taken; 0: it is there.
    frames: u32,
    own: Option<Side>,
    other: Option<Side>,
}

/// One run at the page's moment.
struct Side {
    graph: Graph,
    /// The last step that has happened.
    step: Option<usize>,
    peers: Vec<NodeId>,
    homes: Vec<NodeId>,
    now: Micros,
    holds: KeyType,
}

impl Versioning {
    pub fn new() -> Versioning {
        Versioning {
            key: Watched::new(Key(0)),
            width: Watched::new(0.0),
            chosen: Watched::new(0),
            beside: Watched::new(0),
            progress: Watched::new(0),
            looks: Watched::new(0),
            known: StoredValue::new_local(Known::default()),
        }
    }

    /// Shows this key; none: one that is in conflict, if there is one.
    pub fn show(&self, app: App, key: Option<Key>) {
        if !PEERS {
            return;
        }
        let first = || app.world(|world| world.stores().iter().find_map(|node| conflict(&world.view(*node)?)));
        if let Some(key) = key.or_else(first) {
            self.key.set(key);
        }
    }
}

fn conflict(view: &NodeView) -> Option<Key> {
    view.peer.as_ref()?.keys.iter().find(|key| is_conflict(key)).map(|key| key.key)
}

/// Runs the replay on, a bounded way in each frame. Whether there is something new to be looked at.
pub fn run_on(app: App) -> bool {
    if !PEERS {
        return false;
    }
    let Versioning { key, beside, known, progress, width, .. } = app.versioning;
    let place = if width.get_untracked() > 0.0 { beside.get_untracked() } else { 0 };
    let of = (key.get_untracked().0, place);
    let strategy = place.checked_sub(1).and_then(|place| Strategy::ALL.get(place).copied());
    let looked = app.lab(|lab| {
        known.try_update_value(|known| {
            let is_other = std::mem::replace(&mut known.of, of) != of;
            let is_this = |own: &mut Replay| Some(own.strategy()) == strategy && own.follows(lab);
            if !known.replay.as_mut().is_some_and(is_this) {
                (known.replay, known.frames) = (strategy.map(|strategy| Replay::new(lab, strategy)), 0);
            }
            let Some(own) = &mut known.replay else { return (is_other, 0) };
            let (before, until) = (own.world().steps(), lab.horizon());
            let is_there = own.run_until(until, STEPS_PER_FRAME);
            known.frames = if is_there { 0 } else { known.frames + 1 };
            let part = own.world().now().0 * 100 / until.0.max(1);
            let moved = is_there && own.world().steps() > before;
            (is_other || moved, if known.frames > QUICK_FRAMES { part as usize + 1 } else { 0 })
        })
    });
    let (is_new, part) = looked.unwrap_or_default();
    if progress.get_untracked() != part {
        progress.set(part);
    }
    is_new
}

/// Looks at the versions anew, if they are seen. Whether they are.
pub fn refresh(app: App) -> bool {
    let Versioning { width, key, chosen, known, looks, .. } = app.versioning;
    if !PEERS || width.get_untracked() == 0.0 {
        return false;
    }
    let (key, chosen) = (key.get_untracked(), chosen.get_untracked());
    app.lab(|lab| {
        let (world, next) = (lab.world(), lab.world().trace().next());
        let now = world.trace().last().map_or(Micros::ZERO, |event| event.at) + Micros(1);
        let side = |world: &LabWorld, graph: Graph, step| Side {
            graph,
            step,
            peers: world.stores().to_vec(),
            homes: world.placement().homes(key),
            now,
            holds: world.setup().config.key_type(key),
        };
        let graph = Graph::of(lab.furthest(), key, next);
        let last = graph.last_before(next);
        // Of several steps at one moment the one that was gone to.
        let meant = graph.steps.iter().position(|step| step.event + 1 == chosen);
        let is_now = |meant: &usize| last.is_some_and(|last| graph.steps[last].at == graph.steps[*meant].at && *meant <= last);
        let step = meant.filter(is_now).or(last);
        known.try_update_value(|known| {
            known.own = Some(side(world, graph, step));
            known.other = known.replay.as_ref().filter(|_| known.frames == 0).map(|replay| {
                let world = replay.world();
                let next = world.trace().partition_point(|event| event.at < now);
                let graph = Graph::of(world, key, next);
                let step = graph.last_before(next);
                side(world, graph, step)
            });
        });
    });
    looks.update(|looks| *looks += 1);
    true
}

/// Goes on or back by steps, or to the first or the last one.
fn go(app: App, by: i64) {
    let found = app.versioning.known.with_value(|known| {
        let Side { graph, step, .. } = known.own.as_ref()?;
        // From before the first one forward means to the first.
        let place = step.map_or(-1, |step| step as i64).saturating_add(by).min(graph.steps.len() as i64 - 1).max(0);
        let step = graph.steps.get(place as usize)?;
        Some((step.event, step.at, plain(&said_of(graph, step))))
    });
    let Some((event, at, words)) = found else { return };
    go_to(app, event, at);
    app.spoken.set(format!("{}: {words}", moment(at)));
}

fn go_to(app: App, event: u64, at: Micros) {
    app.versioning.chosen.set(event + 1);
    app.playing.set(false);
    app.seek(at + Micros(1));
    refresh(app);
}

/// What is chosen, for the head of the drawer.
pub fn tools(app: App) -> AnyView {
    if !PEERS {
        return None.view();
    }
    let Versioning { key, beside, .. } = app.versioning;
    let rules = move || {
        let words = std::iter::once("nothing").chain(Strategy::ALL.map(strategy_words));
        words.enumerate().map(|(place, words)| (place.to_string(), words.to_string(), beside.get() == place)).collect()
    };
    let choose = move |value: String| beside.set(value.parse().unwrap_or(0));
    let rules = element("label").class("counts").with(span("small", "Beside it, if ")).with(select("beside", rules, choose));
    span("tools-of", vec![key_picker(app, key), rules.view()])
}

pub fn versions(app: App) -> AnyView {
    if !PEERS {
        return None.view();
    }
    let Versioning { width, beside, progress, looks, known, .. } = app.versioning;
    let area = Place::new();
    let watch = StoredValue::new_local(None::<SizeWatch>);
    area.on_load(move |element| {
        watch.set_value(SizeWatch::new(&element, move |wide, _| {
            width.set_if_there(wide);
            app.dirty.set(true);
        }));
    });
    on_cleanup(move || width.set_if_there(0.0));
    let waiting = move || {
        let part = progress.get();
        (part > 0).then(|| {
            let stop = button("Stop", move || beside.set(0)).view();
            let words = format!("Replaying, {} % … ", part - 1);
            element("p").class("small").attribute("role", "status").with(words).with(stop).view()
        })
    };
    let other = move || {
        looks.get();
        known.with_value(|known| known.other.as_ref().map(|other| replayed(app, other, wide(app, known))))
    };
    let differs = move || {
        looks.get();
        let both = known.with_value(|known| Some(between(&known.own.as_ref()?.graph, &known.other.as_ref()?.graph)));
        both.map(|words| element("p").class("unlike").with(said(app, words)).view())
    };
    element("div")
        .class("versions-view")
        .with(element("div").class("ruler").place(area))
        .with(changing(waiting))
        .with(element("div").class("sides").with(run(app)).with(changing(other)))
        .with(changing(differs))
        .view()
}

/// How wide a drawing is.
fn wide(app: App, known: &Known) -> f64 {
    let width = app.versioning.width.get();
    let own = if known.other.is_some() && width >= 560.0 { (width - 20.0) / 2.0 } else { width };
    own.max(200.0)
}

/// The run itself. What can have the focus stays on the page, whatever changes around it.
fn run(app: App) -> AnyView {
    let Versioning { looks, known, .. } = app.versioning;
    let of = move |look: fn(&Side, f64) -> String| {
        move || {
            looks.get();
            known.with_value(|known| known.own.as_ref().map(|own| look(own, wide(app, known))).unwrap_or_default())
        }
    };
    let part = move |part: fn(App, &Side, f64) -> AnyView| {
        changing(move || {
            looks.get();
            known.with_value(|known| known.own.as_ref().map(|own| part(app, own, wide(app, known))))
        })
    };
    let key = move |event: Event| {
        match event.unchecked_ref::<KeyboardEvent>().key().as_str() {
            "ArrowRight" | "ArrowDown" => go(app, 1),
            "ArrowLeft" | "ArrowUp" => go(app, -1),
            "Home" => go(app, i64::MIN),
            "End" => go(app, i64::MAX),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let picture = element("div")
        .class("plot-of-versions")
        .id("versions-steps")
        .attribute("role", "slider")
        .attribute("tabindex", "0")
        .attribute("aria-label", moving(of(|side, _| format!("Steps of {}", side.graph.key))))
        .attribute("aria-valuemin", "0")
        .attribute("aria-valuemax", moving(of(|side, _| side.graph.steps.len().to_string())))
        .attribute("aria-valuenow", moving(of(|side, _| side.place().to_string())))
        .attribute(
            "aria-valuetext",
            moving(of(|side, _| side.present().map_or_else(|| "no step yet".into(), |words| plain(&words)))),
        )
        .on("keydown", key)
        .with(drawn(moving(of(|side, width| side.drawing(width).svg))));
    let count = of(|side, _| format!("step {} of {}", side.place(), side.graph.steps.len()));
    let stepping = element("span")
        .class("stepping")
        .with(picture_button("‹", "Previous step", move || go(app, -1)).view())
        .with(span("small", moving(count)))
        .with(picture_button("›", "Next step", move || go(app, 1)).view());
    let parts = vec![
        element("div").class("heading").with(element("h3").with("As it ran")).with(stepping).view(),
        part(words),
        picture.view(),
        part(below),
    ];
    let class = of(|side, _| if side.holds == KeyType::Register { "side-of" } else { "side-of no-versions" }.into());
    element("section").class(moving(class)).attribute("aria-label", "The run").with(parts).view()
}

fn replayed(app: App, side: &Side, width: f64) -> AnyView {
    let strategy = Strategy::ALL.get(app.versioning.beside.get_untracked().wrapping_sub(1));
    let title = format!("If {}", strategy.map_or("", |strategy| strategy_words(*strategy)));
    let picture = element("div").class("plot-of-versions").with(drawn(side.drawing(width).svg)).view();
    let heading = element("div").class("heading").with(element("h3").with(title)).view();
    let parts = vec![heading, words(app, side, width), picture, below(app, side, width)];
    element("section").class("side-of").attribute("aria-label", "The replay").with(parts).view()
}

impl Side {
    /// Of the last step, from 1; 0: none has happened.
    fn place(&self) -> usize {
        self.step.map_or(0, |step| step + 1)
    }

    fn present(&self) -> Option<Sentence> {
        self.step.map(|step| said_of(&self.graph, &self.graph.steps[step]))
    }

    fn drawing(&self, width: f64) -> Drawing {
        drawing(&self.graph, (&self.peers, &self.homes), self.now, self.step, width as i32)
    }
}

/// What is not there, and what the last step was.
fn words(app: App, side: &Side, _: f64) -> AnyView {
    let (graph, key) = (&side.graph, side.graph.key);
    let empty = match (graph.versions.is_empty(), graph.has_conflict(side.step)) {
        _ if side.holds != KeyType::Register => {
            format!(
                "{key} is a {}. Only keys that hold a single value have versions; the parts that {key} is made of are listed when a \
                 peer is selected.",
                side.holds
            )
        }
        (true, _) => format!("Nobody has written {key} yet."),
        (false, false) => format!("Nobody has written {key} twice without knowing of the other yet."),
        (false, true) => String::new(),
    };
    let present = side.present().map(|sentence| element("p").class("present").with(said(app, sentence)).view());
    vec![small(empty), present.view()].into_any()
}

fn small(words: String) -> AnyView {
    (!words.is_empty()).then(|| element("p").class("small").with(words).view()).view()
}

/// What is left out of the drawing, and all steps.
fn below(app: App, side: &Side, width: f64) -> AnyView {
    let steps = (!side.graph.steps.is_empty()).then(|| list(app, side));
    vec![small(side.drawing(width).left_out), steps.view()].into_any()
}

/// The steps around the present one, each with a way to its moment.
fn list(app: App, side: &Side) -> AnyView {
    let Side { graph, step, .. } = side;
    let all = graph.steps.len();
    let end = (side.place() + LISTED_MAX / 2).max(LISTED_MAX).min(all);
    let first = end.saturating_sub(LISTED_MAX);
    let one = |index: usize| {
        let own = &graph.steps[index];
        let (event, at) = (own.event, own.at);
        let jump = move || {
            go_to(app, event, at);
            // The list is built anew around the new place.
            dom::focus("versions-steps");
        };
        let jump = button(moment(at), jump).class("word").view();
        let line = element("li");
        let line = if Some(index) == *step { line.attribute("aria-current", "step") } else { line };
        line.with(jump).with(" ").with(said(app, said_of(graph, own))).view()
    };
    let lines: Vec<AnyView> = (first..end).map(one).collect();
    element("details")
        .with(element("summary").with(format!("All steps ({all})")))
        .with(element("ol").attribute("start", (first + 1).to_string()).with(lines))
        .view()
}
