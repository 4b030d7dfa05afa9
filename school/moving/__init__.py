"""A school goes from one database to another, whole or not at all."""
