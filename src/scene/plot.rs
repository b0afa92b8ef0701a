//! One chart as SVG, for the page and for a picture of its own. Colours are attributes: in the page they name those of the
//! theme, in a picture they are values, which any program can draw.

use super::{
    charts::{Chart, Charts, Line},
    timeline::{Mark, MarkKind},
};
use crate::sim::{
    decimal::{between, fixed, short},
    time::Micros,
};
use std::fmt::Write;

/// Room around the plot: for the words above, the numbers at its left, the names at the lines' ends, the times below.
const TOP: f64 = 34.0;
pub const LEFT: f64 = 40.0;
pub const RIGHT: f64 = 14.0;
const BOTTOM: f64 = 18.0;
/// Marks stand no nearer to each other, names of lines neither.
const MARK_GAP: f64 = 11.0;
const NAME_GAP: f64 = 11.0;
/// Width of a letter of a name.
const LETTER: f64 = 6.4;
/// Colours of lines; beyond, the same with other dashes.
const COLOURS: usize = 6;
const DASHES: [&str; 4] = ["none", "6 3", "2 3", "8 3 2 3"];
/// A picture of all charts: columns, size of each, room between.
const GRID: (usize, f64, f64, f64) = (3, 420.0, 230.0, 24.0);
/// Colours that a drawing has, by their names in the theme; those of lines first.
pub const NAMES: [&str; 13] =
    ["--w0", "--w1", "--w2", "--w3", "--w4", "--w5", "--ink", "--ink2", "--ink3", "--line2", "--panel", "--bad", "--warn"];
const INK: usize = 6;
const INK2: usize = 7;
const INK3: usize = 8;
const GRID_LINE: usize = 9;
const PANEL: usize = 10;
const BAD: usize = 11;
const WARN: usize = 12;
/// What is now, and who leads now.
const ACCENT: usize = 0;

/// A value for each of the names.
pub type Palette = [String; NAMES.len()];

/// The colours of whatever theme the page has.
pub fn of_theme() -> Palette {
    NAMES.map(|name| format!("var({name})"))
}

struct Frame<'a> {
    all: &'a Charts,
    chart: &'a Chart,
    palette: &'a Palette,
    width: f64,
    height: f64,
}

/// A chart of this size, without its title.
pub fn plot(all: &Charts, chart: &Chart, palette: &Palette, width: f64, height: f64) -> String {
    let frame = Frame { all, chart, palette, width, height };
    let mut svg = format!("<svg width=\"{}\" height=\"{}\" font-size=\"11\">", fixed(width, 0), fixed(height, 0));
    frame.draw(&mut svg);
    svg + "</svg>"
}

/// All charts as one picture, and its size.
pub fn picture(all: &Charts, palette: &Palette) -> (String, f64, f64) {
    let (columns, width, height, gap) = GRID;
    let rows = all.charts.len().div_ceil(columns);
    let (wide, high) = (columns as f64 * (width + gap) + gap, rows as f64 * (height + gap + 18.0) + gap);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"11\"><rect width=\"{w}\" height=\"{h}\" fill=\"{panel}\"/>",
        w = short(wide),
        h = short(high),
        panel = palette[PANEL]
    );
    for (index, chart) in all.charts.iter().enumerate() {
        let (column, row) = ((index % columns) as f64, (index / columns) as f64);
        let (x, y) = (gap + column * (width + gap), gap + row * (height + gap + 18.0));
        let title = format!("{}{}{}", chart.title, if chart.unit.is_empty() { "" } else { ", " }, chart.unit);
        let _ = write!(svg, "<g transform=\"translate({} {})\">", short(x), short(y));
        text(&mut svg, (0.0, 12.0), "start", &format!("{}\" font-size=\"13\" font-weight=\"600", palette[INK]), &title);
        svg += "<g transform=\"translate(0 18)\">";
        Frame { all, chart, palette, width, height }.draw(&mut svg);
        svg += "</g></g>";
    }
    (svg + "</svg>", wide, high)
}

