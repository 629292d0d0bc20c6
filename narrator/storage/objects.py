"""The object stores: S3 and a folder."""
