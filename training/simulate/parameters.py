"""Every range that a simulated operator is drawn from: one set to train on, one to tune on, one to report on."""

import msgspec

Range = tuple[float, float]


class Campaign(msgspec.Struct, frozen=True):
    """How many numbers a fraud uses (grows with the root of the operator's size), their pace, how long each is used."""

    numbers: Range
    per_h: Range
    hours: Range


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """Ranges that each campaign or subscriber draws its own value from.

    Paces (`*_per_h`) are drawn log-uniformly, so that slow ones are as frequent as fast ones; all else uniformly.
    """

    country: str
    calling_code: str
    own_prefix: str  # of mobile subscribers, 7 digits follow
    fixed_prefix: str  # of enterprises' lines
    fixed_digits: int  # that follow it
    timezone: str
    plmn: str
    calls_per_day: Range = (2.0, 9.0)
    messages_per_day: Range = (1.0, 9.0)
    contacts: Range = (8, 60)
    ordinary_mean_s: Range = (50.0, 200.0)
    lookalikes: float = 1.0  # times as many of each kind as its file says
    frauds: float = 1.0  # times as many numbers of each campaign as drawn
    # fraud: numbers of a campaign (grows with the root of the operator's size), their pace, how long each is used
    wangiri_numbers: Range = (12, 18)
    wangiri_per_h: Range = (25.0, 600.0)
    wangiri_h: Range = (0.5, 5.0)
    robocall_numbers: Range = (12, 18)
    robocall_per_h: Range = (25.0, 300.0)
    robocall_h: Range = (1.0, 5.0)
    sim_box_numbers: Range = (12, 18)
    sim_box_per_h: Range = (7.0, 36.0)
    sim_box_h: Range = (4.0, 14.0)
    irsf_numbers: Range = (12, 17)
    irsf_per_h: Range = (4.0, 40.0)
    irsf_h: Range = (1.5, 8.0)
    smishing_numbers: Range = (18, 26)
    smishing_per_h: Range = (20.0, 700.0)
    smishing_h: Range = (0.5, 4.0)
    sms_spam_numbers: Range = (10, 16)
    sms_spam_per_h: Range = (40.0, 700.0)
    sms_spam_h: Range = (0.5, 5.0)
    grey_route_numbers: Range = (10, 16)
    grey_route_per_h: Range = (15.0, 200.0)
    grey_route_h: Range = (3.0, 12.0)
    pbx_hacking: Campaign = Campaign((5, 8), (15.0, 120.0), (2.0, 7.0))
    vishing: Campaign = Campaign((5, 8), (8.0, 40.0), (2.0, 8.0))
    cli_spoofing: Campaign = Campaign((5, 8), (20.0, 300.0), (1.0, 6.0))
    tdos: Campaign = Campaign((5, 8), (60.0, 400.0), (0.5, 4.0))
    flash_call: Campaign = Campaign((5, 8), (40.0, 300.0), (1.0, 6.0))
    call_forward_abuse: Campaign = Campaign((5, 8), (6.0, 60.0), (2.0, 8.0))
    roaming_fraud: Campaign = Campaign((5, 8), (8.0, 60.0), (2.0, 10.0))
    device_cloning: Campaign = Campaign((5, 8), (5.0, 40.0), (3.0, 12.0))
    subscription_fraud: Campaign = Campaign((5, 8), (6.0, 40.0), (4.0, 14.0))
    sim_swap: Campaign = Campaign((5, 8), (4.0, 16.0), (1.0, 4.0))  # one-time passwords
    sms_pumping: Campaign = Campaign((60, 100), (20.0, 400.0), (2.0, 8.0))  # numbers of ranges, codes
    evasive_share: float = 0.5  # of the numbers of these ten: each in one of the forms in which they hide
    stealth_share: float = 0.2  # of the numbers of the others hide: slower, mixed with ordinary calls, called back
    forwarding_share: float = 0.01  # of the subscribers have their calls forwarded
    withheld_share: float = 0.01  # of the calls show no caller to the called party's switch
    no_ref_share: float = 0.15  # of the calls get no common reference from the switches
    verdict_share: float = 0.15  # of the fraudulent numbers and look-alikes are judged, some hours in
    disorder_s: float = 4.0  # mean of the usual delay of a record
    late_share: float = 0.01  # records that come up to `late_most_s` behind
    late_most_s: float = 270.0
    duplicate_share: float = 0.002  # records that are handed in twice


REPORTED = Parameters(
    country="TH",
    calling_code="66",
    own_prefix="+6692",
    fixed_prefix="+66291",
    fixed_digits=5,
    timezone="Asia/Bangkok",
    plmn="52088",
)
"""An operator with a Thai plan; what figures are reported on, and what `linewatch simulate` writes."""

