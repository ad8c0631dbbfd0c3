"""What customers and members of the seeded desk write."""

SUMMARIES = (
    "Cannot print to the second floor printer",
    "Outlook asks for the password again and again",
    "VPN drops every few minutes",
    "New starter on Monday: account and laptop",
    "Shared drive is read-only",
    "Backup job failed on the file server",
    "Disk space below 5 % on the database server",
    "Phone rings but there is no sound",
    "Invoice program does not start",
    "Suspicious mail with a link, already clicked",
    "Wi-Fi is slow in the meeting room",
    "Certificate of the web shop expires soon",
    "Monitor stays black after docking",
    "Remote desktop session is frozen",
    "Domain controller unreachable",
    "User is locked out",
    "Scanner no longer sends mail",
    "Site is offline: no internet",
    "Update wants a restart during the day",
    "Please restore a deleted folder",
)
ALERTS = (
    "Alert: CPU above 95 % for 15 minutes",
    "Alert: host does not answer ping",
    "Alert: service Spooler stopped",
    "Alert: RAID array degraded",
    "Alert: patch level behind",
)
DEALS = ("Quote for 12 laptops", "Renewal of licences", "Firewall replacement", "New office network")
DESCRIPTION = "It started this morning and stops us from working. Please call before 5 pm."
ANSWERS = ("We are looking into it.", "Thank you, an engineer has your ticket.", "Can you send us a screenshot?")
RESOLUTION = "Done and tested with the user."
REOPENING = "It is back. Please have another look."
