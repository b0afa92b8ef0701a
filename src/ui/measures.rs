//! The measures: a drawer below the stage, on phones a panel of its own, with a chart for each figure.
//!
//! Charts are drawn while the panel is seen, and only then. Each is a slider over time: a click or a key goes to that moment.

use super::{
    element::{Place, changing, drawn, element, moving, span},
    icons::{CLOSE, picture},
    leptos::*,
    parts::{button, either, only_when, picture_button, select},
    state::{App, Tab},
    timeline, versions,
    watched::Watched,
};
use crate::{
    explain::words::moment,
    platform::{
        dom::{SizeWatch, style_values},
        files,
    },
    scene::{
        charts::{Behind, Charts, charts},
        plot::{self, moment_at, of_theme, plot},
    },
    sim::id::Key,
};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{Event, PointerEvent};

/// What the panel knows.
#[derive(Clone, Copy)]
pub struct Measuring {
    open: Watched<bool>,
    /// Of one chart; 0 while none is seen.
    width: Watched<f64>,
    /// Which position of a replica counts.
    behind: Watched<usize>,
    charts: Watched<Option<Seen>>,
    /// The drawer shows versions instead.
    of_versions: Watched<bool>,
}

/// Charts as they were drawn last. Others are others, whatever is in them: to compare them would cost more than to draw.
#[derive(Clone)]
struct Seen(Arc<Charts>);

