"""How good detections are: average precision, result files."""
