"""Operations: health, metrics, alerts, the OpenAPI document, /docs, the console page.

Contract: reads only; changes nothing.
"""
