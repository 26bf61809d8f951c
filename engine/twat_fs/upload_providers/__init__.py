"""Providers: the engine that runs a spec, and the Python ones behind the same protocol."""
