"""Publication: the engine, Opendatasoft, the drop folder, safety."""
