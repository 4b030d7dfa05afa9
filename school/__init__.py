"""The school fee ledger: every balance is right and can be explained."""

__version__ = "0.1.0"
