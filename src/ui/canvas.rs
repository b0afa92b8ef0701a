//! What flies: drawn on one canvas every frame, since hundreds of moving elements would be too much for the page.
//!
//! Draws sprites the scene made; it decides nothing. The same messages can be reached without seeing them: links list
//! what is on them.

use super::leptos::*;
use super::state::{App, SPEEDS, Selection};
use crate::{
    explain::chip::{COLOURS, Chip, Sign},
    platform::dom,
    scene::flights::{Flights, Look, Wish, flights},
    scene::geometry::Point,
    scene::room::Detail,
    sim::{decimal::between, id::MessageId, time::Micros},
};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, Path2d};

pub const CANVAS_ID: &str = "flights";
/// How long a loss stays visible, in seconds of the visitor's time.
const LINGER_S: f64 = 1.3;
/// How near a click must be to a message.
const GRASP: f64 = 26.0;
/// How large a word between nodes is drawn, and a sign of life.
const DOT: f64 = 4.5;
const HEARTBEAT: f64 = 3.0;
const FONT: &str = "600 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const COMPACT_FONT: &str = "600 11.5px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const SMALL_FONT: &str = "600 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";

/// The colours of the present theme.
#[derive(Default)]
pub struct Ink {
    writes: Vec<String>,
    panel: String,
    pub ink: String,
    pub quiet: String,
    pub bad: String,
    bad_soft: String,
    pub good: String,
    pub warn: String,
    pub accent: String,
    stage: String,
}

impl Ink {
    fn of_theme() -> Ink {
        let writes = dom::style_values(["--w0", "--w1", "--w2", "--w3", "--w4", "--w5"]);
        let [panel, ink, quiet, bad, bad_soft, good, warn, accent, stage] =
            dom::style_values(["--panel", "--ink", "--ink3", "--bad", "--bad-soft", "--good", "--warn", "--accent", "--stage"]);
        Ink { writes: writes.to_vec(), panel, ink, quiet, bad, bad_soft, good, warn, accent, stage }
    }
}

#[derive(Default)]
pub struct Painter {
    ink: Ink,
    theme: Option<u64>,
    drawn: Option<(Flights, (f64, f64))>,
    #[cfg(feature = "gossip")]
    field: Option<super::field::Picture>,
}

/// What should be on the canvas now.
fn scene(app: App) -> Flights {
    let speed = SPEEDS[app.speed.get_untracked()].0;
    let linger = Micros::from_f64(LINGER_S * 1e6 * speed).max(Micros(1));
    let selected = match app.selection.get_untracked() {
        Some(Selection::Message(message)) => Some(message),
        _ => None,
    };
    let wish = Wish { linger, still: dom::prefers_reduced_motion(), selected };
    app.stage.with_untracked(|stage| app.world(|world| flights(world, &stage.layout, wish)))
}

/// The message nearest to a point of the stage, if one is near.
pub fn message_at(app: App, point: Point) -> Option<MessageId> {
    let distance = |at: Point| at.distance(point);
    let sprites = scene(app).sprites.into_iter();
    let near = sprites.map(|sprite| (distance(sprite.at), sprite.message)).filter(|(distance, _)| *distance < GRASP);
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, message)| message)
}

