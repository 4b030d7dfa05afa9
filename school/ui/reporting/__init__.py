"""The tabs of the page Reports, a module each: `draw(actor)` reads, shows, and offers the files."""
