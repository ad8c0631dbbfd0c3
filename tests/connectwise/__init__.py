"""The ConnectWise source, against real sockets and by tables."""
