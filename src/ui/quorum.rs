//! What only groups without a leader have: how many copies there are and how many of them are asked, where keys are at home, and
//! the hashes that two nodes have compared.

use super::leptos::*;
use super::{
    element::{Inside, changing, drawn, element, moving, span},
    inspector::key_picker,
    parts::{check, put_back, select},
    rules::Rules,
    state::App,
    watched::{Derived, Watched},
};
use crate::{
    explain::words::{counted, duration, moment},
    protocol::quorum::{Quorums, ReadRepair},
    scene::{
        merkle::{Comparison, Place, SHOWN_MAX, comparison},
        quorum::{RingPicture, RingPoint, ring},
    },
    sim::{
        decimal::fixed,
        id::{Address, Key},
        time::Micros,
    },
    world::command::Command,
};

const REPAIRS: [(ReadRepair, &str); 3] = [
    (ReadRepair::Off, "nothing"),
    (ReadRepair::Asynchronous, "repaired beside the answer"),
    (ReadRepair::BeforeAnswer, "repaired before the answer"),
];

/// How often home nodes may compare.
const COMPARES: [Option<Micros>; 4] = [None, Some(Micros::from_secs(1)), Some(Micros::from_secs(4)), Some(Micros::from_secs(10))];

fn rule(app: App) -> Quorums {
    app.rules.with(|rules| rules.quorums.unwrap_or_default())
}

fn labelled(id: &'static str, name: &'static str, class: &'static str, inside: AnyView) -> AnyView {
    element("div").class(class).with(element("label").attribute("for", id).with(name)).with(inside).view()
}

/// How many there are, of each key and asked: numbers, what is refused of them, and what is risky.
pub fn quorum_rule(app: App) -> AnyView {
    let refused = Watched::new(String::new());
    let change = move |change: &dyn Fn(&mut Quorums)| {
        let (old, nodes) = app.world(|world| (Rules::of(world).quorums.unwrap_or_default(), world.stores().len()));
        let mut new = old;
        change(&mut new);
        match new.problem(nodes as u16) {
            Some((_, why)) => {
                refused.set(format!("Not changed: {why}."));
                for (id, now) in [("quorum-n", old.n), ("quorum-r", old.r), ("quorum-w", old.w)] {
                    put_back(id, now as usize);
                }
            }
            None => {
                refused.set(String::new());
                app.act(Command::SetQuorum(new));
            }
        }
    };
    let number = move |id: &'static str, name: &'static str, of: fn(&mut Quorums) -> &mut u8| {
        let options = move || {
            let mut rule = rule(app);
            let now = *of(&mut rule);
            let most = app.rules.with(|rules| rules.stores.len() as u8).max(now);
            (1..=most).map(|count| (count.to_string(), count.to_string(), count == now)).collect()
        };
        let field = select(id, options, move |text| {
            if let Ok(count) = text.parse() {
                change(&|rule| *of(rule) = count);
            }
        });
        labelled(id, name, "pick stacked", field)
    };
    let numbers = vec![
        number("quorum-n", "N copies", |rule| &mut rule.n),
        number("quorum-r", "R to read", |rule| &mut rule.r),
        number("quorum-w", "W to write", |rule| &mut rule.w),
    ];
    let repairs = move || {
        let now = rule(app).read_repair;
        REPAIRS.iter().enumerate().map(|(index, (one, words))| (index.to_string(), words.to_string(), *one == now)).collect()
    };
    let repair = select("read-repair", repairs, move |text| {
        if let Some((repair, _)) = text.parse().ok().and_then(|index: usize| REPAIRS.get(index)) {
            change(&|rule| rule.read_repair = *repair);
        }
    });
    let compares = move || {
        let now = rule(app).anti_entropy_every;
        let words = |every: &Option<Micros>| every.map_or("never".into(), |every| format!("every {}", duration(every)));
        let other = Some(now).filter(|now| !COMPARES.contains(now));
        let all = COMPARES.into_iter().chain(other);
        all.map(|every| (every.map_or(String::new(), |every| every.0.to_string()), words(&every), every == now)).collect()
    };
    let compare = select("anti-entropy", compares, move |text| {
        change(&|rule| rule.anti_entropy_every = text.parse().ok().map(Micros));
    });
    let sloppy = check(
        "Others stand in for home nodes (sloppy)",
        move || rule(app).sloppy,
        move || change(&|rule| rule.sloppy = !rule.sloppy),
    );
    let warning = move || rule(app).warnings().into_iter().take(2).collect::<Vec<_>>().join(" ");
    element("div")
        .class("failover")
        .attribute("role", "group")
        .attribute("aria-label", "Quorums")
        .with(element("h3").with("Quorums"))
        .with(element("div").class("three").with(numbers))
        .with(sloppy)
        .with(labelled("read-repair", "Copies that a read finds behind are", "pick stacked", repair))
        .with(labelled("anti-entropy", "Home nodes compare hash trees", "pick stacked", compare))
        .with(element("p").class("refusal").attribute("role", "alert").with(moving(move || refused.get())))
        .with(element("p").class("caution").attribute("role", "status").with(moving(warning)))
        .view()
}

