//! Keys as what they ask for, from a thread of their own: the terminal is read by blocking calls.

use std::thread;

use anyhow::{Context, Result};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;

/// Requests that may wait; typing is slow.
const QUEUE: usize = 64;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// To leave.
    Quit,
    /// The next instrument.
    Next,
    /// More levels.
    More,
    /// Fewer levels.
    Fewer,
    /// As many levels as fit.
    Fit,
    /// To be drawn again: the window has changed.
    Redraw,
}

/// Starts to listen. The channel ends when the terminal does.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn listen() -> Result<mpsc::Receiver<Request>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    thread::Builder::new()
        .name("keyboard".to_owned())
        .spawn(move || {
            while let Ok(event) = event::read() {
                if let Some(request) = request(&event)
                    && sender.blocking_send(request).is_err()
                {
                    return;
                }
            }
        })
        .context("starting the keyboard thread")?;
    Ok(receiver)
}

/// What an event of the terminal asks for, if anything.
fn request(event: &Event) -> Option<Request> {
    match event {
        Event::Resize(..) => Some(Request::Redraw),
        Event::Key(key) if key.kind != KeyEventKind::Release => key_request(*key),
        _ => None,
    }
}

fn key_request(key: KeyEvent) -> Option<Request> {
    match key.code {
        KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            Some(Request::Quit)
        }
        KeyCode::Char('q' | 'Q') | KeyCode::Esc => Some(Request::Quit),
        KeyCode::Tab => Some(Request::Next),
        KeyCode::Char('+' | '=') | KeyCode::Up | KeyCode::Right => Some(Request::More),
        KeyCode::Char('-' | '_') | KeyCode::Down | KeyCode::Left => Some(Request::Fewer),
        KeyCode::Char('0') => Some(Request::Fit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(code: KeyCode, modifiers: KeyModifiers) -> Option<Request> {
        request(&Event::Key(KeyEvent::new(code, modifiers)))
    }

    #[test]
    fn keys_ask_for_what_the_help_says() {
        let plain = KeyModifiers::NONE;
        for (code, wanted) in [
            (KeyCode::Char('q'), Some(Request::Quit)),
            (KeyCode::Esc, Some(Request::Quit)),
            (KeyCode::Tab, Some(Request::Next)),
            (KeyCode::Char('+'), Some(Request::More)),
            (KeyCode::Up, Some(Request::More)),
            (KeyCode::Char('-'), Some(Request::Fewer)),
            (KeyCode::Down, Some(Request::Fewer)),
            (KeyCode::Char('0'), Some(Request::Fit)),
            (KeyCode::Char('c'), None),
            (KeyCode::Enter, None),
        ] {
            assert_eq!(typed(code, plain), wanted, "{code:?}");
        }
        let interrupt = typed(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(interrupt, Some(Request::Quit));
        assert_eq!(request(&Event::Resize(1, 1)), Some(Request::Redraw));
    }

    #[test]
    fn a_key_let_go_asks_for_nothing_again() {
        let mut key = KeyEvent::new(KeyCode::Tab, KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(request(&Event::Key(key)), None);
    }
}
