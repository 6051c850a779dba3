"""Records, LMDBs, augmentation, label maps and the processes that make batches. Without torch."""
