"""One use case each: read from a port, decide with a pure function, write to a port."""
