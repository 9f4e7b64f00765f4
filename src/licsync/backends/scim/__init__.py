"""8x8's SCIM API: users by their directory attributes, without licenses, numbers or policies."""
