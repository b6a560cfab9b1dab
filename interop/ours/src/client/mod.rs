//! A client that does what each cell asks for, and judges what comes back.

mod adapter;
mod cells;
mod closing;
mod control;
mod talk;

use std::io;

use adapter::{Adapter, Blocking, OnSmol, OnTokio};
use cells::{Outcome, try_cell};
use serde::Serialize;

use crate::no_such_adapter;
use crate::settings::Settings;

/// What a program prints for a cell.
#[derive(Serialize)]
struct Line<'a> {
    cell: &'a str,
    outcome: &'static str,
    detail: String,
}

pub(crate) fn run(adapter: &str, settings: Settings, url: &str, cells: &[&str]) -> io::Result<()> {
    match adapter {
        "std" => smol::block_on(try_cells(Blocking, settings, url, cells)),
        "tokio" => on_tokio(settings, url, cells),
        "smol" => smol::block_on(try_cells(OnSmol, settings, url, cells)),
        other => return Err(no_such_adapter(other)),
    }
    Ok(())
}

#[tokio::main]
async fn on_tokio(settings: Settings, url: &str, cells: &[&str]) {
    try_cells(OnTokio, settings, url, cells).await;
}

async fn try_cells<A: Adapter>(adapter: A, settings: Settings, url: &str, cells: &[&str]) {
    let side = Side { adapter, settings, url: url.trim_end_matches('/').into() };
    for cell in cells {
        let (outcome, detail) = match try_cell(&side, cell).await {
            Ok(Outcome::Passed(detail)) => ("passed", detail),
            Ok(Outcome::Absent(detail)) => ("absent", detail),
            Err(failure) => ("failed", failure.0),
        };
        let line = Line { cell, outcome, detail };
        println!("{}", serde_json::to_string(&line).expect("a line is plain data"));
    }
}

/// What all cells need.
struct Side<A> {
    adapter: A,
    settings: Settings,
    url: String,
}
