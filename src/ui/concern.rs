//! How sure a client's reads must be: a choice.

use super::state::App;
use crate::{
    sim::{id::ClientId, operation::Concern, time::Micros},
    world::command::Command,
};

/// How sure reads must be, plainest first.
const CONCERNS: [(Concern, &str); 5] = [
    (Concern::Local, "whatever is there (local)"),
    (Concern::Bounded(Micros::from_secs(1)), "at most 1 s old (bounded)"),
    (Concern::Bounded(Micros::from_secs(5)), "at most 5 s old (bounded)"),
    (Concern::Majority, "what a majority has (majority)"),
    (Concern::Linearizable, "the latest (linearizable)"),
];

fn concern_of(app: App, client: ClientId) -> Concern {
    app.watch(|lab| lab.world().session(client).map(|session| session.settings.concern)).unwrap_or_default()
}

pub fn concerns(app: App, client: ClientId) -> Vec<(String, String, bool)> {
    let now = concern_of(app, client);
    let option = |(index, (concern, words)): (usize, &(Concern, &str))| (index.to_string(), words.to_string(), *concern == now);
    let mut options: Vec<_> = CONCERNS.iter().enumerate().map(option).collect();
    if !options.iter().any(|(.., is_now)| *is_now) {
        options.push((String::new(), "as in the scenario".into(), true));
    }
    options
}

pub fn set_concern(app: App, client: ClientId, value: &str) {
    if let Some((concern, _)) = value.parse().ok().and_then(|index: usize| CONCERNS.get(index)) {
        app.act(Command::SetConcern { client, concern: *concern });
    }
}
