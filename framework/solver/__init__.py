"""Training: the solver, its update rules and rates, its nets, its snapshots."""
