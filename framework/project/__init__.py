"""Project folder: what `caffe new` chooses for a data set, and the files that it writes."""
