"""The pages: which ticket next, why, and whether slamon can be trusted; and an API that says the same."""

from slamon.pages.house import House, Room
from slamon.pages.routes import page_routes
from slamon.pages.visitor import own_hosts

__all__ = ["House", "Room", "own_hosts", "page_routes"]
