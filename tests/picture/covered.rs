//! Nothing that can be read is covered or cut off: at any moment of any scenario, on stages of any size.

use super::{A, ANA, BEN, act, quiet, read, run, write};
use replicarium::{
    lab::Lab,
    scenario::{link::Source, presets},
    scene::{
        flights::{Lost, Sprite, Wish, flights},
        geometry::{Point, Rect},
        links::LinkLine,
        stage::stage,
    },
    sim::{
        id::{Address, NodeId},
        time::Micros,
    },
    world::command::Command,
};

/// From a small phone to a projector.
pub const STAGES: [(f64, f64); 7] =
    [(320.0, 215.0), (390.0, 297.0), (484.0, 488.0), (540.0, 284.0), (757.0, 370.0), (784.0, 620.0), (1100.0, 900.0)];

/// What is wrong with this moment at this size, in words: who covers whom, and what is cut off.
pub fn faults(lab: &Lab, width: f64, height: f64) -> Vec<String> {
    let stage = stage(lab.world(), width, height);
    let layout = &stage.layout;
    let mut faults = Vec::new();
    let shapes: Vec<(String, Rect)> = layout.shapes().into_iter().map(|(who, shape)| (who.to_string(), shape)).collect();
    let inside = Rect { x: 0.0, y: 0.0, width, height: layout.height };
    let links: Vec<(String, Rect)> =
        stage.links.iter().map(|link| (format!("{}–{} “{}”", link.from, link.to, link.words), link.covers)).collect();
    for (index, (name, place)) in links.iter().enumerate() {
        let others = links.iter().skip(index + 1).filter(|(other, _)| !name.ends_with("“”") || !other.ends_with("“”"));
        let on = others.chain(&shapes).find(|(_, other)| other.overlaps(place));
        faults.extend(on.map(|(other, _)| format!("{name} and {other}")));
        if !inside.contains(place) {
            faults.push(format!("{name} sticks out"));
        }
    }
    // Words belong to the line that is nearest; those of clients have none.
    let least = |other: &LinkLine, own: f64| if other.from.node().is_some() { own } else { 0.75 * own };
    let far = |from: Address, to: Address, at: Point| {
        let curve = layout.curve(from, to).expect("both have a place");
        curve.at(curve.nearest(at)).distance(at)
    };
    for link in stage.links.iter().filter(|link| !link.words.is_empty() && link.cut == (false, false)) {
        let (at, is_own) = (link.covers.centre(), |other: &LinkLine| (other.from, other.to) == (link.from, link.to));
        let own = far(link.from, link.to, at);
        let nearer = stage.links.iter().find(|other| !is_own(other) && far(other.from, other.to, at) < least(other, own));
        faults.extend(
            nearer.map(|other| format!("{}–{} “{}” is nearer to {}–{}", link.from, link.to, link.words, other.from, other.to)),
        );
    }
    let wish = Wish { linger: Micros::from_millis(100), still: false, selected: None };
    let drawn = flights(lab.world(), layout, wish);
    let written: Vec<&Lost> = drawn.lost.iter().filter(|lost| !lost.look.is_dot()).collect();
    for (index, lost) in written.iter().enumerate() {
        let mut others = written.iter().skip(index + 1);
        let on = others.find(|other| other.way.0 == lost.way.0 && other.covers().overlaps(&lost.covers()));
        faults.extend(on.map(|other| format!("lost {:?} over lost {:?}", lost.way, other.way)));
        let card = stage.nodes.iter().find(|card| card.place.overlaps(&lost.covers()));
        faults.extend(card.map(|card| format!("lost {:?} over {}", lost.look, card.node)));
    }
    let chips: Vec<(&Sprite, Rect)> =
        drawn.sprites.iter().filter(|sprite| !sprite.look.is_dot()).map(|sprite| (sprite, sprite.covers())).collect();
    for (index, (sprite, place)) in chips.iter().enumerate() {
        let name = format!("{} to {}, {:?} +{}", sprite.way.0, sprite.way.1, sprite.look, sprite.behind);
        let same = chips.iter().skip(index + 1).find(|(other, at)| other.way.0 == sprite.way.0 && at.overlaps(place));
        faults.extend(same.map(|(other, _)| format!("{name} and {} to {}", other.way.0, other.way.1)));
        let card = stage.nodes.iter().find(|card| card.place.overlaps(place));
        faults.extend(card.map(|card| format!("{name} over {}", card.node)));
        if place.x < 0.0 || place.x + place.width > width {
            faults.push(format!("{name} sticks out"));
        }
        let walls = stage.links.iter().filter(|link| [(link.from, link.to), (link.to, link.from)].contains(&sprite.way));
        let wall = walls.into_iter().find(|link| link.cut != (false, false) && link.covers.overlaps(place));
        if wall.is_some() && lab.world().network().is_cut(sprite.way.0, sprite.way.1) {
            faults.push(format!("{name} over its wall"));
        }
    }
    faults
}

/// At any moment of any scenario, on any stage: no words, walls or chips over cards, clients or each other, and nothing cut off.
#[test]
fn nothing_that_can_be_read_is_covered() {
    let mut found = Vec::new();
    for name in presets::names() {
        let mut lab = Lab::new(Source::Preset(name.clone()), presets::get(&name).expect("a preset"));
        for _ in 0..60 {
            run(&mut lab, 97);
            for (width, height) in STAGES {
                let at = lab.world().now();
                found.extend(
                    faults(&lab, width, height).into_iter().map(|fault| format!("{name}, {at:?}, {width} × {height}: {fault}")),
                );
            }
        }
    }
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.iter().take(60).cloned().collect::<Vec<_>>().join("\n"));
}

