// SPDX-License-Identifier: GPL-3.0-or-later
//! Filter expressions:
//!
//!     or    := and ("or" and)*          field    := name, dots reach into JSON objects and arrays
//!     and   := not ("and" not)*         operator := =  !=  <  <=  >  >=  ~ (contains)  ^ (begins with)
//!     not   := "not" not | "(" or ")" | field [operator literal]
//!     literal := number | 'text' | "text" | word
//!
//! A field alone asks whether it is there.

use crate::value::{Record, Value};
use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Contains,
    Begins,
}

#[derive(Debug, PartialEq)]
pub enum Expr {
    Or(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Present(String),
    Test(String, Operator, Value),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Operator(Operator),
    Open,
    Close,
}

fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => {
                let end = rest[1..].find(first).ok_or_else(|| format!("text starting at {rest} does not end"))?;
                (Token::Text(rest[1..=end].to_string()), end + 2)
            }
            '=' | '!' | '<' | '>' | '~' | '^' => {
                let double = rest[1..].starts_with('=');
                let operator = match (first, double) {
                    ('=', _) => Operator::Equal,
                    ('!', true) => Operator::NotEqual,
                    ('<', false) => Operator::Less,
                    ('<', true) => Operator::LessEqual,
                    ('>', false) => Operator::Greater,
                    ('>', true) => Operator::GreaterEqual,
                    ('~', false) => Operator::Contains,
                    ('^', false) => Operator::Begins,
                    _ => return Err(format!("unknown operator at '{rest}'")),
                };
                (Token::Operator(operator), 1 + usize::from(double))
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "()=!<>~^'\"".contains(c)).unwrap_or(rest.len());
                (Token::Word(rest[..end].to_string()), end)
            }
        };
        out.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(out)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Expr, String> {
        let mut left = self.and()?;
        while self.word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut left = self.not()?;
        while self.word("and") {
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr, String> {
        if self.word("not") {
            return Ok(Expr::Not(Box::new(self.not()?)));
        }
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Open) => {
                let inner = self.or()?;
                if self.tokens.get(self.at) != Some(&Token::Close) {
                    return Err("')' is missing".into());
                }
                self.at += 1;
                Ok(inner)
            }
            Some(Token::Word(field)) => self.test(field),
            Some(_) => Err("a field name is needed".into()),
            None => Err("the expression ends where a field name is needed".into()),
        }
    }

    fn test(&mut self, field: String) -> Result<Expr, String> {
        let operator = match self.tokens.get(self.at) {
            Some(Token::Operator(operator)) => *operator,
            _ => return Ok(Expr::Present(field)),
        };
        let literal = match self.tokens.get(self.at + 1) {
            Some(Token::Text(text)) => Value::Text(text.clone()),
            Some(Token::Word(word)) => match (word.as_str(), word.parse::<f64>()) {
                ("null", _) => Value::Null,
                ("true", _) => Value::Bool(true),
                ("false", _) => Value::Bool(false),
                (_, Ok(number)) => Value::Number(number),
                (text, Err(_)) => Value::Text(text.to_string()),
            },
            _ => return Err(format!("a value is needed after '{field}' and its operator")),
        };
        self.at += 2;
        Ok(Expr::Test(field, operator, literal))
    }
}

pub fn parse(source: &str) -> Result<Expr, String> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0 };
    let expr = parser.or()?;
    if parser.at < parser.tokens.len() {
        return Err("something follows the expression".into());
    }
    Ok(expr)
}

impl Expr {
    pub fn matches(&self, record: &dyn Record) -> bool {
        match self {
            Expr::Or(a, b) => a.matches(record) || b.matches(record),
            Expr::And(a, b) => a.matches(record) && b.matches(record),
            Expr::Not(inner) => !inner.matches(record),
            Expr::Present(field) => !matches!(record.field(field), None | Some(Value::Null)),
            Expr::Test(field, operator, literal) => match record.field(field) {
                Some(value) => test(&value, *operator, literal),
                None => false,
            },
        }
    }

    /// Every field the expression asks for.
    pub fn fields<'a>(&'a self, out: &mut Vec<&'a str>) {
        match self {
            Expr::Or(a, b) | Expr::And(a, b) => {
                a.fields(out);
                b.fields(out);
            }
            Expr::Not(inner) => inner.fields(out),
            Expr::Present(field) | Expr::Test(field, ..) => out.push(field),
        }
    }
}

fn test(value: &Value, operator: Operator, literal: &Value) -> bool {
    let order = value.compare(literal);
    match operator {
        Operator::Equal => order == Some(Ordering::Equal) || value == literal,
        Operator::NotEqual => order != Some(Ordering::Equal) && value != literal,
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Contains => value.to_string().contains(&literal.to_string()),
        Operator::Begins => value.to_string().starts_with(&literal.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn holds(expr: &str) -> bool {
        let record =
            json::parse(r#"{"status":503,"path":"/api/v1/x","user":null,"tags":["a","b"],"ok":false}"#).unwrap();
        parse(expr).unwrap().matches(&record)
    }

    #[test]
    fn expressions_hold_or_do_not() {
        assert!(holds("status >= 500 and path ^ /api"));
        assert!(holds("status<500 or (path ~ 'v1' and not user)"));
        assert!(holds("tags.1 = b and ok = false"));
        assert!(!holds("missing != 1"));
        assert!(!holds("status = 50"));
        assert!(holds("not status = 404 and status!=404"));
    }

    #[test]
    fn bad_expressions_say_why() {
        for (expr, want) in [
            ("", "the expression ends where a field name is needed"),
            ("a = ", "a value is needed after 'a' and its operator"),
            ("(a = 1", "')' is missing"),
            ("a = 1 b", "something follows the expression"),
            ("a ! 1", "unknown operator at '! 1'"),
            ("a = 'x", "text starting at 'x does not end"),
        ] {
            assert_eq!(parse(expr).unwrap_err(), want, "{expr}");
        }
    }
}
