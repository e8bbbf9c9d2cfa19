//! Line charts as SVG: axes, lines, a legend. No script, no outside font, colours from style sheets.
//!
//! Colours are named by class, so that a page or the file's own style sheet can give each theme its own. Every
//! line also has a dash pattern of its own kind and a name at the top: colour alone tells nobody anything.

use std::fmt::Write;

/// Size of a chart, in units of its view box.
const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 380.0;
/// Room for the names of the axes, and for one row of the legend.
const LEFT: f64 = 78.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 46.0;
/// What each further row of the legend takes.
const LEGEND_ROW: f64 = 18.0;
const BOTTOM: f64 = 52.0;
/// Colours that there are; lines beyond begin again with another dash.
pub(crate) const COLOURS: usize = 6;

/// How a value becomes a place on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Logarithmic,
}

/// One axis.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) name: String,
    pub(crate) scale: Scale,
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// Where a line is drawn, and what is written there.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// The part of the axis, 0 to 1, at which a value lies; values beyond its ends lie at them.
    fn part(&self, value: f64) -> f64 {
        let part = match self.scale {
            Scale::Linear => (value - self.from) / (self.to - self.from),
            Scale::Logarithmic => (value / self.from).ln() / (self.to / self.from).ln(),
        };
        if part.is_finite() {
            part.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// Which colour.
    pub(crate) colour: usize,
    /// Whether it is drawn with gaps.
    pub(crate) is_dashed: bool,
    /// Whether its points are marked, with their values as tooltips.
    pub(crate) is_marked: bool,
    pub(crate) points: Vec<(f64, f64)>,
}

/// A vertical line with a word beside it.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) at: f64,
    pub(crate) text: String,
}

/// A chart.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) lines: Vec<Line>,
    pub(crate) mark: Option<Mark>,
}

impl Chart {
    /// As an SVG element.
    pub(crate) fn svg(&self) -> String {
        let mut svg = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             xmlns=\"http://www.w3.org/2000/svg\"><title>{}</title>\n",
            escaped(&self.title)
        );
        self.grid(&mut svg);
        if let Some(mark) = &self.mark {
            let x = self.left_of(mark.at);
            let (top, bottom) = (self.top(), HEIGHT - BOTTOM);
            // A string takes everything, here and below.
            let _ = writeln!(
                svg,
                "<line class=\"mark\" x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
                 <text class=\"note\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                x - 6.0,
                top + 14.0,
                escaped(&mark.text)
            );
        }
        for line in &self.lines {
            self.line(&mut svg, line);
        }
        self.legend(&mut svg);
        svg.push_str("</svg>\n");
        svg
    }

    /// Where the plot begins, below the legend.
    fn top(&self) -> f64 {
        let last = self.legend_places().last().map_or(0.0, |(_, y)| *y);
        TOP + last
    }

    /// Where each name of the legend stands: from the left, and below the first row.
    fn legend_places(&self) -> Vec<(f64, f64)> {
        let (mut x, mut y) = (LEFT, 0.0);
        let mut places = Vec::new();
        for line in &self.lines {
            #[expect(clippy::cast_precision_loss, reason = "a name is short")]
            let width = 30.0 + line.name.chars().count() as f64 * 7.0;
            if x > LEFT && x + width > WIDTH - RIGHT {
                (x, y) = (LEFT, y + LEGEND_ROW);
            }
            places.push((x, y));
            x += width + 20.0;
        }
        places
    }

    fn left_of(&self, value: f64) -> f64 {
        LEFT + self.x.part(value) * (WIDTH - LEFT - RIGHT)
    }

    fn top_of(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.part(value) * (HEIGHT - self.top() - BOTTOM)
    }

    fn grid(&self, svg: &mut String) {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let top = self.top();
        for (value, text) in &self.y.ticks {
            let y = self.top_of(*value);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\
                 <text class=\"tick\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                escaped(text)
            );
        }
        for (value, text) in &self.x.ticks {
            let x = self.left_of(*value);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
                 <text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 18.0,
                escaped(text)
            );
        }
        let (middle, low) = (f64::midpoint(LEFT, right), HEIGHT - 10.0);
        let height = f64::midpoint(top, bottom);
        let _ = writeln!(
            svg,
            "<text class=\"name\" x=\"{middle:.1}\" y=\"{low}\" text-anchor=\"middle\">{}</text>\
             <text class=\"name\" transform=\"translate(16 {height:.1}) rotate(-90)\" \
             text-anchor=\"middle\">{}</text>",
            escaped(&self.x.name),
            escaped(&self.y.name)
        );
    }

    fn line(&self, svg: &mut String, line: &Line) {
        let class = class(line);
        let mut points = String::new();
        for (x, y) in &line.points {
            let _ = write!(points, "{:.1},{:.1} ", self.left_of(*x), self.top_of(*y));
        }
        let _ = writeln!(
            svg,
            "<polyline class=\"{class}\" points=\"{}\"/>",
            points.trim_end()
        );
        if line.is_marked {
            for (x, y) in &line.points {
                let _ = writeln!(
                    svg,
                    "<circle class=\"dot c{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\"><title>{}: {} at {}</title>\
                     </circle>",
                    line.colour % COLOURS,
                    self.left_of(*x),
                    self.top_of(*y),
                    escaped(&line.name),
                    number(*y),
                    number(*x)
                );
            }
        }
    }

    fn legend(&self, svg: &mut String) {
        for (line, (x, y)) in self.lines.iter().zip(self.legend_places()) {
            let _ = writeln!(
                svg,
                "<line class=\"{}\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>\
                 <text class=\"legend\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                class(line),
                y + 22.0,
                x + 24.0,
                y + 22.0,
                x + 30.0,
                y + 26.0,
                escaped(&line.name)
            );
        }
    }
}

