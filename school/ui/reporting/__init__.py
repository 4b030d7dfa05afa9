"""The tabs of the page Reports, a module each: `draw(actor)` reads one report, shows it and offers its files."""
