"""How long requests take as more of them come in a second, beside bare C."""

from statistics import median

from growth import Legs, errors

CONNECTIONS = 64
# Of what bare C carries in the closed loop: so much is asked of both at a constant rate.
SHARES = [1 / 8, 1 / 4, 1 / 2, 5 / 8]
# A quantile is far from steady: so many turns for each round of the others.
TURNS = 3
LEGS = 2 * TURNS * len(SHARES)
COLUMNS = ["requests/s", "p50 us: bare C", "Letterbox", "p99 us: bare C", "Letterbox", "ratio",
           "CPU us: bare C", "Letterbox", "ratio", "errors"]
TEXT = (f"{CONNECTIONS} connections and a constant rate, bare C and Letterbox in turn, each on a core of its own where there "
        "are several. The last rate is five eighths of what bare C carries in the closed loop. A request costs more where "
        "they come one by one than there, where each turn of the loop has many: what keeps bare C busy is its CPU times the "
        "rate. On two cores the other one, with load generator and UDP server, has hardly a moment left at the last two.")


def pairs(legs, rate):
    """Legs of bare C and of Letterbox in turn."""
    turns = range(TURNS * legs.options.rounds)
    return [[legs.leg(CONNECTIONS, rate, yardstick=bare, apart=True) for bare in (True, False)] for _ in turns]


def row(rate, legs):
    def medians(key, digits):
        return [f"{median(pair[side][key] for pair in legs):,.{digits}f}" for side in (0, 1)]

    def ratio(key):
        return f"{median(ours[key] / bare[key] for bare, ours in legs):.2f}"

    failed = sum(errors(leg) for pair in legs for leg in pair)
    return [f"{rate:,}", *medians("p50_us", 0), *medians("p99_us", 0), ratio("p99_us"),
            *medians("cpu_us", 2), ratio("cpu_us"), str(failed)]


def measure(options):
    """The table of the suite `rates`."""
    legs = Legs(options)
    full = legs.leg(CONNECTIONS, 0, yardstick=True)["per_second"]
    rows, raw = [], {}
    for share in SHARES:
        rate = round(full * share / 100) * 100
        raw[rate] = pairs(legs, rate)
        rows.append(row(rate, raw[rate]))
        print(f"rates: {rate:,} requests/s: p99 {rows[-1][5]} of bare C's", flush=True)
    return {"title": "Latency as the rate grows", "text": TEXT, "columns": COLUMNS, "raw": raw, "rows": rows}
