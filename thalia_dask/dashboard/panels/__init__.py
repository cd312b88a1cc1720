"""The panels of the live page, one a file."""