/// The moment at a place of a plot this wide.
pub fn moment_at(x: f64, width: f64, span: Micros) -> Micros {
    Micros::from_f64(span.0 as f64 * between((x - LEFT) / (width - LEFT - RIGHT).max(1.0), 0.0, 1.0))
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, fill: &str, words: &str) {
    let (x, y) = (fixed(x, 1), fixed(y, 1));
    let _ = write!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{words}</text>");
}

fn path(svg: &mut String, d: &str, stroke: &str, width: &str) {
    let _ = write!(svg, "<path d=\"{d}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>");
}

impl Frame<'_> {
    fn colour(&self, look: usize) -> &str {
        &self.palette[look % COLOURS]
    }

    fn x(&self, at: Micros) -> f64 {
        LEFT + (self.width - LEFT - RIGHT) * (at.0 as f64 / self.all.span.0.max(1) as f64).min(1.0)
    }

    fn y(&self, value: f64) -> f64 {
        let bottom = self.height - BOTTOM;
        bottom - (bottom - TOP) * value / self.chart.top
    }

    fn draw(&self, svg: &mut String) {
        self.axes(svg);
        self.marks(svg);
        self.now(svg);
        for line in &self.chart.lines {
            let dash = DASHES[line.look / COLOURS % DASHES.len()];
            let _ = write!(
                svg,
                "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" stroke-linecap=\"round\" \
                 stroke-linejoin=\"round\" stroke-dasharray=\"{dash}\"/>",
                self.course(line),
                self.colour(line.look)
            );
        }
        self.names(svg);
        self.said(svg);
    }

    /// Round numbers at the left, seconds below.
    fn axes(&self, svg: &mut String) {
        let Frame { chart, width, height, .. } = *self;
        let ticks = (chart.top / chart.step + 0.5) as usize;
        for tick in 0..=ticks {
            let value = chart.step * tick as f64;
            let y = self.y(value);
            path(svg, &format!("M{} {}H{}", short(LEFT), fixed(y, 1), fixed(width - RIGHT, 1)), &self.palette[GRID_LINE], "1");
            text(svg, (LEFT - 6.0, y + 4.0), "end", &self.palette[INK3], &chart.tick(value));
        }
        for fifth in [0, 2, 4] {
            let at = Micros(self.all.span.0 / 5 * fifth);
            text(svg, (self.x(at), height - 4.0), "middle", &self.palette[INK3], &format!("{} s", short(at.as_secs_f64())));
        }
    }

    /// The weightiest first, none over another.
    fn marks(&self, svg: &mut String) {
        let mut taken: Vec<f64> = Vec::new();
        for kind in [MarkKind::Fault, MarkKind::Election, MarkKind::Violation, MarkKind::Action] {
            for mark in self.all.marks.iter().filter(|mark| mark.kind == kind) {
                let x = self.x(mark.at);
                if taken.iter().all(|other| (x - other).abs() >= MARK_GAP) {
                    taken.push(x);
                    self.mark(svg, mark, x);
                }
            }
        }
    }

    fn mark(&self, svg: &mut String, mark: &Mark, x: f64) {
        let (fill, stroke, shape) = match mark.kind {
            MarkKind::Fault => (PANEL, BAD, "m0-4a4 4 0 1 1-.01 0Zm-1.700 2.300l3.400 3.400m0-3.400l-3.400 3.400"),
            MarkKind::Election => (ACCENT, ACCENT, "m-3-3h6v6h-6z"),
            MarkKind::Violation => (PANEL, WARN, "m0-4l4 7h-8Z"),
            _ => (PANEL, INK2, "m0-2.500a2.500 2.500 0 1 1-.01 0Z"),
        };
        let (x, top, bottom) = (fixed(x, 1), TOP - 6.0, self.height - BOTTOM);
        let _ = write!(
            svg,
            "<g fill=\"{}\" stroke=\"{}\"><title>{}</title>\
             <path d=\"M{x} {}V{}\" opacity=\".6\"/><path d=\"M{x} {}{shape}\"/></g>",
            self.palette[fill],
            self.palette[stroke],
            mark.label,
            short(top),
            short(bottom),
            short(top)
        );
    }

    /// The moment that is shown.
    fn now(&self, svg: &mut String) {
        let d = format!("M{} {}V{}", fixed(self.x(self.all.now), 1), short(TOP - 8.0), short(self.height - BOTTOM));
        path(svg, &d, &self.palette[ACCENT], "2");
    }

    /// The way of a line; where nothing was measured it is broken, and what stands alone is a dot.
    fn course(&self, line: &Line) -> String {
        let mut d = String::new();
        let mut last = None;
        for (index, (at, value)) in line.points.iter().enumerate() {
            let next = line.points.get(index + 1).and_then(|(_, value)| *value);
            let Some(own) = *value else {
                last = None;
                continue;
            };
            // On a level stretch only its ends count.
            if last == Some(own) && next == Some(own) {
                continue;
            }
            let _ = write!(d, "{}{} {}", if last.is_none() { "M" } else { "L" }, fixed(self.x(*at), 1), fixed(self.y(own), 1));
            if last.is_none() && next.is_none() {
                d += "h.01";
            }
            last = Some(own);
        }
        d
    }

    /// Each line's name at its end, none over another.
    fn names(&self, svg: &mut String) {
        let end = |line: &'_ Line| {
            let (at, value) = line.points.iter().rfind(|(_, value)| value.is_some())?;
            Some((self.x(*at) + 5.0, self.y((*value)?)))
        };
        // From top to bottom, as they would stand if each were alone.
        let mut names: Vec<(f64, f64, &Line)> = Vec::new();
        for line in &self.chart.lines {
            if let Some((x, y)) = end(line) {
                names.insert(names.iter().position(|(_, other, _)| *other > y).unwrap_or(names.len()), (x, y, line));
            }
        }
        let (top, bottom) = (TOP - 8.0, self.height - BOTTOM + 2.0);
        let gap = NAME_GAP.min((bottom - top) / names.len() as f64);
        let near = |x: f64, other: f64| (x - other).abs() <= 20.0;
        for index in 0..names.len() {
            let (x, y, _) = names[index];
            let above = names[..index].iter().filter(|(other, ..)| near(x, *other)).map(|(_, y, _)| y + gap);
            names[index].1 = above.fold(y.max(top), f64::max);
        }
        for index in (0..names.len()).rev() {
            let (x, y, line) = names[index];
            let x = x.min(self.width - LETTER * line.name.len() as f64);
            let below = names[index + 1..].iter().filter(|(other, ..)| near(x, *other)).map(|(_, y, _)| y - gap);
            let y = below.fold(y.min(bottom), f64::min);
            names[index].1 = y;
            text(svg, (x, y + 4.0), "start", &self.outlined(line), &line.name);
        }
    }

    /// The colour of a name, which stays readable where a line passes.
    fn outlined(&self, line: &Line) -> String {
        let (colour, panel) = (self.colour(line.look), &self.palette[PANEL]);
        format!("{colour}\" font-weight=\"700\" paint-order=\"stroke\" stroke-width=\"3\" stroke=\"{panel}")
    }

    /// The values at the present moment.
    fn said(&self, svg: &mut String) {
        let mut words = String::new();
        for (name, look, value) in &self.chart.said {
            let _ = write!(words, "<tspan fill=\"{}\" font-weight=\"700\">{name}</tspan> {value}\u{2002} ", self.colour(*look));
        }
        let words = if words.is_empty() { "nothing" } else { &words };
        text(svg, (0.0, 12.0), "start", &self.palette[INK2], words);
    }
}
