"""Papers the school hands over: facts in, PDF bytes out. Knows no database and no screen."""