/// Words of links side by side are aligned where both have room.
#[test]
fn words_of_a_row_stand_at_one_height() {
    let mut lab = quiet();
    write(&mut lab, 7);
    run(&mut lab, 40);
    for (width, height) in [(484.0, 488.0), (784.0, 620.0), (1100.0, 900.0)] {
        let stage = stage(lab.world(), width, height);
        let words = stage.links.iter().filter(|link| link.from == A.into() && !link.words.is_empty());
        let heights: Vec<f64> = words.map(|link| link.covers.centre().y.round()).collect();
        assert_eq!(heights.len(), 2, "{width} × {height}");
        assert_eq!(heights[0], heights[1], "{width} × {height}");
    }
}

/// However many nodes the network keeps apart.
#[test]
fn walls_stand_apart() {
    let mut found = Vec::new();
    for count in 2..=10 {
        let mut lab = with_nodes(count);
        let others = (1..count).map(|node| Address::Node(NodeId(node))).chain([BEN.into()]).collect();
        act(&mut lab, Command::Partition { groups: vec![vec![Address::Node(A), ANA.into()], others] });
        for _ in 0..4 {
            run(&mut lab, 150);
            for (width, height) in STAGES {
                found.extend(
                    faults(&lab, width, height).into_iter().map(|fault| format!("{count} nodes, {width} × {height}: {fault}")),
                );
            }
        }
    }
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.iter().take(60).cloned().collect::<Vec<_>>().join("\n"));
}

/// What became of a lost message is said beside it, above or below, with seven of eight: the others are too crowded. Nothing
/// is covered by it.
#[test]
fn what_became_of_the_lost_is_said() {
    let (mut lost, mut silent) = (0, Vec::new());
    for name in ["failover-loses-a-write", "lossy-network", "log-truncated"] {
        let mut lab = Lab::new(Source::Preset(name.into()), presets::get(name).expect("a preset"));
        for _ in 0..60 {
            run(&mut lab, 97);
            for (width, height) in STAGES {
                let stage = stage(lab.world(), width, height);
                let wish = Wish { linger: Micros::from_millis(260), still: false, selected: None };
                let drawn = flights(lab.world(), &stage.layout, wish);
                let shapes = stage.layout.shapes().into_iter().map(|(_, shape)| shape);
                let taken: Vec<Rect> = stage.links.iter().map(|link| link.covers).chain(shapes).collect();
                let words = drawn.said(taken.iter().copied(), width);
                let near =
                    |own: &Lost| words.iter().any(|(other, _)| other.word() == own.word() && other.at.distance(own.at) < 50.0);
                lost += drawn.lost.len();
                let at = format!("{name}, {:?}, {width} × {height}", lab.world().now());
                silent.extend(drawn.lost.iter().filter(|lost| !near(lost)).map(|lost| format!("{at}: {:?}", lost.way)));
                for (lost, place) in &words {
                    let place = Rect::around(*place, (7.0 * lost.word().len() as f64, 12.0));
                    assert!(taken.iter().all(|other| !other.overlaps(&place)), "{at}: “{}” covers something", lost.word());
                }
            }
        }
    }
    assert!(silent.len() * 7 < lost, "{} of {lost} are silent:\n{}", silent.len(), silent.join("\n"));
}

/// The first scene with so many nodes, on its way.
fn with_nodes(count: u16) -> Lab {
    let mut scenario = presets::get("first-look").expect("the first preset");
    scenario.nodes.count = count;
    let mut lab = Lab::new(Source::Inline(Box::new(scenario.clone())), scenario);
    run(&mut lab, 850);
    lab
}

/// How long a message takes is said beside its line, for all lines where the stage is large and for most where it is not.
#[test]
fn lines_of_a_fan_have_words() {
    for (count, (width, height), least) in [
        (10, (1100.0, 900.0), 9),
        (10, (784.0, 620.0), 4),
        (8, (784.0, 620.0), 6),
        (6, (784.0, 620.0), 5),
        (6, (757.0, 370.0), 4),
        (5, (484.0, 488.0), 2),
    ] {
        let lab = with_nodes(count);
        let stage = stage(lab.world(), width, height);
        let said = stage.links.iter().filter(|link| link.from == A.into() && !link.words.is_empty()).count();
        assert!(said >= least, "{count} nodes, {width} × {height}: {said} lines have words");
    }
}

/// What is grasped of a link is 24 pixels wide and high, and no card lies over it.
#[test]
fn links_can_be_grasped() {
    let mut found = Vec::new();
    for count in 2..=10 {
        let mut lab = with_nodes(count);
        read(&mut lab, NodeId(count - 1));
        for (width, height) in STAGES {
            let stage = stage(lab.world(), width, height);
            for link in &stage.links {
                let own = Rect::around(link.covers.centre(), (24.0, 24.0));
                let card = stage.nodes.iter().find(|card| card.place.overlaps(&own));
                found.extend(
                    card.map(|card| format!("{count} nodes, {width} × {height}: {}–{} under {}", link.from, link.to, card.node)),
                );
            }
        }
    }
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

/// Five nodes and their clients stand on the stage of a window of 1024 × 768 without scrolling.
#[test]
fn a_web_shop_fits_a_small_window() {
    let lab = Lab::new(Source::Preset("web-shop".into()), presets::get("web-shop").expect("a preset"));
    let height = stage(lab.world(), 484.0, 463.0).layout.height;
    assert!(height <= 465.0, "{height} pixels");
}
