//! Writes the results of `scripts/bench.sh all` into the tables of docs/BENCHMARKS.md.
//!
//! A table stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->`; what is between is replaced, the
//! rest of the document is left alone. A result that the document asks for and that was not measured is an
//! error, so that no table keeps an old figure among new ones.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Which results stand in which table, by how their names begin.
const TABLES: [(&str, &[&str]); 8] = [
    ("flow", &["book w", "core w", "clock"]),
    ("scale", &["scale "]),
    ("cascade", &["cascade "]),
    ("worst", &["worst "]),
    ("memory", &["memory "]),
    ("sustained", &["sustained ", "disk"]),
    ("parts", &["codec ", "ring "]),
    ("roundtrip", &["roundtrip "]),
];

/// Above this the machine did something else besides.
const LOAD_MAX: f64 = 2.5;

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [results, document] = arguments.as_slice() else {
        bail!(
            "say the directory of the results and the document, such as `target/bench docs/BENCHMARKS.md`"
        );
    };
    let mut own = entries(&results.join("summary.json"))?;
    own.extend(entries(&results.join("sustained.json"))?);
    let others = entries(&results.join("comparison.json"))?;
    let mut text =
        fs::read_to_string(document).with_context(|| format!("reading {}", document.display()))?;
    for (name, beginnings) in TABLES {
        text = replace(&text, name, &own_table(&own, beginnings)?)?;
    }
    text = replace(&text, "comparison", &comparison(&others)?)?;
    text = replace(&text, "machine", &machine())?;
    fs::write(document, text).with_context(|| format!("writing {}", document.display()))?;
    println!("{} is renewed", document.display());
    Ok(())
}

/// The list in a file of results.
fn entries(path: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("reading {}, which scripts/bench.sh writes", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

/// Puts a table between its marks.
fn replace(text: &str, name: &str, table: &str) -> Result<String> {
    let (begin, end) = (
        format!("<!-- {name}: begin -->\n"),
        format!("<!-- {name}: end -->"),
    );
    let missing = || format!("the document has no `{}`", begin.trim_end());
    let (before, rest) = text.split_once(&begin).with_context(missing)?;
    let (_, after) = rest
        .split_once(&end)
        .with_context(|| format!("the document has no `{end}`"))?;
    Ok(format!("{before}{begin}\n{table}\n{end}{after}"))
}

/// Times and quantities whose names begin in one of these ways.
fn own_table(entries: &[Value], beginnings: &[&str]) -> Result<String> {
    let mut times = String::new();
    let mut quantities = String::new();
    for entry in entries {
        let name = text_of(entry, "name")?;
        if !beginnings
            .iter()
            .any(|beginning| name.starts_with(beginning))
        {
            continue;
        }
        if let Some(value) = entry["value"].as_f64() {
            writeln!(
                quantities,
                "| {name} | {value:.1} | {} |",
                text_of(entry, "unit")?
            )?;
        } else {
            let [p50, p99, p99_9, p99_99, max] =
                ["p50", "p99", "p99_9", "p99_99", "max"].map(|field| whole(entry, field));
            let mean = number(entry, "ns_per_operation")?;
            writeln!(
                times,
                "| {name} | {mean:.1} | {p50} | {p99} | {p99_9} | {p99_99} | {max} |"
            )?;
        }
    }
    let mut tables = Vec::new();
    if !times.is_empty() {
        let head = "| ns | mean | p50 | p99 | p99.9 | p99.99 | max |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
        tables.push(format!("{head}{times}"));
    }
    if !quantities.is_empty() {
        tables.push(format!(
            "| what | value | unit |\n| --- | ---: | --- |\n{quantities}"
        ));
    }
    if tables.is_empty() {
        bail!("nothing was measured whose name begins with {beginnings:?}");
    }
    Ok(tables.join("\n"))
}

fn comparison(entries: &[Value]) -> Result<String> {
    let mut table = String::from(
        "| workload | engine | ns a message | ns a fill | p50 | p99 | p99.9 | p99.99 | fills | lots | refused |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for entry in entries {
        let (workload, engine) = (text_of(entry, "workload")?, text_of(entry, "engine")?);
        let mean = number(entry, "ns_per_message")?;
        let fill = entry["ns_per_fill"].as_f64();
        let fill = fill.map_or_else(String::new, |ns| format!("{ns:.1}"));
        let fields = ["p50", "p99", "p99_9", "p99_99", "fills", "lots", "refused"];
        let rest = fields.map(|field| whole(entry, field)).join(" | ");
        writeln!(
            table,
            "| {workload} | {engine} | {mean:.1} | {fill} | {rest} |"
        )?;
    }
    Ok(table)
}

fn text_of<'a>(entry: &'a Value, field: &str) -> Result<&'a str> {
    let text = entry[field].as_str();
    text.with_context(|| format!("a result without `{field}`: {entry}"))
}

fn number(entry: &Value, field: &str) -> Result<f64> {
    let number = entry[field].as_f64();
    number.with_context(|| format!("a result without `{field}`: {entry}"))
}

fn whole(entry: &Value, field: &str) -> String {
    entry[field].to_string()
}

/// What the figures were measured on.
fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |rest| {
        rest.trim_start_matches([':', '\t', ' '])
    });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load
        .split(' ')
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0.0);
    let caution = if load > LOAD_MAX {
        "\n- **provisional**: other programs took part of the processors, which the means and the highest \
         percentiles contain"
    } else {
        ""
    };
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        text.unwrap_or_else(|_| format!("no {program}"))
    };
    format!(
        "- {model}, {cores} cores\n- kernel {}, {}\n- commit {} of {}\n- load of the last five minutes: {load}; \
         the benchmarks themselves are one thread, in parts two{caution}\n",
        said("uname", &["-r"]),
        said("rustc", &["--version"]),
        said("git", &["rev-parse", "--short", "HEAD"]),
        said("git", &["log", "-1", "--format=%cs"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_replaces_what_is_between_its_marks() {
        let text = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n";
        let renewed = replace(text, "x", "new\n").unwrap();
        assert_eq!(
            renewed,
            "a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n"
        );
        assert_eq!(replace(&renewed, "x", "new\n").unwrap(), renewed);
        assert!(replace(text, "y", "new").is_err());
    }

    #[test]
    fn results_become_rows() {
        let time = r#"{"name":"book w1","ns_per_operation":50.04,"p50":1,"p99":2,"p99_9":3,"p99_99":4,"max":5}"#;
        let quantity = r#"{"name":"memory x","value":1.26,"unit":"bytes"}"#;
        let entries = [time, quantity].map(|text| serde_json::from_str(text).unwrap());
        let table = own_table(&entries, &["book w"]).unwrap();
        assert!(
            table.ends_with("| book w1 | 50.0 | 1 | 2 | 3 | 4 | 5 |\n"),
            "{table}"
        );
        let table = own_table(&entries, &["memory "]).unwrap();
        assert!(table.ends_with("| memory x | 1.3 | bytes |\n"), "{table}");
        assert!(own_table(&entries, &["other"]).is_err());
    }
}
