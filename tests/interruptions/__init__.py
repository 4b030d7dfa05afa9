"""What may come between a person and a payment, done on purpose: the tools of the interruption tests.

`python -m tests.interruptions` mixes all of it at random; see docs/interruptions.md.
"""
