"""The vocabulary of facts, and what is known now of each person, with source and date.

Owns the current values and what members declare; offers publication and reading for a stated purpose;
must not know where facts come from or what is decided by them."""
