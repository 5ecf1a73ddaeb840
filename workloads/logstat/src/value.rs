// SPDX-License-Identifier: GPL-3.0-or-later
//! A field's value, whichever format it came from.

use std::cmp::Ordering;
use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Value>),
    /// In the order of the document; a key may repeat, the last one counts.
    Object(Vec<(String, Value)>),
}

impl Value {
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(n) => Some(*n),
            Value::Text(s) => s.trim().parse().ok(),
            Value::Bool(b) => Some(f64::from(u8::from(*b))),
            _ => None,
        }
    }

    /// Follow a dotted path: keys of objects, numbers for elements of arrays.
    pub fn at(&self, path: &str) -> Option<&Value> {
        let mut here = self;
        for step in path.split('.') {
            here = match here {
                Value::Object(fields) => &fields.iter().rev().find(|(key, _)| key == step)?.1,
                Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(here)
    }

    /// Numbers with numbers, everything else as text; None when the two cannot be ordered.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self.as_number(), other.as_number()) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ => match (self, other) {
                (Value::Text(a), Value::Text(b)) => Some(a.as_str().cmp(b)),
                (Value::Null, Value::Null) => Some(Ordering::Equal),
                _ => None,
            },
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => write!(f, "{}", *n as i64),
            Value::Number(n) => write!(f, "{n}"),
            Value::Text(s) => f.write_str(s),
            Value::Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { "," } else { "" })?;
                }
                f.write_str("]")
            }
            Value::Object(fields) => {
                f.write_str("{")?;
                for (i, (key, value)) in fields.iter().enumerate() {
                    write!(f, "{}{key}:{value}", if i > 0 { "," } else { "" })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Anything fields can be asked of by name.
pub trait Record {
    fn field(&self, name: &str) -> Option<Value>;
}

impl Record for Value {
    fn field(&self, name: &str) -> Option<Value> {
        self.at(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_reach_into_objects_and_arrays() {
        let v = Value::Object(vec![(
            "a".into(),
            Value::Array(vec![Value::Number(1.0), Value::Object(vec![("b".into(), Value::Text("x".into()))])]),
        )]);
        assert_eq!(v.at("a.0"), Some(&Value::Number(1.0)));
        assert_eq!(v.at("a.1.b"), Some(&Value::Text("x".into())));
        assert_eq!(v.at("a.2"), None);
        assert_eq!(v.at("a.b"), None);
    }

    #[test]
    fn numbers_in_text_compare_as_numbers() {
        let nine = Value::Text("9".into());
        assert_eq!(nine.compare(&Value::Number(10.0)), Some(Ordering::Less));
        assert_eq!(Value::Text("b".into()).compare(&Value::Text("a".into())), Some(Ordering::Greater));
        assert_eq!(Value::Null.compare(&Value::Number(1.0)), None);
    }
}
