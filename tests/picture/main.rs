//! What the page shows, without a page: the stage, the headline, the reasons, the marks of the timeline, at known moments
//! of known runs. Sentences must agree with the world they speak of.

#![cfg(not(target_arch = "wasm32"))]

mod cascade;
mod covered;
mod failover;
mod generated;
mod peers;
mod quorum;
mod roles;

use replicarium::{
    explain::{chip::Chip, narrate, plain, why_old},
    lab::Lab,
    protocol::commit::{Commit, Level, OnTimeout},
    scenario::{Scenario, link::Source, presets},
    scene::{
        flights::{Look, Wish, flights},
        stage::{EntryState, NodeState, Stage, Tone, stage},
        timeline::{MarkKind, Timeline, timeline},
    },
    sim::{
        distribution::Distribution,
        id::{Address, ClientId, EventId, Key, NodeId},
        network::{End, LinkChange, LinkRule, MessageClass},
        operation::Action,
        time::Micros,
    },
    trace::{Event, Fact, Kind},
    world::command::Command,
};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);
const D: NodeId = NodeId(3);
const ANA: ClientId = ClientId(0);
const BEN: ClientId = ClientId(1);
const X: Key = Key(0);

/// The first scene without Ana's workload, a second in: nothing happens but what the test does.
fn quiet() -> Lab {
    let mut scenario = presets::get("first-look").expect("the first preset");
    scenario.clients.iter_mut().for_each(|client| client.workload = None);
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
    // Until both replicas follow.
    run(&mut lab, 1_000);
    lab
}

fn run(lab: &mut Lab, ms: u64) {
    let until = lab.world().now() + Micros::from_millis(ms);
    lab.run_until(until, u64::MAX);
}

fn act(lab: &mut Lab, command: Command) {
    lab.act(command).expect("room for a command");
}

fn write(lab: &mut Lab, value: i64) {
    act(lab, Command::Issue { client: ANA, action: Action::Write { key: X, value }, at: None });
}

fn read(lab: &mut Lab, at: NodeId) {
    act(lab, Command::Issue { client: BEN, action: Action::Read { key: X }, at: Some(at) });
}

fn lag(lab: &mut Lab, to: NodeId, ms: u64) {
    let set = LinkChange { latency: Some(Distribution::Constant(Micros::from_millis(ms))), ..LinkChange::default() };
    let rule = LinkRule { from: End::Nodes, to: End::One(to.into()), both: false, class: Some(MessageClass::Replicate), set };
    act(lab, Command::SetLink(rule));
}

fn picture(lab: &Lab) -> Stage {
    stage(lab.world(), 757.0, 600.0)
}

fn headline(lab: &Lab) -> String {
    let found = narrate::headline(lab.world(), lab.judge().stale_reads(), EventId(0));
    found.map(|headline| plain(&headline.sentence)).unwrap_or_default()
}

fn status(lab: &Lab, node: NodeId) -> String {
    let found = picture(lab).nodes.into_iter().find(|card| card.node == node).map(|card| card.status.1.clone());
    found.expect("a card for every node")
}

#[test]
fn a_write_is_followed_from_hand_to_copy() {
    let mut lab = quiet();
    write(&mut lab, 7);
    run(&mut lab, 20);
    let wish = Wish { linger: Micros::from_millis(100), still: false, selected: None };
    let on_the_wire = flights(lab.world(), &picture(&lab).layout, wish);
    assert!(
        matches!(on_the_wire.sprites.last().map(|sprite| sprite.look), Some(Look::Write { chip, more: 0 }) if chip.value() == 7)
    );
    run(&mut lab, 80);
    assert_eq!(headline(&lab), "Ana’s write x = 7 is acknowledged by A. It has yet to reach B and C.");
    assert!(status(&lab, B).starts_with("1 write behind · "), "{}", status(&lab, B));
    let why = plain(&why_old(lab.world(), C, X).expect("C does not have it yet"));
    assert!(why.contains("left A at") && why.contains("still on the wire"), "{why}");
    run(&mut lab, 60);
    assert!(headline(&lab).starts_with("B shows x = 7 now"), "{}", headline(&lab));
    assert_eq!(why_old(lab.world(), B, X), None);
    run(&mut lab, 600);
    assert_eq!((status(&lab, B), status(&lab, C)), ("up to date".into(), "up to date".into()));
    let stage = picture(&lab);
    assert!(stage.nodes.iter().all(|card| card.copies[0].chip.is_some_and(|chip| chip.value() == 7) && !card.copies[0].old));
}

