"""The page of cash-ups, a module for each of its tabs."""
