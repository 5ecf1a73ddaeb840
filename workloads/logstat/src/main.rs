// SPDX-License-Identifier: GPL-3.0-or-later
//! logstat: summaries of web server logs, JSON lines and CSV files.

mod access;
mod commands;
mod csv;
mod expr;
mod gen;
mod json;
mod options;
mod stats;
mod value;

use commands::Failure;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

fn run(options: &options::Options) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    match options.command.as_str() {
        "access" => commands::access(options, &mut out),
        "sessions" => commands::sessions(options, &mut out),
        "json" => commands::json(options, &mut out),
        "csv" => commands::csv(options, &mut out),
        "grep" => commands::grep(options, &mut out),
        "gen" => gen::run(options, &mut out),
        other => Err(Failure::Usage(format!("unknown command '{other}'"))),
    }?;
    out.flush()?;
    Ok(())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|word| word == "--help") {
        print!("{}", options::HELP);
        return ExitCode::SUCCESS;
    }
    if args.iter().any(|word| word == "--version") {
        println!("logstat {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    let result = options::parse(&args).map_err(Failure::Usage).and_then(|options| run(&options));
    let (message, hint, code) = match result {
        Ok(()) | Err(Failure::ReaderGone) => return ExitCode::SUCCESS,
        Err(Failure::Nothing) => return ExitCode::from(1),
        Err(Failure::Usage(message)) => (message, "\nhint: logstat --help", 2),
        Err(Failure::Input(message)) => (message, "", 3),
        Err(Failure::System(message)) => (message, "", 4),
    };
    eprintln!("logstat: {message}{hint}");
    ExitCode::from(code)
}
