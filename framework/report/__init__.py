"""What the programs print and draw about nets, data and training runs."""