TUNING = Parameters(
    country="PE",
    calling_code="51",
    own_prefix="+5197",
    fixed_prefix="+51155",
    fixed_digits=5,
    timezone="America/Lima",
    plmn="71688",
    calls_per_day=(2.0, 7.0),
    messages_per_day=(2.0, 12.0),
    contacts=(6, 80),
    ordinary_mean_s=(60.0, 160.0),
    wangiri_numbers=(8, 14),
    wangiri_per_h=(22.0, 800.0),
    wangiri_h=(0.5, 8.0),
    robocall_numbers=(8, 14),
    robocall_per_h=(22.0, 500.0),
    robocall_h=(0.7, 8.0),
    sim_box_numbers=(8, 14),
    sim_box_per_h=(6.5, 42.0),
    sim_box_h=(3.0, 18.0),
    irsf_numbers=(8, 13),
    irsf_per_h=(3.5, 45.0),
    irsf_h=(1.2, 9.0),
    smishing_numbers=(12, 19),
    smishing_per_h=(17.0, 900.0),
    smishing_h=(0.4, 5.0),
    pbx_hacking=Campaign((4, 7), (12.0, 150.0), (1.5, 8.0)),
    vishing=Campaign((4, 7), (7.0, 50.0), (2.0, 9.0)),
    cli_spoofing=Campaign((4, 7), (17.0, 400.0), (0.8, 7.0)),
    tdos=Campaign((4, 7), (50.0, 600.0), (0.4, 5.0)),
    flash_call=Campaign((4, 7), (35.0, 450.0), (0.8, 8.0)),
    call_forward_abuse=Campaign((4, 7), (5.0, 75.0), (1.5, 9.0)),
    roaming_fraud=Campaign((4, 7), (7.0, 75.0), (1.7, 12.0)),
    device_cloning=Campaign((4, 7), (4.0, 50.0), (2.5, 14.0)),
    subscription_fraud=Campaign((4, 7), (5.0, 50.0), (3.5, 16.0)),
    sim_swap=Campaign((4, 7), (3.5, 20.0), (0.8, 5.0)),
    sms_pumping=Campaign((50, 90), (15.0, 500.0), (1.5, 10.0)),
    evasive_share=0.55,
    stealth_share=0.25,
)
"""An operator with a Peruvian plan; what rules and thresholds are tuned on."""

TRAINING = Parameters(
    country="KE",
    calling_code="254",
    own_prefix="+25472",
    fixed_prefix="+2542055",
    fixed_digits=4,
    timezone="Africa/Nairobi",
    plmn="63988",
    calls_per_day=(3.0, 12.0),
    messages_per_day=(1.0, 6.0),
    contacts=(6, 45),
    ordinary_mean_s=(35.0, 160.0),
    wangiri_per_h=(15.0, 1500.0),
    wangiri_h=(0.4, 10.0),
    robocall_per_h=(15.0, 900.0),
    robocall_h=(0.5, 10.0),
    sim_box_per_h=(5.0, 55.0),
    sim_box_h=(3.0, 20.0),
    irsf_per_h=(3.0, 60.0),
    irsf_h=(1.0, 10.0),
    smishing_per_h=(12.0, 2000.0),
    smishing_h=(0.3, 6.0),
    pbx_hacking=Campaign((6, 9), (8.0, 200.0), (1.0, 10.0)),
    vishing=Campaign((6, 9), (5.0, 60.0), (1.5, 10.0)),
    cli_spoofing=Campaign((6, 9), (12.0, 600.0), (0.6, 9.0)),
    tdos=Campaign((6, 9), (35.0, 800.0), (0.3, 6.0)),
    flash_call=Campaign((6, 9), (20.0, 700.0), (0.6, 10.0)),
    call_forward_abuse=Campaign((6, 9), (4.0, 90.0), (1.0, 11.0)),
    roaming_fraud=Campaign((6, 9), (5.0, 90.0), (1.5, 14.0)),
    device_cloning=Campaign((6, 9), (3.0, 60.0), (2.0, 16.0)),
    subscription_fraud=Campaign((6, 9), (4.0, 60.0), (3.0, 18.0)),
    sim_swap=Campaign((6, 9), (3.0, 25.0), (0.7, 6.0)),
    sms_pumping=Campaign((60, 110), (12.0, 700.0), (1.0, 12.0)),
    evasive_share=0.6,
    stealth_share=0.3,
)
"""An operator with a Kenyan plan, other ranges; what the number model is trained on."""
