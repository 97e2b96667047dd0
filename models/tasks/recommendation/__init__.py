"""What users will like, from what they and others liked."""
