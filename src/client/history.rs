//! What clients saw: the only thing judges of consistency may look at.

use crate::sim::{
    id::{ClientId, NodeId, OperationId, Value},
    operation::{Action, Outcome, Write},
    time::Micros,
};
use serde_json::{Value as Json, json};

/// An operation begins or ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub at: Micros,
    pub client: ClientId,
    pub operation: OperationId,
    pub action: Action,
    /// None: it begins.
    pub outcome: Option<Outcome>,
    /// The node that answered last, or was asked last.
    pub node: Option<NodeId>,
}

impl Row {
    /// The write of a value that its client is told to be done by this row; what is counted, added, typed or deleted is none.
    pub fn written(&self) -> Option<Write> {
        match (self.action, self.outcome.as_ref()?) {
            (Action::Write { key, value }, Outcome::Written) => Some(Write { id: self.operation, key, value }),
            (_, Outcome::Generated(write)) => Some(*write),
            _ => None,
        }
    }

    /// What its client is told to be done by this row, whatever the key holds. The value is what was written, counted, added, taken out or
    /// typed, and 0 of what is erased or deleted.
    pub fn done(&self) -> Option<Write> {
        let value = match self.action {
            _ if self.outcome != Some(Outcome::Written) => return self.written(),
            Action::Add { amount: value, .. }
            | Action::AddElement { element: value, .. }
            | Action::RemoveElement { element: value, .. } => value,
            Action::Insert { character, .. } => character as Value,
            Action::Erase { .. } | Action::Delete { .. } => 0,
            _ => return self.written(),
        };
        Some(Write { id: self.operation, key: self.action.key(), value })
    }

    /// The line of a history file: `process`, `type`, `f`, `key`, `value` as Jepsen names them, when and where, and what the
    /// operation is called, if it has a name.
    pub fn to_json(&self, name: Option<&str>) -> String {
        let kind = match self.outcome {
            None => "invoke",
            Some(Outcome::Written | Outcome::Read(_) | Outcome::Several(_) | Outcome::Generated(_)) => "ok",
            Some(Outcome::Refused(_)) => "fail",
            Some(Outcome::TimedOut | Outcome::Unconfirmed) => "info",
        };
        let (function, value) = match (self.action, &self.outcome) {
            (Action::Write { value, .. }, _) => ("write".into(), json!(value)),
            (Action::Read { .. }, Some(Outcome::Read(Some(write)))) => ("read".into(), json!(write.value)),
            (Action::Read { .. }, Some(Outcome::Several(writes))) => {
                ("read".into(), writes.iter().map(|write| write.value).collect())
            }
            (Action::Read { .. }, _) => ("read".into(), Json::Null),
            (Action::Generate { function, .. }, _) => {
                (function.to_string(), self.written().map_or(Json::Null, |write| json!(write.value)))
            }
            (Action::Add { amount, .. }, _) => ("add".into(), json!(amount)),
            (Action::AddElement { element, .. }, _) => ("add_element".into(), json!(element)),
            (Action::RemoveElement { element, .. }, _) => ("remove_element".into(), json!(element)),
            (Action::Insert { place, character, .. }, _) => ("insert".into(), json!([place, character])),
            (Action::Erase { place, .. }, _) => ("erase".into(), json!(place)),
            (Action::Delete { .. }, _) => ("delete".into(), Json::Null),
            #[cfg(feature = "documents")]
            (Action::DeleteRevision { revision, .. }, _) => ("delete_revision".into(), json!(revision.to_string())),
        };
        let node = self.node.map(|node| node.to_string());
        let mut line = json!({
            "process": self.client.0, "type": kind, "f": function, "key": self.action.key().to_string(), "value": value,
            "time_us": self.at.0, "node": node,
        });
        if let Some(name) = name {
            line["name"] = json!(name);
        }
        line.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{id::Key, id::Origin, operation::Function};

    #[test]
    fn what_is_done_to_keys_of_other_types_stands_in_its_line() {
        let id = OperationId { client: ClientId(1), origin: Origin::Hand, number: 0 };
        let key = Key(0);
        for (action, function, value) in [
            (Action::Add { key, amount: -3 }, "add", json!(-3)),
            (Action::AddElement { key, element: 5 }, "add_element", json!(5)),
            (Action::RemoveElement { key, element: 5 }, "remove_element", json!(5)),
            (Action::Insert { key, place: 2, character: 'ß' }, "insert", json!([2, "ß"])),
            (Action::Erase { key, place: 2 }, "erase", json!(2)),
            (Action::Delete { key }, "delete", Json::Null),
        ] {
            let outcome = Some(Outcome::Written);
            let row = Row { at: Micros(5), client: ClientId(1), operation: id, action, outcome, node: None };
            let line: Json = serde_json::from_str(&row.to_json(None)).expect("JSON");
            assert_eq!((&line["type"], &line["f"], &line["value"]), (&json!("ok"), &json!(function), &value));
            assert_eq!(row.written(), None, "no judge takes it for the value of a register");
            let done = value.as_i64().unwrap_or(if function == "insert" { 'ß' as i64 } else { 0 });
            assert_eq!(row.done(), Some(Write { id, key, value: if function == "erase" { 0 } else { done } }));
            assert_eq!(Row { outcome: Some(Outcome::TimedOut), ..row }.done(), None);
        }
    }

    #[test]
    fn a_value_made_by_a_node_is_in_the_line_that_ends_the_operation() {
        let id = OperationId { client: ClientId(1), origin: Origin::Hand, number: 0 };
        let action = Action::Generate { key: Key(0), function: Function::Next };
        let begins = Row { at: Micros(5), client: ClientId(1), operation: id, action, outcome: None, node: None };
        let write = Write { id, key: Key(0), value: 42 };
        for (outcome, kind, value, written) in [
            (None, "invoke", Json::Null, None),
            (Some(Outcome::Generated(write)), "ok", json!(42), Some(write)),
            (Some(Outcome::TimedOut), "info", Json::Null, None),
            (Some(Outcome::Unconfirmed), "info", Json::Null, None),
        ] {
            let row = Row { outcome, ..begins.clone() };
            let line: Json = serde_json::from_str(&row.to_json(None)).expect("JSON");
            assert_eq!((&line["type"], &line["f"], &line["key"]), (&json!(kind), &json!("next"), &json!("x")));
            assert_eq!((&line["value"], row.written()), (&value, written));
        }
    }
}