/// Two writes of one key on their way together: the first one, overwritten already, has not failed to reach anybody.
#[test]
fn an_overwritten_write_is_not_called_missing() {
    let mut lab = quiet();
    write(&mut lab, 1);
    act(&mut lab, Command::Issue { client: BEN, action: Action::Write { key: X, value: 2 }, at: None });
    let mut told = Vec::new();
    while lab.world().now() < Micros::from_secs(2) && lab.step() {
        told.push(headline(&lab));
    }
    assert!(told.iter().any(|said| said.contains("x = 1 is acknowledged by A. It has yet to reach B and C.")), "{told:#?}");
    assert!(told.iter().any(|said| said.contains("x = 2 is acknowledged by A. It has yet to reach B and C.")), "{told:#?}");
    assert!(!told.iter().any(|said| said.contains("yet to reach A")), "{told:#?}");
}

#[test]
fn an_old_value_is_called_old_with_its_age() {
    let mut lab = quiet();
    write(&mut lab, 1);
    run(&mut lab, 1_000);
    lag(&mut lab, C, 2_000);
    write(&mut lab, 2);
    run(&mut lab, 300);
    read(&mut lab, C);
    run(&mut lab, 100);
    let said = headline(&lab);
    assert!(said.starts_with("Ben reads x = 1 at C: an old value. x = 2 had been acknowledged"), "{said}");
    let stage = picture(&lab);
    let c = stage.nodes.iter().find(|card| card.node == C).expect("C");
    assert!(c.copies[0].old && c.log.iter().flatten().any(|cell| cell.state == EntryState::Missing));
    let line = timeline(&lab, lab.judge().stale_reads(), None);
    assert_eq!(line.marks.iter().filter(|mark| mark.kind == MarkKind::Violation).count(), 1);
}

#[test]
fn a_dead_primary_is_drained_and_its_lonely_write_is_named() {
    let mut lab = quiet();
    write(&mut lab, 5);
    run(&mut lab, 95);
    act(&mut lab, Command::Crash { node: A });
    let said = headline(&lab);
    assert!(said.starts_with("A crashed. No other node has x = 5"), "{said}");
    assert!(said.contains("still on the wire to B and C"), "{said}");
    let stage = picture(&lab);
    let a = stage.nodes.iter().find(|card| card.node == A).expect("A");
    assert_eq!((a.state, a.role.as_str(), a.is_primary), (NodeState::Down, "was primary", false));
    assert!(a.copies[0].chip.is_some_and(|chip| chip.value() == 5), "what it held stays readable");
    run(&mut lab, 1_000);
    write(&mut lab, 6);
    run(&mut lab, 1_000);
    assert_eq!(headline(&lab), "Ana’s write x = 6 is refused: A, B and C were asked, and none of them takes it.");
    let ana = picture(&lab).clients.into_iter().find(|figure| figure.client == ANA).expect("Ana");
    assert_eq!(ana.status, (Tone::Bad, "x = 6 · refused: not primary".into()));
    act(&mut lab, Command::Promote { node: B });
    assert!(headline(&lab).starts_with("B is primary now (epoch 2). Its log ends at LSN 1"), "{}", headline(&lab));
}

