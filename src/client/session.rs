//! One client: a session with at most one operation open.
//!
//! Finds the primary as a PostgreSQL client with several hosts does (libpq, `target_session_attrs=read-write`): ask
//! the one it believes in; when refused, go where it is pointed or to the next in line; give up when all said no. An
//! operation keeps its identity over all tries. It must not know the truth about nodes.

use super::workload::{ClientSettings, Target};
use crate::{
    protocol::{Shown, Told},
    sim::{
        draw::{Chance, Lineage, Purpose},
        id::{ClientId, EventId, Key, NodeId, OperationId, Origin},
        operation::{Action, Answer, Concern, Outcome, Refusal, Request},
        small::SmallMap,
        time::Micros,
    },
};
use std::{collections::VecDeque, sync::Arc};

/// An operation that waits its turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intent {
    pub operation: OperationId,
    pub action: Action,
    /// Ask this node and no other, whatever the settings say.
    pub at_node: Option<NodeId>,
    /// The event that called for it; a workload acts unprompted.
    pub cause: Option<EventId>,
}

/// The operation under way.
#[derive(Clone, Debug)]
pub struct Open {
    pub intent: Intent,
    pub invoked_at: Micros,
    pub attempt: u32,
    pub node: NodeId,
    /// When the current try counts as unanswered.
    pub deadline: Micros,
    asked: Vec<NodeId>,
    timeouts: u16,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub id: ClientId,
    /// Shared by clones until a command changes them.
    pub settings: Arc<ClientSettings>,
    pub open: Option<Open>,
    pub waiting: VecDeque<Intent>,
    /// Number of the next workload operation, and of the next one by hand.
    pub next_workload: u32,
    pub next_hand: u32,
    pub workload_on: bool,
    /// What the client last saw, for its label.
    pub last: Option<(OperationId, Action, Outcome)>,
    believed_primary: NodeId,
    /// The node it sticks to.
    stuck_to: Option<NodeId>,
    /// Up to where of the log it has seen.
    token: u64,
    /// Of each key, what its answers have told it besides the value.
    told: SmallMap<Key, Told>,
}

/// Among whom a session chooses, and by what.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    pub members: &'a [NodeId],
    /// Of them the one with the shortest way.
    pub nearest: Option<NodeId>,
    pub chance: Chance,
}

/// What to do after an answer or a time-out.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    Done(Outcome),
    /// Ask this node, after a pause.
    Ask(NodeId, Micros),
}

/// Tells the draw of whom to stick to from those of operations.
const STICKY: u64 = 41;

impl Session {
    /// Most operations that wait for the one under way.
    pub const WAITING_MAX: usize = 1_000;

    pub fn new(id: ClientId, settings: ClientSettings, primary: NodeId) -> Session {
        let workload_on = settings.workload.is_some();
        Session {
            id,
            settings: Arc::new(settings),
            open: None,
            waiting: VecDeque::new(),
            next_workload: 0,
            next_hand: 0,
            workload_on,
            last: None,
            believed_primary: primary,
            stuck_to: None,
            token: 0,
            told: SmallMap::new(),
        }
    }

    pub fn believed_primary(&self) -> NodeId {
        self.believed_primary
    }

    /// What one of its operations is called, if its workload gave it a name.
    pub fn name(&self, chance: Chance, operation: OperationId) -> Option<&str> {
        let workload = self.settings.workload.as_ref().filter(|_| operation.origin == Origin::Workload)?;
        workload.name(chance, operation.client, operation.number)
    }

    /// Begins an operation; returns the first request and whom to ask.
    pub fn begin(&mut self, intent: Intent, now: Micros, choice: Choice) -> (NodeId, Request) {
        let node = intent.at_node.unwrap_or_else(|| self.first_choice(intent, choice));
        if self.target(intent.action) == Target::Sticky && intent.at_node.is_none() {
            self.stuck_to = Some(node);
        }
        let deadline = now + self.settings.timeout;
        let open = Open { intent, invoked_at: now, attempt: 0, node, deadline, asked: vec![node], timeouts: 0 };
        let request = open.request(self.asks_for());
        self.open = Some(open);
        (node, request)
    }

    /// Tries again, at `node`.
    pub fn ask(&mut self, node: NodeId, now: Micros) -> Option<Request> {
        let asks_for = self.asks_for();
        let open = self.open.as_mut()?;
        open.attempt += 1;
        open.node = node;
        open.deadline = now + self.settings.timeout;
        open.asked.push(node);
        Some(open.request(asks_for))
    }

    fn asks_for(&self) -> (u64, Concern) {
        (if self.settings.token { self.token } else { 0 }, self.settings.concern)
    }

    /// An answer was from this position of the log.
    pub fn saw(&mut self, position: u64) {
        self.token = self.token.max(position);
    }

    /// With an answer came more than a value. Versions add up; of a document the last revision counts.
    pub fn is_shown(&mut self, key: Key, shown: Shown) {
        match (self.told.get_mut(&key), shown) {
            (Some(Told::Versions(own)), Some(Told::Versions(seen))) => Arc::make_mut(own).merge(&seen),
            (_, Some(told)) => drop(self.told.insert(key, told)),
            (_, None) => {}
        }
    }

