"""Grade and evidence turned into files: pages for people, JSON and CSV for programs."""
