//! Runs a sequence through a subject and the reference at once, and compares all they say and know.
//!
//! After every command all events are compared; after every k-th the whole state, its invariants and
//! the order of its queues. When something differs between two such checks, the runner goes back and
//! looks after every command. A difference is then shrunk: commands are left out as long as any
//! difference remains, and what is left is printed as Rust, to be pasted into a test.

mod repro;
mod shrink;

pub use repro::as_rust;
pub use shrink::shrink;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rialto_engine::image::StateImage;
use rialto_types::{Command, Event, EventBody, Input, OrderId, OrderRef, Seq, Timestamp};

use crate::scenario::{Profile, SHARD, Step, generate};
use crate::{ReferenceExchange, check_invariants, check_queue_order};

/// An exchange to be compared with the reference. It begins new, on shard [`SHARD`].
pub trait Subject {
    /// Applies one command; `out` is empty and receives its events.
    fn apply(&mut self, seq: Seq, time: Timestamp, input: &Input, out: &mut Vec<Event>);
    /// The state after the last command.
    fn image(&self) -> StateImage;
}

impl Subject for ReferenceExchange {
    fn apply(&mut self, seq: Seq, time: Timestamp, input: &Input, out: &mut Vec<Event>) {
        out.extend(Self::apply(self, seq, time, input));
    }

    fn image(&self) -> StateImage {
        Self::image(self)
    }
}

/// Where and how a subject differs from the reference, or breaks an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The index of the step after which it shows.
    pub step: usize,
    /// What differs, readably: the command, both event lists or the differing part of the state.
    pub what: String,
}

/// Runs `steps` through a new subject and a new reference; compares events after every step, states and
/// invariants after every `image_every`-th and after the last.
///
/// # Errors
/// The first difference. One in state that showed late is looked for again after every step.
///
/// # Panics
/// When `image_every` is 0.
pub fn run<S: Subject>(
    new: &impl Fn() -> S,
    steps: &[Step],
    image_every: usize,
) -> Result<(), Difference> {
    assert!(image_every > 0, "states are compared every so many steps");
    match run_once(new(), steps, image_every) {
        Err(late) if image_every > 1 => {
            // A step may differ in state long before it differs in events.
            let upto = &steps[..=late.step];
            Err(run_once(new(), upto, 1).err().unwrap_or(late))
        }
        result => result,
    }
}

/// Generates a sequence and runs it.
///
/// # Errors
/// The whole report of a difference: seed, profile, where and what, and a shrunk sequence that can be
/// pasted into a test.
pub fn compare<S: Subject>(
    new: &impl Fn() -> S,
    seed: u64,
    profile: &Profile,
    count: usize,
    image_every: usize,
) -> Result<(), String> {
    let steps = generate(seed, profile, count);
    run(new, &steps, image_every).map_err(|found| {
        let small = shrink(new, &steps[..=found.step]);
        let shrunk = run(new, &small, 1).err().unwrap_or_else(|| found.clone());
        format!(
            "seed {seed}, {profile:?}\nstep {}: {}\n\nshrunk to {} steps, the last of which gives: {}\n\n{}",
            found.step,
            found.what,
            small.len(),
            shrunk.what,
            as_rust(&small),
        )
    })
}

fn run_once<S: Subject>(
    mut subject: S,
    steps: &[Step],
    image_every: usize,
) -> Result<(), Difference> {
    let mut reference = ReferenceExchange::new(SHARD);
    let mut names = Names::default();
    let mut before: Option<StateImage> = None;
    for (index, step) in steps.iter().enumerate() {
        let seq = Seq(index as u64 + 1);
        let input = names.translated(&step.input);
        let expected = reference.apply(seq, step.time, &input);
        names.learn(step, &expected);
        let at = |what| Difference { step: index, what };

        let mut events = Vec::new();
        let apply = || subject.apply(seq, step.time, &input, &mut events);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(apply)) {
            let what = format!("the subject panicked: {}", message(panic.as_ref()));
            return Err(at(told(step.time, &input, &expected, &events, &what)));
        }
        if events != expected {
            let what = first_difference(&expected, &events);
            return Err(at(told(step.time, &input, &expected, &events, &what)));
        }
        if (index + 1) % image_every == 0 || index + 1 == steps.len() {
            let after = checked_image(&reference, &subject)
                .map_err(|what| at(told(step.time, &input, &expected, &events, &what)))?;
            if let Some(before) = before.filter(|_| image_every == 1) {
                check_queue_order(&before, &after, sent_to_the_back(&events))
                    .map_err(|what| at(told(step.time, &input, &expected, &events, &what)))?;
            }
            before = Some(after);
        }
    }
    Ok(())
}

