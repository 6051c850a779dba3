"""Data pipeline without torch: records, LMDBs, augmentation, label maps, batch workers."""
