"""Telling people and programs what happened: messages to targets, by mail and webhook, until they arrive."""
