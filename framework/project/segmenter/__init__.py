"""What `caffe new segmenter` chooses for label images, and writes."""
