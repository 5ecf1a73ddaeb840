// SPDX-License-Identifier: GPL-3.0-or-later
//! A JSON reader (RFC 8259): one value per call, errors with the column.

use crate::value::Value;

/// Deeper nesting is refused: the reader recurses.
const MAX_DEPTH: usize = 200;

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

pub fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, depth: 0 };
    let value = reader.value()?;
    reader.blanks();
    if reader.at < reader.bytes.len() {
        return reader.fail("something follows the value");
    }
    Ok(value)
}

impl Reader<'_> {
    fn fail<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("column {}: {what}", self.at + 1))
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        self.blanks();
        match self.bytes.get(self.at) {
            Some(b'{') => self.nested(Reader::object),
            Some(b'[') => self.nested(Reader::array),
            Some(b'"') => Ok(Value::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => self.fail("a value is needed"),
            None => self.fail("the text ends where a value is needed"),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        if self.depth == MAX_DEPTH {
            return self.fail("nested too deeply");
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        self.fail("a value is needed")
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.bytes.get(self.at) {
            self.at += 1;
        }
        let digits = self.text[start..self.at].trim_start_matches('-');
        let shaped = digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.ends_with(|c: char| c.is_ascii_digit())
            && !(digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit());
        match self.text[start..self.at].parse::<f64>() {
            Ok(n) if shaped && n.is_finite() => Ok(Value::Number(n)),
            _ => {
                self.at = start;
                self.fail("this is not a number")
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut out = String::new();
        let mut from = self.at;
        loop {
            match self.bytes.get(self.at) {
                None => return self.fail("the string does not end"),
                Some(b'"') => {
                    out.push_str(&self.text[from..self.at]);
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.push_str(&self.text[from..self.at]);
                    self.at += 1;
                    out.push(self.escape()?);
                    from = self.at;
                }
                Some(0..=0x1f) => return self.fail("a control character stands in a string"),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let kind = self.bytes.get(self.at).copied();
        self.at += 1;
        Ok(match kind {
            Some(c @ (b'"' | b'\\' | b'/')) => c as char,
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let high = self.hex()?;
                let mut code = high;
                let behind = self.at;
                if (0xd800..0xdc00).contains(&high) && self.bytes[behind..].starts_with(b"\\u") {
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xdc00..0xe000).contains(&low) {
                        code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    } else {
                        self.at = behind;
                    }
                }
                // Half a surrogate pair stands for nothing.
                char::from_u32(code).unwrap_or('\u{fffd}')
            }
            _ => return self.fail("unknown escape"),
        })
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.bytes.get(self.at..self.at + 4).and_then(|d| std::str::from_utf8(d).ok());
        match digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).and_then(|d| u32::from_str_radix(d, 16).ok())
        {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => self.fail("four hex digits are needed"),
        }
    }

    /// After a member: true when another one follows.
    fn more(&mut self, close: u8) -> Result<bool, String> {
        self.blanks();
        match self.bytes.get(self.at) {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(c) if *c == close => {
                self.at += 1;
                Ok(false)
            }
            _ => self.fail(&format!("',' or '{}' is needed", close as char)),
        }
    }

    fn empty(&mut self, close: u8) -> bool {
        self.blanks();
        let empty = self.bytes.get(self.at) == Some(&close);
        self.at += usize::from(empty);
        empty
    }

    fn array(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        if !self.empty(b']') {
            loop {
                items.push(self.value()?);
                if !self.more(b']')? {
                    break;
                }
            }
        }
        Ok(Value::Array(items))
    }

    fn object(&mut self) -> Result<Value, String> {
        let mut fields = Vec::new();
        if !self.empty(b'}') {
            loop {
                self.blanks();
                if self.bytes.get(self.at) != Some(&b'"') {
                    return self.fail("a key is needed");
                }
                let key = self.string()?;
                self.blanks();
                if self.bytes.get(self.at) != Some(&b':') {
                    return self.fail("':' is needed");
                }
                self.at += 1;
                fields.push((key, self.value()?));
                if !self.more(b'}')? {
                    break;
                }
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_kind() {
        let v = parse(r#" {"a":[1,-2.5e2,true,null],"b":{"c":"x\n\u00e9\ud83d\ude00"},"":[]} "#).unwrap();
        assert_eq!(v.at("a.1"), Some(&Value::Number(-250.0)));
        assert_eq!(v.at("a.3"), Some(&Value::Null));
        assert_eq!(v.at("b.c"), Some(&Value::Text("x\né😀".into())));
        assert_eq!(v.at(""), Some(&Value::Array(vec![])));
        assert_eq!(parse(r#""\ud83dx\ud83d\u0041""#), Ok(Value::Text("\u{fffd}x\u{fffd}A".into())));
    }

    #[test]
    fn errors_name_the_column() {
        for (text, want) in [
            ("", "column 1: the text ends where a value is needed"),
            ("[1,]", "column 4: a value is needed"),
            ("{\"a\" 1}", "column 6: ':' is needed"),
            ("[1 2]", "column 4: ',' or ']' is needed"),
            ("\"ab", "column 4: the string does not end"),
            ("\"\\x\"", "column 4: unknown escape"),
            ("\"\\u12g4\"", "column 4: four hex digits are needed"),
            ("01", "column 1: this is not a number"),
            ("1.", "column 1: this is not a number"),
            ("tru", "column 1: a value is needed"),
            ("1 1", "column 3: something follows the value"),
        ] {
            assert_eq!(parse(text).unwrap_err(), want, "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).unwrap_err().ends_with("nested too deeply"));
    }
}
