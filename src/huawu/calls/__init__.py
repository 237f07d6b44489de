"""The life of a call: ties switch, ACD and IVR together and keeps the timeline."""
