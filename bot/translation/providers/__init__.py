"""Translation services, one file each, over httpx.

Contract: a provider translates texts or raises `TranslatorFailed`. Order, retries, cool-downs and the cache belong to
`bot.translation.chain`.
"""
