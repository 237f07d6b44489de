"""What shift leaders watch and act upon, beside the wallboard."""
