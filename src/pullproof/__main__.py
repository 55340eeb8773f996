"""`python -m pullproof`."""

from pullproof.cli import main

if __name__ == "__main__":
    main()
