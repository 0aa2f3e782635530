"""How the API speaks, whatever it speaks of: JSON, problem documents, strict bodies and queries, keyset pages."""
