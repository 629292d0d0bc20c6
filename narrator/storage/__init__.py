"""Where rows and objects are kept: SQL and the object store."""
