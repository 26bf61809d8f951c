"""From what people have of a host (a `curl` line, an uploader of ShareX, a browser's recording) to a spec."""
