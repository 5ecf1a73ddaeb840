// SPDX-License-Identifier: GPL-3.0-or-later
//! One function per command; each writes its result to `out`.

use crate::access::{self, Hit};
use crate::csv;
use crate::expr;
use crate::json;
use crate::options::Options;
use crate::stats::{Histogram, Sample, Tally};
use crate::value::{Record, Value};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};

pub enum Failure {
    Usage(String),
    Input(String),
    System(String),
    /// grep found nothing; not a failure to talk about.
    Nothing,
    /// Whoever reads the output has enough, as with `| head`.
    ReaderGone,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::System(format!("cannot write the result: {error}")),
        }
    }
}

type Done = Result<(), Failure>;

/// (name, content) of every input file.
fn read_inputs(files: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let mut inputs = Vec::new();
    let names: Vec<&str> = if files.is_empty() { vec!["-"] } else { files.iter().map(String::as_str).collect() };
    for name in names {
        let mut bytes = Vec::new();
        let read = if name == "-" {
            io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
        } else {
            fs::read(name).map(|content| bytes = content)
        };
        read.map_err(|error| Failure::Input(format!("cannot read '{name}': {error}")))?;
        // Logs hold what clients send: bytes that are not UTF-8 are replaced, not refused.
        let content = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        inputs.push((name.to_string(), content));
    }
    Ok(inputs)
}

/// Hand every line to `use_line`; its error is counted, or with --strict ends the program. Returns (good, bad).
fn each_line<'a>(
    options: &Options,
    inputs: &'a [(String, String)],
    mut use_line: impl FnMut(&'a str) -> Result<(), String>,
) -> Result<(u64, u64), Failure> {
    let (mut good, mut bad) = (0, 0);
    for _ in 0..options.repeat {
        for (name, content) in inputs {
            for (number, line) in content.lines().enumerate() {
                match use_line(line) {
                    Ok(()) => good += 1,
                    Err(why) if options.strict => {
                        return Err(Failure::Input(format!("cannot read '{name}': line {}: {why}", number + 1)));
                    }
                    Err(_) => bad += 1,
                }
            }
        }
    }
    if good == 0 {
        let names: Vec<&str> = inputs.iter().map(|(name, _)| name.as_str()).collect();
        return Err(Failure::Input(format!(
            "no line of '{}' could be read; is it another format?",
            names.join("', '")
        )));
    }
    Ok((good, bad))
}

fn hit(line: &str) -> Result<Hit<'_>, String> {
    access::parse(line).ok_or_else(|| "not a line of an access log".to_string())
}

fn check_access_fields(options: &Options) -> Done {
    let mut fields = Vec::new();
    if let Some(filter) = &options.filter {
        filter.fields(&mut fields);
    }
    fields.extend(options.by.as_deref());
    match fields.iter().find(|field| !access::FIELDS.contains(field)) {
        Some(field) => Err(Failure::Usage(format!("access logs have no field '{field}'"))),
        None => Ok(()),
    }
}

fn passes(options: &Options, record: &dyn Record) -> bool {
    options.filter.as_ref().map_or(true, |filter| filter.matches(record))
}

fn ranking(out: &mut dyn Write, title: &str, tally: &Tally, total: u64, n: usize) -> io::Result<()> {
    writeln!(out, "{title} ({} different)", tally.different())?;
    for (key, count, sum) in tally.top(n) {
        writeln!(out, "  {count:>9} {:>6.2}% {:>9}  {key}", 100.0 * count as f64 / total as f64, Bytes(sum))?;
    }
    Ok(())
}

/// A number of bytes as a person reads it.
struct Bytes(f64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut size, mut unit) = (self.0, "B");
        for next in ["KiB", "MiB", "GiB", "TiB"] {
            if size < 1024.0 {
                break;
            }
            size /= 1024.0;
            unit = next;
        }
        f.pad(&if unit == "B" { format!("{size} B") } else { format!("{size:.1} {unit}") })
    }
}

fn quantile_line(out: &mut dyn Write, name: &str, sample: &mut Sample) -> io::Result<()> {
    if sample.len() == 0 {
        return Ok(());
    }
    let (n, mean, deviation) = (sample.len(), sample.mean(), sample.deviation());
    write!(out, "{name}: n {n} mean {mean:.4} sd {deviation:.4}")?;
    let ranks = [0.0, 0.5, 0.9, 0.99, 1.0];
    for (label, value) in ["min", "p50", "p90", "p99", "max"].iter().zip(sample.quantiles(&ranks)) {
        write!(out, " {label} {value}")?;
    }
    writeln!(out)
}

