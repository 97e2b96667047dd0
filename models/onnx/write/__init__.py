"""Our own models as one ONNX graph each: the columns of the table go in as they are, predictions come out."""
