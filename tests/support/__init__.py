"""What tests share: builders, fakes, fixtures and checks."""
