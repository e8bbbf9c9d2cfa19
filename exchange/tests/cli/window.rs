//! `rialto watch` in a terminal: a pseudo terminal, keys typed into it, and what it shows.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::server::Server;

/// What a terminal sends for the key.
const TAB: &[u8] = b"\t";
/// How a program gives the screen back that was there before.
const LEAVE_SCREEN: &str = "\x1b[?1049l";

/// A terminal in which a program runs.
struct Window {
    terminal: File,
    child: Child,
    shown: Vec<u8>,
}

impl Window {
    fn open(server: &Server, line: &str) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&controller, size).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let path = name.into_string().unwrap();
        let stream = || {
            let file = File::options().read(true).write(true).open(&path);
            Stdio::from(OwnedFd::from(file.unwrap()))
        };
        let mut command = server.command(line);
        command.stdin(stream()).stdout(stream()).stderr(stream());
        let child = command.spawn().unwrap();
        Self {
            terminal: File::from(controller),
            child,
            shown: Vec::new(),
        }
    }

    /// Reads until the text has been shown; forgets what came before.
    fn until(&mut self, text: &str) {
        let mut bytes = [0; 4_096];
        let wanted = text.as_bytes();
        while !self.shown.windows(wanted.len()).any(|part| part == wanted) {
            let count = self.terminal.read(&mut bytes).unwrap_or(0);
            let shown = String::from_utf8_lossy(&self.shown);
            assert!(count > 0, "it ended before {text:?}: {shown:?}");
            self.shown.extend_from_slice(&bytes[..count]);
        }
        self.shown.clear();
    }

    fn press(&mut self, key: &[u8]) {
        self.terminal.write_all(key).unwrap();
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_window_shows_the_market_obeys_keys_and_gives_the_terminal_back() {
    let server = Server::start();
    server.found();
    let second = "instrument add USDT/BTC --tick 0.00000001 --lot 1 --reference-price 0.00001";
    server.admin(second).done();
    server.order(1, "sell BTC-USDT 1 --price 60000").done();
    server.order(2, "buy BTC-USDT 0.2 --price 59990").done();

    let mut window = Window::open(&server, "watch BTC-USDT");
    window.until("59995.00");
    server.order(2, "buy BTC-USDT 0.25 market").done();
    window.until("▲");
    window.press(TAB);
    window.until("USDT/");
    let server = server.kill();
    window.until("reconnecting");
    let _server = server.restart();
    window.until("live");
    window.press(b"q");
    window.until(LEAVE_SCREEN);
    assert!(window.child.wait().unwrap().success());
}
