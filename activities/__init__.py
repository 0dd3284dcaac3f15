"""What workflows ask the world to do: classes taking ports, one payload in, one out."""