    /// What it says with a write: over what it is meant.
    pub fn was_shown(&self, action: Action) -> Shown {
        self.told.get(&action.key()).filter(|_| action.is_write()).cloned()
    }

    /// Whether it has to know which node is the nearest.
    pub fn wants_nearest(&self) -> bool {
        [self.settings.writes_to, self.settings.reads_from].contains(&Target::Nearest)
    }

    fn target(&self, action: Action) -> Target {
        if action.is_write() { self.settings.writes_to } else { self.settings.reads_from }
    }

    fn first_choice(&self, intent: Intent, Choice { members, nearest, chance }: Choice) -> NodeId {
        let target = self.target(intent.action);
        let identity = match target {
            Target::Sticky => Lineage::root(&[self.id.0 as u64, STICKY]),
            _ => Lineage::root(&[intent.operation.word()]),
        };
        let mut draw = chance.draw(Purpose::Route, identity);
        let others: Vec<NodeId> = members.iter().copied().filter(|node| *node != self.believed_primary).collect();
        let mut pick = |from: &[NodeId]| match from.len() {
            0 => self.believed_primary,
            count => from[draw.below(count as u64) as usize],
        };
        match target {
            Target::Nearest => nearest.unwrap_or(self.believed_primary),
            Target::Sticky => self.stuck_to.filter(|node| members.contains(node)).unwrap_or_else(|| pick(members)),
            Target::Primary => self.believed_primary,
            Target::Replica => pick(&others),
            Target::Any => pick(members),
            Target::Node(node) => node,
        }
    }

    /// A node answered the open operation.
    pub fn on_answer(&mut self, from: NodeId, answer: Answer, members: &[NodeId]) -> Next {
        let Some(open) = &self.open else { return Next::Done(Outcome::TimedOut) };
        match answer {
            Answer::Written | Answer::Generated(_) => {
                if open.intent.at_node.is_none() {
                    self.believed_primary = from;
                }
                Next::Done(match answer {
                    Answer::Generated(write) => Outcome::Generated(write),
                    _ => Outcome::Written,
                })
            }
            Answer::Unconfirmed => Next::Done(Outcome::Unconfirmed),
            Answer::Read(value) => Next::Done(Outcome::Read(value)),
            Answer::Several(writes) => Next::Done(Outcome::Several(writes)),
            Answer::Refused(refusal) => match self.elsewhere(refusal, members) {
                Some(node) => Next::Ask(node, Micros::ZERO),
                // An earlier try without an answer may still happen.
                None if open.timeouts > 0 => Next::Done(Outcome::TimedOut),
                None => Next::Done(Outcome::Refused(refusal)),
            },
        }
    }

    /// The node to ask after a refusal: the one it was pointed to, else the next in line; each once.
    fn elsewhere(&self, refusal: Refusal, members: &[NodeId]) -> Option<NodeId> {
        let open = self.open.as_ref()?;
        if self.is_bound() || open.asked.len() > self.settings.redirects as usize {
            return None;
        }
        let fresh = |node: &NodeId| !open.asked.contains(node) && members.contains(node);
        let pointed = match refusal {
            Refusal::NotPrimary { primary } => primary.filter(fresh),
            // An error of the primary itself, which its client reports; the others could only point back to it.
            Refusal::DiskFull | Refusal::TooFewReplicas => return None,
            // Nor does it help to ask others about a key that cannot take this.
            Refusal::WrongType { .. } | Refusal::GrowsOnly | Refusal::Gone | Refusal::Absent | Refusal::Full => return None,
            #[cfg(feature = "documents")]
            Refusal::OldRevision => return None,
            _ => None,
        };
        let later = members.iter().copied().filter(|node| *node > open.node);
        let earlier = members.iter().copied().filter(|node| *node <= open.node);
        pointed.or_else(|| later.chain(earlier).find(fresh))
    }

    /// The current try was not answered in time.
    pub fn on_timeout(&mut self, members: &[NodeId]) -> Next {
        let (retries, wait, bound) = (self.settings.retries, self.settings.retry_wait, self.is_bound());
        let Some(open) = self.open.as_mut() else { return Next::Done(Outcome::TimedOut) };
        let next = members.iter().copied().find(|node| *node > open.node).or(members.first().copied());
        let next = next.filter(|_| !bound).unwrap_or(open.node);
        if self.stuck_to == Some(open.node) {
            self.stuck_to = Some(next);
        }
        if open.node == self.believed_primary {
            // Perhaps it is dead and another one leads: the next to be asked will know.
            self.believed_primary = next;
        }
        open.timeouts += 1;
        if open.timeouts > retries as u16 {
            return Next::Done(Outcome::TimedOut);
        }
        // Start the round anew: a node asked before may answer now.
        open.asked.clear();
        Next::Ask(next, wait)
    }

    /// Whether the open operation may go to one node only.
    fn is_bound(&self) -> bool {
        let bound = |open: &Open| open.intent.at_node.is_some() || matches!(self.target(open.intent.action), Target::Node(_));
        self.open.as_ref().is_some_and(bound)
    }

