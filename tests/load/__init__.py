"""People at work on a running server: how long they wait, and whether anything goes wrong."""
