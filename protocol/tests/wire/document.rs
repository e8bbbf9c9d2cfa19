//! docs/PROTOCOL.md: its examples are the golden bytes, and its worked logon verifies.
