"""Reports and charts about nets, data and training runs, as the programs print them."""
