// SPDX-License-Identifier: GPL-3.0-or-later
//! The command line.

use crate::expr::{self, Expr};

pub const HELP: &str = "\
usage: logstat COMMAND [options] [FILE...]      ('-' or no FILE: standard input)

commands
  access     summary of a web server's access log (common or combined format)
  sessions   visits: hits of one host and agent without a long pause between them
  json       group JSON lines by a field
  csv        summary of each column of a CSV file with a header
  grep       print the lines an expression holds for
  gen        write an invented log (KIND: access, json, csv), the same for the same --seed

options
  --by FIELD          access, json: the field to group by
  --value FIELD       json: the number to sum up per group
  --where EXPR        access, sessions, json: use only records EXPR holds for, e.g. \"status >= 500 and path ~ api\"
  --top N             how many rows a ranking shows (default 10)
  --gap MINUTES       sessions: a longer pause begins a new visit (default 30)
  --delimiter C       csv: field delimiter (default ',')
  --format KIND       grep: access or json (default: json when a line begins with '{')
  --lines N           gen: how many lines (default 1000)
  --seed N            gen: start of the random numbers (default 1)
  --strict            fail at the first line that cannot be read, instead of counting such lines
  --repeat N          read the input N times over
  --help, --version

fields of access logs
  host user time hour method target path query status bytes referer agent seconds

expressions
  FIELD OP VALUE with OP one of = != < <= > >= ~ (contains) ^ (begins with); FIELD alone: it is there; and, or, not, ( )

exit status: 0 done, 1 grep printed nothing, 2 usage, 3 bad input, 4 the system failed
";

pub struct Options {
    pub command: String,
    pub files: Vec<String>,
    pub by: Option<String>,
    pub value: Option<String>,
    pub filter: Option<Expr>,
    pub top: usize,
    pub gap_s: i64,
    pub delimiter: u8,
    pub format: Option<String>,
    pub lines: usize,
    pub seed: u64,
    pub strict: bool,
    pub repeat: usize,
}

fn number<T: std::str::FromStr>(option: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("'{option}' needs a number, not '{text}'"))
}

pub fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options {
        command: String::new(),
        files: Vec::new(),
        by: None,
        value: None,
        filter: None,
        top: 10,
        gap_s: 30 * 60,
        delimiter: b',',
        format: None,
        lines: 1000,
        seed: 1,
        strict: false,
        repeat: 1,
    };
    let mut words = args.iter();
    let mut only_files = false;
    while let Some(word) = words.next() {
        if only_files || !word.starts_with("--") {
            if options.command.is_empty() {
                options.command = word.clone();
            } else {
                options.files.push(word.clone());
            }
            continue;
        }
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (word.as_str(), None),
        };
        match name {
            "--" => {
                only_files = true;
                continue;
            }
            "--strict" => {
                options.strict = true;
                continue;
            }
            _ => {}
        }
        if !HELP.contains(&format!("  {name} ")) {
            return Err(format!("unknown option '{name}'"));
        }
        let value = inline.or_else(|| words.next().cloned()).ok_or_else(|| format!("'{name}' needs a value"))?;
        match name {
            "--by" => options.by = Some(value),
            "--value" => options.value = Some(value),
            "--where" => options.filter = Some(expr::parse(&value).map_err(|why| format!("--where '{value}': {why}"))?),
            "--top" => options.top = number(name, &value)?,
            "--gap" => options.gap_s = number::<i64>(name, &value)?.saturating_mul(60),
            "--delimiter" => match value.as_bytes() {
                [byte] if !b"\"\r\n".contains(byte) => options.delimiter = *byte,
                _ => return Err(format!("'--delimiter' needs one character, not '{value}'")),
            },
            "--format" if value == "access" || value == "json" => options.format = Some(value),
            "--format" => return Err(format!("unknown format '{value}'")),
            "--lines" => options.lines = number(name, &value)?,
            "--seed" => options.seed = number(name, &value)?,
            "--repeat" => options.repeat = number(name, &value)?,
            _ => return Err(format!("unknown option '{name}'")),
        }
    }
    if options.command.is_empty() {
        return Err("no command".into());
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|w| w.to_string()).collect();
        parse(&words).err().unwrap()
    }

    #[test]
    fn wrong_words_are_named() {
        assert_eq!(error(&[]), "no command");
        assert_eq!(error(&["access", "--tpo", "3"]), "unknown option '--tpo'");
        assert_eq!(error(&["access", "--top"]), "'--top' needs a value");
        assert_eq!(error(&["access", "--top=x"]), "'--top' needs a number, not 'x'");
        assert_eq!(error(&["json", "--where", "a ="]), "--where 'a =': a value is needed after 'a' and its operator");
        assert_eq!(error(&["csv", "--delimiter", "ab"]), "'--delimiter' needs one character, not 'ab'");
    }

    #[test]
    fn options_and_files_mix() {
        let words: Vec<String> =
            ["access", "a.log", "--top=3", "--", "--b.log"].iter().map(|w| w.to_string()).collect();
        let options = parse(&words).unwrap();
        assert_eq!((options.top, options.files), (3, vec!["a.log".to_string(), "--b.log".to_string()]));
    }
}
