"""All frauds; each module has `add(world)`, which adds its campaigns and labels their numbers."""

from linewatch.training.simulate.frauds import grey_route, irsf, robocall, sim_box, smishing, sms_spam, wangiri

FRAUDS = (wangiri, robocall, sim_box, irsf, smishing, sms_spam, grey_route)
