"""The demonstration: all of slamon against a simulated service desk, with a mailbox of its own."""
