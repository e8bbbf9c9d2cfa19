"""The tests of the client; `support` has what they share, `fake_exchange` a peer to talk to."""
