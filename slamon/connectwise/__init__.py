"""ConnectWise PSA as a source of tickets: transport, queries, wire records, their reading into core."""
