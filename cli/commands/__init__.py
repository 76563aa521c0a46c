"""The commands, one file each; loaded only when used, so that --help is quick."""
