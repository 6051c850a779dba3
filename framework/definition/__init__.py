"""From the text of a net or solver to its specification."""
