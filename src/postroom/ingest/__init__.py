"""The bulk engine: frames in, a merged base and an outcome out."""
