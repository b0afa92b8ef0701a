//! What the page knows: the lab, how it is played, what is selected, and the signals that components listen to.

mod refresh;

pub use refresh::TURNS;

use super::choose::Offers;
use super::leptos::*;
use super::measures::Measuring;
use super::rules::Rules;
use super::typed::usual;
use super::versions::Versioning;
use super::watched::Watched;
use crate::{
    check::Verdicts,
    client::{session::Session, workload::Target},
    explain::narrate::Headline,
    lab::{Lab, LabWorld},
    lesson::Task,
    platform::{address, dom, files, storage},
    protocol::kind::Kind,
    scenario::{
        Scenario,
        link::{self, Shared, Source},
        presets,
    },
    scene::{
        stage::{Stage, stage},
        timeline::{Timeline, timeline},
    },
    sim::{
        id::{Address, ClientId, EventId, Key, MessageId, NodeId},
        operation::Action,
        time::Micros,
    },
    world::{Position, Stop, command::Command},
};
use std::sync::Arc;

/// What the visitor pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    Node(NodeId),
    Client(ClientId),
    Link(Address, Address),
    Message(MessageId),
}

/// Panels of the narrow page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Lesson,
    Controls,
    Timeline,
    Details,
    Measures,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    Share,
    Scenarios,
    Partition,
    Help,
}

/// A message that goes away by itself, or stays if it is about something that went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub text: String,
    pub bad: bool,
}

/// Where the cursor is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Now {
    pub position: Position,
    pub known_steps: u64,
    pub horizon: Micros,
    /// A long way is being replayed: where to.
    pub seeking: Option<Micros>,
    /// The engine cannot keep up with the speed that was asked for.
    pub slow: bool,
}

/// Simulated seconds per second, and how it is written.
pub const SPEEDS: [(f64, &str); 16] = [
    (0.001, "1/1000×"),
    (0.002, "1/500×"),
    (0.005, "1/200×"),
    (0.01, "1/100×"),
    (0.02, "1/50×"),
    (0.05, "1/20×"),
    (0.1, "1/10×"),
    (0.2, "1/5×"),
    (0.5, "1/2×"),
    (1.0, "1×"),
    (2.0, "2×"),
    (4.0, "4×"),
    (8.0, "8×"),
    (16.0, "16×"),
    (32.0, "32×"),
    (64.0, "64×"),
];
const SPEED_AT_FIRST: usize = 7;

/// Most steps run in one frame; keeps a frame short on a slow machine.
pub const STEPS_PER_FRAME: u64 = 3_000;
/// Most steps replayed at once when the cursor jumps; a longer way is spread over frames.
const STEPS_PER_JUMP: u64 = 20_000;
/// A value written by hand starts here, so that it cannot be taken for one of a workload.
const FIRST_VALUE_BY_HAND: i64 = 100;

#[derive(Clone, Copy)]
pub struct App {
    lab: StoredValue<Lab, LocalStorage>,
    /// Something changed that the signals do not show yet.
    pub dirty: Watched<bool>,
    /// Headlines of events before this one are no news: the cursor jumped.
    news_since: Watched<EventId>,
    pub seeking: Watched<Option<Micros>>,
    pub playing: Watched<bool>,
    pub slow: Watched<bool>,
    pub speed: Watched<usize>,
    pub selection: Watched<Option<Selection>>,
    pub size: Watched<(f64, f64)>,
    pub stage: Watched<Arc<Stage>>,
    pub verdicts: Watched<Arc<Verdicts>>,
    pub headline: Watched<Option<Headline>>,
    pub spoken: Watched<String>,
    pub now: Watched<Now>,
    pub timeline: Watched<Arc<Timeline>>,
    pub tasks: Watched<[bool; Task::ALL.len()]>,
    pub notice: Watched<Option<Notice>>,
    pub dialog: Watched<Option<Dialog>>,
    pub tab: Watched<Tab>,
    pub measuring: Measuring,
    pub versioning: Versioning,
    pub choosing: Watched<Offers>,
    pub rules: Watched<Rules>,
    /// Counts changes of the lab; panels that read the lab itself listen to it.
    pub revision: Watched<u64>,
    /// Counts changes of the theme; the canvas listens.
    pub theme_changes: Watched<u64>,
}

const DONE: &str = "replicarium.done";

fn first_lab() -> Lab {
    let (name, scenario) = presets::first();
    Lab::new(Source::Preset(name), scenario)
}

impl App {
    /// What the address asks for, or the first screen; a bad link is said and changes nothing.
    pub fn open() -> App {
        let fragment = address::fragment();
        let (lab, cursor, notice) = match link::kind_of_bare(&fragment) {
            Some(_) => (first_lab(), None, None),
            None => match Shared::from_text(&fragment).and_then(|shared| Ok((Lab::open(&shared)?, shared.cursor))) {
                Ok((lab, cursor)) => (lab, Some(cursor), None),
                Err(text) => (first_lab(), None, Some(Notice { text, bad: true })),
            },
        };
        let app = App::new(lab.clone());
        app.notice.set(notice);
        match cursor {
            Some(cursor) => app.open_at(lab, cursor),
            None => app.refresh(),
        }
        if address::is_marked() {
            app.playing.set(!dom::prefers_reduced_motion());
        }
        app
    }

