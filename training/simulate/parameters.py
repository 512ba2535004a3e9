"""Every range that a simulated operator is drawn from: one set to train on, another to report on."""

import msgspec

Range = tuple[float, float]


class Parameters(msgspec.Struct, frozen=True):
    """Ranges that each campaign or subscriber draws its own value from, uniformly unless its user says otherwise."""

    country: str
    calling_code: str
    own_prefix: str  # of mobile subscribers, 7 digits follow
    fixed_prefix: str  # of enterprises' lines, 6 digits follow
    timezone: str
    plmn: str
    calls_per_day: Range = (2.0, 9.0)
    messages_per_day: Range = (1.0, 9.0)
    contacts: Range = (8, 60)
    ordinary_mean_s: Range = (50.0, 200.0)
    # fraud: campaigns per 1,000 subscribers and numbers a campaign
    wangiri_numbers: Range = (3, 8)
    wangiri_per_h: Range = (60.0, 900.0)
    robocall_numbers: Range = (3, 8)
    robocall_per_h: Range = (50.0, 500.0)
    sim_box_numbers: Range = (4, 10)
    sim_box_per_h: Range = (9.0, 40.0)
    irsf_numbers: Range = (3, 7)
    irsf_per_h: Range = (5.0, 40.0)
    smishing_numbers: Range = (3, 8)
    smishing_per_h: Range = (40.0, 1200.0)
    campaign_h: Range = (2.0, 12.0)
    stealth_share: float = 0.15  # of the fraudulent numbers go at a fifth of the pace, or mix in ordinary calls
    disorder_s: float = 4.0  # mean of the usual delay of a record
    late_share: float = 0.02  # records that come up to `late_most_s` behind
    late_most_s: float = 270.0


REPORTED = Parameters(
    country="TH", calling_code="66", own_prefix="+6692", fixed_prefix="+66291", timezone="Asia/Bangkok", plmn="52088"
)
"""An operator with a Thai plan; what figures are reported on."""

TRAINING = Parameters(
    country="KE",
    calling_code="254",
    own_prefix="+25472",
    fixed_prefix="+2542055",
    timezone="Africa/Nairobi",
    plmn="63988",
    calls_per_day=(3.0, 12.0),
    messages_per_day=(1.0, 6.0),
    contacts=(6, 45),
    ordinary_mean_s=(35.0, 160.0),
    wangiri_per_h=(30.0, 1500.0),
    robocall_per_h=(35.0, 900.0),
    sim_box_per_h=(7.0, 55.0),
    irsf_per_h=(3.0, 60.0),
    smishing_per_h=(20.0, 2000.0),
    campaign_h=(1.0, 16.0),
    stealth_share=0.25,
)
"""Another operator, other ranges; what models are trained on."""
