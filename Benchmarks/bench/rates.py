"""How long requests take as more of them come in a second, beside bare C."""

from growth import Legs, errors, number
from turns import Turns, leg_seconds, paired, typical

CONNECTIONS = 64
# Of what bare C carries in the closed loop: so much is asked of both at a constant rate.
SHARES = [1 / 8, 1 / 4, 1 / 2, 5 / 8]
# A quantile is far from steady: so many turns for each round of the others.
TURNS = 2
CANDIDATES = ["bare C", "Letterbox"]
COLUMNS = ["requests/s", "p50 us: bare C", "Letterbox", "p99 us: bare C", "Letterbox", "ratio",
           "CPU us: bare C", "Letterbox", "ratio", "errors", "rounds"]
TEXT = (f"{CONNECTIONS} connections and a constant rate, bare C and Letterbox in turn, each on a core of its own where there "
        "are several. The last rate is five eighths of what bare C carries in the closed loop. A request costs more where "
        "they come one by one than there, where each turn of the loop has many: what keeps bare C busy is its CPU times the "
        "rate. On two cores the other one, with load generator and UDP server, has hardly a moment left at the last two.")


def seconds(options):
    """How long it takes, without repeats."""
    return leg_seconds(options) * (1 + len(SHARES) * len(CANDIDATES) * TURNS * options.rounds)


def row(rate, bare, own):
    def both(figure, form):
        return [number(typical(legs, figure), form) for legs in (bare, own)]

    def ratio(figure):
        return number(paired(own, bare, figure), ".2f")

    return [f"{rate:,}", *both("p50_us", ",.0f"), *both("p99_us", ",.0f"), ratio("p99_us"),
            *both("cpu_us", ",.2f"), ratio("cpu_us"), f"{errors(bare + own)}", f"{len(own)}"]


def measure(options):
    """The table of the suite `rates`."""
    def show(key, leg):
        what = leg.get("problem") or f"p99 {leg['p99_us']:,.0f} us, {leg['cpu_us']:.2f} us CPU"
        print(f"rates: {key[0]:,} requests/s, round {leg['round']}: {key[1]:10} {what}", flush=True)

    legs = Legs(options)
    full = legs.leg(CONNECTIONS, 0, yardstick=True)["per_second"]
    options.clock.owed -= leg_seconds(options)
    rows, raw = [], {}
    for rate in [round(full * share / 100) * 100 for share in SHARES]:
        kinds = {(rate, who): lambda who=who: legs.leg(CONNECTIONS, rate, yardstick=who == "bare C", apart=True)
                 for who in CANDIDATES}
        turns = Turns(options, show=show)
        taken = turns.take(kinds, TURNS * options.rounds, group=lambda key: key[0])
        rows.append(row(rate, *(taken[rate, who] for who in CANDIDATES)))
        raw |= {f"{rate}, {who}": turns.legs[rate, who] for who in CANDIDATES}
    return {"title": "Latency as the rate grows", "text": TEXT, "columns": COLUMNS, "raw": raw, "rows": rows}
