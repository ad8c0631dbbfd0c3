"""slamon: a monitor of service-level agreements for ConnectWise PSA tickets."""

__version__ = "0.1.0"
