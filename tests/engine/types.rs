//! What is told of keys that are no registers, read aloud: every sentence that such a run makes, against those that it should.

use super::play::*;
use replicarium::{
    client::workload::{ClientSettings, Target},
    explain::{narrate::tell, plain},
    protocol::{multi_primary::Config, types::TypedKey},
    scenario::{ProtocolSettings, Scenario},
    sim::{
        chunked::Chunked,
        id::{ClientId, Key, NodeId},
        operation::{Action, KeyType},
    },
    store::object::set::SetKind,
    world::command::Command,
};

const SET: Key = Key(1);
const CART: Key = Key(2);
const TEXT: Key = Key(3);
const PLAIN: Key = Key(4);

/// Ana at A, Ben at B; keys of all types.
fn peers() -> Play {
    let types = [(X, KeyType::Counter), (SET, KeyType::Set), (CART, KeyType::Cart), (TEXT, KeyType::Text)];
    let types = types.into_iter().map(|(key, holds)| TypedKey { key, holds }).collect();
    let config = Config { types, collect_tombstones_after: Some(ms(1_000)), ..Config::default() };
    let at = |node| {
        let own = Target::Node(NodeId(node));
        ClientSettings { writes_to: own, reads_from: own, ..ClientSettings::default() }
    };
    let mut scenario =
        Scenario { protocol: ProtocolSettings::MultiPrimary(config), clients: vec![at(0), at(1)], ..Scenario::default() };
    scenario.nodes.count = 2;
    Play::new(scenario)
}

fn ask(play: &mut Play, client: ClientId, action: Action) {
    play.issue(client, action, None);
    play.run(200);
}

fn said(play: &Play) -> Vec<String> {
    let told = play.events().filter_map(|event| tell(&play.world, event, &Chunked::default()));
    told.map(|(_, sentence)| plain(&sentence)).collect()
}

#[test]
fn what_is_told_of_keys_of_all_types() {
    let mut play = peers();
    let (one, other) = (Action::AddElement { key: SET, element: 5 }, Action::AddElement { key: CART, element: 5 });
    ask(&mut play, ANA, Action::Add { key: X, amount: 3 });
    ask(&mut play, BEN, Action::Add { key: X, amount: -1 });
    ask(&mut play, ANA, one);
    ask(&mut play, ANA, other);
    ask(&mut play, ANA, Action::Insert { key: TEXT, place: 0, character: 'm' });
    ask(&mut play, ANA, Action::Write { key: PLAIN, value: 1 });
    ask(&mut play, ANA, Action::Delete { key: PLAIN });
    for key in [X, SET, CART, TEXT, PLAIN] {
        ask(&mut play, BEN, Action::Read { key });
    }
    ask(&mut play, BEN, Action::Write { key: X, value: 1 });
    ask(&mut play, BEN, Action::Erase { key: TEXT, place: 9 });
    play.act(Command::Cut { from: A.into(), to: B.into(), both: true });
    for key in [SET, CART] {
        ask(&mut play, ANA, Action::RemoveElement { key, element: 5 });
        ask(&mut play, BEN, Action::AddElement { key, element: 6 });
    }
    ask(&mut play, ANA, Action::Read { key: SET });
    play.act(Command::HealAll);
    play.run(3_000);
    let mut conflicts = play.world.setup().config.conflicts().cloned().expect("peers");
    conflicts.set = SetKind::GrowOnly;
    play.act(Command::SetConflicts(conflicts));
    play.run(100);
    let said = said(&play);
    for sentence in [
        "Ana’s +3 on x is acknowledged by A, which asked nobody.",
        "Ben’s −1 on x is acknowledged by B, which asked nobody.",
        "A takes +3 on x, asking nobody, and writes it to disk.",
        "B learns of +3 on x, which was written at A.",
        "Ana’s addition of 5 to the set y is acknowledged by A, which asked nobody.",
        "Ana’s addition of 5 to the cart z is acknowledged by A, which asked nobody.",
        "Ana’s “m” after 0 characters of the text u is acknowledged by A, which asked nobody.",
        "Ana’s deletion of v is acknowledged by A, which asked nobody.",
        "Ben reads x = 2 at B.",
        "Ben reads the set y at B: {5}.",
        "Ben reads the cart z at B: {5}.",
        "Ben reads the text u at B: “m”.",
        "Ben reads nothing for v at B: nobody wrote it, or it was deleted.",
        "Ben’s write x = 1 is refused: x is a counter, which does not do that here.",
        "Ben’s erasure after 9 characters of the text u is refused: there is no such thing in u at the node.",
        "Ana reads the set y at A: it is empty.",
        "A has 5 in the cart z again, which had been taken out: carts that met are merged by union.",
        "A forgets that v was deleted: nothing is kept of it any more.",
        "A shows another view of the set y: 5 is back; a grow-only set has whatever was ever added.",
    ] {
        assert!(said.iter().any(|own| own == sentence), "nobody says: {sentence}\n{}", said.join("\n"));
    }
}
