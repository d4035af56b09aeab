"""What operators and machines look at: health, metrics, alerts, the OpenAPI document, /docs, the console page.

Contract: reads only; changes nothing.
"""
