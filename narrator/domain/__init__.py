"""The ground: pure values and rules, standard library only."""
