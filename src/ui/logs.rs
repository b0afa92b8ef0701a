//! The log: what is shipped, what is kept for replicas that are away, what happens to a log of one's own.

use super::leptos::*;
use super::{
    element::{Inside, element, moving},
    parts::select,
    rules::Rules,
    state::App,
};
use crate::{
    protocol::{
        logs::Logs,
        primary_replica::{Rejoin, Retention, Shipping},
    },
    world::command::Command,
};

const REJOIN: [(Rejoin, &str); 3] = [
    (Rejoin::Clone, "is thrown away: cloned anew"),
    (Rejoin::Rewind, "goes back to where it parted (rewind)"),
    (Rejoin::Refuse, "stays, until a person decides"),
];

const SHIPPING: [(Shipping, &str); 2] =
    [(Shipping::Row, "the value that was written (row)"), (Shipping::Statement, "what was asked for (statement)")];

fn logs(app: App) -> (Logs, u64) {
    app.rules.with(|rules| (rules.config.logs(), rules.config.log_retention_entries))
}

/// What may be kept besides the last `kept` entries.
fn retentions(kept: u64) -> [(Retention, String); 4] {
    let slots = Retention { slots: true, ..Retention::default() };
    let (some, room) = (5 * kept, 2 * kept + 2);
    [
        (Retention::default(), format!("the last {kept} entries, no more")),
        (slots, "all that they lack (slot)".into()),
        (Retention { slot_limit_entries: Some(some), ..slots }, format!("what they lack, up to {some} (slot)")),
        (Retention { disk_entries: Some(room), ..slots }, format!("what they lack; the disk holds {room}")),
    ]
}

pub fn log_settings(app: App) -> AnyView {
    if !cfg!(feature = "primary-replica") {
        return None.view();
    }
    let change = move |change: &dyn Fn(&mut Logs)| {
        let mut new = app.world(|world| Rules::of(world).config.logs());
        change(&mut new);
        app.act(Command::SetLogs(new));
    };
    let row = |id: &'static str,
               name: &'static str,
               options: Box<dyn Fn() -> Vec<(String, bool)> + Send + Sync>,
               chosen: Box<dyn Fn(usize)>| {
        let options = move || {
            let mut all: Vec<(String, String, bool)> = Vec::new();
            for (index, (words, now)) in options().into_iter().enumerate() {
                all.push((index.to_string(), words, now));
            }
            if !all.iter().any(|(.., now)| *now) {
                all.push((String::new(), "as in the scenario".into(), true));
            }
            all
        };
        let field = select(id, options, move |text| {
            if let Ok(index) = text.parse() {
                chosen(index);
            }
        });
        let label = element("label").attribute("for", id).with(name);
        element("div").class("pick stacked").with(label).with(field).view()
    };
    let words = |words: &str, now: bool| (words.to_string(), now);
    let rejoin = row(
        "log-rejoin",
        "Who comes back with a log of its own",
        Box::new(move || REJOIN.iter().map(|(one, name)| words(name, *one == logs(app).0.rejoin)).collect()),
        Box::new(move |index| change(&|logs| logs.rejoin = REJOIN[index].0)),
    );
    let retention = row(
        "log-kept",
        "Kept for replicas that are away",
        Box::new(move || {
            let (now, kept) = logs(app);
            retentions(kept).into_iter().map(|(one, name)| (name, one == now.retention)).collect()
        }),
        Box::new(move |index| {
            let kept = app.world(|world| Rules::of(world).config.log_retention_entries);
            let [a, b, c, d] = retentions(kept).map(|(one, _)| one);
            change(&|logs| logs.retention = [a, b, c, d][index]);
        }),
    );
    let shipping = row(
        "log-shipped",
        "Replicas are sent",
        Box::new(move || SHIPPING.iter().map(|(one, name)| words(name, *one == logs(app).0.shipping)).collect()),
        Box::new(move |index| change(&|logs| logs.shipping = SHIPPING[index].0)),
    );
    let warning = move || {
        let Logs { retention, shipping, .. } = logs(app).0;
        let statement = "Clocks and random numbers come out differently at each replica.";
        retention.warning().or((shipping == Shipping::Statement).then_some(statement)).unwrap_or_default().to_string()
    };
    element("div")
        .class("failover")
        .attribute("role", "group")
        .attribute("aria-label", "The log")
        .with(element("h3").with("The log"))
        .with(vec![rejoin, retention, shipping])
        .with(element("p").class("caution").attribute("role", "status").with(moving(warning)))
        .view()
}
