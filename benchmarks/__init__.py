"""The figures of docs/performance.md, measured again by one command: `make bench`."""
