//! The versions of a key as a drawing: time from left to right in even steps, a lane for each peer, a mark for each write where it was
//! taken, lines from what its writer had seen, and at the right what each peer makes of it now. Colours are those of the theme.
//!
//! What a version is (shown, hidden, replaced) is told by its shape and by a word.

use crate::{
    explain::{
        chip::Chip,
        versions::{Graph, Place, Step},
        words::moment,
    },
    sim::{id::NodeId, time::Micros},
};
use std::fmt::Write;

// Whole pixels are exact enough, and write themselves.
/// Room for the bracket above, names of lanes at the left, what is now at the right, times below.
const TOP: i32 = 24;
const LEFT: i32 = 20;
const NOW: i32 = 68;
const NOW_GAP: i32 = 12;
/// Of the words over those that are side by side.
const SIBLINGS_WIDTH: i32 = 216;
const BOTTOM: i32 = 16;
const LANE: i32 = 44;
/// Least width of a column.
const COLUMN: i32 = 52;
/// Of more peers only those have a lane at which something happens.
const LANES_MAX: usize = 5;
/// Half of a mark.
const MARK: i32 = 7;
/// Width of a letter below a mark.
const LETTER: i32 = 6;

/// A drawing, and what is not on it, in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    pub svg: String,
    pub left_out: String,
}

struct Frame<'a> {
    graph: &'a Graph,
    homes: &'a [NodeId],
    step: Option<&'a Step>,
    /// So many versions were taken by now.
    taken: usize,
    /// The versions on the drawing, and the peers.
    first: usize,
    end: usize,
    lanes: Vec<NodeId>,
    column: i32,
    width: i32,
}

/// `homes`: those of the peers that are to have the key; `now`: what was taken before this has happened; `step`: the one to be pointed out.
pub fn drawing(graph: &Graph, (peers, homes): (&[NodeId], &[NodeId]), now: Micros, step: Option<usize>, width: i32) -> Drawing {
    if !cfg!(feature = "peers") || graph.versions.is_empty() {
        return Drawing::default();
    }
    let step = step.and_then(|step| graph.steps.get(step));
    let taken = graph.versions.iter().take_while(|named| named.at < now).count();
    let fits = ((width - LEFT - NOW) / COLUMN).max(1) as usize;
    let focus = step.and_then(|step| step.about().into_iter().max()).unwrap_or(taken.saturating_sub(1));
    let all = graph.versions.len();
    // One more than what it is about, so that it is seen to go on.
    let end = (focus + 2).max(fits).min(all);
    let first = end.saturating_sub(fits);
    let happens = |node: &&NodeId| {
        let takes = graph.versions[first..end].iter().any(|named| named.dot.actor.node == **node);
        let has_it = homes.len() <= LANES_MAX && (homes.contains(node) || !graph.keeps(**node).is_empty());
        peers.len() <= LANES_MAX || takes || has_it || step.is_some_and(|step| step.node == **node)
    };
    let lanes: Vec<NodeId> = peers.iter().filter(happens).copied().collect();
    let column = ((width - LEFT - NOW) / (end - first).max(3) as i32).min(2 * COLUMN);
    let frame = Frame { graph, homes, step, taken, first, end, lanes, column, width };
    Drawing { svg: frame.draw(), left_out: frame.left_out(peers.len()) }
}

fn text(svg: &mut String, (x, y): (i32, i32), rest: &str, words: &str) {
    let _ = write!(svg, "<text x=\"{x}\" y=\"{y}\" {rest}>{words}</text>");
}

fn path(svg: &mut String, d: &str, stroke: &str) {
    let _ = write!(svg, "<path d=\"{d}\" fill=\"none\" stroke=\"var(--{stroke})\" stroke-width=\"1.5\"/>");
}

