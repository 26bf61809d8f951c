"""The user's `config.toml`: its keys, its profiles, and what takes precedence over it."""
