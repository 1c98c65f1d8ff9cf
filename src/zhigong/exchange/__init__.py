"""Sources, batches and receipts: how a file from outside becomes rows of the base.

Owns batches and their raw layer; offers ingest, publish, undo and receipts; must not know any screen."""
