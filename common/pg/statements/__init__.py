"""Statements by name: reads the .sql files beside the C that sends them, and writes a C header for each. See README.md."""
