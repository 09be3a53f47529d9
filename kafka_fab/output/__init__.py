"""How anything is shown: tables, live lines of a terminal, HTML pages, and the ends of a run."""
