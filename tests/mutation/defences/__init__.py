"""The tables: what the program promises, by where it is kept."""