    fn new(lab: Lab) -> App {
        let (width, height) = (757.0, 560.0);
        let first_stage = Arc::new(stage(lab.world(), width, height));
        let verdicts = Arc::new(lab.verdicts());
        let rules = Rules::of(lab.world());
        let first_timeline = Arc::new(timeline(&lab, lab.judge().stale_reads(), None));
        let now = Now { position: lab.world().position(), known_steps: 0, horizon: Micros::ZERO, seeking: None, slow: false };
        let done = storage::get(DONE).unwrap_or_default();
        let done: [bool; Task::ALL.len()] = std::array::from_fn(|index| done.as_bytes().get(index) == Some(&b'1'));
        App {
            lab: StoredValue::new_local(lab),
            dirty: Watched::new(true),
            news_since: Watched::new(EventId(0)),
            seeking: Watched::new(None),
            playing: Watched::new(!dom::prefers_reduced_motion()),
            slow: Watched::new(false),
            speed: Watched::new(SPEED_AT_FIRST),
            selection: Watched::new(None),
            size: Watched::new((width, height)),
            stage: Watched::new(first_stage),
            verdicts: Watched::new(verdicts),
            headline: Watched::new(None),
            spoken: Watched::new(String::new()),
            now: Watched::new(now),
            timeline: Watched::new(first_timeline),
            tasks: Watched::new(done),
            notice: Watched::new(None),
            dialog: Watched::new(None),
            tab: Watched::new(Tab::Lesson),
            measuring: Measuring::new(),
            versioning: Versioning::new(),
            choosing: Watched::new(Offers::default()),
            rules: Watched::new(rules),
            revision: Watched::new(0),
            theme_changes: Watched::new(0),
        }
    }

    /// Looks at the lab.
    pub fn lab<T>(&self, look: impl FnOnce(&Lab) -> T) -> T {
        self.lab.with_value(look)
    }

    pub fn world<T>(&self, look: impl FnOnce(&LabWorld) -> T) -> T {
        self.lab.with_value(|lab| look(lab.world()))
    }

    /// Looks at the lab, again whenever it changes.
    pub fn watch<T>(&self, look: impl FnOnce(&Lab) -> T) -> T {
        self.revision.get();
        self.lab.with_value(look)
    }

    pub fn with_lab<T>(&self, change: impl FnOnce(&mut Lab) -> T) -> T {
        self.dirty.set(true);
        self.lab.try_update_value(change).expect("the lab lives as long as the page")
    }

    /// Replaces the experiment.
    pub fn replace(&self, lab: Lab) {
        // Of another lab nothing is known yet.
        self.timeline.set(Arc::new(timeline(&lab, lab.furthest_run().judge().stale_reads(), None)));
        self.with_lab(|own| *own = lab);
        self.selection.set(None);
        self.choosing.set(Offers::default());
        self.seeking.set(None);
        self.news_since.set(EventId(0));
        self.headline.set(None);
        self.refresh();
    }

    /// Opens the link in the address; a bad one is said and changes nothing.
    pub fn open_address(&self) {
        let fragment = address::fragment();
        match link::kind_of_bare(&fragment) {
            // What is on screen is as good as any other first screen.
            Some(kind) if kind.is_on_board() => {}
            Some(_) => address::load(&fragment, false),
            None => {
                let app = *self;
                spawn_local(async move { app.open_link(&fragment, false).await.unwrap_or_else(|what| app.say_bad(what)) });
            }
        }
    }

    /// Opens a link: here, or in the program that can run it, where it may be asked to play. On an error nothing changes.
    pub async fn open_link(&self, text: &str, play: bool) -> Result<(), String> {
        if link::parts(text).is_some_and(|(kind, _)| !kind.is_on_board()) {
            files::check_link(text).await?;
            address::load(text, play);
            return Ok(());
        }
        let shared = Shared::from_text(text)?;
        self.open_at(Lab::open(&shared)?, shared.cursor);
        Ok(())
    }

    /// Replaces the experiment and shows it, paused, at a moment.
    pub fn open_at(&self, lab: Lab, cursor: Position) {
        self.playing.set(false);
        self.replace(lab);
        self.with_lab(|lab| self.after_jump(lab.go_to(cursor, STEPS_PER_JUMP), cursor.at));
        self.refresh();
    }

    /// Opens the start of a scenario that this program can run.
    pub fn open_scenario(&self, source: Source, scenario: Scenario) {
        address::set_fragment(link::bare(scenario.protocol.kind()));
        self.replace(Lab::new(source, scenario));
        self.playing.set(!dom::prefers_reduced_motion());
    }

