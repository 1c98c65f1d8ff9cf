"""Faces: what people see. Views load, make one domain call and render; no rule lives here."""
