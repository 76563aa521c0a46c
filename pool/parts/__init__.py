"""The parts of clauses: takes, pots, charges and keys. To add one, add its class to its file."""
