"""What slamon gives out: mails, reports, metrics, pages."""
