"""Postroom: files about people come in, files about what happened go out."""

__version__ = "0.4.0"
