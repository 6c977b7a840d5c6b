"""`python -m ankisync`."""

from ankisync.cli import main

if __name__ == "__main__":
    main()
