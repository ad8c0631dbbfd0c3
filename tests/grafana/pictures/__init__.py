"""Pictures of the dashboards, for a look at their layout; `python -m tests.grafana.pictures` makes them."""
