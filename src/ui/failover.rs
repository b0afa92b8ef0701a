//! When the primary is gone: who takes over, by what it is noticed, what keeps the old one from writing. What contradicts
//! itself is refused here, in words; what is risky is allowed, and said.

use super::leptos::*;
use super::{
    element::{Inside, element, moving},
    forms::{DELAYS_MS, delay_index, delay_name},
    parts::{Slider, check, only_when, put_back, select},
    rules::Rules,
    state::App,
    watched::Watched,
};
use crate::{
    explain::words::duration,
    protocol::{
        detector::Detect,
        failover::{By, Failover, Fencing},
    },
    sim::{decimal::short, time::Micros},
    world::command::Command,
};

const BY: [(By, &str); 3] = [
    (By::Operator, "a person decides (operator)"),
    (By::Election, "the nodes elect one (election)"),
    (By::Monitors, "monitors appoint one (Sentinel)"),
];

const DETECT: [(Detect, &str); 3] = [
    (Detect::Nothing, "nobody: no heartbeats"),
    (Detect::Timeout, "a silence too long (time-out)"),
    (Detect::Phi, "an unlikely silence (φ accrual)"),
];

const FENCING: [(Fencing, &str); 3] = [
    (Fencing::Nothing, "nothing, until it hears of the new"),
    (Fencing::Lease, "no majority, no writes (lease)"),
    (Fencing::Power, "its power is cut (STONITH)"),
];

/// From which φ on a silence is suspicious.
const PHIS: [u8; 8] = [1, 2, 3, 5, 8, 12, 16, 30];

fn phi_name(index: usize) -> String {
    PHIS[index].to_string()
}

fn rule(app: App) -> Failover {
    app.rules.with(|rules| rules.config.failover.clone())
}

/// A choice from a table, under its name.
fn choice<T: Copy + PartialEq + Send + Sync + 'static>(
    app: App,
    (id, name): (&'static str, &'static str),
    table: &'static [(T, &'static str)],
    now: fn(&Failover) -> T,
    chosen: impl Fn(T) + 'static,
) -> AnyView {
    let options = move || {
        let now = now(&rule(app));
        let option = |(index, (value, words)): (usize, &(T, &str))| (index.to_string(), words.to_string(), *value == now);
        let mut options: Vec<_> = table.iter().enumerate().map(option).collect();
        // A scenario may ask for more than is offered here.
        if !options.iter().any(|(.., is_now)| *is_now) {
            options.push((String::new(), "as in the scenario".into(), true));
        }
        options
    };
    let pick = select(id, options, move |text| {
        if let Some((value, _)) = text.parse().ok().and_then(|index: usize| table.get(index)) {
            chosen(*value);
        }
    });
    let label = element("label").attribute("for", id).with(name);
    element("div").class("pick stacked").with(label).with(pick).view()
}

pub fn failover(app: App) -> AnyView {
    if !cfg!(feature = "primary-replica") {
        return None.view();
    }
    let refused = Watched::new(String::new());
    let change = move |change: &dyn Fn(&mut Failover)| {
        let old = app.world(|world| Rules::of(world).config.failover);
        let mut new = old.clone();
        change(&mut new);
        match new.problem() {
            Some((_, why)) => {
                refused.set(format!("Not changed: {why}."));
                put_back("failover-by", BY.iter().position(|(one, _)| *one == old.by).unwrap_or_default());
                put_back("failover-detect", DETECT.iter().position(|(one, _)| *one == old.detect).unwrap_or_default());
                put_back("failover-fencing", FENCING.iter().position(|(one, _)| *one == old.fencing).unwrap_or_default());
            }
            None => {
                refused.set(String::new());
                app.act(Command::SetFailover(new));
            }
        }
    };
    let by = choice(
        app,
        ("failover-by", "Who leads next"),
        &BY,
        |rule| rule.by,
        move |by| {
            change(&|rule| {
                rule.by = by;
                // Who elects has to notice first.
                if by != By::Operator && rule.detect == Detect::Nothing {
                    rule.detect = Detect::Timeout;
                }
            })
        },
    );
    let detect = choice(
        app,
        ("failover-detect", "It is noticed by"),
        &DETECT,
        |rule| rule.detect,
        move |detect| change(&|rule| rule.detect = detect),
    );
    let delay = move |(id, label): (&'static str, &'static str), now: fn(&Failover) -> Micros, set: fn(&mut Failover, Micros)| {
        let exact = move || duration(now(&rule(app)));
        let slider = Slider { id, label: label.into(), count: DELAYS_MS.len(), name: delay_name, exact: Some(Box::new(exact)) };
        slider.view(
            move || delay_index(now(&rule(app))),
            move |place| change(&|rule| set(rule, Micros::from_millis(DELAYS_MS[place]))),
        )
    };
    let heartbeats = move || {
        vec![
            delay(("heartbeat", "Heartbeat every"), |rule| rule.heartbeat_every, |rule, every| rule.heartbeat_every = every),
            delay(("failover-timeout", "Time-out, and lease"), |rule| rule.timeout, |rule, timeout| rule.timeout = timeout),
            only_when(
                move || rule(app).by != By::Operator,
                move || {
                    delay(("failover-spread", "Plus up to, at random"), |rule| rule.spread, |rule, spread| rule.spread = spread)
                },
            ),
        ]
        .view()
    };
    let phi = move || {
        let exact = move || short(rule(app).phi_threshold);
        let label = "Suspicious from φ on".into();
        let slider = Slider { id: "phi", label, count: PHIS.len(), name: phi_name, exact: Some(Box::new(exact)) };
        let place = |phi: f64| PHIS.iter().position(|own| f64::from(*own) >= phi).unwrap_or(PHIS.len() - 1);
        slider.view(
            move || place(rule(app).phi_threshold),
            move |place| change(&|rule| rule.phi_threshold = f64::from(PHIS[place])),
        )
    };
    let trial = move || {
        check(
            "Candidates ask first if they would win (trial vote)",
            move || rule(app).trial_vote,
            move || change(&|rule| rule.trial_vote = !rule.trial_vote),
        )
    };
    let fencing = move || {
        choice(
            app,
            ("failover-fencing", "What stops the old one (fencing)"),
            &FENCING,
            |rule| rule.fencing,
            move |fencing| change(&|rule| rule.fencing = fencing),
        )
    };
    let watched = move || rule(app).detect != Detect::Nothing;
    let warning = move || {
        let rule = rule(app);
        let stores = app.rules.with(|rules| rules.stores.len());
        rule.warning(stores).unwrap_or_default().to_string()
    };
    element("div")
        .class("failover")
        .attribute("role", "group")
        .attribute("aria-label", "When the primary is gone")
        .with(element("h3").with("When the primary is gone"))
        .with(vec![by, detect])
        .with(only_when(watched, heartbeats))
        .with(only_when(move || rule(app).detect == Detect::Phi, phi))
        .with(only_when(move || rule(app).by == By::Election, trial))
        .with(only_when(move || watched() || rule(app).fencing != Fencing::Nothing, fencing))
        .with(element("p").class("refusal").attribute("role", "alert").with(moving(move || refused.get())))
        .with(element("p").class("caution").attribute("role", "status").with(moving(warning)))
        .view()
}
