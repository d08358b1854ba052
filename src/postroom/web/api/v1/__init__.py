"""The newer spelling, /v1: JSON, ids in paths, cursors, entity tags, keys against doing things twice."""
