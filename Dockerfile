# The service in a container. It is not root, keeps everything under /data, and ends in order on SIGTERM.
#
#   docker build -t midjourney-node-api .
#   docker run -p 5400:3000 -v midjourney:/data --env-file .env midjourney-node-api
#
# A file, as `-e API_SECRET=…` would show the secret to everybody who lists the machine's processes.
# Settings come from the environment or from /data/.env; the first start puts /data/.env.example there.
# BASE names another image of Python 3.11, from a mirror say.
ARG BASE=python:3.11-slim
FROM ${BASE}

WORKDIR /app
COPY requirements.lock .
RUN python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin service \
    && install -d -o service -g service -m 0700 /data /data/images
COPY . .
RUN python -m compileall -q .

# Inside, every interface is listened on: who reaches it is decided by -p, and API_SECRET is demanded.
ENV PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATA_DIR=/data

USER service
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "\
import os, urllib.request as http; \
http.build_opener(http.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['PORT'] + '/health/live', timeout=4)"]
ENTRYPOINT ["python", "run.py"]
