"""Rules as text: parsed, decided for one person with reasons, screened over a population as SQL.

Pure: knows no Django, no clock, no files."""
