"""Who a text is about, and what that changes: coreference by gender, sentiment, length, content."""
