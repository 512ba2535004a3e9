"""How right the flags were, by what verdicts say, and how features and scores have moved."""
