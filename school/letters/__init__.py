"""What the school writes to families: queued, sent or printed, and remembered."""
