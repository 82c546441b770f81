"""Rounds in which several take turns, and those rounds again whose figures lie far apart."""

import time
from statistics import median

# The time in which a leg's programs start and end, in seconds.
OVERHEAD = 0.5
# A row whose rounds lie further apart than this share of their median is measured again.
WIDE = 0.30


class Clock:
    """How long the whole run may take, if that was said."""

    def __init__(self, minutes=None):
        self.begin = time.monotonic()
        self.end = None if minutes is None else self.begin + minutes * 60
        # The time of the legs that have to be measured yet and are no repeats, in seconds.
        self.owed = 0

    def has(self, seconds):
        """Whether so much may be done beside what is owed."""
        return self.end is None or time.monotonic() + max(0, self.owed) + seconds <= self.end

    def minutes(self):
        return (time.monotonic() - self.begin) / 60


def spread(values):
    """How far the least and the most lie apart, as a share of the median."""
    middle = median(values) if values else 0
    return (max(values) - min(values)) / middle if middle else 0


def inner(values):
    """Without the least quarter and without the most."""
    cut = len(values) // 4
    return sorted(values)[cut:len(values) - cut]


def is_wide(legs, figure):
    """Whether a row has to be repeated: its rounds lie far apart, or once it was repeated, the inner half of them does.

    More rounds never bring the fastest and the slowest closer together; what they steady is the median.
    """
    values = [leg[figure] for leg in legs if leg.get(figure)]
    repeated = any(leg.get("repeat") for leg in legs)
    return spread(inner(values) if repeated else values) > WIDE


def leg_seconds(options, warmup=None):
    return OVERHEAD + (warmup or options.warmup) + options.seconds


class Turns:
    """Legs under keys, in rounds; keys of one group are compared, and so are always in the same rounds."""

    def __init__(self, options, figure="cpu_us", show=lambda key, leg: None):
        self.options, self.figure, self.show = options, figure, show
        self.legs = {}

    def round(self, kinds, number, **marks):
        for key, kind in kinds.items():
            leg = {"round": number, **marks}
            try:
                leg |= kind()
            except Exception as problem:  # a leg that fails is a row that says so, and not the end of an hour's work
                leg["problem"] = f"{type(problem).__name__}: {problem}"
            self.legs.setdefault(key, []).append(leg)
            self.show(key, leg)

    def take(self, kinds, rounds, group=lambda key: key, warmup=lambda key: None):
        """All rounds, and repeats as far as there is time; {key: its legs that came to an end}."""
        clock, cost = self.options.clock, lambda keys: sum(leg_seconds(self.options, warmup(key)) for key in keys)
        for number in range(1, rounds + 1):
            self.round(kinds, number)
            clock.owed -= cost(kinds)
        last = rounds
        for _ in range(self.options.repeats):
            wide = {group(key) for key in kinds if is_wide(self.good(key), self.figure)}
            again = {key: kind for key, kind in kinds.items() if group(key) in wide}
            # All rounds once more, or a lucky one would end it.
            for _ in range(rounds if again else 0):
                if not clock.has(cost(again)):
                    break
                last += 1
                self.round(again, last, repeat=True)
        return {key: self.good(key) for key in kinds}

    def good(self, key):
        return [leg for leg in self.legs.get(key, []) if "problem" not in leg]


def paired(legs, others, figure):
    """The median of the ratios of rounds that belong together, which a drift of the machine does not touch; or None."""
    other = {leg["round"]: leg.get(figure) for leg in others}
    ratios = [leg[figure] / other[leg["round"]] for leg in legs if leg.get(figure) is not None and other.get(leg["round"])]
    return median(ratios) if ratios else None


def typical(legs, figure):
    """The median, or None where there is none."""
    values = [leg[figure] for leg in legs if leg.get(figure) is not None]
    return median(values) if values else None
