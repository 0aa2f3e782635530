"""JSON, problem documents, strict fields, pagination and the OpenAPI document: independent of what the API is about."""
