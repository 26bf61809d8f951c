"""A provider spec: from YAML bytes to a checked, compiled, frozen model."""
