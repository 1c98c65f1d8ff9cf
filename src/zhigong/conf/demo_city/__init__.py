"""The demo city: files in, facts out, and cases at every stage, all through the operations a real city uses."""