    /// Opens a preset: here, or in the program that can run it.
    pub fn open_preset(&self, name: &str, kind: Kind) {
        match presets::get(name) {
            Some(scenario) => self.open_scenario(Source::Preset(name.into()), scenario),
            None => address::load(&link::of_preset(kind, name), true),
        }
    }

    /// Does something at the cursor.
    pub fn act(&self, command: Command) {
        self.seeking.set(None);
        match self.with_lab(|lab| lab.act(command).map(|branch| (lab.future_number(branch), lab.branch().is_fork))) {
            Err(full) => self.say_bad(full.to_string()),
            Ok((branch, true)) => {
                self.say(format!("Branch {branch} begins here. What came later stays on the other branch; see the timeline."));
            }
            Ok(_) => {}
        }
        self.refresh();
    }

    pub fn say(&self, text: impl Into<String>) {
        self.notice.set(Some(Notice { text: text.into(), bad: false }));
    }

    pub fn say_bad(&self, text: impl Into<String>) {
        self.notice.set(Some(Notice { text: text.into(), bad: true }));
    }

    /// A value that no write has had yet.
    pub fn fresh_value(&self) -> i64 {
        let by_hand: u32 = self.world(|world| world.sessions().iter().map(|session| session.next_hand).sum());
        FIRST_VALUE_BY_HAND + by_hand as i64
    }

    pub fn write(&self, client: ClientId, key: Key, value: i64, at: Option<NodeId>) {
        self.act(Command::Issue { client, action: usual(*self, key, value, at), at });
    }

    pub fn read(&self, client: ClientId, key: Key, at: Option<NodeId>) {
        self.act(Command::Issue { client, action: Action::Read { key }, at });
    }

    /// Who writes by hand: the selected client, else the first.
    pub fn writer(&self) -> ClientId {
        match self.selection.get_untracked() {
            Some(Selection::Client(client)) => client,
            _ => ClientId(0),
        }
    }

    /// Who writes by hand at this node: a client that turns to it, else as ever.
    pub fn writer_at(&self, node: NodeId) -> ClientId {
        let turns = |session: &&Session| session.settings.writes_to == Target::Node(node);
        let own = self.world(|world| world.sessions().iter().find(turns).map(|session| session.id));
        own.unwrap_or_else(|| self.writer())
    }

    /// Who reads by hand: the selected client, else the second, else the only one.
    pub fn reader(&self) -> ClientId {
        match self.selection.get_untracked() {
            Some(Selection::Client(client)) => client,
            _ => ClientId(self.world(|world| world.sessions().len()).min(2).saturating_sub(1) as u16),
        }
    }

    pub fn select(&self, selection: Option<Selection>) {
        self.selection.set(selection);
        self.dirty.set(true);
        if selection.is_some() {
            dom::to_top(".side");
            self.tab.set(Tab::Details);
        }
    }

    pub fn seek(&self, to: Micros) {
        let stop = self.with_lab(|lab| lab.seek(to, STEPS_PER_JUMP));
        self.after_jump(stop, to);
        self.refresh();
    }

    fn after_jump(&self, stop: Stop, to: Micros) {
        self.seeking.set((stop == Stop::Budget).then_some(to));
    }

    pub fn step(&self) {
        self.playing.set(false);
        if !self.with_lab(Lab::step) {
            self.say("Nothing more is due: no message is on its way and no client has anything planned.");
        }
        self.refresh();
    }

    pub fn step_back(&self) {
        self.playing.set(false);
        self.with_lab(Lab::step_back);
        self.refresh();
    }

    pub fn go_to_start(&self) {
        self.seek(Micros::ZERO);
    }

    /// To the end of what was run.
    pub fn go_to_end(&self) {
        let end = self.lab(|lab| lab.furthest().position());
        let stop = self.with_lab(|lab| lab.go_to(end, STEPS_PER_JUMP));
        self.after_jump(stop, end.at);
        self.refresh();
    }

    /// To the next or previous mark of the timeline.
    pub fn go_to_mark(&self, forward: bool) {
        let now = self.world(LabWorld::now);
        let timeline = self.timeline.get_untracked();
        let times = timeline.marks.iter().map(|mark| mark.at + Micros(1));
        let found = if forward { times.filter(|at| *at > now).min() } else { times.filter(|at| *at < now).max() };
        match found {
            Some(at) => self.seek(at),
            None if forward => self.go_to_end(),
            None => self.go_to_start(),
        }
    }

    pub fn undo(&self) {
        if !self.with_lab(Lab::undo) {
            self.say("There is nothing to undo.");
        }
        self.refresh();
    }

    pub fn redo(&self) {
        if !self.with_lab(Lab::redo) {
            self.say("There is nothing to redo.");
        }
        self.refresh();
    }

    pub fn change_speed(&self, faster: bool) {
        self.speed.update(|speed| *speed = if faster { (*speed + 1).min(SPEEDS.len() - 1) } else { speed.saturating_sub(1) });
    }

    pub fn forget_tasks(&self) {
        storage::remove(DONE);
        self.tasks.set([false; Task::ALL.len()]);
    }
}
