"""The same records under one or two policies: scored once, decided twice, compared."""
