"""The learned part of the cascade: what kind of reply a text is, in eleven languages; CARD.md tells how well."""
