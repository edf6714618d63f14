"""The test bed: network namespaces on a bridge, daemons in them, and instruments that watch from outside.

Everything a test needs is importable from here; see Tests/system/README.md.
"""

from .addresses import AddressMonitor
from .advertiser import RouterAdvertiser
from .beside import Beside
from .capture import Capture, Injector
from .daemon import Carpd, config, example, example_pair, host
from .lan import Lan, Node
from .machine import Machine
from .peer import Ucarp
from .probe import Prober
from .varlink import Varlink, VarlinkError
from .waiting import Timeout, wait_until

__all__ = [
    "AddressMonitor", "Beside", "Capture", "Carpd", "Injector", "Lan", "Machine", "Node", "Prober", "RouterAdvertiser",
    "Timeout", "Ucarp", "Varlink", "VarlinkError", "config", "example", "example_pair", "host", "wait_until",
]
