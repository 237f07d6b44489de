"""RTP, digits, prompts, music, recorder and talk detection behind one 20 ms ticker."""
