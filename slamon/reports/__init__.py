"""Reports: from goals to a document, and from a document to each format."""
