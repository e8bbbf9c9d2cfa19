//! Runs a scenario: reads its lines, applies them to the reference and to the engine, and compares what
//! they answer with what is written behind the bar.

mod read;
mod show;
mod world;

use rialto_engine::{EventBuffer, Exchange, StateImage};
use rialto_reference::{ReferenceExchange, check_invariants};
use rialto_types::{Event, Input, Seq, ShardId, Timestamp};

use world::World;

/// Checks a scenario against the reference and the engine.
///
/// # Panics
/// When an answer is another than the one written, or the two differ, with the line.
#[track_caller]
pub(crate) fn check(scenario: &str) {
    let mut lines = Vec::new();
    for line in scenario.lines() {
        let line = line.split("--").next().unwrap_or_default().trim();
        if !line.is_empty() {
            lines.push(line);
        }
    }
    let is_given = |line: &&str| line.starts_with("given ");
    let (given, rest) = lines.split_at(lines.iter().take_while(|line| is_given(line)).count());
    let world = World::with(given);
    let mut both = Both::new();
    for input in world.commands() {
        let events = both.apply(input);
        assert!(
            show::rejection(&events).is_none(),
            "the world is sound: {input:?} {events:?}"
        );
    }
    both.begin();
    let mut answers = 0;
    for line in rest {
        let (said, answer) = match line.split_once('|') {
            Some((said, answer)) => (said.trim(), Some(answer.trim())),
            None => (*line, None),
        };
        let found = match show::question(said, &both.image()) {
            Some(found) => found,
            None => both.say(said),
        };
        match answer {
            Some(answer) => {
                answers += 1;
                assert_eq!(found, spaced(answer), "in the line: {line}");
            }
            None => assert!(!found.contains("rejected"), "in the line: {line}\n{found}"),
        }
    }
    assert!(answers > 0, "a scenario expects something");
}

/// The reference and the engine, side by side.
struct Both {
    reference: ReferenceExchange,
    engine: Exchange,
    events: EventBuffer,
    time: u64,
}

impl Both {
    fn new() -> Self {
        let shard = ShardId(0);
        Self {
            reference: ReferenceExchange::new(shard),
            engine: Exchange::new(shard),
            events: EventBuffer::new(),
            time: 0,
        }
    }

    /// The world stands; the scenario begins at time 1.
    fn begin(&mut self) {
        self.time = 1;
    }

    fn image(&self) -> StateImage {
        self.reference.image()
    }

    fn say(&mut self, said: &str) -> String {
        let (time, said) = read::time(said);
        self.time = time.unwrap_or(self.time);
        let input = read::input(said, &self.image());
        let events = self.apply(input);
        show::events(&events)
    }

    /// Applies a command to both; they must agree.
    fn apply(&mut self, input: Input) -> Vec<Event> {
        let seq = Seq(self.image().seq.0 + 1);
        let time = Timestamp(self.time);
        let events = self.reference.apply(seq, time, &input);
        self.events.clear();
        self.engine.apply(seq, time, &input, &mut self.events);
        assert_eq!(
            self.events.as_slice(),
            events,
            "engine and reference: {input:?}"
        );
        let image = self.engine.image();
        assert_eq!(
            image,
            self.reference.image(),
            "engine and reference: {input:?}"
        );
        check_invariants(&image).expect("the invariants hold");
        events
    }
}

/// The text with single spaces, as answers are shown.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
