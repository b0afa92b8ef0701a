//! What readers of a peer are shown, and what is said when that changes in a way that they could not expect.

use super::{Ctx, MultiPrimary};
use crate::{
    protocol::versions::{Visible, answer, look, new, note_conflict, note_conflicts, visible},
    sim::{
        id::Key,
        operation::{Request, Write},
    },
    store::{
        object::{Object, register::Register},
        version::Dot,
    },
    trace::Fact,
};

impl MultiPrimary {
    /// What readers are shown for a key.
    pub(super) fn shown(&self, key: Key) -> Vec<Write> {
        let object = self.data.objects.get(&key);
        object.map_or_else(Vec::new, |object| visible(key, object, &self.config.conflicts).shown)
    }

    pub(super) fn serve(&mut self, request: Request, ctx: &mut Ctx) {
        let key = request.action.key();
        let shown = self.shown(key);
        let read = shown.first().copied();
        ctx.note_about(request.operation, Fact::Served { read, applied: self.data.position() });
        let answer = answer(self.config.type_of(key), shown);
        self.config.contexts.answer(request, answer, self.data.objects.get(&key), ctx);
    }

    /// What is shown and hidden of some keys now.
    pub(super) fn look(&self, keys: &[Key]) -> Vec<(Key, Visible)> {
        look(&self.data.objects, keys, &self.config.conflicts)
    }

    /// Says what is new about some keys since they were looked at.
    pub(super) fn note_conflicts(&self, before: Vec<(Key, Visible)>, ctx: &mut Ctx) {
        note_conflicts(before, &self.data.objects, &self.config.conflicts, ctx);
    }

    /// Says what another strategy shows otherwise.
    pub(super) fn note_switched(&self, before: Vec<(Key, Visible)>, ctx: &mut Ctx) {
        for (key, before) in before {
            let Some(object) = self.data.objects.get(&key) else { continue };
            if matches!(object, Object::Set(_)) {
                let kind = self.config.conflicts.set;
                let now = visible(key, object, &self.config.conflicts).shown;
                let (back, gone) = (new(&now, &before.shown), new(&before.shown, &now));
                if !back.is_empty() || !gone.is_empty() {
                    ctx.note(Fact::SetSwitched { kind, back, gone });
                }
            }
            note_conflict(key, before, object, &self.config.conflicts, ctx);
        }
    }

    /// What of a register that comes was once known here, deleted, and forgotten together with its tombstone. `is_old`: all
    /// changes that could be in it are known here.
    pub(super) fn back_from_the_dead(&self, key: Key, register: &Register, is_old: bool) -> Vec<Write> {
        let Some(forgotten) = self.data.forgotten.get(&key) else { return Vec::new() };
        let nothing = Register::default();
        let own = match self.data.objects.get(&key) {
            Some(Object::Register(own)) => own,
            _ => &nothing,
        };
        let is_back = |dot: &Dot| !own.seen().includes(*dot) && (is_old || dot.actor == self.actor && dot.counter <= *forgotten);
        let live = register.siblings().iter().filter(|(dot, version)| !version.deleted && is_back(dot));
        live.map(|(_, version)| version.write).collect()
    }
}
