"""Articles, labels and records: what goes in and what comes out. Imports nothing else of this project."""
