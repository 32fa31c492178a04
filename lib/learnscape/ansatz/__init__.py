"""Floor 1: an ansatz is a tree of overlaps, and one routine averages a leaf over it."""

from learnscape.ansatz.average import Average, Level, average
from learnscape.ansatz.tree import Tree

__all__ = ["Average", "Level", "Tree", "average"]
