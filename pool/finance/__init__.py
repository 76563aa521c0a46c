"""What a finance department asks: what must be in reserve, does the multi-year budget hold, how will the year end."""
