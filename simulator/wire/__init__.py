"""Discord's surface on sockets: REST, the gateway's websockets, the CDN, the control API.

Contract: formats and status codes; what MidJourney does is decided in `simulator.midjourney`.
"""
