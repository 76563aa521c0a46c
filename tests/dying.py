"""A study that ends its process without notice, as a system does that has no memory left."""

import os
import signal
import tempfile
from dataclasses import dataclass

from solidair.cli.batch_work import Job


@dataclass(frozen=True)
class Dying(Job):
    """A job that has half written its folder when its process is killed."""

    def load(self):
        tempfile.mkdtemp(prefix=f".{self.target.name}-", dir=self.target.parent)
        os.kill(os.getpid(), signal.SIGKILL)
