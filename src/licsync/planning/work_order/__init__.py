"""The work order: what people do in the console for a plan, item by item."""
