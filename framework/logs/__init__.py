"""The original's log lines, and readers and pictures of logs."""
