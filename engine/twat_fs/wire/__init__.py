"""Planning a request and understanding a reply: pure functions, without clock, network or environment."""
