"""The command line: arguments in, one URL out."""
