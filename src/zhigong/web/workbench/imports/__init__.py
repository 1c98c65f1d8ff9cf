"""The import wizard: drop the Excel as it is, look, import the good rows, get the same workbook back, undo."""
