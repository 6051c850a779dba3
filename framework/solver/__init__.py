"""Training: the solver, update rules, learning rate policies, nets and snapshots."""
