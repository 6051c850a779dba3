"""The original's log lines, and readers and images of logs."""
