// SPDX-License-Identifier: GPL-3.0-or-later
//! CSV (RFC 4180, any one-byte delimiter): rows out of a whole text.

pub struct Rows<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str, delimiter: u8) -> Self {
        Rows { text, at: 0, delimiter }
    }

    /// The next field, and whether the row ends with it.
    fn field(&mut self) -> (String, bool) {
        let bytes = self.text.as_bytes();
        let mut out = String::new();
        if bytes.get(self.at) == Some(&b'"') {
            self.at += 1;
            let mut from = self.at;
            while self.at < bytes.len() {
                if bytes[self.at] == b'"' {
                    out.push_str(&self.text[from..self.at]);
                    self.at += 1;
                    if bytes.get(self.at) != Some(&b'"') {
                        from = self.at;
                        break;
                    }
                    from = self.at;
                }
                self.at += 1;
            }
            out.push_str(&self.text[from..self.at]);
        }
        let from = self.at;
        while self.at < bytes.len() && bytes[self.at] != self.delimiter && bytes[self.at] != b'\n' {
            self.at += 1;
        }
        out.push_str(self.text[from..self.at].trim_end_matches('\r'));
        let ends = bytes.get(self.at) != Some(&self.delimiter);
        self.at += 1;
        (out, ends)
    }
}

impl Iterator for Rows<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if self.at >= self.text.len() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            let (field, ends) = self.field();
            row.push(field);
            if ends {
                return Some(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_newlines_and_empty_fields() {
        let rows: Vec<_> = Rows::new("a,\"b \"\"c\"\",\nd\",\r\n,x\n1", b',').collect();
        assert_eq!(rows, [vec!["a", "b \"c\",\nd", ""], vec!["", "x"], vec!["1"]]);
        assert_eq!(Rows::new("", b',').count(), 0);
        assert_eq!(Rows::new("a;b\n", b';').collect::<Vec<_>>(), [["a", "b"]]);
        assert_eq!(Rows::new("a,\"open", b',').collect::<Vec<_>>(), [["a", "open"]]);
    }
}