pub fn access(options: &Options, out: &mut dyn Write) -> Done {
    check_access_fields(options)?;
    let inputs = read_inputs(&options.files)?;
    let by = options.by.as_deref().unwrap_or("path");
    let (mut groups, mut statuses, mut methods, mut hosts, mut hours) =
        (Tally::default(), Tally::default(), Tally::default(), Tally::default(), Tally::default());
    let (mut seconds, mut sizes) = (Sample::default(), Histogram::default());
    let (mut hits, mut bytes, mut first, mut last) = (0u64, 0u64, i64::MAX, i64::MIN);
    let (good, bad) = each_line(options, &inputs, |line| {
        let hit = hit(line)?;
        if !passes(options, &hit) {
            return Ok(());
        }
        let size = hit.bytes as f64;
        match by {
            "path" => groups.add(hit.path(), size),
            "host" => groups.add(hit.host, size),
            "agent" => groups.add(hit.agent, size),
            other => groups.add(&hit.field(other).map_or("-".into(), |value| value.to_string()), size),
        }
        statuses.add(&hit.status.to_string(), size);
        methods.add(hit.method, size);
        hosts.add(hit.host, size);
        hours.add(&format!("{:02}h", hit.hour), size);
        sizes.add(hit.bytes);
        if let Some(s) = hit.seconds {
            seconds.add(s);
        }
        hits += 1;
        bytes += hit.bytes;
        first = first.min(hit.time);
        last = last.max(hit.time);
        Ok(())
    })?;
    writeln!(
        out,
        "{good} lines, {bad} not readable, {hits} hits, {}, {} s",
        Bytes(bytes as f64),
        (last - first).max(0)
    )?;
    ranking(out, &format!("by {by}"), &groups, hits, options.top)?;
    for (field, tally) in [("status", &statuses), ("method", &methods), ("host", &hosts)] {
        if field != by {
            ranking(out, &format!("by {field}"), tally, hits, options.top)?;
        }
    }
    writeln!(out, "by hour of day")?;
    let busiest = hours.top(1).first().map_or(1, |(_, count, _)| *count);
    for (hour, count, sum) in hours.sorted() {
        let bar = "#".repeat((40 * count / busiest.max(1)) as usize);
        writeln!(out, "  {hour} {count:>9} {:>9} {bar}", Bytes(sum))?;
    }
    writeln!(out, "size of answers")?;
    for (low, count) in sizes.bins() {
        writeln!(out, "  from {low:>9} {count:>9}")?;
    }
    quantile_line(out, "seconds", &mut seconds)?;
    Ok(())
}

struct Visit<'a> {
    begin: i64,
    end: i64,
    hits: u64,
    entry: &'a str,
    exit: &'a str,
}

/// Open visits in, ended ones out.
#[derive(Default)]
struct Visits {
    lengths: Sample,
    pages: Sample,
    entries: Tally,
    exits: Tally,
    single: u64,
}

impl Visits {
    fn end(&mut self, visit: &Visit) {
        self.lengths.add((visit.end - visit.begin) as f64);
        self.pages.add(visit.hits as f64);
        self.entries.add(visit.entry, visit.hits as f64);
        self.exits.add(visit.exit, visit.hits as f64);
        self.single += u64::from(visit.hits == 1);
    }
}

pub fn sessions(options: &Options, out: &mut dyn Write) -> Done {
    check_access_fields(options)?;
    let inputs = read_inputs(&options.files)?;
    let mut visits = Visits::default();
    let mut open: HashMap<(&str, &str), Visit> = HashMap::new();
    each_line(options, &inputs, |line| {
        let hit = hit(line)?;
        if !passes(options, &hit) {
            return Ok(());
        }
        let path = hit.target.split('?').next().unwrap_or("");
        match open.get_mut(&(hit.host, hit.agent)) {
            Some(visit) if (hit.time - visit.end).abs() <= options.gap_s => {
                visit.end = visit.end.max(hit.time);
                visit.hits += 1;
                visit.exit = path;
            }
            known => {
                let visit = Visit { begin: hit.time, end: hit.time, hits: 1, entry: path, exit: path };
                if let Some(old) = known {
                    visits.end(&std::mem::replace(old, visit));
                } else {
                    open.insert((hit.host, hit.agent), visit);
                }
            }
        }
        Ok(())
    })?;
    let visitors = open.len();
    let mut left: Vec<_> = open.into_iter().collect();
    left.sort_unstable_by_key(|(key, _)| *key);
    for (_, visit) in &left {
        visits.end(visit);
    }
    let total = visits.pages.len() as u64;
    writeln!(out, "{total} visits of {visitors} visitors, {} of a single hit", visits.single)?;
    quantile_line(out, "seconds", &mut visits.lengths)?;
    quantile_line(out, "hits", &mut visits.pages)?;
    for (title, tally) in [("entered at", &visits.entries), ("left from", &visits.exits)] {
        writeln!(out, "{title}")?;
        for (path, count, hits) in tally.top(options.top) {
            writeln!(out, "  {count:>9} {:>8.1} hits  {path}", hits / count as f64)?;
        }
    }
    Ok(())
}

