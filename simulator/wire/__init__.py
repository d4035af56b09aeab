"""Discord's network interface: REST, the gateway's websockets, the CDN, the control API.

Contract: formats and status codes; `simulator.midjourney` decides what MidJourney does.
"""
