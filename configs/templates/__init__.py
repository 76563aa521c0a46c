"""The project that `solidair init` writes: commented files to edit."""
