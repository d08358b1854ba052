"""Campaigns by way of partners: files of people for printers, audiences of social networks, call centers."""