#[test]
fn a_lost_write_is_said_when_the_old_primary_returns() {
    let mut lab = quiet();
    act(&mut lab, Command::Partition { groups: vec![vec![Address::Node(A), ANA.into()], vec![B.into(), C.into(), BEN.into()]] });
    write(&mut lab, 9);
    run(&mut lab, 500);
    act(&mut lab, Command::Crash { node: A });
    act(&mut lab, Command::Promote { node: B });
    act(&mut lab, Command::HealAll);
    act(&mut lab, Command::Restart { node: A });
    run(&mut lab, 3_000);
    let told: Vec<String> = lab
        .world()
        .trace()
        .iter()
        .filter_map(|(_, event)| narrate::tell(lab.world(), event, &Default::default()))
        .map(|(_, sentence)| plain(&sentence))
        .collect();
    let discarded = "A throws away x = 9: the new primary’s log does not have it. Its client had been told OK.";
    assert!(told.iter().any(|said| said == discarded), "{told:#?}");
    assert!(told.iter().any(|said| said.starts_with("A follows B now (epoch 2)")), "{told:#?}");
    assert_eq!(status(&lab, A), "up to date");
}

#[test]
fn before_the_first_answer_the_question_is_told() {
    let scenario = presets::get("first-look").expect("the first preset");
    let mut lab = Lab::new(Source::Preset("first-look".into()), scenario);
    assert_eq!(headline(&lab), "");
    run(&mut lab, 100);
    assert_eq!(headline(&lab), "Ana wants to write x = 1.");
    run(&mut lab, 100);
    assert!(headline(&lab).starts_with("Ana’s write x = 1 is acknowledged"), "{}", headline(&lab));
    let behind = picture(&lab).nodes.into_iter().find(|card| card.node == C).expect("C");
    assert!(behind.spoken.contains("x is empty, an old state"), "{}", behind.spoken);
}

/// Statuses are as long as their card has room for.
#[test]
fn the_smaller_the_card_the_shorter_its_words() {
    let mut lab = quiet();
    write(&mut lab, 1);
    run(&mut lab, 1_000);
    act(&mut lab, Command::Crash { node: A });
    let words = |width: f64, height: f64, node: NodeId| {
        let card = stage(lab.world(), width, height).nodes.into_iter().find(|card| card.node == node).expect("a card");
        (card.status.1.clone(), card.spoken.clone())
    };
    assert_eq!(words(784.0, 600.0, B).0, "no primary · has up to 1");
    assert_eq!(words(484.0, 480.0, B).0, "no primary · up to 1");
    assert_eq!(words(320.0, 250.0, B).0, "no primary · at 1");
    assert_eq!(words(320.0, 250.0, A).0, "on disk up to 1");
    assert!(words(320.0, 250.0, A).1.ends_with("on disk up to 1 · epoch 1."), "the whole is said");
}

/// A write and the next one in the log look different.
#[test]
fn neighbours_in_the_log_have_different_marks() {
    for name in presets::names() {
        let mut lab = Lab::new(Source::Preset(name.clone()), presets::get(&name).expect("a preset"));
        run(&mut lab, 20_000);
        let appended = |(_, event): (u64, &Event)| match event.kind {
            Kind::Fact(Fact::Appended { write: Some(write), .. }) => Some(Chip::of(write)),
            _ => None,
        };
        let mut chips: Vec<Chip> = lab.world().trace().iter().filter_map(appended).collect();
        chips.dedup_by_key(|chip| chip.write.id);
        let pairs = chips.iter().zip(chips.iter().skip(1)).filter(|(one, other)| one.write.id != other.write.id);
        let alike = |one: &Chip, other: &Chip| (one.colour, one.shape) == (other.colour, other.shape);
        let same: Vec<_> = pairs.filter(|(one, other)| alike(one, other)).collect();
        // With many reads between, two of 30 marks can meet by chance.
        let allowed = if name == "web-shop" { chips.len() / 20 } else { 0 };
        assert!(same.len() <= allowed, "{name}: {same:?} of {}", chips.len());
    }
}

