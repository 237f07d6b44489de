"""Live assist: the service standard fed as calls go on; hints to desks, calls going wrong to leaders."""
