"""Every algorithm of the engine, one file each; `registry` lists them."""
