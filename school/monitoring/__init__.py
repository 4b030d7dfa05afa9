"""What a monitor and an administrator are told: is this process ready, and how does the school fare."""
