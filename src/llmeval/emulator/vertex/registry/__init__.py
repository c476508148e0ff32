"""Looking the world up: ``resources`` are its JSON, ``listing`` filters and pages, ``lookups`` the
handlers."""
