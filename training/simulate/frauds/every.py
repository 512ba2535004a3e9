"""All frauds; each module has `add(world)`, which adds its campaigns and labels their numbers."""

from linewatch.training.simulate.frauds import irsf, robocall, sim_box, smishing, wangiri

FRAUDS = (wangiri, robocall, sim_box, irsf, smishing)
