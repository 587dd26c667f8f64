"""Where signal comes from: recordings and the simulator."""
