// SPDX-License-Identifier: GPL-3.0-or-later
//! Lines of the common and combined log formats of Apache and nginx, with a request time in seconds after them where the
//! server was told to write one.

use crate::value::{Record, Value};

#[derive(Clone, Debug, PartialEq)]
pub struct Hit<'a> {
    pub host: &'a str,
    pub user: &'a str,
    /// Seconds since 1970 in UTC.
    pub time: i64,
    /// Hour of the day where the server was.
    pub hour: u8,
    pub method: &'a str,
    /// As requested, with the query.
    pub target: &'a str,
    pub status: u16,
    pub bytes: u64,
    pub referer: &'a str,
    pub agent: &'a str,
    pub seconds: Option<f64>,
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let shifted = (month + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let year_of_era = y - era * 400;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// "22/Apr/2009:18:52:51 +1200"
fn time(stamp: &str) -> Option<(i64, u8)> {
    let bytes = stamp.as_bytes();
    if bytes.len() != 26 || !stamp.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| stamp[from..to].parse::<i64>().ok();
    let month = MONTHS.iter().position(|m| *m == &stamp[3..6])? as i64 + 1;
    let (day, year) = (number(0, 2)?, number(7, 11)?);
    let (hour, minute, second) = (number(12, 14)?, number(15, 17)?, number(18, 20)?);
    if !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = number(22, 24)? * 3600 + number(24, 26)? * 60;
    let zone = if bytes[21] == b'-' { -zone } else { zone };
    Some((days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone, hour as u8))
}

/// The text up to `end`, and what comes after it; a backslash protects the character behind it.
fn until(text: &str, end: u8) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == end {
            return Some((&text[..at], &text[at + 1..]));
        }
        at += 1 + usize::from(bytes[at] == b'\\');
    }
    None
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    until(text.trim_start().strip_prefix('"')?, b'"')
}

pub fn parse(line: &str) -> Option<Hit<'_>> {
    let (host, rest) = until(line, b' ')?;
    let (_identity, rest) = until(rest, b' ')?;
    let (user, rest) = until(rest, b' ')?;
    let (stamp, rest) = until(rest.strip_prefix('[')?, b']')?;
    let (time, hour) = time(stamp)?;
    let (request, rest) = quoted(rest)?;
    let mut words = rest.trim_start().splitn(3, ' ');
    let status = words.next()?.parse().ok()?;
    let bytes = match words.next()? {
        "-" => 0,
        digits => digits.trim_end().parse().ok()?,
    };
    let rest = words.next().unwrap_or("");
    let (referer, rest) = quoted(rest).unwrap_or(("-", ""));
    let (agent, rest) = quoted(rest).unwrap_or(("-", ""));
    let mut parts = request.split(' ');
    Some(Hit {
        host,
        user,
        time,
        hour,
        method: parts.next().filter(|m| !m.is_empty() && m.bytes().all(|b| b.is_ascii_uppercase())).unwrap_or("-"),
        target: parts.next().unwrap_or("-"),
        status,
        bytes,
        referer,
        agent,
        seconds: rest.split_whitespace().last().and_then(|word| word.parse().ok()),
    })
}

impl Hit<'_> {
    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split(|c| c == '?' || c == '#').next().unwrap_or("")
    }
}

pub const FIELDS: [&str; 13] = [
    "host", "user", "time", "hour", "method", "target", "path", "query", "status", "bytes", "referer", "agent",
    "seconds",
];

impl Record for Hit<'_> {
    fn field(&self, name: &str) -> Option<Value> {
        let text = |s: &str| Some(Value::Text(s.to_string()));
        match name {
            "host" => text(self.host),
            "user" => text(self.user),
            "time" => Some(Value::Number(self.time as f64)),
            "hour" => Some(Value::Number(f64::from(self.hour))),
            "method" => text(self.method),
            "target" => text(self.target),
            "path" => text(self.path()),
            "query" => text(self.target.split_once('?').map_or("", |(_, query)| query)),
            "status" => Some(Value::Number(f64::from(self.status))),
            "bytes" => Some(Value::Number(self.bytes as f64)),
            "referer" => text(self.referer),
            "agent" => text(self.agent),
            "seconds" => self.seconds.map(Value::Number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combined_line() {
        let hit = parse(
            r#"192.0.2.7 - ann [22/Apr/2009:18:52:51 +1200] "GET /a/b.html?x=1 HTTP/1.1" 304 - "http://x/" "A \"quoted\" agent" 0.125"#,
        )
        .unwrap();
        assert_eq!((hit.host, hit.user, hit.method, hit.path()), ("192.0.2.7", "ann", "GET", "/a/b.html"));
        assert_eq!((hit.status, hit.bytes, hit.hour, hit.seconds), (304, 0, 18, Some(0.125)));
        // date -u -d '2009-04-22 06:52:51' +%s
        assert_eq!(hit.time, 1_240_383_171);
        assert_eq!(hit.agent, r#"A \"quoted\" agent"#);
        assert_eq!(hit.field("query"), Some(Value::Text("x=1".into())));
    }

    #[test]
    fn common_line_has_no_referer() {
        let hit = parse(r#"::1 - - [29/Feb/2024:00:00:00 -0130] "\x16\x03" 400 226"#).unwrap();
        assert_eq!((hit.referer, hit.agent, hit.method, hit.seconds), ("-", "-", "-", None));
        assert_eq!(hit.time, 1_709_170_200);
    }

    #[test]
    fn other_lines_are_refused() {
        for line in [
            "",
            "hello",
            r#"h - - [22/Foo/2009:18:52:51 +1200] "GET / HTTP/1.1" 200 1"#,
            r#"h - - [22/Apr/2009:25:52:51 +1200] "GET / HTTP/1.1" 200 1"#,
            r#"h - - [22/Apr/2009:18:52:51 +1200] "GET / HTTP/1.1" abc 1"#,
            r#"h - - [22/Apr/2009:18:52:51 +1200] "GET / HTTP/1.1"#,
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