/// Compares the states and checks the invariants; gives the state back.
fn checked_image(
    reference: &ReferenceExchange,
    subject: &impl Subject,
) -> Result<StateImage, String> {
    let expected = reference.image();
    let image = catch_unwind(AssertUnwindSafe(|| subject.image()))
        .map_err(|panic| format!("the subject's image panicked: {}", message(panic.as_ref())))?;
    if image != expected {
        return Err(format!(
            "the states differ\n{}",
            first_line_difference(&format!("{expected:#?}"), &format!("{image:#?}"))
        ));
    }
    check_invariants(&image).map_err(|what| format!("an invariant is broken: {what}"))?;
    Ok(image)
}

/// The order that lost its place by a replace, if one did.
fn sent_to_the_back(events: &[Event]) -> Option<OrderId> {
    events.iter().find_map(|event| match event.body {
        EventBody::Replaced(replaced) if !replaced.kept_priority => Some(replaced.order_id),
        _ => None,
    })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "without a message".to_owned())
}

/// The report of a difference: what, after which command, and both event lists.
fn told(
    time: Timestamp,
    input: &Input,
    expected: &[Event],
    events: &[Event],
    what: &str,
) -> String {
    let mut text = format!("{what}\nafter, at {time}: {input:?}\n");
    for (name, list) in [("reference", expected), ("subject", events)] {
        writeln!(text, "{name}, {} events:", list.len()).expect("a string takes all");
        for event in list {
            let last = if event.last { ", last" } else { "" };
            writeln!(text, "  {}{last}: {:?}", event.index, event.body)
                .expect("a string takes all");
        }
    }
    text
}

fn first_difference(expected: &[Event], events: &[Event]) -> String {
    let pairs = expected.iter().zip(events);
    match pairs
        .enumerate()
        .find(|(_, (expected, event))| expected != event)
    {
        Some((index, (expected, event))) => format!(
            "event {index} differs\n{}",
            first_line_difference(&format!("{expected:#?}"), &format!("{event:#?}"))
        ),
        None => format!("{} events instead of {}", events.len(), expected.len()),
    }
}

/// The first line in which two texts differ, with the lines around it.
fn first_line_difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let same = expected
        .iter()
        .zip(&found)
        .take_while(|(a, b)| a == b)
        .count();
    let from = same.saturating_sub(12);
    let part = |lines: &[&str]| lines[from.min(lines.len())..lines.len().min(same + 6)].join("\n");
    format!(
        "reference, line {same}:\n{}\nsubject:\n{}",
        part(&expected),
        part(&found)
    )
}

/// Leads order ids of the sequence as generated to those that the orders have in this run.
#[derive(Default)]
struct Names {
    now: BTreeMap<OrderId, OrderId>,
}

impl Names {
    fn learn(&mut self, step: &Step, events: &[Event]) {
        let accepted = events.iter().find_map(|event| match event.body {
            EventBody::Accepted(accepted) => Some(accepted.order_id),
            _ => None,
        });
        if let (Some(then), Some(now)) = (step.order_id, accepted) {
            self.now.insert(then, now);
        }
    }

    fn translated(&self, input: &Input) -> Input {
        let mut input = *input;
        let named = match &mut input.command {
            Command::Cancel(request) => &mut request.order,
            Command::Replace(request) => &mut request.order,
            _ => return input,
        };
        if let OrderRef::Id(then) = named
            && let Some(now) = self.now.get(then)
        {
            *named = OrderRef::Id(*now);
        }
        input
    }
}
