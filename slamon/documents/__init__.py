"""JSON documents that a command and the API both give: each value is made in one place."""
