"""``python -m thalia_dask``, for where the command is not on the path."""

from thalia_dask.cli.group import main

if __name__ == "__main__":
    main(prog_name="thalia-dask")
