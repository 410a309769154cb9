-- Functions that take rows get their bodies as text, so that their tables can be altered: see 0006.
call sharelink.untie_row_types();
