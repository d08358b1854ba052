"""Surveys: whom a form is for, and what becomes of a participation."""