impl Painter {
    pub fn draw(&mut self, app: App) {
        let theme = app.theme_changes.get_untracked();
        let size = app.stage.with_untracked(|stage| (app.size.get_untracked().0, stage.layout.height));
        let scene = scene(app);
        #[cfg(feature = "gossip")]
        let same_field = {
            let field = super::field::picture(app);
            let same = self.field == field;
            self.field = field;
            same
        };
        #[cfg(not(feature = "gossip"))]
        let same_field = true;
        let same = same_field
            && self.theme == Some(theme)
            && self.drawn.as_ref().is_some_and(|(drawn, at)| *drawn == scene && *at == size);
        let Some(canvas) = document().get_element_by_id(CANVAS_ID).filter(|_| !same) else { return };
        let Ok(canvas) = canvas.dyn_into::<HtmlCanvasElement>() else { return };
        let Some(context) = context(&canvas) else { return };
        if self.theme.replace(theme) != Some(theme) {
            self.ink = Ink::of_theme();
        }
        let ratio = between(dom::pixel_ratio(), 1.0, 3.0);
        let (width, height) = ((size.0 * ratio) as u32, (size.1 * ratio) as u32);
        if (canvas.width(), canvas.height()) != (width, height) {
            canvas.set_width(width);
            canvas.set_height(height);
        }
        let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, size.0, size.1);
        context.set_text_baseline("middle");
        #[cfg(feature = "gossip")]
        if let Some((field, selected)) = &self.field {
            super::field::draw(&context, &self.ink, field, *selected);
            self.drawn = Some((scene, size));
            return;
        }
        for lost in &scene.lost {
            context.set_global_alpha(between(lost.strength, 0.0, 1.0).sqrt());
            self.draw_look(&context, lost.at, (lost.look, lost.behind, lost.detail), true, false);
        }
        context.set_global_alpha(1.0);
        // Small talk passes below what can be read.
        let small_talk = scene.sprites.iter().filter(|sprite| sprite.look.is_dot());
        for sprite in small_talk.chain(scene.sprites.iter().filter(|sprite| !sprite.look.is_dot())) {
            self.draw_look(&context, sprite.at, (sprite.look, sprite.behind, sprite.detail), false, sprite.selected);
        }
        context.set_text_align("center");
        let said = app.stage.with_untracked(|stage| {
            let links = stage.links.iter().map(|link| link.covers);
            scene.said(links.chain(stage.layout.shapes().into_iter().map(|(_, shape)| shape)), size.0)
        });
        for (lost, at) in said {
            context.set_global_alpha(between(lost.strength, 0.0, 1.0).sqrt());
            self.draw_word(&context, at, lost.word());
        }
        context.set_global_alpha(1.0);
        if scene.not_drawn > 0 {
            let text = format!("{} more messages on the wire", scene.not_drawn);
            context.set_text_align("center");
            self.draw_word(&context, Point { x: size.0 / 2.0, y: size.1 - 12.0 }, &text);
        }
        self.drawn = Some((scene, size));
    }

    /// `behind`: how many more stand at the same place.
    fn draw_look(
        &self,
        context: &CanvasRenderingContext2d,
        at: Point,
        (look, behind, detail): (Look, u32, Detail),
        lost: bool,
        selected: bool,
    ) {
        let width = look.size(behind, detail).0;
        match look {
            Look::Write { chip, more } | Look::Values { chip, more } => {
                self.draw_chip(context, at, (&chip, detail, more + behind), lost, selected)
            }
            Look::Value(Some(chip)) => self.draw_chip(context, at, (&chip, detail, behind), lost, selected),
            Look::Value(None) => self.draw_badge(context, at, ("∅", behind, width), &self.ink.quiet, lost, selected),
            Look::Generate(key, function, more) => {
                let text = if detail == Detail::Full { format!("{key}={function}") } else { "ƒ".into() };
                self.draw_badge(context, at, (&text, more + behind, width), &self.ink.accent, lost, selected)
            }
            Look::Ask => self.draw_badge(context, at, ("?", behind, width), &self.ink.accent, lost, selected),
            Look::Ok => self.draw_badge(context, at, ("✓", behind, width), &self.ink.good, lost, selected),
            Look::Unconfirmed => self.draw_badge(context, at, ("!", behind, width), &self.ink.warn, lost, selected),
            Look::No => self.draw_badge(context, at, ("×", behind, width), &self.ink.bad, lost, selected),
            Look::NoOp => self.draw_badge(context, at, ("no-op", 0, width), &self.ink.quiet, lost, selected),
            Look::Snapshot => self.draw_badge(context, at, ("≡", behind, width), &self.ink.ink, lost, selected),
            Look::Position => self.draw_dot(context, at, (true, DOT), lost, selected),
            Look::Control => self.draw_dot(context, at, (false, DOT), lost, selected),
            Look::Heartbeat => self.draw_dot(context, at, (false, HEARTBEAT), lost, selected),
            Look::AskVote { trial: true } => self.draw_badge(context, at, ("trial?", 0, width), &self.ink.quiet, lost, selected),
            Look::AskVote { .. } => self.draw_badge(context, at, ("vote?", 0, width), &self.ink.accent, lost, selected),
            Look::Vote { granted: true, .. } => self.draw_badge(context, at, ("yes", 0, width), &self.ink.good, lost, selected),
            Look::Vote { .. } => self.draw_badge(context, at, ("no", 0, width), &self.ink.bad, lost, selected),
        }
    }

    fn draw_chip(
        &self,
        context: &CanvasRenderingContext2d,
        at: Point,
        (chip, detail, more): (&Chip, Detail, u32),
        lost: bool,
        selected: bool,
    ) {
        // Where there is little room, shape and colour must do: more of them fit.
        let mut text = match detail {
            Detail::Full if chip.sign == Sign::Value => format!("{}={}", chip.key(), chip.value()),
            Detail::Full => chip.text(),
            Detail::Value => chip.short(),
            Detail::Mark => String::new(),
        };
        if more > 0 {
            text = format!("{text} +{more}");
        }
        context.set_font(if detail == Detail::Full { FONT } else { COMPACT_FONT });
        let text_width = context.measure_text(&text).map_or(30.0, |metrics| metrics.width());
        let (beside, height) = match detail {
            Detail::Full => (31.0, 23.0),
            Detail::Value => (28.0, 20.0),
            Detail::Mark => (20.0, 20.0),
        };
        let width = text_width + beside;
        let mark_x = if detail == Detail::Mark { 5.0 } else { 8.0 };
        let (left, top) = (at.x - width / 2.0, at.y - height / 2.0);
        let colour = if lost { &self.ink.bad } else { self.write_colour(chip) };
        rounded(context, left, top, width, height, 7.0);
        context.set_fill_style_str(if lost { &self.ink.bad_soft } else { &self.ink.panel });
        context.fill();
        if !lost {
            let alpha = context.global_alpha();
            context.set_global_alpha(alpha * 0.13);
            context.set_fill_style_str(colour);
            context.fill();
            context.set_global_alpha(alpha);
        }
        context.set_stroke_style_str(if selected { &self.ink.accent } else { colour });
        context.set_line_width(if selected { 3.0 } else { 1.7 });
        dash(context, lost);
        context.stroke();
        dash(context, false);
        draw_shape(context, chip.shape.path(), left + mark_x, at.y - 5.0, colour);
        context.set_fill_style_str(if lost { &self.ink.bad } else { &self.ink.ink });
        context.set_text_align("left");
        let _ = context.fill_text(&text, left + mark_x + 15.0, at.y + 0.5);
        if lost {
            context.begin_path();
            context.move_to(left + mark_x + 15.0, at.y);
            context.line_to(left + mark_x + 15.0 + text_width, at.y);
            context.set_line_width(1.2);
            context.stroke();
        }
    }

    fn draw_badge(
        &self,
        context: &CanvasRenderingContext2d,
        at: Point,
        (text, behind, width): (&str, u32, f64),
        colour: &str,
        lost: bool,
        selected: bool,
    ) {
        let colour = if lost { &self.ink.bad } else { colour };
        let text = if behind > 0 { format!("{text} +{behind}") } else { text.to_string() };
        rounded(context, at.x - width / 2.0, at.y - 10.0, width, 20.0, 10.0);
        context.set_fill_style_str(&self.ink.panel);
        context.fill();
        context.set_stroke_style_str(if selected { &self.ink.accent } else { colour });
        context.set_line_width(if selected { 3.0 } else { 1.6 });
        dash(context, lost);
        context.stroke();
        dash(context, false);
        context.set_font(SMALL_FONT);
        context.set_text_align("center");
        context.set_fill_style_str(colour);
        let _ = context.fill_text(&text, at.x, at.y + 0.5);
    }

    /// Small talk between nodes: a filled dot for an acknowledgement, an empty one for who follows whom, a small one for a
    /// sign of life.
    fn draw_dot(&self, context: &CanvasRenderingContext2d, at: Point, (filled, radius): (bool, f64), lost: bool, selected: bool) {
        let colour = if lost {
            &self.ink.bad
        } else if selected {
            &self.ink.accent
        } else {
            &self.ink.quiet
        };
        context.begin_path();
        let _ = context.arc(at.x, at.y, if selected { 6.5 } else { radius }, 0.0, std::f64::consts::TAU);
        context.set_fill_style_str(if filled { colour } else { &self.ink.panel });
        context.fill();
        context.set_stroke_style_str(colour);
        context.set_line_width(1.5);
        context.stroke();
    }

    /// A word that can be read whatever is below it.
    fn draw_word(&self, context: &CanvasRenderingContext2d, at: Point, word: &str) {
        context.set_font(SMALL_FONT);
        context.set_stroke_style_str(&self.ink.stage);
        context.set_line_width(4.0);
        let _ = context.stroke_text(word, at.x, at.y);
        context.set_fill_style_str(&self.ink.bad);
        let _ = context.fill_text(word, at.x, at.y);
    }

    fn write_colour(&self, chip: &Chip) -> &str {
        self.ink.writes.get((chip.colour % COLOURS) as usize).map_or("", |colour| colour)
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

fn dash(context: &CanvasRenderingContext2d, dashed: bool) {
    let pattern = js_sys::Array::new();
    if dashed {
        pattern.push(&4.0.into());
        pattern.push(&3.0.into());
    }
    let _ = context.set_line_dash(&pattern);
}

fn rounded(context: &CanvasRenderingContext2d, x: f64, y: f64, width: f64, height: f64, radius: f64) {
    context.begin_path();
    let _ = context.round_rect_with_f64(x, y, width, height, radius);
}

fn draw_shape(context: &CanvasRenderingContext2d, path: &str, x: f64, y: f64, colour: &str) {
    let Ok(path) = Path2d::new_with_path_string(path) else { return };
    context.save();
    let _ = context.translate(x, y);
    context.set_fill_style_str(colour);
    context.fill_with_path_2d(&path);
    context.restore();
}
