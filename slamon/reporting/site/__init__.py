"""A site's own templates: only the operator's files, rendered in a process that has little and may do little."""
