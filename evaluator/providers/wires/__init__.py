"""One file per wire format: a request to bytes, a reply to what it says. No I/O."""