fn class(line: &Line) -> String {
    let dashed = if line.is_dashed { " dashed" } else { "" };
    format!("line c{}{dashed}", line.colour % COLOURS)
}

/// An axis of positive values over whole powers of ten, with 2 and 5 in between when there are few.
pub(crate) fn logarithmic(name: &str, values: impl Iterator<Item = f64>) -> Axis {
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for value in values.filter(|value| *value > 0.0) {
        least = least.min(value);
        most = most.max(value);
    }
    if most == 0.0 {
        (least, most) = (1.0, 10.0);
    }
    let steps = [1.0, 2.0, 5.0];
    let all: Vec<f64> = (-3..=12)
        .flat_map(|exponent| steps.map(|step| step * 10_f64.powi(exponent)))
        .collect();
    let from = all
        .iter()
        .copied()
        .rev()
        .find(|tick| *tick <= least)
        .unwrap_or(least);
    let to = all
        .iter()
        .copied()
        .find(|tick| *tick >= most && *tick > from)
        .unwrap_or(most);
    let is_wide = to / from > 1_000.0;
    let ticks = all.iter().filter(|tick| (from..=to).contains(*tick));
    // Rounded, since powers of ten below one are not exact.
    let is_whole = |tick: f64| (tick.log10() - tick.log10().round()).abs() < 1e-9;
    let ticks = ticks.filter(|tick| !is_wide || is_whole(**tick) || **tick <= from || **tick >= to);
    Axis {
        name: name.to_owned(),
        scale: Scale::Logarithmic,
        from,
        to,
        ticks: ticks.map(|tick| (*tick, number(*tick))).collect(),
    }
}

/// An axis from 0 in some five equal steps.
pub(crate) fn linear(name: &str, most: f64) -> Axis {
    let most = if most > 0.0 { most } else { 1.0 };
    let rough = most / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    let step = step
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let mut ticks = Vec::new();
    let mut tick = 0.0;
    while tick <= most * 1.000_001 {
        ticks.push((tick, number(tick)));
        tick += step;
    }
    Axis {
        name: name.to_owned(),
        scale: Scale::Linear,
        from: 0.0,
        to: most,
        ticks,
    }
}

/// As people read it: `1,200`, `12`, `1.5`, `0.02`.
pub(crate) fn number(value: f64) -> String {
    if value >= 100.0 {
        return crate::summary::rounded(value);
    }
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Text that may stand in HTML and SVG.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_axes_enclose_their_values() {
        let axis = logarithmic("us", [12.0, 430.0].into_iter());
        assert_eq!((axis.from, axis.to), (10.0, 500.0));
        let texts: Vec<&str> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["10", "20", "50", "100", "200", "500"]);
        let wide = logarithmic("us", [3.0, 90_000.0].into_iter());
        let texts: Vec<&str> = wide.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["2", "10", "100", "1,000", "10,000", "100,000"]);
        let empty = logarithmic("us", [0.0].into_iter());
        assert!(empty.from > 0.0 && empty.to > empty.from);
        let one = logarithmic("us", [10.0].into_iter());
        assert!(one.to > one.from);
    }

    #[test]
    fn places_are_within_the_axis() {
        let axis = logarithmic("us", [10.0, 1_000.0].into_iter());
        assert!((axis.part(100.0) - 0.5).abs() < 1e-9);
        assert!((axis.part(0.0) - 0.0).abs() < 1e-9);
        assert!((axis.part(1e9) - 1.0).abs() < 1e-9);
        let axis = linear("s", 10.0);
        assert!((axis.part(5.0) - 0.5).abs() < 1e-9);
        assert_eq!(axis.ticks.len(), 6);
    }

    #[test]
    fn names_are_escaped() {
        let chart = Chart {
            title: "<a & b>".to_owned(),
            x: linear("x", 1.0),
            y: linear("y", 1.0),
            lines: vec![Line {
                name: "\"<script>\"".to_owned(),
                colour: 0,
                is_dashed: false,
                is_marked: true,
                points: vec![(0.5, 0.5)],
            }],
            mark: None,
        };
        let svg = chart.svg();
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"));
        assert!(svg.contains("<title>&lt;a &amp; b&gt;</title>"));
    }

    #[test]
    fn a_long_legend_goes_on_in_the_next_row() {
        let line = |index: usize| Line {
            name: format!("exchange, {index},000,000 a second"),
            colour: index,
            is_dashed: false,
            is_marked: false,
            points: Vec::new(),
        };
        let chart = Chart {
            title: String::new(),
            x: linear("x", 1.0),
            y: linear("y", 1.0),
            lines: (0..6).map(line).collect(),
            mark: None,
        };
        let places = chart.legend_places();
        assert!(places.iter().all(|(x, _)| x + 28.0 * 7.0 + 30.0 <= WIDTH));
        assert!(places[5].1 > places[0].1 && chart.top() > TOP);
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (1_200.4, "1,200"),
            (12.0, "12"),
            (1.5, "1.5"),
            (0.02, "0.02"),
            (0.0, "0"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
