"""The parts of which clauses are made: takes, pots, charges and keys. To add one, add its class to its file."""
