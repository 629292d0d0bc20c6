"""Settings in, services out: the only place where adapters are built."""
