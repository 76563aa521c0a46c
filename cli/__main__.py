"""Run the command line as ``python -m solidair.cli``."""

from __future__ import annotations

from solidair.cli.main import main

if __name__ == "__main__":
    main()