impl PartialEq for Seen {
    fn eq(&self, other: &Seen) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Of every chart, in CSS pixels.
const HEIGHT: f64 = 150.0;

impl Measuring {
    pub fn new() -> Measuring {
        Measuring {
            open: Watched::new(false),
            width: Watched::new(0.0),
            behind: Watched::new(0),
            charts: Watched::new(None),
            of_versions: Watched::new(false),
        }
    }
}

pub fn is_open(app: App) -> bool {
    app.measuring.open.get()
}

/// Opens or closes the drawer; on phones it is a tab.
pub fn toggle(app: App) {
    let open = !app.measuring.open.get_untracked();
    app.measuring.open.set(open);
    match app.tab.get_untracked() {
        _ if open => app.tab.set(Tab::Measures),
        Tab::Measures => app.tab.set(Tab::Lesson),
        _ => {}
    }
}

/// Opens the drawer at the versions of a key, or of one that is in conflict; closes it if these are open.
pub fn toggle_versions(app: App, key: Option<Key>) {
    if !cfg!(feature = "siblings") {
        return;
    }
    let Measuring { open, of_versions, .. } = app.measuring;
    let is_seen = of_versions.get_untracked() && open.get_untracked();
    if key.is_some() || !is_seen {
        app.versioning.show(app, key);
        of_versions.set(true);
        open.set(true);
        app.tab.set(Tab::Measures);
    } else {
        toggle(app);
    }
}

/// Draws the charts anew, if they are seen. Whether they are.
pub fn refresh(app: App) -> bool {
    let Measuring { width, behind, charts: drawn, .. } = app.measuring;
    let seen = width.get_untracked() > 0.0;
    if seen {
        let behind = Behind::ALL[behind.get_untracked() % Behind::ALL.len()].0;
        let all = app.timeline.with_untracked(|line| app.lab(|lab| charts(lab, line, behind)));
        drawn.set(Some(Seen(Arc::new(all))));
    }
    seen
}

pub fn measures(app: App) -> AnyView {
    let open = app.measuring.open;
    let there = move || open.get() || app.tab.get() == Tab::Measures;
    let nothing = move || app.now.get().known_steps == 0;
    let panel = move || {
        let area = Place::new();
        let watch = StoredValue::new_local(None::<SizeWatch>);
        area.on_load(move |element| {
            watch.set_value(SizeWatch::new(&element, move |wide, _| {
                app.measuring.width.set_if_there(wide);
                app.dirty.set(true);
            }));
        });
        on_cleanup(move || app.measuring.width.set_if_there(0.0));
        // The list is as wide as the panel; its first column tells how wide a chart is.
        let ruler = element("div").class("ruler").place(area).view();
        let empty = "Nothing has happened yet. Press play: the charts fill as time goes on.";
        vec![
            only_when(nothing, move || element("p").class("small").with(empty).view()),
            changing(move || by_name(app)),
            element("div")
                .class("charts")
                .with(ruler)
                .with((0..Charts::COUNT).map(|index| chart(app, index)).collect::<Vec<AnyView>>())
                .view(),
        ]
    };
    // Only the page with peers that take writes alone shows versions.
    let of_versions = move || cfg!(feature = "siblings") && app.measuring.of_versions.get();
    let inside = move || {
        let inside = either(of_versions, move || versions::versions(app), move || panel().into_any());
        vec![changing(move || tools(app, of_versions())), inside].into_any()
    };
    let class = move || match (open.get(), of_versions()) {
        (true, true) => "measures open tall".into(),
        (true, false) => "measures open".into(),
        (false, _) => "measures".into(),
    };
    let name = move || if of_versions() { "Versions of a key" } else { "Measures" }.to_string();
    element("section").class(moving(class)).attribute("aria-label", moving(name)).with(only_when(there, inside)).view()
}

/// A line for each name of operations.
fn by_name(app: App) -> Vec<AnyView> {
    let lines = app.measuring.charts.with(|all| all.as_ref().map(|all| all.0.by_name.clone()));
    lines.unwrap_or_default().into_iter().map(|words| element("p").class("small by-name").with(words).view()).collect()
}

fn tools(app: App, of_versions: bool) -> AnyView {
    let behind = app.measuring.behind;
    let options = move || {
        let option =
            |(index, (_, words)): (usize, &(Behind, &str))| (index.to_string(), words.to_string(), behind.get() == index);
        Behind::ALL.iter().enumerate().map(option).collect()
    };
    let choose = move |value: String| {
        behind.set(value.parse().unwrap_or(0));
        app.dirty.set(true);
    };
    let csv = move || {
        let table = app.lab(|lab| lab.furthest_run().reading().to_csv());
        said(app, files::download("replicarium-measures.csv", "text/csv", &table).is_ok());
    };
    let svg = move || {
        if let Some((svg, _)) = drawing(app) {
            said(app, files::download("replicarium-measures.svg", "image/svg+xml", &svg).is_ok());
        }
    };
    let png = move || {
        let Some((svg, size)) = drawing(app) else { return };
        spawn_local(async move { said(app, files::download_png("replicarium-measures.png", &svg, size).await.is_ok()) });
    };
    let save = |name: &'static str, title: &'static str, act: Box<dyn FnMut()>| button(name, act).title(title).view();
    let saves = vec![
        save("CSV", "Save all figures as a table", Box::new(csv)),
        save("SVG", "Save the charts as a drawing", Box::new(svg)),
        save("PNG", "Save the charts as a picture", Box::new(png)),
    ];
    let close = picture_button(picture(CLOSE), "Close the measures", move || toggle(app)).class("quiet wide-only").view();
    // Of peers there is one way to be behind.
    let counts = cfg!(feature = "primary-replica")
        .then(|| element("label").class("counts").with(span("small", "Behind ")).with(select("behind", options, choose)).view());
    let other = if of_versions { "Figures" } else { "Versions" };
    let switch = move || {
        app.versioning.show(app, None);
        app.measuring.of_versions.set(!of_versions);
    };
    let switch = cfg!(feature = "siblings").then(|| button(other, switch).view());
    let heading = element("h2").with(if of_versions { "Versions" } else { "Measures" });
    let tools = element("div").class("tools").with(heading);
    let tools = if of_versions { tools.with(versions::tools(app)) } else { tools.with(counts).with(span("saves", saves)) };
    tools.with(switch).with(close).view()
}

fn said(app: App, taken: bool) {
    if !taken {
        app.say_bad("The browser did not take the file.");
    }
}

/// All charts as one picture in the colours of the theme, and its size.
fn drawing(app: App) -> Option<(String, (f64, f64))> {
    let all = app.measuring.charts.get_untracked()?;
    let (svg, width, height) = plot::picture(&all.0, &style_values(plot::NAMES));
    Some((svg, (width, height)))
}

fn chart(app: App, index: usize) -> AnyView {
    let Measuring { charts, width, .. } = app.measuring;
    let of = move |look: &dyn Fn(&Charts) -> String| charts.with(|all| all.as_ref().map(|all| look(&all.0)).unwrap_or_default());
    let title = Charts::title(index);
    let unit = move || of(&|all| all.charts[index].unit.to_string());
    let svg = move || of(&|all| plot(all, &all.charts[index], &of_theme(), width.get(), HEIGHT));
    let spoken = move || of(&|all| format!("{}: {}", moment(all.now), all.charts[index].spoken()));
    let area = Place::new();
    let click = move |event: Event| {
        let event: PointerEvent = event.unchecked_into();
        let Some(place) = area.get_untracked() else { return };
        let x = event.client_x() as f64 - place.get_bounding_client_rect().left();
        let span = app.timeline.with_untracked(|line| line.span);
        app.playing.set(false);
        app.seek(moment_at(x, width.get_untracked(), span).min(app.lab(|lab| lab.horizon())));
    };
    let key = move |event: Event| {
        if timeline::press(app, event.unchecked_ref()) {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let plot = element("div")
        .class("plot")
        .place(area)
        .attribute("role", "slider")
        .attribute("tabindex", "0")
        .attribute("aria-label", title)
        .attribute("aria-valuemin", "0")
        .attribute("aria-valuemax", moving(move || app.now.get().horizon.0.to_string()))
        .attribute("aria-valuenow", moving(move || app.now.get().position.at.0.to_string()))
        .attribute("aria-valuetext", moving(spoken))
        .on("click", click)
        .on("keydown", key)
        .with(drawn(moving(svg)));
    let heading = element("h3").with(title).with(span("unit", moving(unit)));
    element("div").class("chart").with(heading).with(plot).view()
}
