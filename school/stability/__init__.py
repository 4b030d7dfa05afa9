"""The operators' own check: a copy of the books is worked on, interrupted and killed, and must stay right.

Nothing here ever writes to the live database; see docs/stability.md.
"""
