//! A node's log and the primary's side by side, where they have parted.

use super::leptos::*;
use super::{
    chip::chip,
    element::{Inside, element},
    parts::button,
    state::App,
};
use crate::{
    explain::chip::Chip,
    scene::parting::{Branch, Parting},
    sim::id::NodeId,
    world::command::Command,
};

pub fn parting(app: App, node: NodeId, parting: Parting, stopped: bool) -> AnyView {
    if !cfg!(feature = "primary-replica") {
        return None.view();
    }
    let Parting { primary, after, own, new } = parting;
    let told = own.lines.iter().filter(|line| line.acknowledged).count();
    let fate = match (stopped, told) {
        (false, _) => String::new(),
        (true, 0) => "Whichever is chosen, what stands only here is thrown away.".into(),
        (true, told) => format!("Whichever is chosen, what stands only here is thrown away: {told} of it acknowledged (✓)."),
    };
    let columns = element("div")
        .class("columns")
        .with(column(format!("Only on {node}"), own))
        .with(column(format!("On {primary} instead"), new));
    let act = |name: &'static str, title: &'static str, command: Command| {
        button(name, move || app.act(command.clone())).title(title).view()
    };
    let acts = stopped.then(|| {
        element("div")
            .class("acts")
            .with(act(
                "Rewind",
                "It takes back what stands only here and follows from there (pg_rewind)",
                Command::Rewind { node },
            ))
            .with(act("Clone anew", "It copies everything from the primary", Command::Reclone { node }))
            .view()
    });
    element("section")
        .class("parting")
        .attribute("aria-label", "Logs that have parted")
        .with(element("b").with(format!("After LSN {} the logs of {node} and {primary} part.", after.0)))
        .with(columns)
        .with(element("p").with(fate))
        .with(acts)
        .view()
}

fn column(title: String, branch: Branch) -> AnyView {
    let line = |line: crate::scene::parting::Line| {
        let told = line.acknowledged.then(|| element("span").attribute("title", "acknowledged").with(" ✓").view());
        element("li")
            .with(format!("{} ", line.lsn))
            .with(line.write.map_or_else(|| "no-op".view(), |write| chip(Chip::of(write))))
            .with(told)
            .view()
    };
    let more = (branch.more > 0).then(|| element("li").with(format!("and {} more", branch.more)).view());
    let lines: Vec<AnyView> = branch.lines.into_iter().map(line).chain(more).collect();
    let empty = lines.is_empty().then(|| element("p").with("nothing yet").view());
    element("div").with(element("b").with(title)).with(element("ol").with(lines)).with(empty).view()
}
