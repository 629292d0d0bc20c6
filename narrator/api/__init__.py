"""The HTTP door: FastAPI routes over the services."""
