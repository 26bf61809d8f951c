"""The version, in a module of its own so that asking for it imports nothing else."""

__version__ = "3.0.0"

#: Names ourselves and where to complain, as hosts ask of programs (RFC 9110, 10.1.5).
USER_AGENT = f"twat-fs/{__version__} (+https://github.com/twardoch/twat-fs)"
