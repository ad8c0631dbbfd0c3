"""Ways to tell beside mail: webhook, Alertmanager, PagerDuty, whatever apprise knows, and ConnectWise itself."""
