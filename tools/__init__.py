"""Tools of this checkout that neither the product nor the lab needs."""
