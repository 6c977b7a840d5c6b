"""Bringing an Anki in line with the notes: what it holds, what the notes say, the plan that follows. Pure."""
