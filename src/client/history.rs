//! What clients saw: the only thing judges of consistency may look at.

use crate::sim::{
    id::{ClientId, NodeId, OperationId},
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
    /// The write that its client is told to be done by this row.
    pub fn written(&self) -> Option<Write> {
        match (self.action, self.outcome.as_ref()?) {
            (Action::Write { key, value }, Outcome::Written) => Some(Write { id: self.operation, key, value }),
            (_, Outcome::Generated(write)) => Some(*write),
            _ => None,
        }
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
