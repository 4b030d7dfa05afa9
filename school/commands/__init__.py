"""Commands that say more than `cli` has room for."""
