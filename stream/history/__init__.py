"""What a month or more of records says of each number: the columns that the subscriber model was trained on."""
