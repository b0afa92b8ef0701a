//! Promises of all kinds, on real runs: kept, broken, or beyond what can be judged.

use super::super::{Verdict, Verdicts};
use crate::{
    client::workload::{ClientSettings, Target},
    explain::{plain, why_lost},
    lab::Run,
    protocol::{conflicts::Conflicts, multi_primary::Config, types::TypedKey},
    scenario::{ProtocolSettings, Scenario, presets},
    sim::{
        id::{ClientId, Key, NodeId},
        operation::{Action, KeyType},
        time::Micros,
    },
    store::object::set::SetKind,
    world::command::{Command, TimedCommand},
};
use std::sync::Arc;

fn verdicts(mut scenario: Scenario, commands: Vec<(u64, Command)>, millis: u64) -> Verdicts {
    let timed = |(at, command)| TimedCommand { at: Micros::from_millis(at), command };
    scenario.commands.extend(commands.into_iter().map(timed));
    assert_eq!(scenario.check(), []);
    let mut run = Run::new(Arc::new(scenario.setup()), Arc::new(scenario.commands));
    run.run_until(Micros::from_millis(millis), u64::MAX);
    run.verdicts()
}

/// `+` holds, `?` cannot tell, else what is lost.
fn said(verdicts: &Verdicts) -> String {
    match verdicts.durable {
        Verdict::Holds => "+".into(),
        Verdict::CannotTell { .. } => "?".into(),
        Verdict::Broken { .. } => verdicts.lost.iter().map(|lost| plain(&why_lost(lost))).collect::<Vec<_>>().join(" "),
    }
}

/// A sentence without its times.
fn timeless(said: &str) -> String {
    let words = said.split(' ').filter(|word| !word.contains('.') || word.ends_with('.')).collect::<Vec<_>>().join(" ");
    words.replace(" at s", "").replace("but at s ", "but ")
}

#[test]
fn presets_are_judged_by_what_their_clients_were_told() {
    let two_phase = Conflicts { set: SetKind::TwoPhase, ..Conflicts::default() };
    let switched = || vec![(5_000, Command::SetConflicts(two_phase.clone()))];
    for (name, commands, millis, expected) in [
        ("peers-tombstone", vec![], 5_900, "+"),
        (
            "peers-tombstone",
            vec![],
            11_000,
            "Ana’s deletion of x was acknowledged by A, but every peer shows x = 7 all the same.",
        ),
        ("peers-set", vec![], 5_900, "+"),
        ("peers-set", switched(), 5_900, "Ben’s addition of 5 to the set x was acknowledged by C, but no peer shows it."),
        ("peers-cart", vec![], 3_900, "+"),
        (
            "peers-cart",
            vec![],
            5_900,
            "Ana’s removal of 2 from the cart x was acknowledged by A, but every peer shows what it took away all the same.",
        ),
        // On both sides of the cut copies lack what the other side has.
        ("peers-counter", vec![], 3_600, "?"),
        ("peers-counter", vec![], 5_000, "+"),
        ("peers-text", vec![], 5_000, "+"),
    ] {
        let verdicts = verdicts(presets::get(name).expect("a preset"), commands, millis);
        assert_eq!(timeless(&said(&verdicts)), expected, "{name} at {millis} ms");
    }
}

/// Ana does something at A that B has, and something else while they are cut; then A heals, or loses its disk and begins anew.
#[test]
fn what_only_a_lost_disk_had_is_missed_whatever_its_key_holds() {
    let key = Key(0);
    let [value, other] = [1, 2].map(|value| Action::Write { key, value });
    let [one, two] = [1, 2].map(|element| Action::AddElement { key, element });
    let away = Action::RemoveElement { key, element: 1 };
    let typed = |character| Action::Insert { key, place: 0, character };
    for (holds, first, second, lost) in [
        (KeyType::Register, value, other, "x = 2"),
        (KeyType::Register, value, Action::Delete { key }, "Ana’s deletion of x"),
        (KeyType::Counter, Action::Add { key, amount: 3 }, Action::Add { key, amount: 4 }, "?"),
        (KeyType::Set, one, two, "Ana’s addition of 2 to the set x"),
        (KeyType::Set, one, away, "Ana’s removal of 1 from the set x"),
        (KeyType::Cart, one, two, "Ana’s addition of 2 to the cart x"),
        (KeyType::Cart, one, away, "Ana’s removal of 1 from the cart x"),
        (KeyType::Text, typed('a'), typed('b'), "Ana’s “b” after 0 characters of the text x"),
        (KeyType::Text, typed('a'), Action::Erase { key, place: 0 }, "Ana’s erasure after 0 characters of the text x"),
    ] {
        let [a, b] = [NodeId(0), NodeId(1)];
        let config = Config { types: vec![TypedKey { key, holds }], ..Config::default() };
        let ana = ClientSettings { writes_to: Target::Node(a), reads_from: Target::Node(a), ..ClientSettings::default() };
        let protocol = ProtocolSettings::MultiPrimary(config);
        let mut scenario = Scenario { protocol, clients: vec![ana], ..Scenario::default() };
        scenario.nodes.count = 2;
        let by_ana = |action| Command::Issue { client: ClientId(0), action, at: None };
        let cut = Command::Cut { from: a.into(), to: b.into(), both: true };
        let before = vec![(100, by_ana(first)), (1_000, cut), (1_100, by_ana(second))];
        let wipe = vec![(1_500, Command::Wipe { node: a }), (1_600, Command::Restart { node: a })];
        let heal = vec![(2_000, Command::HealAll)];
        let (kept, wiped) = ([before.clone(), heal.clone()].concat(), [before, wipe, heal].concat());
        assert_eq!(said(&verdicts(scenario.clone(), kept, 8_000)), "+", "{second:?}");
        let said = said(&verdicts(scenario, wiped, 8_000));
        assert!(said.starts_with(lost), "{second:?}: {said}");
    }
}