/// Values may be as long as they like, on every card: copies make room, or are named by their number only.
#[test]
fn long_values_are_shown_as_far_as_there_is_room() {
    let mut lab = quiet();
    write(&mut lab, 7);
    run(&mut lab, 1_000);
    let shown = |lab: &Lab, width: f64| {
        let card = stage(lab.world(), width, 500.0).nodes.into_iter().find(|card| card.node == B).expect("B");
        (card.copies.len(), card.more_keys)
    };
    assert_eq!([shown(&lab, 757.0), shown(&lab, 484.0), shown(&lab, 320.0)], [(2, 0); 3]);
    write(&mut lab, 1_234_567_890);
    run(&mut lab, 1_000);
    assert_eq!([shown(&lab, 757.0), shown(&lab, 484.0), shown(&lab, 320.0)], [(2, 0), (1, 1), (1, 1)]);
}

#[test]
fn a_paused_primary_takes_no_writes() {
    let mut lab = quiet();
    act(&mut lab, Command::Pause { node: A });
    assert_eq!(status(&lab, A), "takes no writes now");
    write(&mut lab, 1);
    run(&mut lab, 1_000);
    let a = picture(&lab).nodes.into_iter().find(|card| card.node == A).expect("A");
    assert!(a.spoken.ends_with("takes no writes now."), "{}", a.spoken);
}

