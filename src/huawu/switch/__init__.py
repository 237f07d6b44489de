"""The switch: legs, bridges and the number gate; SIP and media, no business."""
