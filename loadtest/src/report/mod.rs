//! `report` and `plot`: a result as one page that needs nothing else, or as single charts.
//!
//! The page holds its style and its charts; it loads nothing, runs no script, and follows the reader's choice of a
//! light or a dark theme. Everything that stands in a result is escaped: a result may come from elsewhere.

mod chart;
mod plots;
#[cfg(test)]
pub(crate) mod samples;
mod tables;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use self::chart::escaped;
use crate::result::Document;

/// Colours and sizes, for pages and for charts alone.
const STYLE: &str = include_str!("style.css");

/// What `report` is told.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// A result
    #[arg(value_name = "RESULT.json")]
    result: PathBuf,

    /// Where to write the page; by default report.html beside the result
    #[arg(long, short, value_name = "FILE.html")]
    output: Option<PathBuf>,
}

/// What `plot` is told.
#[derive(Args, Debug)]
pub(crate) struct PlotOptions {
    /// A result
    #[arg(value_name = "RESULT.json")]
    result: PathBuf,

    /// Where to write the charts; by default the result's own directory
    #[arg(long, short, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
}

/// Writes the page.
///
/// # Errors
/// When the result cannot be read or the page not written.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let document = Document::load(&options.result)?;
    let beside = || options.result.with_file_name("report.html");
    let path = options.output.clone().unwrap_or_else(beside);
    write(&document, &path)?;
    println!("written: {}", path.display());
    Ok(ExitCode::SUCCESS)
}

/// Writes each chart as a file of its own.
///
/// # Errors
/// When the result cannot be read or a chart not written.
pub(crate) fn plot(options: &PlotOptions) -> Result<ExitCode> {
    let document = Document::load(&options.result)?;
    let own = options.result.parent().unwrap_or(Path::new(""));
    let directory = options.output.as_deref().unwrap_or(own);
    if !directory.as_os_str().is_empty() {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
    }
    for plot in plots::all(&document) {
        let path = directory.join(format!("{}.svg", plot.file));
        let style = format!("<style>{STYLE}\nsvg {{ background: var(--card); }}</style>\n");
        // Behind the title, which comes first in a picture.
        let svg = plot
            .chart
            .svg()
            .replacen("</title>\n", &format!("</title>\n{style}"), 1);
        fs::write(&path, svg).with_context(|| format!("cannot write {}", path.display()))?;
        println!("written: {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a result as a page.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(document: &Document, path: &Path) -> Result<()> {
    fs::write(path, page(document)).with_context(|| format!("cannot write {}", path.display()))
}

fn page(document: &Document) -> String {
    let title = format!("Rialto load test: {}", document.kind);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         <p class=\"lead\">{} on {}</p>\n",
        escaped(&document.began),
        escaped(&tables::machine(&document.environment)),
        title = escaped(&title)
    );
    tables::tiles(&mut page, document);
    if !document.warnings.is_empty() {
        page.push_str("<div class=\"notes\"><ul>\n");
        for warning in &document.warnings {
            // A string takes everything, here and below.
            let _ = writeln!(page, "<li>{}</li>", escaped(warning));
        }
        page.push_str("</ul></div>\n");
    }
    if document.kind == "sweep" {
        tables::rates(&mut page, document);
    }
    for plot in plots::all(document) {
        let title = escaped(&plot.chart.title);
        let svg = plot.chart.svg();
        let _ = writeln!(page, "<h2>{title}</h2>\n<div class=\"card\">\n{svg}</div>");
    }
    tables::runs(&mut page, document);
    tables::environment(&mut page, document);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_whole_and_needs_nothing_else() {
        let page = page(&samples::sweep());
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        for word in [
            "Latency by rate",
            "Latency by percentile",
            "Latency over time",
            "knee: 20,000 a second",
        ] {
            assert!(page.contains(word), "{word:?} is missing");
        }
        for outside in ["<script", "<link", "src=", "@import", "url("] {
            assert!(
                !page.contains(outside),
                "{outside:?} would load or run something"
            );
        }
        // The name space of SVG is an address that is never fetched.
        assert_eq!(
            page.matches("http").count(),
            page.matches("http://www.w3.org/2000/svg").count()
        );
        assert!(
            !page.contains("NaN") && !page.contains("inf"),
            "a figure is no number"
        );
    }

    #[test]
    fn what_a_result_says_is_escaped() {
        let mut document = samples::sweep();
        document.runs[0].name = "<img src=x onerror=alert(1)>".to_owned();
        document.environment.address = "<b>".to_owned();
        document.warnings.push("a < b".to_owned());
        let page = page(&document);
        assert!(!page.contains("<img") && !page.contains("<b>") && page.contains("a &lt; b"));
    }

    #[test]
    fn a_result_without_an_answer_is_a_page_too() {
        let page = page(&samples::empty());
        assert!(page.contains("</html>") && !page.contains("NaN"));
    }

    #[test]
    fn plots_are_files_with_their_style() {
        let directory = tempfile::tempdir().unwrap();
        let result = directory.path().join("result.json");
        samples::sweep().save(&result).unwrap();
        let options = PlotOptions {
            result,
            output: None,
        };
        plot(&options).unwrap();
        let svg = fs::read_to_string(directory.path().join("latency-by-rate.svg")).unwrap();
        assert!(svg.contains("<style>") && svg.trim_end().ends_with("</svg>"));
        let count = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(count, 5, "a result and four charts");
    }
}
