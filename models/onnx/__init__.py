"""Models of other makers as ONNX graphs: read, run apart from everything else, and our own written as such a graph."""
