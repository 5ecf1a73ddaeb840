// SPDX-License-Identifier: GPL-3.0-or-later
//! Invented logs, the same for the same seed: for trying logstat out, and the synthetic workloads of its corpus.

use crate::commands::Failure;
use crate::options::Options;
use std::io::Write;

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Small numbers far more often than large ones, as with pages and visitors.
    fn skewed(&mut self, n: u64) -> u64 {
        let u = (self.below(1 << 20) + 1) as f64 / (1 << 20) as f64;
        ((n as f64).powf(u) as u64).min(n - 1)
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }
}

const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
    "curl/8.5.0",
    "ExampleBot/2.1 (+http://bot.example/)",
];
const SECTIONS: [&str; 6] = ["news", "shop", "static/img", "api/v1/items", "docs", "user"];
const STATUSES: [&str; 10] = ["200", "200", "200", "200", "200", "200", "304", "301", "404", "500"];

pub fn run(options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
    let kind = options.files.first().map_or("", String::as_str);
    let mut random = Random(options.seed);
    if kind == "csv" {
        writeln!(out, "id,section,quantity,price,comment")?;
    }
    let mut second = 0;
    for n in 0..options.lines {
        second += random.below(4);
        let (section, id) = (random.of(&SECTIONS), random.skewed(3000));
        match kind {
            "access" => {
                let (day, time) = (1 + second / 86_400 % 28, second % 86_400);
                writeln!(
                    out,
                    "198.51.100.{} - - [{day:02}/Feb/2024:{:02}:{:02}:{:02} +0000] \"GET /{section}/{id} HTTP/1.1\" {} {} \"-\" \"{}\" 0.{:03}",
                    random.skewed(250), time / 3600, time / 60 % 60, time % 60, random.of(&STATUSES), random.skewed(90_000),
                    random.of(&AGENTS), random.skewed(999)
                )?;
            }
            "json" => writeln!(
                out,
                "{{\"time\":{second},\"level\":\"{}\",\"service\":{{\"name\":\"{section}\",\"shard\":{}}},\"ms\":{}.{:02},\"user\":{},\"tags\":[\"t{}\",\"t{}\"],\"text\":\"item {id} \\\"{}\\\"\"}}",
                random.of(&["debug", "info", "info", "info", "warn", "error"]), random.below(16), random.skewed(5000),
                random.below(100), if random.below(3) == 0 { "null".to_string() } else { random.skewed(900).to_string() },
                random.below(9), random.below(9), random.of(&["ok", "slow", "gone"])
            )?,
            "csv" => writeln!(
                out,
                "{n},{section},{},{}.{:02},\"{}, {}\"",
                1 + random.skewed(40), random.skewed(900), random.below(100), random.of(&["as \"\"new\"\"", "used", "sealed"]),
                random.of(&["red", "green", "blue", "no colour"])
            )?,
            _ => return Err(Failure::Usage(format!("'gen' needs access, json or csv, not '{kind}'"))),
        }
    }
    Ok(())
}
