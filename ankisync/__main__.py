"""`python -m ankisync`."""

from ankisync.start import main

if __name__ == "__main__":
    main()
