//! Who feeds a replica, and how late it shows what it gets: choices, and what they mean.

use super::leptos::*;
use super::{
    element::{Inside, element, moving},
    parts::{only_when, select},
    rules::Rules,
    state::App,
};
use crate::{
    explain::words::duration,
    sim::{id::NodeId, time::Micros},
    world::command::Command,
};

/// Who may feed it, by value, words and whether it does: nobody who would be fed by it.
fn options(app: App, node: NodeId) -> Vec<(String, String, bool)> {
    app.rules.with(|Rules { config, stores, primary, .. }| {
        let now = config.upstream(node);
        let may = |from: &&NodeId| config.with_upstream(node, Some(**from)).upstream_problem().is_none();
        let primary = primary.map(|primary| format!(", now {primary}")).unwrap_or_default();
        let whoever = (String::new(), format!("whoever is primary{primary}"), now.is_none());
        let others = stores.iter().filter(may);
        let others = others.map(|from| (from.to_string(), format!("{from}, primary or not"), now == Some(*from)));
        let gone = now.filter(|from| !stores.contains(from));
        let gone = gone.map(|from| (from.to_string(), format!("{from}, which has left"), true));
        std::iter::once(whoever).chain(others).chain(gone).collect()
    })
}

/// What can come of it that a replica feeds this one.
fn caution(app: App, node: NodeId) -> String {
    app.rules.with(|Rules { config, stores, primary, .. }| {
        let source = config.upstream(node).filter(|from| *primary != Some(*from));
        match source {
            None => String::new(),
            Some(from) if !stores.contains(&from) => format!("{from} has left: it gets nothing any more."),
            Some(from) => format!("Without {from} it gets nothing. The primary does not count it, for writes or majority reads."),
        }
    })
}

/// For replicas of a group in which there is a choice.
pub fn upstream(app: App, node: NodeId) -> AnyView {
    if !cfg!(feature = "primary-replica") {
        return None.view();
    }
    let has_choice = move || {
        app.rules.with(|rules| {
            let has_choice = rules.stores.len() > 2 || rules.config.upstream(node).is_some();
            has_choice && rules.replicas().contains(&node)
        })
    };
    let inside = move || {
        let field = select(
            "upstream",
            move || options(app, node),
            move |text| app.act(Command::SetUpstream { node, from: text.parse().ok() }),
        );
        let label = element("label").attribute("for", "upstream").with("Gets the log from");
        let caution = element("p").class("caution").attribute("role", "status").with(moving(move || caution(app, node)));
        vec![element("div").class("pick stacked").with(label).with(field).view(), caution.view()].view()
    };
    only_when(has_choice, inside)
}

/// How late a replica may show what it gets.
const DELAYS: [Micros; 4] = [Micros::from_secs(1), Micros::from_secs(5), Micros::from_secs(30), Micros::from_secs(300)];

/// Time to take back a mistake, as the operator of PostgreSQL or MySQL can set it for a replica.
pub fn delay(app: App, node: NodeId) -> AnyView {
    if !cfg!(feature = "primary-replica") {
        return None.view();
    }
    let options = move || {
        app.rules.with(|rules| {
            let now = rules.config.delay(node);
            let other = now.filter(|by| !DELAYS.contains(by));
            let late = DELAYS.into_iter().chain(other);
            let late = late.map(|by| (by.0.to_string(), format!("{} late, on purpose", duration(by)), now == Some(by)));
            std::iter::once((String::new(), "at once".to_string(), now.is_none())).chain(late).collect()
        })
    };
    let inside = move || {
        let field = select("delay", options, move |text| {
            app.act(Command::SetDelay { node, by: text.parse().ok().map(Micros) });
        });
        let label = element("label").attribute("for", "delay").with("Shows what it gets");
        element("div").class("pick stacked").with(label).with(field).view()
    };
    only_when(move || app.rules.with(|rules| rules.replicas().contains(&node)), inside)
}
