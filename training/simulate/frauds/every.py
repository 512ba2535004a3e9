"""All frauds; each module has `add(world)`, which adds its campaigns and labels their numbers."""

from linewatch.training.simulate.frauds import (
    call_forward_abuse,
    cli_spoofing,
    device_cloning,
    flash_call,
    grey_route,
    irsf,
    pbx_hacking,
    roaming_fraud,
    robocall,
    sim_box,
    sim_swap,
    smishing,
    sms_pumping,
    sms_spam,
    subscription_fraud,
    tdos,
    vishing,
    wangiri,
)

FRAUDS = (
    *(wangiri, robocall, sim_box, irsf, smishing, sms_spam, grey_route, pbx_hacking, vishing, cli_spoofing, tdos, flash_call),
    *(call_forward_abuse, roaming_fraud, device_cloning, subscription_fraud, sim_swap, sms_pumping),
)
