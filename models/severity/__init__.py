"""Laws of the cost of a case, one file per family; `FAMILIES` lists them by name."""

from __future__ import annotations

from solidair.models.severity.base import FAMILIES, Severity, register, require_finite_mean
from solidair.models.severity.burr import BurrXII
from solidair.models.severity.days import StationaryDays
from solidair.models.severity.empirical import EmpiricalGPD
from solidair.models.severity.fixed import Fixed
from solidair.models.severity.gamma import Gamma
from solidair.models.severity.gpd import GPD
from solidair.models.severity.invgauss import InverseGaussian
from solidair.models.severity.limits import Capped, Truncated
from solidair.models.severity.lognormal import Lognormal
from solidair.models.severity.lomax import Lomax
from solidair.models.severity.mixture import Mixture
from solidair.models.severity.scaled import Scaled
from solidair.models.severity.spliced import SplicedLognormalGPD
from solidair.models.severity.stay import StayTimesTariff
from solidair.models.severity.weibull import Weibull

__all__ = [
    "FAMILIES",
    "GPD",
    "BurrXII",
    "Capped",
    "EmpiricalGPD",
    "Fixed",
    "Gamma",
    "InverseGaussian",
    "Lognormal",
    "Lomax",
    "Mixture",
    "Scaled",
    "Severity",
    "SplicedLognormalGPD",
    "StationaryDays",
    "StayTimesTariff",
    "Truncated",
    "Weibull",
    "register",
    "require_finite_mean",
]
