"""How files of the user become typed values: text, YAML, dataclasses, and every problem with its line."""
