"""Message texts made from patterns with random slots: ordinary, one-time passwords, promotions, attempts to deceive."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

_SLOTS: dict[str, tuple[str, ...]] = {
    "name": ("Anna", "Somchai", "Ben", "Mali", "Joy", "Kofi", "Lek", "Sara", "Tom", "Nok"),
    "place": ("the station", "home", "work", "the market", "school", "the gym", "grandma's", "the clinic"),
    "thing": ("the keys", "milk", "the report", "your jacket", "dinner", "the tickets", "my charger", "rice"),
    "when": ("tonight", "tomorrow", "at six", "after lunch", "on Friday", "in ten minutes", "next week", "now"),
    "shop": ("FreshMart", "ShoeBox", "Pizza Corner", "MegaSale", "Book House", "Garden World", "Style One"),
    "bank": ("your bank", "National Bank", "City Bank", "First Savings", "Kasem Bank", "Union Credit"),
    "carrier": ("post office", "parcel service", "courier", "express delivery", "customs"),
    "state": ("tax office", "revenue department", "ministry", "police", "social security", "toll road"),
    "tld": ("top", "xyz", "cc", "info", "vip", "icu", "shop", "live"),
    "host": ("kasembank.co.th", "unioncredit.com", "fastpost.co", "myinsure.net", "shipmate.com", "citypower.org"),
    "word": ("secure", "verify", "track", "refund", "login", "help", "claim", "my-account", "parcel", "pay"),
}
_ORDINARY = (
    "ok see you {when}",
    "are you at {place}?",
    "running late, be there {when}",
    "can you bring {thing}",
    "happy birthday {name}!!",
    "did you see the game last night",
    "call me when you are free",
    "thanks a lot {name}",
    "lol",
    "look at this https://youtu.be/{d5}",
    "I sent you {d3} for the lunch, thanks",
    "where are you",
    "I left {thing} at {place}",
    "mum says come {when}",
    "meeting moved to {when}, tell {name}",
    "good night, sleep well",
    "what do you want for dinner",
    "the bus is late again",
    "yes",
    "no problem {name}",
    "I am at {place} already",
    "dont forget {thing} {when}",
    "ถึงบ้านแล้วนะ",
    "กินข้าวหรือยัง",
    "พรุ่งนี้เจอกันที่โรงเรียน",
    "ขอบคุณมากค่ะ",
    "โทรกลับด้วยนะ",
    "กำลังไปรอแป๊บนึง",
    "วันนี้รถติดมาก",
    "nanti aku telepon ya",
    "sudah sampai rumah?",
    "besok jadi pergi gak",
    "terima kasih banyak ya",
)
_OTP = (
    "Your {bank} code is {d6}. Do not share it with anyone.",
    "{d6} is your verification code",
    "OTP {d6} for your payment of {d3}.00. Valid 5 minutes",
    "Use {d4} to sign in. It expires in 10 minutes.",
    "รหัส OTP ของคุณคือ {d6} ใช้ได้ภายใน 5 นาที ห้ามบอกผู้อื่น",
    "Kode verifikasi Anda {d6}. Jangan berikan kepada siapa pun",
    "Your login code: {d6}. If this was not you, ignore this message.",
    "<#> {d6} is your one-time password (ref {d4})",
)
_PROMO = (
    "{shop}: {d2}% off everything this weekend! Visit our store. Reply STOP to opt out",
    "{shop} new arrivals are here. Buy 1 get 1 free until Sunday",
    "Members of {shop} enjoy free delivery {when}. Terms apply.",
    "โปรโมชั่นพิเศษจาก {shop} ลด {d2}% ทุกสาขา วันนี้ถึงสิ้นเดือน",
    "Top up {d3} and get {d2} GB of data free for 7 days. Dial *{d3}#",
    "Diskon {d2}% di {shop} khusus akhir pekan ini",
    "{shop}: your points are worth {d3}. Spend them in any store",
    "Try our new menu at {shop}, 2 for 1 with this message {when}",
)
_NOTICE = (
    "{bank}: your statement of this month is ready at https://online.{host}/s/{d6}",
    "{bank}: card ending {d4} was used for {d3}.{d2} at {shop}. Balance {d5}.00",
    "{bank}: your payment of {d3}.00 was received, thank you. Details: https://{host}/p/{d5}",
    "Reminder: your policy {d6} renews {when}. See your documents at https://my.{host}",
    "{bank}: {d4}.00 was transferred to your account ending {d4}. Ref {d6}",
    "Your electricity bill of {d3}.{d2} is due on the 15th. Pay in the app or at https://{host}/bill",
    "Your tax return {d6} was accepted. You can read the assessment in the portal of the tax office",
    "ยอดเงินเข้าบัญชี {d4} บาท คงเหลือ {d5} บาท ดูรายละเอียดที่แอป",
    "ใบแจ้งยอดบัตรเครดิตของท่านพร้อมแล้ว ดูได้ที่ https://{host}/s",
)
_DELIVERY = (
    "Your parcel {d6} is out for delivery today between 2 and 4 pm. Follow it: https://{host}/t/{d6}",
    "Parcel {d6} was delivered to your reception at {d2}:{d2}. Thank you for using {shop}",
    "{shop}: your order {d6} was sent today. Tracking: https://{host}/{d6}",
    "Our driver {name} will be with you in about 30 minutes with parcel {d6}",
    "Your order is ready for pick up at {shop}. Show code {d4} at the counter",
    "พัสดุ {d6} กำลังนำส่งวันนี้ ติดตามสถานะที่ https://{host}/t/{d6}",
    "คำสั่งซื้อ {d6} จัดส่งแล้ว ขอบคุณที่ใช้บริการ {shop}",
)
_INVITATION = (
    "Dear all, practice is moved to {when}, please bring {thing}. {name}",
    "You are invited to our wedding on Saturday, answer by Friday please. {name} and {name}",
    "Team, the match starts at six, meet at {place}. Who can drive? Answer please",
    "Hi it's {name}, I collect money for the present, please send {d3} to me by Friday",
    "Reminder: parents' evening {when} at {place}, list and photos: https://photos.{host}/a/{d5}",
    "เลื่อนนัดเป็นพรุ่งนี้เย็นนะทุกคน เจอกันที่เดิม",
)
_FRAUD = (
    "{carrier}: your package {d6} is held, an unpaid fee of {d2}.00 is due. Pay at {url} or it will be returned",
    "Your parcel could not be delivered because the address is incomplete. Update it within 24 hours: {url}",
    "{bank} alert: your account has been suspended. Verify your details now at {url}",
    "{bank}: unusual login detected. If this was not you, cancel here {url}",
    "{state}: you are owed a refund of {d3}.{d2}. Claim before it expires {url}",
    "Final notice from the {state}: unpaid fine. Avoid prosecution and pay today {url}",
    "Congratulations! Your number won {d5} USD. To receive the prize send your bank details to {url}",
    "Hi mum, my phone broke, this is my new number. Can you send money {when}? I need to pay a bill urgently",
    "Part time job, earn {d3} to {d4} a day from home, no experience. Add us at {url}",
    "Your card is blocked. Call us at once or confirm your PIN at {url}",
    "You are approved for a loan of {d5} with no documents, transfer the fee first at {url}",
    "พัสดุของคุณตกค้าง กรุณาชำระค่าธรรมเนียมที่ {url}",
    "บัญชีของคุณถูกระงับ โปรดยืนยันตัวตนทันที {url}",
    "คุณได้รับสิทธิ์เงินกู้ {d5} บาท กดรับที่ {url}",
    "คุณได้รับเงินคืนภาษี {d4} บาท คลิก {url}",
    "Selamat! Anda memenangkan hadiah Rp{d3} juta. Info klik {url}",
    "Akun bank Anda diblokir. Verifikasi segera di {url}",
)


def _number(random: np.random.Generator, digits: int) -> str:
    return str(random.integers(10 ** (digits - 1), 10**digits))


def _url(random: np.random.Generator) -> str:
    word, tld = random.choice(_SLOTS["word"]), random.choice(_SLOTS["tld"])
    letters = "".join(random.choice(list("abcdefghjkmnpqrstuvwxyz23456789"), 5))
    return f"{'https://' if random.random() < 0.6 else ''}{word}-{letters}.{tld}/{letters[:3]}"


def _filled(random: np.random.Generator, pattern: str) -> str:
    values = {slot: str(random.choice(words)) for slot, words in _SLOTS.items() if "{" + slot + "}" in pattern}
    values |= {f"d{digits}": _number(random, digits) for digits in (2, 3, 4, 5, 6) if f"{{d{digits}}}" in pattern}
    if "{url}" in pattern:
        values["url"] = _url(random)
    return pattern.format(**values)


def _stock(patterns: tuple[str, ...], random: np.random.Generator, count: int, kinds: int) -> Iterator[str]:
    """`count` texts out of at most 400 that are made first: drawing beats making."""
    chosen = random.choice(len(patterns), size=min(kinds, len(patterns)), replace=False)
    stock = [_filled(random, patterns[index]) for index in itertools.islice(itertools.cycle(chosen), min(count, 400))]
    return iter([stock[index] for index in random.integers(0, max(1, len(stock)), count).tolist()]) if stock else iter(())


Maker = Callable[[np.random.Generator, int], Iterator[str]]
ordinary: Maker = partial(_stock, _ORDINARY, kinds=len(_ORDINARY))
otp: Maker = partial(_stock, _OTP, kinds=2)
promo: Maker = partial(_stock, _PROMO, kinds=2)
notice: Maker = partial(_stock, _NOTICE, kinds=4)
delivery: Maker = partial(_stock, _DELIVERY, kinds=3)
invitation: Maker = partial(_stock, _INVITATION, kinds=1)
fraud: Maker = partial(_stock, _FRAUD, kinds=4)
