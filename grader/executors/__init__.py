"""Where submissions are run: on this machine, or on the workers of a Dask cluster."""
