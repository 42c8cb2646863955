"""Rule sets for tests: random ones of every sort of condition, and timelines with what people decided."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from hub.journey.timeline import Moment, StageDecision
from hub.values import Direction, Stage
from tests.journey.moments import moment, on, timelines

STANDING = "[standing]\nat_risk_after_days = 90\nlapsed_after_days = 365\n"
MODEL = 'model = { name = "BG_NBD", r = 0.243, alpha = 4.414, a = 0.793, b = 2.426, unit_days = 7 }\n'
PARETO = 'model = { name = "PARETO_NBD", r = 0.553, alpha = 10.578, s = 0.606, beta = 11.669, unit_days = 7 }\n'
BOUNDS = "at_risk_between_days = [7, 40]\nlapsed_between_days = [30, 40]\n"
STANDINGS = [
    STANDING,
    'active_again_after_days = 30\nsigns = "purchases"\n',
    "at_risk_after_rhythms = 2.5\nlapsed_after_rhythms = 6\n",
    f'at_risk_after_rhythms = 1.5\nlapsed_after_rhythms = 2\nrhythm = {{ of = "mean", intervals = 1 }}\n{BOUNDS}',
    'signs = "purchases"\nat_risk_after_rhythms = 1\nlapsed_after_rhythms = 3\nrhythm = { intervals = 2 }\n',
    f'signs = "purchases"\nat_risk_below_alive = 0.7\nlapsed_below_alive = 0.3\n{MODEL}',
    f'signs = "purchases"\nat_risk_below_alive = 0.5\nlapsed_below_alive = 0.1\n{PARETO}{BOUNDS}',
]
CONDITIONS = [
    'when = "touchpoint"\nkinds = ["email", "form"]\nat_least = 2\nwithin_days = 60\n',
    'when = "touchpoint"\nkinds = ["form", "call", "meeting"]\nlasts_days = 90\n',
    'when = "touchpoint"\nkinds = ["email", "call"]\nat_least = 2\nlasts_days = 1\n',
    'when = "touchpoint"\nunit = "nps"\nsum_at_least = 17\nwithin_days = 400\n',
    'when = "touchpoint"\nunit = "nps"\nsum_at_least = 9\nscore_at_least = 9\nlasts_days = 30\n',
    'when = "answer"\nkinds = ["email"]\nlasts_days = 88\n',
    'when = "answer"\nkinds = ["email", "form"]\n',
    'when = "purchase"\nlasts_days = 89\n',
    'when = "purchase"\nat_least = 2\nwithin_days = 365\n',
    'when = "purchase"\nat_least = 2\nwithin_days = 364\nlasts_days = 365\n',
    'when = "purchase"\nspent_at_least = 1.5\n',
    'when = "purchase"\nspent_at_least = 2\nwithin_days = 90\n',
    'when = "purchase"\nspent_at_least = 1\nat_least = 2\nwithin_days = 90\nlasts_days = 275\n',
    'when = "purchase"\nspent_at_least = 1\ncurrency = "USD"\n',
]


def text_of(stages: list[tuple[str, list[str]]], standing: str = STANDING) -> str:
    """A rule set of stages, each with its conditions."""
    parts = ['version = "random"\n']
    for place, (stage, conditions) in enumerate(stages):
        parts.append(f'[[stages]]\nrule = "rule_{place}"\nstage = "{stage}"\ntext = "Rule {place}."\n')
        if len(conditions) == 1:
            parts.append(conditions[0])
        else:
            parts.append('when = "all"\n')
            parts += [f"[[stages.conditions]]\n{condition}" for condition in conditions]
    if not standing.startswith("[standing]"):
        standing = STANDING + standing
    return "".join(parts) + standing


@st.composite
def rule_texts(draw: st.DrawFn) -> str:
    """One to five rules of one to three conditions, and any way to measure silence."""
    stages = draw(
        st.lists(
            st.tuples(st.sampled_from([*Stage]), st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3)),
            min_size=1, max_size=5,
        )
    )  # fmt: skip
    return text_of([(stage.value, conditions) for stage, conditions in stages], draw(st.sampled_from(STANDINGS)))


def decision(day: float, stage: Stage | None, until: float | None = None, id: str | None = None) -> Moment:  # noqa: A002
    """An entry that decides the stage."""
    said = StageDecision(stage, None if until is None else on(until), "Mina", "She knows.")
    return moment("profile", day, Direction.INTERNAL, automated=True, decision=said, id=id or f"decision@{day:g}")


_DECISIONS = st.builds(
    decision,
    day=st.sampled_from([0, 1, 30, 90, 100, 365, 400]),
    stage=st.sampled_from([*Stage, None]),
    until=st.sampled_from([None, 30.0, 90.0, 120.0, 365.0, 1000.0]),
)


@st.composite
def decided_timelines(draw: st.DrawFn) -> list[Moment]:
    """Histories with up to three decisions about the stage."""
    told = draw(timelines())
    made = draw(st.lists(_DECISIONS, max_size=3))
    return told + [replace(each, id=f"tp_d{number}") for number, each in enumerate(made)]
