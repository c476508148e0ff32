"""Scorers that rest on the weights of a trained model, loaded when they first score."""
