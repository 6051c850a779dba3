"""Composite layers: NetFile and MultiBoxHead, replaced by plain layers before a net is built."""