#[test]
fn reasons_name_what_became_of_the_write() {
    // What is done to the copy for C, and what the reason then says.
    let drop_it = |lab: &mut Lab| {
        let copy = lab.world().flights().find(|flight| flight.to == Address::Node(C) && flight.class == MessageClass::Replicate);
        let message = copy.expect("a copy on the wire").id;
        act(lab, Command::DropMessage { message });
    };
    let cut = |lab: &mut Lab| act(lab, Command::Cut { from: A.into(), to: C.into(), both: false });
    let down = |lab: &mut Lab| act(lab, Command::Crash { node: C });
    type Deed<'a> = &'a dyn Fn(&mut Lab);
    let table: [(Deed, &str); 3] = [
        (&drop_it, "was taken off the wire at"),
        (&cut, "will not get through: the link is cut"),
        (&down, "C has been down since"),
    ];
    for (deed, words) in table {
        let mut lab = quiet();
        write(&mut lab, 3);
        run(&mut lab, 100);
        deed(&mut lab);
        let why = plain(&why_old(lab.world(), C, X).expect("C does not have it"));
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn every_preset_can_be_drawn_and_told_at_any_time() {
    for name in presets::names() {
        let scenario: Scenario = presets::get(&name).expect("a preset");
        let mut lab = Lab::new(Source::Preset(name.clone()), scenario);
        for _ in 0..40 {
            run(&mut lab, 250);
            for (width, height) in [(320.0, 280.0), (757.0, 600.0)] {
                let stage = stage(lab.world(), width, height);
                let wish = Wish { linger: Micros::from_millis(300), still: true, selected: None };
                let drawn = flights(lab.world(), &stage.layout, wish);
                assert!(drawn.sprites.iter().all(|sprite| sprite.at.x.is_finite() && sprite.at.y.is_finite()));
                let in_field = stage.field.as_ref().map_or(0, |field| field.spots.len());
                assert_eq!(stage.nodes.len() + in_field, lab.world().members().len());
            }
            assert!(!headline(&lab).is_empty(), "{name}, {}: there is always something to tell", lab.world().now());
        }
    }
}

/// An answer that says "done here, but not confirmed" is no refusal, on the wire or at the client.
#[test]
fn an_unconfirmed_answer_looks_like_what_it_is() {
    let mut lab = quiet();
    let rule = Commit {
        level: Level::RemoteFlush,
        timeout: Some(Micros::from_millis(50)),
        on_timeout: OnTimeout::Warn,
        ..Commit::default()
    };
    act(&mut lab, Command::SetCommit(rule));
    write(&mut lab, 7);
    let mut looks = Vec::new();
    let wish = Wish { linger: Micros::from_millis(1), still: false, selected: None };
    while lab.world().now() < Micros::from_secs(2) && lab.step() {
        looks.extend(flights(lab.world(), &picture(&lab).layout, wish).sprites.iter().map(|sprite| sprite.look));
    }
    assert!(looks.contains(&Look::Unconfirmed) && !looks.contains(&Look::No) && !looks.contains(&Look::Ok), "{looks:?}");
    let ana = picture(&lab).clients.into_iter().find(|figure| figure.client == ANA).expect("Ana");
    assert_eq!(ana.status, (Tone::Warn, "x = 7 · OK, unconfirmed".into()));
}

/// A busy stage that is brought up to date in turns is as a whole what it is, once everybody had a turn; and at once where
/// somebody came or went.
#[test]
fn in_turns_the_whole_stage_is_shown() {
    const TURNS: usize = 6;
    let scenario = presets::get("web-shop").expect("a preset");
    let mut lab = Lab::new(Source::Preset("web-shop".into()), scenario);
    run(&mut lab, 1_000);
    let mut shown = picture(&lab);
    run(&mut lab, 2_000);
    let now = picture(&lab);
    assert_ne!(shown, now);
    for turn in 0..TURNS {
        let next = now.clone().in_turn(&shown, turn, TURNS);
        let changed = next.nodes.iter().zip(&shown.nodes).filter(|(new, old)| new != old).count();
        assert!(changed <= now.nodes.len().div_ceil(TURNS - 1), "a part in each turn");
        shown = next;
    }
    assert_eq!(shown, now);
    act(&mut lab, Command::AddNode);
    let more = picture(&lab);
    assert_eq!(more.clone().in_turn(&shown, 3, TURNS), more);
}

/// Marks that are added to as the run goes on are those of the whole run, also when the axis grows.
#[test]
fn marks_of_a_run_add_up() {
    let scenario = presets::get("web-shop").expect("a preset");
    let mut lab = Lab::new(Source::Preset("web-shop".into()), scenario);
    fn line(lab: &Lab, before: Option<&Timeline>) -> Timeline {
        timeline(lab, lab.furthest_run().judge().stale_reads(), before)
    }
    let mut added = line(&lab, None);
    for second in 0..25 {
        run(&mut lab, 1_000);
        if second == 12 {
            act(&mut lab, Command::Crash { node: B });
            lab.step();
        }
        added = line(&lab, Some(&added));
        let whole = line(&lab, None);
        let kinds = |line: &Timeline| line.marks.iter().map(|mark| mark.kind).collect::<Vec<_>>();
        assert_eq!((kinds(&added), added.span, added.horizon), (kinds(&whole), whole.span, whole.horizon), "after {second} s");
        assert_eq!(added.marks.len() + added.merged, whole.marks.len() + whole.merged, "every mark is there once");
    }
    assert!(
        added.marks.iter().any(|mark| mark.kind == MarkKind::Fault)
            && added.marks.iter().any(|mark| mark.kind == MarkKind::Violation)
    );
}

/// What happened at the same place of the timeline is told in the order in which it happened.
#[test]
fn marks_of_one_moment_are_told_in_order() {
    let mut lab = quiet();
    for (from, to) in [(A, B), (A, C)] {
        act(&mut lab, Command::Cut { from: from.into(), to: to.into(), both: true });
    }
    act(&mut lab, Command::Pause { node: A });
    run(&mut lab, 100);
    let line = timeline(&lab, lab.judge().stale_reads(), None);
    let told: Vec<&str> = line.marks.iter().map(|mark| mark.label.as_str()).collect();
    assert_eq!(told, ["A–B is cut, A–C is cut, A pauses"]);
}
