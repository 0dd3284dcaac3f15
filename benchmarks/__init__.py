"""What Entrega costs, as ratios against a bare baseline measured in the same run: machines are noisy."""