    /// Ends the open operation.
    pub fn finish(&mut self, outcome: Outcome) -> Option<Open> {
        let open = self.open.take()?;
        self.last = Some((open.intent.operation, open.intent.action, outcome));
        Some(open)
    }
}

impl Open {
    /// `after`: the session's token, for reads.
    fn request(&self, (after, concern): (u64, Concern)) -> Request {
        let action = self.intent.action;
        let after = if action.is_write() { 0 } else { after };
        Request { operation: self.intent.operation, attempt: self.attempt, action, after, concern }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);
    const C: NodeId = NodeId(2);

    fn write() -> Intent {
        let operation = OperationId { client: ClientId(0), origin: Origin::Hand, number: 0 };
        Intent { operation, action: Action::Write { key: Key(0), value: 1 }, at_node: None, cause: None }
    }

    fn session(settings: ClientSettings) -> Session {
        Session::new(ClientId(0), settings, A)
    }

    fn begin(session: &mut Session, intent: Intent) -> NodeId {
        let choice = Choice { members: &[A, B, C], nearest: Some(B), chance: Chance::new(1) };
        session.begin(intent, Micros(0), choice).0
    }

    const REFUSED: Answer = Answer::Refused(Refusal::NoProcess);

    fn not_primary(primary: Option<NodeId>) -> Answer {
        Answer::Refused(Refusal::NotPrimary { primary })
    }

    #[test]
    fn goes_round_until_all_said_no() {
        let mut session = session(ClientSettings::default());
        assert_eq!(begin(&mut session, write()), A);
        for (from, answer, next) in [(A, REFUSED, B), (B, not_primary(Some(A)), C)] {
            assert_eq!(session.on_answer(from, answer, &[A, B, C]), Next::Ask(next, Micros::ZERO));
            session.ask(next, Micros(0));
        }
        let last = not_primary(Some(A));
        assert_eq!(
            session.on_answer(C, last, &[A, B, C]),
            Next::Done(Outcome::Refused(Refusal::NotPrimary { primary: Some(A) }))
        );
    }

    #[test]
    fn goes_where_it_is_pointed_and_remembers() {
        let mut session = session(ClientSettings::default());
        begin(&mut session, write());
        assert_eq!(session.on_answer(A, not_primary(Some(C)), &[A, B, C]), Next::Ask(C, Micros::ZERO));
        session.ask(C, Micros(0));
        assert_eq!(session.on_answer(C, Answer::Written, &[A, B, C]), Next::Done(Outcome::Written));
        session.finish(Outcome::Written);
        assert_eq!(begin(&mut session, write()), C);
    }

    #[test]
    fn a_chosen_node_is_the_only_one_asked() {
        let mut session = session(ClientSettings::default());
        assert_eq!(begin(&mut session, Intent { at_node: Some(B), ..write() }), B);
        let no = not_primary(Some(A));
        assert_eq!(session.on_answer(B, no, &[A, B, C]), Next::Done(Outcome::Refused(Refusal::NotPrimary { primary: Some(A) })));
    }

    /// What it brings back with a write: all versions that it was shown, and of a document the last revision.
    #[test]
    fn remembers_what_it_was_shown() {
        use crate::{
            sim::revision::{Revision, RevisionId},
            store::version::{Actor, Dot, Seen},
        };
        let mut session = session(ClientSettings::default());
        let (write, read) = (Action::Write { key: Key(0), value: 1 }, Action::Read { key: Key(0) });
        assert_eq!(session.was_shown(write), None);
        let seen = |node: NodeId| {
            let mut seen = Seen::default();
            seen.insert(Dot { actor: Actor::from(node), counter: 1 });
            seen
        };
        for node in [A, B] {
            session.is_shown(Key(0), Some(Told::Versions(Arc::new(seen(node)))));
        }
        let mut both = seen(A);
        both.merge(&seen(B));
        assert_eq!(session.was_shown(write), Some(Told::Versions(Arc::new(both))));
        assert_eq!((session.was_shown(read), session.was_shown(Action::Write { key: Key(1), value: 1 })), (None, None));
        for revision in [Some(Revision { generation: 1, id: RevisionId([7; 16]) }), None] {
            session.is_shown(Key(0), Some(Told::Revision(revision)));
            session.is_shown(Key(0), None);
            assert_eq!(session.was_shown(write), Some(Told::Revision(revision)));
        }
    }

    #[test]
    fn unknown_stays_unknown() {
        let mut session = session(ClientSettings { retries: 1, ..Default::default() });
        begin(&mut session, write());
        assert!(matches!(session.on_timeout(&[A, B, C]), Next::Ask(B, _)));
        session.ask(B, Micros(0));
        for node in [C, A] {
            assert_eq!(session.on_answer(node, not_primary(None), &[A, B, C]), Next::Ask(node, Micros::ZERO));
            session.ask(node, Micros(0));
        }
        let end = session.on_answer(A, not_primary(None), &[A, B, C]);
        assert_eq!(end, Next::Done(Outcome::TimedOut), "a refusal later does not undo what an unanswered try may have done");
    }
}