pub fn json(options: &Options, out: &mut dyn Write) -> Done {
    let by = options.by.as_deref().ok_or_else(|| Failure::Usage("'json' needs --by FIELD".into()))?;
    let inputs = read_inputs(&options.files)?;
    let mut groups: BTreeMap<String, (u64, Sample)> = BTreeMap::new();
    let mut whole = Sample::default();
    let mut records = 0u64;
    let (good, bad) = each_line(options, &inputs, |line| {
        let record = json::parse(line)?;
        if !passes(options, &record) {
            return Ok(());
        }
        records += 1;
        let key = record.at(by).map_or("-".to_string(), Value::to_string);
        let group = groups.entry(key).or_default();
        group.0 += 1;
        if let Some(number) = options.value.as_deref().and_then(|field| record.at(field)).and_then(Value::as_number) {
            group.1.add(number);
            whole.add(number);
        }
        Ok(())
    })?;
    writeln!(out, "{good} lines, {bad} not readable, {records} records, {} groups by {by}", groups.len())?;
    let mut ranked: Vec<_> = groups.iter_mut().collect();
    ranked.sort_by(|a, b| b.1 .0.cmp(&a.1 .0).then_with(|| a.0.cmp(b.0)));
    for (key, (count, sample)) in ranked.into_iter().take(options.top) {
        writeln!(out, "  {count:>9} {:>6.2}%  {key}", 100.0 * *count as f64 / records as f64)?;
        quantile_line(out, "            ", sample)?;
    }
    quantile_line(out, options.value.as_deref().unwrap_or(""), &mut whole)?;
    Ok(())
}

#[derive(Default)]
struct Column {
    empty: u64,
    numbers: Sample,
    texts: Tally,
    longest: usize,
}

pub fn csv(options: &Options, out: &mut dyn Write) -> Done {
    let inputs = read_inputs(&options.files)?;
    for (name, content) in &inputs {
        let mut rows = csv::Rows::new(content, options.delimiter);
        let header = rows.next().ok_or_else(|| Failure::Input(format!("cannot read '{name}': it is empty")))?;
        let mut columns: Vec<Column> = header.iter().map(|_| Column::default()).collect();
        let (mut count, mut uneven) = (0u64, 0u64);
        for _ in 0..options.repeat {
            for (number, row) in csv::Rows::new(content, options.delimiter).enumerate().skip(1) {
                if row.len() != header.len() {
                    if options.strict {
                        let (row, got, want) = (number + 1, row.len(), header.len());
                        return Err(Failure::Input(format!(
                            "cannot read '{name}': row {row} has {got} fields, the header {want}"
                        )));
                    }
                    uneven += 1;
                }
                count += 1;
                for (column, field) in columns.iter_mut().zip(&row) {
                    column.longest = column.longest.max(field.chars().count());
                    if field.is_empty() {
                        column.empty += 1;
                    } else if let Ok(number) = field.parse::<f64>() {
                        column.numbers.add(number);
                    } else {
                        column.texts.add(field, field.len() as f64);
                    }
                }
            }
        }
        writeln!(out, "{name}: {count} rows, {} columns, {uneven} rows of another length", header.len())?;
        for (title, column) in header.iter().zip(&mut columns) {
            let (numbers, empty, longest) = (column.numbers.len(), column.empty, column.longest);
            writeln!(
                out,
                "{title}: {numbers} numbers, {empty} empty, {} different texts, longest {longest}",
                column.texts.different()
            )?;
            quantile_line(out, "  numbers", &mut column.numbers)?;
            for (text, n, _) in column.texts.top(options.top) {
                writeln!(out, "  {n:>9}  {text}")?;
            }
        }
    }
    Ok(())
}

pub fn grep(options: &Options, out: &mut dyn Write) -> Done {
    let (source, files) =
        options.files.split_first().ok_or_else(|| Failure::Usage("'grep' needs an expression".into()))?;
    let filter = expr::parse(source).map_err(|why| Failure::Usage(format!("expression '{source}': {why}")))?;
    let inputs = read_inputs(files)?;
    let mut found = 0u64;
    let mut written = Ok(());
    each_line(options, &inputs, |line| {
        let is_json = match options.format.as_deref() {
            Some(format) => format == "json",
            None => line.trim_start().starts_with('{'),
        };
        let holds = if is_json { filter.matches(&json::parse(line)?) } else { filter.matches(&hit(line)?) };
        if holds && written.is_ok() {
            found += 1;
            written = writeln!(out, "{line}");
        }
        Ok(())
    })?;
    written?;
    if found == 0 {
        return Err(Failure::Nothing);
    }
    Ok(())
}
