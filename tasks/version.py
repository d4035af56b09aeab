"""The version of the service.

Law: it stands here and nowhere else; the package's own data, the documents and the metrics read it here.
"""

from __future__ import annotations

VERSION = "0.1.0"