/// Where keys and nodes stand.
pub fn placement(app: App) -> AnyView {
    let key = Watched::new(Key(0));
    let keys = Derived::new(move || app.watch(|lab| lab.world().setup().keys));
    let own = Derived::new(move || {
        let key = key.get();
        // Who belongs to the group, and how many keep a key.
        app.rules.with(|_| app.world(|world| ring(world, key)))
    });
    let picture = move || own.with(|own| own.as_ref().map(ring_svg).unwrap_or_default());
    let words = move || own.with(|own| own.as_ref().map(RingPicture::words).unwrap_or_default());
    let how = "A key goes to the nodes that come next on the ring, clockwise; each node stands there several times.";
    element("section")
        .class("failover placement")
        .attribute("aria-label", "Where keys live")
        .with(element("h3").with("Where keys live"))
        .with(changing(move || {
            keys.get();
            key_picker(app, key)
        }))
        .with(element("p").attribute("role", "status").with(moving(words)))
        .with(drawn(moving(picture)))
        .with(element("p").class("small").with(how))
        .view()
}

fn degrees(turn: f64) -> String {
    fixed(turn * 360.0, 1)
}

/// Least distance between two names on the ring, as a part of a turn.
const NAME_APART: f64 = 0.024;
/// The same for the marks of home nodes.
const HOME_APART: f64 = 0.045;

/// The ring, as markup: numbers and names of nodes and keys only.
fn ring_svg(ring: &RingPicture) -> String {
    let around = |turn: f64, inside: &str| format!("<g transform=\"rotate({} 110 110)\">{inside}</g>", degrees(turn));
    let arc = |class: &str, radius: u8, from: f64, to: f64| {
        // A circle begins at three o’clock.
        let length = fixed((to - from).rem_euclid(1.0), 4);
        let turned = degrees(from - 0.25);
        format!(
            "<circle class=\"{class}\" cx=\"110\" cy=\"110\" r=\"{radius}\" pathLength=\"1\" stroke-dasharray=\"{length} 1\" \
             transform=\"rotate({turned} 110 110)\"/>"
        )
    };
    // The points begin with the first after the key.
    let before = |index: usize| ring.points[(index + ring.points.len() - 1) % ring.points.len()].at;
    let mut svg = String::from("<svg class=\"ring\" viewBox=\"0 0 220 220\">");
    for (index, point) in ring.points.iter().enumerate() {
        svg += &arc(&format!("arc shade{}", point.node.0 % 3), 80, before(index), point.at);
    }
    let last = ring.points.iter().rfind(|point| point.rank.is_some());
    svg += &last.map(|last| arc("reach", 91, ring.key_at, last.at)).unwrap_or_default();
    svg += &around(ring.key_at, "<path class=\"key-tick\" d=\"M110 13V38\"/>");
    let upright = |turn: f64, radius: u8, class: &str, text: &str| {
        let (deg, y) = (degrees(turn), 110 - radius);
        format!(
            "<g transform=\"rotate({deg} 110 110) translate(110 {y}) rotate(-{deg})\"><text class=\"{class}\" dy=\"4\">{text}</text></g>"
        )
    };
    svg += &upright(ring.key_at, 103, "key-name", &ring.key.to_string());
    let apart = |one: f64, other: f64, least: f64| {
        let way = (one - other).rem_euclid(1.0);
        way > least && way < 1.0 - least
    };
    let (homes, others): (Vec<&RingPoint>, Vec<&RingPoint>) = ring.points.iter().partition(|point| point.rank.is_some());
    let mut named = vec![ring.key_at];
    for point in others {
        svg += &around(point.at, "<circle class=\"spot\" cx=\"110\" cy=\"30\" r=\"3\"/>");
        if named.iter().all(|other| apart(point.at, *other, NAME_APART)) {
            named.push(point.at);
            svg += &upright(point.at, 99, "node-name", &point.node.to_string());
        }
    }
    // Homes that stand close to each other are drawn one behind the other.
    let mut radius = 80;
    let mut before = None;
    for point in homes {
        radius = if before.is_some_and(|other| !apart(point.at, other, HOME_APART)) { radius - 19 } else { 80 };
        before = Some(point.at);
        let stem = format!("<path class=\"key-tick\" d=\"M110 30V{}\"/>", 110 - radius);
        svg += &around(point.at, &stem);
        svg += &around(point.at, &format!("<circle class=\"spot home\" cx=\"110\" cy=\"{}\" r=\"9\"/>", 110 - radius));
        svg += &upright(point.at, radius, "rank", &point.node.to_string());
    }
    svg + "</svg>"
}

