"""The one way to servers that take a secret: 8x8's Administration API and its SCIM API."""
