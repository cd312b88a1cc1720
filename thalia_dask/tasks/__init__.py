"""Tasks: Gymnasium environments, encoders of what they show, and the loop that trains a brain in them."""
