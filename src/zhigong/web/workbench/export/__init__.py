"""The member list as filtered, as CSV or workbook: streamed, recorded, safe to open."""
