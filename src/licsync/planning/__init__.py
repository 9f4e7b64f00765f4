"""From the desired state and the inventory to a plan. Pure: no file, clock, database or network."""
