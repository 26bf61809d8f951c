"""What an upload costs beside curl and beside the shortest program with requests; `python -m benchmarks`, by hand."""