impl Frame<'_> {
    fn height(&self) -> i32 {
        TOP + LANE * self.lanes.len() as i32 + BOTTOM
    }

    fn x(&self, version: usize) -> i32 {
        LEFT + self.column * (version as i32 - self.first as i32) + self.column * 2 / 5
    }

    fn right(&self) -> i32 {
        LEFT + self.column * (self.end - self.first) as i32
    }

    /// Where the lane's line is; none: it has none.
    fn y(&self, node: NodeId) -> Option<i32> {
        let lane = self.lanes.iter().position(|own| *own == node)?;
        Some(TOP + LANE * lane as i32 + 12)
    }

    fn at(&self, version: usize) -> Option<(i32, i32)> {
        let node = self.graph.versions[version].dot.actor.node;
        (self.first..self.end).contains(&version).then_some(())?;
        Some((self.x(version), self.y(node)?))
    }

    fn is_about(&self, version: usize) -> bool {
        self.step.is_some_and(|step| step.about().contains(&version))
    }

    fn draw(&self) -> String {
        let (width, height) = (self.width, self.height());
        let mut svg = format!("<svg width=\"{width}\" height=\"{height}\" font-size=\"11\" fill=\"var(--ink2)\">");
        self.draw_lanes(&mut svg);
        self.draw_now(&mut svg);
        (self.first..self.end).for_each(|version| self.draw_ways(&mut svg, version));
        (self.first..self.end).for_each(|version| self.draw_version(&mut svg, version));
        self.draw_siblings(&mut svg);
        svg + "</svg>"
    }

    fn draw_lanes(&self, svg: &mut String) {
        for node in &self.lanes {
            let Some(y) = self.y(*node) else { continue };
            let is_here = self.step.is_some_and(|step| step.node == *node);
            if is_here {
                let (y, width, height) = (y - 12, self.width, LANE - 1);
                let _ =
                    write!(svg, "<rect y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"var(--accent-soft)\"/>");
            }
            path(svg, &format!("M{LEFT} {y}H{}", self.right()), "line");
            text(svg, (4, y + 4), "font-weight=\"700\" fill=\"var(--ink)\"", &node.to_string());
            self.draw_copy(svg, *node, y);
        }
        text(svg, (self.right() + NOW_GAP, 12), "fill=\"var(--ink3)\"", "now");
    }

    /// What readers get at a peer now, in brackets if it is more than one, and what is hidden from them.
    fn draw_copy(&self, svg: &mut String, node: NodeId, y: i32) {
        let (mut shown, hidden) = self.graph.visible(node);
        shown.retain(|version| !self.graph.versions[*version].version.deleted);
        let (mut words, mut letters) = (String::new(), 0);
        for version in &shown {
            let chip = Chip::of(self.graph.versions[*version].version.write);
            letters += chip.value().to_string().len();
            let beside = if words.is_empty() { "" } else { " ‖ " };
            let _ = write!(words, "{beside}<tspan fill=\"var(--w{})\" font-weight=\"700\">{}</tspan>", chip.colour, chip.value());
        }
        match shown.len() {
            0 => words = if self.homes.contains(&node) { "nothing" } else { "no home" }.into(),
            1 => {}
            2 if letters <= 4 => words = format!("[{words}]"),
            many => words = format!("{many} values"),
        }
        text(svg, (self.right() + 12, y + 4), "font-size=\"12\"", &words);
        let value = |version: usize| self.graph.versions[version].version.write.value;
        let kept = self.graph.keeps(node);
        let words = match hidden.as_slice() {
            [] => match kept.as_slice() {
                [] => return,
                [(of, one)] => format!("{} for {of}", value(*one)),
                many => format!("{} hints", many.len()),
            },
            [one] => format!("hides {}", value(*one)),
            many => format!("hides {}", many.len()),
        };
        text(svg, (self.right() + 12, y + 18), "", &words);
    }

    /// The moment that is shown.
    fn draw_now(&self, svg: &mut String) {
        let x = match self.taken {
            taken if taken < self.first => LEFT,
            taken if taken >= self.end => self.right() + 4,
            taken => self.x(taken) - MARK - 7,
        };
        let d = format!("M{x} {}V{}", TOP - 6, self.height() - BOTTOM);
        let _ = write!(svg, "<path d=\"{d}\" stroke=\"var(--accent)\" stroke-width=\"2\"/>");
    }

    /// Lines from what the writer of a version had seen.
    fn draw_ways(&self, svg: &mut String, version: usize) {
        let Some((x, y)) = self.at(version) else { return };
        let faint = if version < self.taken { "" } else { " opacity=\".45\"" };
        for parent in self.graph.parents(version) {
            let (from, from_y) = self.at(parent).unwrap_or((LEFT - MARK, y));
            let (from, to) = (from + MARK + 1, x - MARK - 2);
            let bend = (from + to) / 2;
            let d = format!("M{from} {from_y}C{bend} {from_y} {bend} {y} {to} {y}");
            let _ = write!(svg, "<path d=\"{d}\" fill=\"none\" stroke=\"var(--edge)\" stroke-width=\"1.5\"{faint}/>");
        }
    }

    fn draw_version(&self, svg: &mut String, version: usize) {
        let Some((x, y)) = self.at(version) else { return };
        let (named, is_taken) = (&self.graph.versions[version], version < self.taken);
        let chip = Chip::of(named.version.write);
        let (word, filled) = self.state(version);
        let _ = write!(svg, "<g{}>", if is_taken { "" } else { " opacity=\".5\"" });
        if self.is_about(version) {
            let y = y - 11;
            let _ = write!(
                svg,
                "<path d=\"M{x} {y}a11 11 0 1 1-.01 0Z\" fill=\"var(--panel)\" stroke=\"var(--accent)\" stroke-width=\"2\"/>"
            );
        }
        let (fill, dash) = match (filled, is_taken) {
            (true, _) => (format!("var(--w{})", chip.colour), ""),
            (false, true) => ("var(--panel)".into(), ""),
            (false, false) => ("var(--panel)".into(), " stroke-dasharray=\"2 2\""),
        };
        let _ = write!(
            svg,
            "<path transform=\"translate({} {}) scale(1.4)\" d=\"{}\" fill=\"{fill}\" stroke=\"var(--w{})\" stroke-width=\"1.2\"{dash}/>",
            x - MARK,
            y - MARK,
            chip.shape.path(),
            chip.colour
        );
        if word == "hidden" {
            let d = format!("M{} {}l16-16", x - 8, y + 8);
            path(svg, &d, "bad");
        }
        let value = if named.version.deleted { "deleted".into() } else { chip.value().to_string() };
        text(svg, (x + 15, y - 2), "font-size=\"12\" font-weight=\"700\" fill=\"var(--ink)\"", &value);
        let vector = named.seen.to_string();
        let name = if vector.len() as i32 * LETTER > self.column { named.dot.to_string() } else { vector };
        text(svg, (x - MARK, y + 20), "font-size=\"10\"", &name);
        let weight = if filled { " font-weight=\"600\"" } else { "" };
        text(svg, (x - MARK, y + 30), &format!("font-size=\"10\"{weight}"), &word);
        text(svg, (x - MARK, self.height() - 4), "font-size=\"10\" fill=\"var(--ink3)\"", &moment(named.at));
        *svg += "</g>";
    }

    /// What has become of a version by now, and whether anybody's readers get it.
    fn state(&self, version: usize) -> (String, bool) {
        let is_at = |node: NodeId, place: Place| self.graph.place(node, version) == place;
        let at = |place: Place| -> Vec<String> {
            let nodes = self.graph.copies.iter().map(|(node, _)| *node);
            nodes.filter(|node| is_at(*node, place)).map(|node| node.to_string()).collect()
        };
        let (shown, hidden) = (at(Place::Shown), at(Place::Hidden));
        let everywhere = self.homes.iter().all(|home| is_at(*home, Place::Shown));
        let word = match (shown.len(), hidden.len()) {
            _ if version >= self.taken => "later".into(),
            (0, 0) if !at(Place::Replaced).is_empty() => "replaced".into(),
            (0, 0) if !self.graph.kept_for(version).is_empty() => {
                let of: Vec<String> = self.graph.kept_for(version).iter().map(NodeId::to_string).collect();
                format!("for {}", of.join(" "))
            }
            (0, 0) if self.graph.versions[version].arrived => "gone".into(),
            (0, 0) => "not on disk".into(),
            (0, _) => "hidden".into(),
            _ if everywhere => "shown".into(),
            _ => format!("shown {}", shown.join(" ")),
        };
        (word, !shown.is_empty())
    }

    /// A bracket over those that are side by side.
    fn draw_siblings(&self, svg: &mut String) {
        let siblings = self.graph.siblings();
        let places: Vec<i32> = siblings.iter().filter_map(|version| Some(self.at(*version)?.0)).collect();
        let (Some(first), Some(last)) = (places.iter().min(), places.iter().max()) else { return };
        let d = format!("M{} 21v-4H{}v4", first - MARK, last + MARK);
        path(svg, &d, "ink2");
        let words = format!("{} siblings: none replaces another", siblings.len());
        // "now" stands at the end.
        let words =
            if self.right() + NOW_GAP - first + MARK < SIBLINGS_WIDTH { format!("{} siblings", siblings.len()) } else { words };
        text(svg, (first - MARK, 12), "font-weight=\"600\" fill=\"var(--ink)\"", &words);
    }

    fn left_out(&self, peers: usize) -> String {
        let (all, drawn) = (self.graph.versions.len(), self.end - self.first);
        let mut words = String::new();
        if all > drawn {
            let _ = write!(words, "Drawn: the {drawn} of {all} writes around this moment.");
        }
        if peers > self.lanes.len() {
            let what = if self.homes.len() < peers { "nodes keep nothing of it" } else { "peers have the same to show" };
            let _ = write!(words, " {} more {what}.", peers - self.lanes.len());
        }
        if self.graph.is_cut {
            words += " What was written at the beginning of so long a run is forgotten.";
        }
        words
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::{sim::id::Key, world::tests::play::*};

    /// How often these words stand in the drawing of x, of a preset after so long.
    fn counts(preset: &str, millis: u64, words: &[&str]) -> Vec<usize> {
        let mut play = Play::new(crate::scenario::presets::get(preset).expect("a preset"));
        play.run(millis);
        let world = &play.world;
        let (peers, homes) = (world.stores(), world.placement().homes(Key(0)));
        let graph = Graph::of(world, Key(0), u64::MAX);
        let svg = drawing(&graph, (peers, &homes), Micros::MAX, None, 600).svg;
        words.iter().map(|words| svg.matches(words).count()).collect()
    }

    #[test]
    fn who_is_no_home_has_nothing_and_may_keep_something_for_others() {
        for (preset, millis, expected) in [
            // Under way still: two stand-ins keep it; then it is handed over.
            ("quorum-sloppy", 3_000, [2, 2, 0]),
            ("quorum-sloppy", 7_000, [2, 0, 0]),
            ("quorum-siblings", 2_500, [1, 0, 0]),
            ("peers-two-edits", 4_800, [0, 0, 0]),
            // Written, and on its way to the others.
            ("quorum-siblings", 190, [1, 0, 2]),
        ] {
            let found = counts(preset, millis, &[">no home<", ">7 for ", ">nothing<"]);
            assert_eq!(found, expected, "{preset} after {millis} ms");
        }
    }
}
