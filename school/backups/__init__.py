"""Copies of the books that are made while people work, kept, tried and put in the place of lost ones."""