/// The hashes that two nodes compared at last.
pub fn merkle(app: App, from: Address, to: Address) -> AnyView {
    let (Some(a), Some(b)) = (from.node(), to.node()) else { return None.view() };
    let own = Derived::new(move || app.watch(|lab| comparison(lab.world(), a, b)));
    let inside = move || match own.get() {
        Some(comparison) => compared(app, [a.to_string(), b.to_string()], comparison),
        None => element("p").class("small").with("They have not compared what they have, as far as is still known.").view(),
    };
    element("section")
        .class("merkle")
        .attribute("aria-label", "Hash trees")
        .with(element("h3").with("Hash trees, compared from the top down"))
        .with(changing(inside))
        .view()
}

fn compared(app: App, names: [String; 2], Comparison { at, levels, keys }: Comparison) -> AnyView {
    let hashes: usize = levels.iter().map(Vec::len).sum();
    let end = match &keys {
        None => "not finished".to_string(),
        Some(keys) if keys.is_empty() => "nothing differs".into(),
        Some(keys) => format!("{} differ: {}", counted(keys.len() as u64, "key"), listed(keys)),
    };
    let end = end.replace("1 key differ:", "1 key differs:");
    let begun = super::parts::button(moment(at), move || app.seek(at)).class("word").view();
    let head = element("p").with("At ").with(begun).with(format!(": {}, {end}.", words(hashes)));
    let row = |(level, places): (usize, Vec<Place>)| {
        let more = places.len().saturating_sub(SHOWN_MAX);
        let differ = places.iter().filter(|place| place.differs()).count();
        let differs = if differ == 1 { "differs" } else { "differ" };
        let said = format!("{}: {} compared, {differ} {differs}", level_name(level), places.len());
        let boxes: Vec<AnyView> = places.into_iter().take(SHOWN_MAX).map(hash_pair).collect();
        let more = if more > 0 { format!("and {more} more") } else { String::new() };
        element("li")
            .with(element("span").class("small").with(said))
            .with(element("span").class("hashes").with(boxes).with(span("small", more)))
            .view()
    };
    let rows: Vec<AnyView> = levels.into_iter().enumerate().map(row).collect();
    let [first, second] = names;
    let legend = format!(
        "Each pair: the hash of {first}, then that of {second}. Only what lies below a pair that differs is compared next."
    );
    vec![head.view(), element("ol").with(rows).view(), element("p").class("small").with(legend).view()].into_any()
}

fn words(hashes: usize) -> String {
    if hashes == 1 { "1 hash compared".into() } else { format!("{hashes} hashes compared") }
}

fn listed(keys: &[Key]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn level_name(level: usize) -> String {
    if level == 0 { "Root".into() } else { format!("Level {level}") }
}

fn hash_pair(place: Place) -> AnyView {
    let [own, theirs] = place.hashes.map(Place::written);
    let (class, sign, spoken) =
        if place.differs() { ("pair differs", "≠", " differs from ") } else { ("pair", "=", " equals ") };
    element("span")
        .class(class)
        .with(own)
        .with(element("span").attribute("aria-hidden", "true").with(sign))
        .with(span("unseen", spoken))
        .with(theirs)
        .view()
}
